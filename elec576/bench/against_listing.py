"""A step of the listings against a step of ours, and what surrounds the steps of a run."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Sequence

import elec576
from elec576.bench import work
from elec576.bench.remote import Worker, WorkerFailed
from elec576.bench.timing import Summary, interleave, say, steps_for
from elec576.settings import CnnSettings

LISTING = 'listing'
# The names of `elec576.bench.ours`, which loads TensorFlow and is therefore not imported here.
TRAIN, DISPLAY, EVALUATE = 'train', 'display', 'evaluate'
EVAL_EVERY = (1, 10, 100)
DATA = 'ELEC576_BENCH_DATA'
ROOT = Path(elec576.__file__).parents[1]


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 5
    seconds: float = 1.0  # of a turn; a turn at `--eval-every 100` has 100 steps whatever it takes
    rnn_seconds: float = 0.25
    starts: int = 2  # fresh processes


# Seconds of a step: by LISTING, TRAIN (never evaluates), 'eval-every N' or DISPLAY; EVALUATE is
# seconds of one evaluation on the test set.
Row = dict[str, Summary]


@contextlib.contextmanager
def made_up_data():
    """A folder of made-up data for the listings, for as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix='elec576-bench-'))
    try:
        # in a process of its own: it loads the package's data layer, and this one stays small
        subprocess.run([sys.executable, '-c',
                        'import sys, pathlib; from elec576.bench.listing import write_data; '
                        'write_data(pathlib.Path(sys.argv[1]))', folder],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, 'PYTHONPATH': str(ROOT)})
        yield folder
    finally:
        shutil.rmtree(folder)


def measure(models: Sequence[str], threads: int, data: Path, effort: Effort = Effort(),
            report: Callable[[str], None] = say) -> dict[str, Row]:
    """Time the listing and ours, turn by turn, with ``threads`` threads each."""
    with Worker('elec576', threads) as ours:
        rows = {}
        for model in models:
            report(f'{model} against the listing, {threads} threads')
            with Worker(LISTING, threads, {DATA: str(data)}) as listing:
                rows[model] = _measure_model(model, ours, listing, effort)
            ours.forget()
        return rows


def _measure_model(model: str, ours: Worker, listing: Worker, effort: Effort) -> Row:
    def turns_of(worker: Worker, variant: str, seconds: float, multiple: int
                 ) -> Callable[[], float]:
        # the first steps, and the first evaluation in or right after them, prepare the graph
        worker.steps(model, variant, min(multiple, 10) + 1)
        step_seconds = worker.steps(model, variant, 1)
        # whole multiples, so that a turn has its due share of the evaluations
        steps = multiple * steps_for(seconds, step_seconds * multiple, least=1)
        return lambda: worker.steps(model, variant, steps) / steps

    cnn = isinstance(work.OF_THE_REPORT[model], CnnSettings)
    if cnn:
        turns = {LISTING: turns_of(listing, LISTING, effort.seconds, 1),
                 TRAIN: turns_of(ours, TRAIN, effort.seconds, 1)}
        every = EVAL_EVERY if model == work.LENET5 else EVAL_EVERY[-1:]
        for n in every:
            variant = f'eval-every {n}'
            turns[variant] = turns_of(ours, variant, effort.seconds, n)
    else:
        display = work.OF_THE_REPORT[model].display_step
        turns = {LISTING: turns_of(listing, LISTING, effort.rnn_seconds, display),
                 DISPLAY: turns_of(ours, DISPLAY, effort.rnn_seconds, display),
                 TRAIN: turns_of(ours, TRAIN, effort.rnn_seconds, display),
                 EVALUATE: turns_of(ours, EVALUATE, effort.rnn_seconds, 1)}
    return {variant: Summary.of(samples)
            for variant, samples in interleave(turns, effort.rounds).items()}


def measure_whole_starts(threads: int, data: Path, effort: Effort = Effort(),
                         report: Callable[[str], None] = say) -> dict[str, Summary]:
    """Seconds of runs of one step from the command line to the end: what a run costs besides steps.

    Keys: 'cnn listing', 'cnn elec576', 'rnn listing', 'rnn elec576'.
    """
    report('runs of a single step, from start to end')
    common = ['--threads', str(threads), '--data', str(data)]
    rnn = ['--batch-size', '50', '--iterations', '51']
    commands = {
        'cnn listing': ['starter/trainCifarStarterCode.py', '--steps', '1'],
        'cnn elec576': ['scripts/run_cnn.py', '--steps', '1', '--eval-every', '0'],
        'rnn listing': ['starter/lstmMNISTStarterCode.py', *rnn],
        'rnn elec576': ['scripts/run_rnn.py', *rnn]}
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        def run(name: str) -> float:
            out = Path(folder) / 'run'
            shutil.rmtree(out, ignore_errors=True)
            ending = ['--out', str(out)] if name.endswith('elec576') else []
            program, *options = commands[name]
            before = time.perf_counter()
            done = subprocess.run(
                [sys.executable, str(ROOT / program), *options, *common, *ending],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                env={**os.environ, 'MPLBACKEND': 'Agg', 'PYTHONPATH': str(ROOT),
                     'ELEC576_CACHE': str(Path(folder) / 'cache')})
            if done.returncode:
                raise WorkerFailed(f'{program}: {done.stderr.strip().splitlines()[-1]}')
            return time.perf_counter() - before

        run('cnn elec576')  # what the package keeps of the data between runs is there from now on
        turns = {name: (lambda name=name: run(name)) for name in commands}
        return {name: Summary.of(samples)
                for name, samples in interleave(turns, effort.starts).items()}
