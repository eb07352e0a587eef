"""The public data sets, downloaded through `tf.keras.datasets` and laid out as the course has them.

Every wait has a time limit: without a network the caller uses the stand-in.
"""

import contextlib
import io
import os
import socket
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

import numpy as np
from filelock import FileLock

from elec576.data import cifar10, find, mnist, rebuild
from elec576.data.mnist import MNIST_DIGEST, Mnist, write_mnist_folder
from elec576.data.sets import digest
from elec576.errors import UserError
from elec576.files import UNFINISHED, whole_folder
from elec576.machine import any_display

CONNECT_SECONDS = 3  # until a host that does not answer counts as no network
STALL_SECONDS = 10  # until a download that has stopped is given up

# Where Keras downloads each set from, and under what name it keeps it in its own cache.
HOSTS = {'CIFAR10': 'www.cs.toronto.edu', 'MNIST_data': 'storage.googleapis.com'}
KERAS_FILES = {'CIFAR10': 'cifar-10-batches-py*', 'MNIST_data': 'mnist.npz'}

SETS = {'CIFAR10': cifar10, 'MNIST_data': mnist}  # each has `missing` and `same_files`

Public = tuple[rebuild.Labeled, rebuild.Labeled]  # training, test


def load_public(name: str) -> Public:
    """`tf.keras.datasets`'s (images, labels) of training and of test; the one call of Keras.

    Colors are the last axis, whatever the user's `keras.json` says.
    """
    from elec576.tf1 import tf  # only a download needs TensorFlow here, and it takes seconds

    with any_display():  # Keras loads here, and matplotlib with it
        datasets = tf.keras.datasets
    module = {'CIFAR10': datasets.cifar10, 'MNIST_data': datasets.mnist}[name]
    train, test = module.load_data()
    if name == 'CIFAR10' and tf.keras.backend.image_data_format() == 'channels_first':
        train, test = ((np.moveaxis(images, 1, 3), labels) for images, labels in (train, test))
    return train, test


def fetch(name: str, target: Path) -> Path:
    """Make `target/CIFAR10` or `target/MNIST_data` of the public set, completely or not at all.

    Files that Keras has downloaded before are used without a network. An existing folder is not
    changed.

    Returns:
        The folder.

    Raises:
        UserError: no network, a failed download, other contents than expected, or ``target``
            cannot be written.
    """
    folder = target / name
    with _writing(folder):
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / f'.{name}.lock'):  # processes started together fetch once
            if not folder.exists():
                public = _download(name, f'{name}: not found')
                with whole_folder(folder) as unfinished:
                    WRITE[name](public, unfinished)
    return folder


def complete(name: str, folder: Path) -> bool:
    """Add the files that ``folder`` lacks of the set ``name``; none that is there is changed.

    Returns:
        Whether it lacked any.

    Raises:
        UserError: as `fetch`, or what is there is of another set.
    """
    absent = SETS[name].missing(folder)
    if not absent:
        return False  # without a lock, because the folder may be read-only
    lack = f'{folder}: {_some(absent)} missing'
    with _writing(lack), FileLock(folder.parent / f'.{name}.lock'):
        public = _download(name, lack)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as made:
            WRITE[name](public, Path(made))
            if not SETS[name].same_files(folder, Path(made)):
                raise UserError(f'{lack}, and other files there are not those of the set; '
                                'move the folder away')
            for file in SETS[name].missing(folder):  # another process may have added some
                path = Path(find.spelled(folder, file))
                path.parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(made, file), path)
    return True


def _some(files: list[str]) -> str:
    first, *others = files
    return f'{first} and {len(others)} more are' if others else f'{first} is'


@contextlib.contextmanager
def _writing(what: str | Path) -> Iterator[None]:
    """Say in one line that ``what`` cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(f'{what}: cannot be written ({error.strerror or error}); name another '
                        'place with --data or ELEC576_CACHE') from None


def reachable(host: str) -> bool:
    """Whether ``host`` (or the proxy to it) takes an HTTPS connection within `CONNECT_SECONDS`."""
    address = (host, 443)
    proxy = urllib.request.getproxies().get('https')
    if proxy and not urllib.request.proxy_bypass(host):
        try:
            parts = urlsplit(proxy if '//' in proxy else f'//{proxy}')
            address = (parts.hostname, parts.port or 80)
        except ValueError:  # it is no address, or the port no number
            return False
    answered = threading.Event()

    def connect() -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(address, CONNECT_SECONDS).close()
            answered.set()

    thread = threading.Thread(target=connect, daemon=True)  # name resolution has no timeout
    thread.start()
    thread.join(CONNECT_SECONDS)
    return answered.is_set()


def _download(name: str, lack: str) -> Public:
    """The public set; ``lack`` says why it is needed."""
    keras_home = Path(os.environ.get('KERAS_HOME') or os.path.expanduser('~/.keras'))
    kept = any((keras_home / 'datasets').glob(KERAS_FILES[name]))
    if not kept and not reachable(HOSTS[name]):
        raise UserError(f'{lack}, and there is no connection to {HOSTS[name]}')
    stall = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        # Keras's progress bar; Windows's pythonw has no standard error
        with contextlib.redirect_stdout(sys.stderr or io.StringIO()):
            return load_public(name)
    except Exception as error:  # Keras wraps every error in a bare Exception
        raise UserError(f'{lack}, and the download failed ({error})') from None
    finally:
        socket.setdefaulttimeout(stall)


def _write_cifar10(public: Public, folder: Path) -> None:
    pixels = rebuild.course_pixels(*public)
    rebuild.check_course_digests(pixels)
    rebuild.write_tree(pixels, folder)


def _write_mnist(public: Public, folder: Path) -> None:
    mnist = Mnist(*(array.astype(np.uint8) for part in public for array in part))
    if digest(*mnist) != MNIST_DIGEST:
        raise UserError('MNIST_data: the downloaded set is not the original MNIST; '
                        'nothing was written')
    write_mnist_folder(mnist, folder)


WRITE = {'CIFAR10': _write_cifar10, 'MNIST_data': _write_mnist}
