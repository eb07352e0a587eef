"""The golden cases, computed by the package, and how far the two are apart."""

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping

import numpy as np

from elec576.data import DataOrigin, ImageSet
from elec576.data.sets import digest
from elec576.data.shuffler import BatchShuffler
from elec576.graphs.lenet5 import build_lenet5, dropout_offsets, lenet5_session
from elec576.graphs.rnn import nInput, nSteps
from elec576.loops.history import CNN_COLUMNS, History
from elec576.loops.program import Inputs, program_of
from elec576.settings import CnnSettings, RnnSettings
from tf115.made_up import made_up_cifar10, made_up_mnist
from tf115.values import Values

ORIGIN = DataOrigin('made-up images', '')


@dataclass(frozen=True)
class Difference:
    """Between golden values and others of the same case.

    Attributes:
        initial: which trained variables begin with other bits, by their place.
        relative: by column, |other - golden| / |golden| [steps]; where golden is 0, |other|.
    """

    initial: tuple[int, ...]
    relative: Mapping[str, np.ndarray]

    def loss(self, steps: int) -> float:
        """The largest relative difference of a training loss in the first ``steps`` steps."""
        return float(self.relative['train_loss'][:steps].max())


def difference(golden: Values, other: Values) -> Difference:
    """How far ``other`` is from ``golden``, over the steps that both have.

    Raises:
        ValueError: they have not the same variables or not the same columns.
    """
    initial = tuple(k for k, (one, two) in enumerate(
        zip(golden.initial, other.initial, strict=True)) if one != two)
    if golden.columns.keys() != other.columns.keys():
        raise ValueError(f'columns {sorted(golden.columns)} and {sorted(other.columns)}')
    relative = {}
    for name, expected in golden.columns.items():
        steps = min(len(expected), len(other.columns[name]))
        expected = expected[:steps].astype(float)
        off = np.abs(other.columns[name][:steps].astype(float) - expected)
        relative[name] = off / np.where(expected == 0, 1, np.abs(expected))
    return Difference(initial, relative)


def repeat(settings: CnnSettings | RnnSettings, course: Path | None = None) -> Values:
    """What the package computes in a case, on the made-up images or those in the folder ``course``.

    A column that is not evaluated under ``settings`` is empty.
    """
    program = program_of(settings)
    inputs = _made_up(settings) if course is None else program.load(settings, str(course))
    net, history = program.build(settings), History(program.columns)
    with program.session(net, settings.threads) as sess:
        sess.run(net.initializer)
        initial = _digests(sess.run(net.trained))
        for _ in program.steps(net, sess, inputs, settings, history, lambda line: None):
            pass
    # part 3's listing evaluates the batch only
    names = CNN_COLUMNS[1:] if settings.program == 'cnn' else ('train_accuracy', 'train_loss')
    return Values(initial, _columns(history, names))


def _made_up(settings: CnnSettings | RnnSettings) -> Inputs:
    if settings.program == 'cnn':
        train, test = made_up_cifar10()
        batches = BatchShuffler(len(train.images), settings.batch_size, settings.seed)
        return Inputs(train, test, batches, ORIGIN)
    mnist = made_up_mnist(np.random.RandomState(settings.seed))
    test = ImageSet(mnist.test.images.reshape((-1, nSteps, nInput)), mnist.test.labels)
    return Inputs(mnist.train, test, mnist.train, ORIGIN)


def _digests(arrays: Iterable[np.ndarray]) -> tuple[str, ...]:
    return tuple(digest(np.ascontiguousarray(array).view(np.uint8)) for array in arrays)


def _columns(history: History, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {name: np.array(history.column(name)[1], np.float32) for name in names}


def masks(settings: CnnSettings) -> tuple[str, ...]:
    """Digests of the package's dropout masks of every step, as `GoldenSet.masks`."""
    net = build_lenet5(settings)
    kept = [op.outputs[0] for op in net.graph.get_operations() if op.type == 'GreaterEqual']
    found = []
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        for step in range(settings.steps):
            found += sess.run(kept, {
                net.tf_data: np.zeros((settings.batch_size, *net.tf_data.shape[1:]), np.float32),
                net.keep_prob: settings.keep_prob,
                net.eval_keep_prob: settings.evaluation_keep_prob,
                net.dropout_offset: dropout_offsets(
                    step, settings.batch_size, 10 * settings.test_per_class)})
    return _digests(found)
