"""Trial `download`: a server on this machine in the place of the real hosts, which misbehaves.

Keras's own downloading is what is tried: only the address that it asks, the digest that it expects
and the place of its cache are exchanged, for a small made-up MNIST.
"""

import contextlib
import hashlib
import io
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from damage import packed

from elec576.data import fetch, load_mnist
from elec576.data.mnist import read_mnist_folder
from elec576.data.sets import digest
from elec576.errors import UserError
from elec576.tf1 import tf

STALL_SECONDS = 3  # in place of `fetch.STALL_SECONDS`, to be done in minutes
PATIENCE = 15  # seconds within which a failed download must have been given up

GOOD = ('good', 'redirected')
BAD = ('not found', 'cut off', 'wrong bytes', 'another set', 'server error', 'stalled', 'silent',
       'a web page', 'empty', 'redirected for ever', 'redirected to a file')
FEW = 4  # of the bad when the trial is small


class Server(ThreadingHTTPServer):
    """Answers a path by the name of its misbehaviour (blanks are `-`)."""

    daemon_threads = True

    def __init__(self, made_up):
        super().__init__(('127.0.0.1', 0), Handler)
        self.made_up = made_up
        self.content = npz(made_up)
        self.other = npz(made_up._replace(test_images=255 - made_up.test_images))
        self.end = threading.Event()  # lets those go who are stalling

    def url(self, name: str) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/{name.replace(" ", "-")}'

    def handle_error(self, request, client_address) -> None:
        """The client has gone: what some of these names are about."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, *_) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        whole = self.server.content
        half = whole[:len(whole) // 2]
        match self.path.strip('/').replace('-', ' '):
            case 'good':
                self.answer(whole)
            case 'another set':
                self.answer(self.server.other)
            case 'redirected':
                self.redirect(self.server.url('good'))
            case 'redirected for ever':
                self.redirect(self.path)
            case 'redirected to a file':
                self.redirect('file:///etc/passwd')
            case 'not found':
                self.send_error(404)
            case 'server error':
                self.send_error(500)
            case 'cut off':
                self.answer(half, len(whole))
            case 'stalled':
                self.answer(half, len(whole))
                self.wfile.flush()
                self.server.end.wait(60)
            case 'silent':
                self.server.end.wait(60)
            case 'wrong bytes':
                self.answer(whole[:-9] + bytes(9))
            case 'a web page':
                self.answer(b'<html>please log in</html>')
            case 'empty':
                self.answer(b'')

    def answer(self, content: bytes, length: int | None = None) -> None:
        self.send_response(200)
        self.send_header('Content-Length', str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def redirect(self, url: str) -> None:
        self.send_response(302)
        self.send_header('Location', url)
        self.send_header('Content-Length', '0')
        self.end_headers()


def npz(mnist) -> bytes:
    """A set as Keras's `mnist.npz` has it."""
    return packed({'x_train': mnist.train_images, 'y_train': mnist.train_labels,
                   'x_test': mnist.test_images, 'y_test': mnist.test_labels})


@pytest.fixture(scope='module')
def server(small_data):
    server = Server(read_mnist_folder(small_data / 'MNIST_data'))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.end.set()
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def world(folder, server: Server, name: str):
    """Everything is looked for in ``folder``; Keras downloads what ``server`` calls ``name``."""
    served = server.other if name == 'another set' else server.content
    keras_mnist = sys.modules[tf.keras.datasets.mnist.load_data.__module__]
    real = keras_mnist.get_file

    def get_file(fname: str, origin: str, file_hash: str, **more):
        return real(fname, origin=server.url(name),
                    file_hash=hashlib.sha256(served).hexdigest(), cache_dir=str(folder / 'keras'))

    (folder / 'keras').mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, \
            contextlib.redirect_stderr(io.StringIO()) as said:  # Keras's progress bars, too
        patch.chdir(folder)
        patch.delenv('ELEC576_DATA', raising=False)
        patch.setenv('ELEC576_CACHE', str(folder / 'cache'))
        patch.setenv('KERAS_HOME', str(folder / 'keras'))
        patch.setattr(fetch, 'MNIST_DIGEST', digest(*server.made_up))
        patch.setattr(fetch, 'STALL_SECONDS', STALL_SECONDS)
        patch.setattr(fetch, 'reachable', lambda host: True)
        patch.setattr(keras_mnist, 'get_file', get_file)
        yield said


def fails_badly(folder, server: Server, name: str) -> str:
    """Try a bad download, as preparing and as running do; '' if both ended as they should."""
    with world(folder, server, name) as said:
        began = time.monotonic()
        try:
            fetch.fetch('MNIST_data', folder / 'cache')
            return 'taken for good'
        except UserError as error:  # what prepare_data.py ends with
            if 'MNIST_data' not in str(error):
                return f'says only: {error}'
        except Exception as error:
            return f'{type(error).__name__}: {error}'
        seconds = time.monotonic() - began
        if seconds > PATIENCE:
            return f'given up only after {seconds:.0f} s'
        if not load_mnist()[1].stand_in or 'stand-in' not in said.getvalue():
            return 'a run does not go on with the stand-in, or does not say so'
    # what Keras leaves in its own cache it checks by digest, and replaces, the next time
    left = [path.name for path in (folder / 'cache').glob('*') if not path.name.endswith('.lock')]
    return f'left behind: {", ".join(left)}' if left else ''


def arrives_badly(folder, server: Server, name: str) -> str:
    """Try a good download; '' if the set is there, whole."""
    with world(folder, server, name):
        try:
            found = read_mnist_folder(fetch.fetch('MNIST_data', folder / 'cache'))
        except UserError as error:
            return str(error)
    return '' if all(map(np.array_equal, found, server.made_up)) else 'other contents'


def reasons(found: dict[str, str]) -> list[str]:
    return [f'{name}: {why}' for name, why in found.items() if why]


def test_bad_then_good(server, finding, trial_options, tmp_path):
    names = BAD if trial_options.full else BAD[:FEW]
    failed = reasons({name: fails_badly(tmp_path / name, server, name) for name in names})
    # a good download, where a bad one has left its traces
    failed += reasons({f'then good after {name}': arrives_badly(tmp_path / name, server, 'good')
                       for name in names if name != 'another set'})
    finding(f'downloads that fail ({", ".join(names)}): one line within {PATIENCE} s, nothing left '
            'behind, the stand-in or a failure as asked; they succeed when the host is well',
            len(names), failed, 'a host that goes on sending, however slowly, is not given up')


def test_good(server, finding, tmp_path):
    found = {name: arrives_badly(tmp_path / name, server, name) for name in GOOD}
    finding(f'downloads that succeed ({", ".join(GOOD)}): verified by digest', len(found),
            reasons(found))


def test_a_download_that_should_have_failed_is_seen(server, tmp_path):
    assert fails_badly(tmp_path, server, 'good') == 'taken for good'
