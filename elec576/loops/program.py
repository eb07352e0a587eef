"""What the two programs of the report have in common: what a run needs of them."""

from typing import Any, Callable, Iterator, NamedTuple, Protocol

import numpy as np

from elec576.data import DataOrigin, DataSet, ImageSet, PixelSet
from elec576.data.shuffler import BatchShuffler
from elec576.loops.history import History
from elec576.settings import CnnSettings, RnnSettings


class Inputs(NamedTuple):
    """What a program is fed."""

    train: ImageSet | PixelSet | DataSet
    test: ImageSet  # images as the network takes them
    batches: BatchShuffler | DataSet
    origin: DataOrigin


class Measured(NamedTuple):
    """What the trained network gives on the test set."""

    test_accuracy: np.float32
    test_loss: np.float32
    test_correct: np.ndarray  # bool [n]: which images are classified right
    activations: dict[str, dict[str, float]] | None = None  # part 1c: statistics by layer
    filters: np.ndarray | None = None  # W_conv1, float32 [5, 5, 1, 32]


class Program(Protocol):
    """One of the report's programs: the modules `loops.cnn` and `loops.rnn`.

    ``settings`` are its own, `CnnSettings` or `RnnSettings`; ``net`` is its own graph, `LeNet5` or
    `RnnGraph`; ``echo`` takes the lines that the report prints.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Of its history, a row a step that was measured."""

    def load(self, settings: Any, data: str | None = None) -> Inputs:
        """The images, from the folder ``data`` or where they are found; raises UserError."""

    def build(self, settings: Any) -> Any:
        """The graph."""

    def session(self, net: Any, threads: int) -> Any:
        """A session with the listing's bits; no variable has a value yet."""

    def steps(self, net: Any, sess: Any, inputs: Inputs, settings: Any, history: History,
              echo: Callable[[str], None], start: int = 0) -> Iterator[int]:
        """Train on from step ``start``, recording; yields the steps done after every update.

        ``inputs`` are as `load` gives them: the batches of the steps before are drawn again.
        """

    def measure(self, net: Any, sess: Any, inputs: Inputs, echo: Callable[[str], None]) -> Measured:
        """What the trained network gives."""


def program_of(settings: CnnSettings | RnnSettings) -> Program:
    """The program that ``settings`` belong to. TensorFlow is loaded."""
    from elec576.loops import cnn, rnn

    return cnn if isinstance(settings, CnnSettings) else rnn
