"""Make the runs of other programs that could have printed the logs of run 1 and run 3.

    python scripts/readings.py --jobs 2                              # the first look at all
    python scripts/readings.py --seeds 16 --only epochs,two-updates  # the second, of some

Each program is a reading of `elec576/claims/readings.py`: the report's, with one thing changed.
The runs are kept in `results/readings.csv`; those that are there are not made again, so an
interrupted command can be resumed by the same command. `scripts/compare.py` judges them.
"""

import argparse
import dataclasses
from functools import cache
from typing import Any
from unittest import mock

import joblib
import numpy as np
import pandas as pd
from filelock import FileLock

from elec576 import cli
from elec576.claims import readings
from elec576.claims.readings import READINGS, Reading
from elec576.comparison.readings import COLUMNS, origin_path, read, table_path
from elec576.data import ORIGINALS, origin_of
from elec576.data.shuffler import BatchShuffler
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.loops.history import CNN_COLUMNS, History
from elec576.machine import pin_kernels
from elec576.progress import progress_bar
from elec576.runs.rundir import differences, read_json, software_and_processor
from elec576.runs.tables import csv_text
from elec576.settings import CnnSettings, all_cores, as_config

# the faster kernels: what is asked is how runs are distributed, not their last bits
ISA, THREADS = 'avx512', 1


class EpochShuffler(BatchShuffler):
    """Batches without replacement: a permutation is used up before the next is drawn."""

    left = np.empty(0, int)

    def next_batch(self) -> np.ndarray:
        if len(self.left) < self.batch_size:
            self.left = self.rng.permutation(self.n)
        batch, self.left = np.split(self.left, [self.batch_size])
        return batch


def settings_of(reading: Reading, seed: int) -> CnnSettings:
    """What a run of ``reading`` is made with."""
    return dataclasses.replace(reading.settings, seed=seed, threads=THREADS, isa=ISA, log_every=0)


def make(name: str, seed: int, data: str | None) -> pd.DataFrame:
    """The rows of one run."""
    pin_kernels(ISA)
    # in here, because the process that writes the table needs no TensorFlow
    from elec576.graphs.layers import ACTIVATIONS
    from elec576.graphs.lenet5 import build_lenet5, lenet5_session
    from elec576.loops import cnn

    reading = READINGS[name]
    settings = settings_of(reading, seed)
    layers = {readings.CONV1_RELU: ('relu', 'tanh'), readings.CONV2_RELU: ('tanh', 'relu')}
    if reading.change in layers:  # the graph asks for conv's activation once, and calls it twice
        calls = iter([ACTIVATIONS[act] for act in layers[reading.change]])
        with mock.patch.dict(ACTIVATIONS, relu=lambda x: next(calls)(x)):
            net = build_lenet5(dataclasses.replace(settings, act='relu'))
    else:
        net = build_lenet5(settings)
    inputs = cnn.load(settings, data)
    if reading.change == readings.EPOCHS:
        inputs = inputs._replace(batches=EpochShuffler(
            inputs.batches.n, settings.batch_size, settings.seed))
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        for passes in range(2 if reading.change == readings.CONTINUED else 1):
            history = History(CNN_COLUMNS)
            train(net, sess, inputs, settings, history, reading.change, passes * settings.steps)
        test_accuracy, test_loss, _ = cnn.evaluate(net, sess, inputs.test)
        history.record(settings.steps, test_accuracy=test_accuracy, test_loss=test_loss)
    rows = pd.DataFrame(history.rows, columns=CNN_COLUMNS)
    return rows.assign(reading=name, seed=seed)[list(COLUMNS)]


