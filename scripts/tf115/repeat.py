"""The golden cases, computed by the package, and how far the two are apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping

import numpy as np

from elec576.loops import cnn as cnn_loop, rnn as rnn_loop
from elec576.data import load_cifar10, load_mnist
from elec576.data.sets import digest
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.graphs.lenet5 import build_lenet5, dropout_offsets, lenet5_session
from elec576.graphs.rnn import build_rnn, rnn_session
from elec576.settings import CnnSettings, RnnSettings
from elec576.data.shuffler import BatchShuffler
from tf115.made_up import made_up_cifar10, made_up_mnist
from tf115.values import Values


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
    return (_repeat_cnn if isinstance(settings, CnnSettings) else _repeat_rnn)(settings, course)


def _repeat_cnn(settings: CnnSettings, course: Path | None) -> Values:
    train, test = made_up_cifar10() if course is None else load_cifar10(
        settings.train_per_class, settings.test_per_class, str(course))[:2]
    net = build_lenet5(settings)
    history = History(CNN_COLUMNS)
    shuffler = BatchShuffler(len(train.images), settings.batch_size, settings.seed)
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        initial = _digests(sess.run(net.trained))
        cnn_loop.train_cnn(net, sess, train, test, settings, shuffler, history,
                           lambda line: None, lambda step: None)
    return Values(initial, _columns(history, CNN_COLUMNS[1:]))


def _repeat_rnn(settings: RnnSettings, course: Path | None) -> Values:
    rng = np.random.RandomState(settings.seed)
    mnist = made_up_mnist(rng) if course is None else load_mnist(str(course), rng)[0]
    net = build_rnn(settings)
    history = History(RNN_COLUMNS)
    with rnn_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        initial = _digests(sess.run(net.trained))
        rnn_loop.train_rnn(net, sess, mnist.train, mnist.test, settings, history,
                           lambda line: None, lambda step: None)
    return Values(initial, _columns(history, ('train_accuracy', 'train_loss')))


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
                net.dropout_offset: dropout_offsets(
                    step, settings.batch_size, 10 * settings.test_per_class)})
    return _digests(found)
