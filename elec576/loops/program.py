"""What the two programs of the report have in common, and what each of them is."""

from typing import Any, Callable, Iterator, NamedTuple

import numpy as np

from elec576.data import DataOrigin, DataSet, ImageSet
from elec576.data.shuffler import BatchShuffler


class Inputs(NamedTuple):
    """What a program is fed."""

    train: ImageSet | DataSet
    test: ImageSet  # images as the network takes them
    batches: BatchShuffler | DataSet  # saves its random state: `state`, `restore`
    origin: DataOrigin


class Measured(NamedTuple):
    """What the trained network gives on the test set."""

    test_accuracy: np.float32
    test_loss: np.float32
    test_correct: np.ndarray  # bool [n]: which images are classified right
    activations: dict[str, dict[str, float]] | None = None  # part 1c: statistics by layer
    filters: np.ndarray | None = None  # W_conv1, float32 [5, 5, 1, 32]


class Program(NamedTuple):
    """One of the report's programs: all that the code for runs needs to know of it.

    Attributes:
        columns: of its history, a row a step that was measured.
        load: (settings, data) to its inputs; raises UserError.
        build: settings to its graph (`LeNet5`, `RnnGraph`).
        session: (graph, threads) to a session with the listing's bits.
        steps: (net, sess, inputs, settings, history, echo, start) trains on from step ``start``,
            records into ``history``, gives the report's lines to ``echo`` and yields the number of
            steps done after every update.
        measure: (net, sess, inputs, echo) to what the trained network gives.
    """

    columns: tuple[str, ...]
    load: Callable[..., Inputs]
    build: Callable[..., Any]
    session: Callable[..., Any]
    steps: Callable[..., Iterator[int]]
    measure: Callable[..., Measured]
