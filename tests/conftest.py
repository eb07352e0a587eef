"""Shared fixtures: small made-up data sets, and the listings in `starter/` as oracles."""

import gzip
import os
import runpy
import signal
import struct
import sys
from pathlib import Path
from typing import Callable, Collection, NamedTuple
from unittest import mock

import helpers
import imageio.v3 as iio
import numpy as np
import pytest

# a notebook's names a module that the environment of the tests may lack
os.environ.pop('MPLBACKEND', None)


class TrialOptions(NamedTuple):
    """The size of the trials in `tests/torture/`."""

    kills: int
    inputs: int  # of each kind
    mutants: int  # of each room
    seed: int
    full: bool
    data: str | None
    pythons: tuple[Path, ...]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup('trials', 'size of the trials in tests/torture')
    group.addoption('--kills', type=int, default=2, metavar='N', help='how often to kill (2)')
    group.addoption('--inputs', type=int, default=20, metavar='N',
                    help='damaged inputs of each kind (20)')
    group.addoption('--mutants', type=int, default=25, metavar='N',
                    help='changes of the code in each room (25)')
    group.addoption('--seed', type=int, default=0, metavar='N',
                    help='of the moments to kill at and of the damage (0)')
    group.addoption('--full', action='store_true',
                    help='every write on a full disk, every bad download, thousands of steps')
    group.addoption('--data', metavar='DIR',
                    help='folder with CIFAR10/ and MNIST_data/ for the kills (the stand-in)')
    group.addoption('--pythons', nargs='+', type=Path, default=[], metavar='PROGRAM',
                    help='interpreters of other environments, for determinism')


@pytest.fixture(scope='session')
def trial_options(pytestconfig) -> TrialOptions:
    return TrialOptions(*map(pytestconfig.getoption, TrialOptions._fields))


@pytest.fixture
def finding(record_property) -> Callable[..., None]:
    """Record what a trial found; the test fails unless everything tried has held."""
    def record(what: str, tried: int, failed: Collection[str] = (), note: str = '') -> None:
        """``failed`` says why, for each try that did not hold."""
        for name, value in (('what', what), ('tried', tried),
                            ('held', max(0, tried - len(failed))),
                            ('note', '; '.join([*failed, *[note] * bool(note)]))):
            record_property(name, value)
        assert tried and not failed, failed

    return record


@pytest.fixture(scope='session')
def real_data() -> Path:
    """The folder of the real data; the test is skipped where there is none."""
    if not os.environ.get('ELEC576_DATA'):
        pytest.skip('ELEC576_DATA is not set')
    return Path(os.environ['ELEC576_DATA']).resolve()


@pytest.fixture(scope='session', autouse=True)
def own_cache(tmp_path_factory):
    """Tests neither read nor fill the user's cache."""
    before = os.environ.get('ELEC576_CACHE')
    os.environ['ELEC576_CACHE'] = str(tmp_path_factory.mktemp('cache'))
    yield
    if before is None:
        del os.environ['ELEC576_CACHE']
    else:
        os.environ['ELEC576_CACHE'] = before


@pytest.fixture(scope='module', autouse=True)
def no_waiting_for_the_disk():
    """Only a power failure needs `os.fsync`, which takes longer than most of what is tested."""
    with mock.patch.object(os, 'fsync', lambda handle: None):
        yield


@pytest.fixture(scope='session')
def small_data(tmp_path_factory) -> Path:
    """A folder with CIFAR10/ (12 + 4 random images a class) and MNIST_data/ (5300 + 200)."""
    folder = tmp_path_factory.mktemp('data')
    rng = np.random.RandomState(5)
    for part, count in (('Train', 12), ('Test', 4)):
        for label in range(10):
            path = folder / 'CIFAR10' / part / str(label)
            path.mkdir(parents=True)
            for k in range(count):
                # a class has a brightness, so that there is something to learn
                image = rng.randint(0, 80, (28, 28)) + 17 * label
                iio.imwrite(path / f'Image{k:05d}.png', image.astype(np.uint8))
    (folder / 'MNIST_data').mkdir()
    for part, count in (('train', 5300), ('t10k', 200)):
        labels = rng.randint(0, 10, count).astype(np.uint8)
        images = (rng.randint(0, 80, (count, 28, 28)) + 17 * labels[:, None, None])
        for name, magic, array in (('images-idx3', 2051, images.astype(np.uint8)),
                                   ('labels-idx1', 2049, labels)):
            header = struct.pack(f'>{1 + array.ndim}I', magic, *array.shape)
            with gzip.open(folder / 'MNIST_data' / f'{part}-{name}-ubyte.gz', 'wb', 1) as file:
                file.write(header + array.tobytes())
    return folder


@pytest.fixture(scope='session')
def lasting_cluster():
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                  dashboard_address=':0',
                                  scheduler_kwargs={'allowed_failures': 1}) as cluster:
        yield cluster


@pytest.fixture
def cluster(lasting_cluster):
    """A real Dask cluster: a scheduler and two worker processes. A task may kill two of them."""
    with lasting_cluster.get_client() as client:
        client.wait_for_workers(2, timeout=60)  # those that another test killed start again
    return lasting_cluster


@pytest.fixture
def script(monkeypatch, capfd):
    """Run a script of `scripts/` in this process: exit code, standard output and error."""
    before = signal.getsignal(signal.SIGTERM)

    def run(name: str, *options: object) -> tuple[int, str, str]:
        path = helpers.REPOSITORY / 'scripts' / name
        monkeypatch.setattr(sys, 'argv', [str(path), *map(str, options)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(path), run_name='__main__')
        return end.value.code, *capfd.readouterr()

    yield run
    signal.signal(signal.SIGTERM, before)
