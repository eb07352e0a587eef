"""Trial `download`: a server on this machine in the place of the real hosts, which misbehaves.

Keras's own downloading is what is tried: only the address that it asks, the digest that it expects
and the place of its cache are exchanged, for a small made-up MNIST.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Iterator
from unittest import mock

import numpy as np

from elec576.data import fetch, prepare, sources
from elec576.data.mnist import read_mnist_folder
from elec576.data.sets import digest
from elec576.errors import UserError
from elec576.tf1 import tf
from elec576.torture.findings import Finding, Orders
from tf115.made_up import mnist_pixels

STALL_SECONDS = 3  # in place of `fetch.STALL_SECONDS`, to be done in minutes
PATIENCE = 15  # seconds within which a failed download must have been given up

GOOD = ('good', 'redirected')
BAD = ('not found', 'server error', 'cut off', 'stalled', 'silent', 'wrong bytes', 'a web page',
       'empty', 'redirected for ever', 'redirected to a file', 'another set')


class Server(ThreadingHTTPServer):
    """Answers a path by the name of its misbehaviour (blanks are `-`)."""

    daemon_threads = True

    def __init__(self, content: bytes, other: bytes):
        super().__init__(('127.0.0.1', 0), Handler)
        self.content, self.other = content, other
        self.end = threading.Event()  # lets those go who are stalling

    def url(self, name: str) -> str:
        return f'http://127.0.0.1:{self.server_address[1]}/{name.replace(" ", "-")}'

    @contextlib.contextmanager
    def running(self) -> Iterator[Server]:
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.end.set()
            self.shutdown()
            self.server_close()

    def handle_error(self, request, client_address) -> None:
        """The client has gone: what some of these names are about."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def log_message(self, *_) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        whole = self.server.content
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
                self.answer(whole[:len(whole) // 2], len(whole))
            case 'stalled':
                self.answer(whole[:len(whole) // 2], len(whole))
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
    file = io.BytesIO()
    np.savez(file, x_train=mnist.train_images, y_train=mnist.train_labels,
             x_test=mnist.test_images, y_test=mnist.test_labels)
    return file.getvalue()


@contextlib.contextmanager
def world(folder: Path, server: Server, name: str) -> Iterator[None]:
    """Everything is looked for in ``folder``; Keras downloads what ``server`` calls ``name``."""
    served = server.other if name == 'another set' else server.content
    keras_mnist = sys.modules[tf.keras.datasets.mnist.load_data.__module__]
    real = keras_mnist.get_file

    def get_file(fname: str, origin: str, file_hash: str, **more):
        return real(fname, origin=server.url(name),
                    file_hash=hashlib.sha256(served).hexdigest(), cache_dir=str(folder / 'keras'))

    (folder / 'keras').mkdir(parents=True, exist_ok=True)
    expected = digest(*mnist_pixels())
    changes = {'ELEC576_CACHE': str(folder / 'cache'), 'KERAS_HOME': str(folder / 'keras')}
    here = os.getcwd()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, changes))
        os.environ.pop('ELEC576_DATA', None)
        for module in (fetch, prepare):
            stack.enter_context(mock.patch.object(module, 'MNIST_DIGEST', expected))
        stack.enter_context(mock.patch.object(keras_mnist, 'get_file', get_file))
        stack.enter_context(mock.patch.object(fetch, 'reachable', lambda host: True))
        stack.enter_context(mock.patch.object(fetch, 'STALL_SECONDS', STALL_SECONDS))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))  # Keras's progress bars
        stack.callback(os.chdir, here)
        os.chdir(folder)
        yield


def fails_well(folder: Path, server: Server, name: str) -> str:
    """Try a bad download, as preparing and as running do; '' if both ended as they should."""
    said = io.StringIO()
    with world(folder, server, name):
        began = time.monotonic()
        try:
            fetch.fetch('MNIST_data', folder / 'cache')
            return 'taken for good'
        except UserError as error:  # what prepare_data.py ends with
            if 'MNIST_data' not in str(error):
                return f'says only: {error}'
        except Exception as error:
            return f'{type(error).__name__}: {error}'
        if time.monotonic() - began > PATIENCE:
            return f'given up only after {time.monotonic() - began:.0f} s'
        with contextlib.redirect_stderr(said):  # what a run goes on with
            if sources._download('MNIST_data') is not None or 'stand-in' not in said.getvalue():
                return 'a run does not go on with the stand-in, or does not say so'
    # what Keras leaves in its own cache it checks by digest, and replaces, the next time
    left = [path.name for path in (folder / 'cache').glob('*') if not path.name.endswith('.lock')]
    return f'left behind: {", ".join(left)}' if left else ''


def arrives(folder: Path, server: Server, name: str) -> str:
    """Try a good download; '' if the set is there, whole."""
    with world(folder, server, name):
        try:
            found = read_mnist_folder(fetch.fetch('MNIST_data', folder / 'cache'))
        except UserError as error:
            return str(error)
    return '' if digest(*found) == digest(*mnist_pixels()) else 'other contents'


def trial(orders: Orders) -> list[Finding]:
    """All good and bad downloads."""
    with tempfile.TemporaryDirectory(prefix='elec576-download-') as folder:
        return list(findings(Path(folder), GOOD, BAD))


def findings(folder: Path, good: tuple[str, ...], bad: tuple[str, ...]) -> Iterator[Finding]:
    """The findings, one after another."""
    made_up = mnist_pixels()
    other = made_up._replace(test_images=255 - made_up.test_images)
    with Server(npz(made_up), npz(other)).running() as server:
        fallen = {name: fails_well(folder / name, server, name) for name in bad}
        repaired = {name: arrives(folder / name, server, 'good') for name in bad
                    if name != 'another set'}
        arrived = {name: arrives(folder / name, server, name) for name in good}
    for what, found, note in (
            (f'downloads that fail ({", ".join(bad)}): one line within {PATIENCE} s, nothing left '
             'behind, the stand-in or a failure as asked', fallen,
             'a host that goes on sending, however slowly, is not given up'),
            ('the same again when the host is well', repaired, ''),
            (f'downloads that succeed ({", ".join(good)}): verified by digest', arrived, '')):
        lost = [f'{name}: {why}' for name, why in found.items() if why]
        yield Finding(what, len(found), len(found) - len(lost),
                      '; '.join(lost + [note] * bool(note)))