def train(net, sess, inputs, settings: CnnSettings, history: History, change: str,
          before: int) -> None:
    """`elec576.loops.cnn.train_cnn` with its lines in the order that ``change`` asks for.

    ``before``: steps that were made in the session, whose masks go on.
    """
    from elec576.graphs.lenet5 import dropout_offsets
    from elec576.loops.cnn import evaluate

    updates = 2 if change == readings.TWO_UPDATES else 1
    for i in range(settings.steps):
        batch = inputs.train[inputs.batches.next_batch()]
        feeds: list[dict[Any, Any]] = [{
            net.tf_data: batch.images, net.tf_labels: batch.labels,
            net.keep_prob: settings.keep_prob, net.eval_keep_prob: settings.evaluation_keep_prob,
            net.dropout_offset: dropout_offsets(before + updates * i + k, settings.batch_size,
                                                len(inputs.test.images))}
            for k in range(updates)]
        if change == readings.AFTER_UPDATE:
            sess.run(net.train_step, feeds[0])
        if i % settings.eval_every == 0:
            train_accuracy, train_loss = sess.run(
                [net.at_train_accuracy.accuracy, net.at_train_loss.cross_entropy], feeds[0])
            test_accuracy, test_loss, _ = evaluate(net, sess, inputs.test)
            history.record(i, train_accuracy=train_accuracy, train_loss=train_loss,
                           test_accuracy=test_accuracy, test_loss=test_loss)
        if change != readings.AFTER_UPDATE:
            for feed in feeds:
                sess.run(net.train_step, feed)


@cache
def _dataset(per_class: tuple[int, int], data: str | None) -> dict:
    origin = origin_of(CnnSettings(train_per_class=per_class[0], test_per_class=per_class[1]), data)
    if origin.name not in ORIGINALS:
        raise UserError(f'{origin.name}: readings are judged on the course\'s CIFAR-10 only; fetch '
                        'it with scripts/prepare_data.py, or say where it is with --data DIR')
    return dataclasses.asdict(origin)


def origin(data: str | None) -> dict:
    """What decides the bits of all runs."""
    return {**software_and_processor(), 'readings': {
        name: {'change': reading.change, 'settings': {
            key: value for key, value in as_config(settings_of(reading, 0)).items()
            if key != 'seed'}, 'dataset': _dataset(reading.settings.per_class, data)}
        for name, reading in READINGS.items()}}


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seeds', type=cli.seeds, default=readings.FIRST_LOOK, metavar='N',
                        help=f'runs of each, from seed {readings.FIRST_SEED} on '
                             f'({readings.FIRST_LOOK})')
    parser.add_argument('--only', metavar='NAMES', help='readings, by commas (all)')
    parser.add_argument('--jobs', type=cli.positive, default=all_cores(), metavar='N',
                        help='runs at a time, with one thread each (as many as there are cores)')
    cli.add_data(parser, 'CIFAR10/')
    cli.add_results(parser, 'where readings.csv and readings.json go')
    args = parser.parse_args()
    names = list(dict.fromkeys(name.strip() for name in args.only.split(','))
                 if args.only is not None else READINGS)
    for name in names:
        if name not in READINGS:
            raise UserError(f'--only {name}: not a reading; choose among {", ".join(READINGS)}')
    args.results.mkdir(parents=True, exist_ok=True)
    with FileLock(args.results / '.readings.lock'):
        found, path = read(args.results), origin_path(args.results)
        wanted = origin(args.data)
        if found.empty:
            write_json(path, wanted)
        elif differing := differences(read_json(path), wanted):
            raise UserError(f'{path}: made with other settings ({"; ".join(differing)}); move it '
                            f'and {table_path(args.results).name} away')
        there = set(zip(found['reading'], found['seed']))
        todo = [(name, seed) for seed in readings.seeds(args.seeds) for name in names
                if (name, seed) not in there]
        for rows in progress_bar(iterable=joblib.Parallel(
                args.jobs, return_as='generator_unordered', pre_dispatch=args.jobs, batch_size=1)(
                joblib.delayed(make)(name, seed, args.data) for name, seed in todo),
                total=len(todo), unit='run'):
            found = pd.concat([found, rows]) if len(found) else rows
            found = found.sort_values(['reading', 'seed', 'step'])
            write_whole(table_path(args.results), csv_text(found))
    print(f'{len(found.groupby(["reading", "seed"]))} runs are in {table_path(args.results)}')
    return 0


if __name__ == '__main__':
    cli.main_guard(main)
