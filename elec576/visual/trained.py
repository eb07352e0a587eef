"""A run's trained network: its graph, a session with its variables, its test images."""

import contextlib
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Iterator, TypeVar

import numpy as np

from elec576.data import DataOrigin, ImageSet
from elec576.errors import UserError
from elec576.graphs.lenet5 import LeNet5
from elec576.graphs.rnn import RnnGraph
from elec576.loops.program import program_of
from elec576.runs import checkpoints
from elec576.runs.rundir import RunDirectory, read_json, read_settings
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf

BATCH = 250  # images in a session call


Net = TypeVar('Net', LeNet5, RnnGraph)
Kind = TypeVar('Kind', CnnSettings, RnnSettings)


@dataclass(frozen=True)
class RestoredRun(Generic[Net, Kind]):
    """A run's network, restored.

    `test` holds what the network is fed: images [n, 28, 28, 1] for LeNet5, [n, 28, 28] (rows) for a
    recurrent network; and one-hot labels [n, 10].
    """

    net: Net
    sess: tf.Session
    settings: Kind
    test: ImageSet
    origin: DataOrigin
    path: Path  # the run's directory
    step: int  # updates made

    @property
    def name(self) -> str:
        """The run's name: its directory's, or the one above if that only says the seed."""
        path = self.path.resolve()
        return path.parent.name if path.name == f'seed{self.settings.seed}' else path.name

    @property
    def classes(self) -> np.ndarray:
        """The true classes of the test images, int [n]."""
        return self.test.labels.argmax(axis=1)


RestoredCnn = RestoredRun[LeNet5, CnnSettings]
RestoredRnn = RestoredRun[RnnGraph, RnnSettings]


@contextlib.contextmanager
def open_run(path: Path, data: str | None = None) -> Iterator[RestoredRun]:
    """Restore the network of the run in ``path`` from its last checkpoint.

    Args:
        data: where the data is, as for training.

    Raises:
        UserError: there is no run, it has no checkpoint or one of another network, or the data
            found is not what it was trained on.
    """
    run = RunDirectory(path)
    settings = read_settings(run)
    checkpoint = checkpoints.latest(run.checkpoints)
    if checkpoint is None:
        raise UserError(f'{path}: no checkpoint to look inside; make the run again with '
                        f'scripts/run_{settings.program}.py, which keeps one')
    program = program_of(settings)
    _, test, _, origin = program.load(settings, data)
    dataset = read_json(run.config).get('dataset')
    if dataset and dataset != dataclasses.asdict(origin):
        raise UserError(f'{path}: was trained on {dataset.get("name")}, but the data found is '
                        f'{origin.name} (other contents); name its own folder with --data DIR')
    net = program.build(settings)
    with program.session(net, settings.threads) as sess:
        try:
            step = checkpoints.restore(checkpoint, sess, net.saver).step
        except UserError as error:
            raise UserError(f'{error}; train it again, or correct {run.config}') from None
        yield RestoredRun(net, sess, settings, test, origin, path, step)


def in_batches(compute, *arrays: np.ndarray, size: int = BATCH):
    """``compute`` applied to ``size`` rows of ``arrays`` at a time, its results joined.

    Args:
        compute: takes a part of each array, returns an array or a list of arrays, each with as many
            rows as the parts.
    """
    parts = [compute(*(array[start:start + size] for array in arrays))
             for start in range(0, max(1, len(arrays[0])), size)]  # no row is a batch, too
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    return [np.concatenate(part) for part in zip(*parts)]
