"""A server on this machine in the place of the real hosts, which can misbehave."""

import contextlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np


class Server(ThreadingHTTPServer):
    """Answers a path by the name of its misbehaviour (blanks are `-`)."""

    daemon_threads = True

    def __init__(self, content: bytes, other: bytes):
        super().__init__(('127.0.0.1', 0), Handler)
        self.content, self.other = content, other
        self.end = threading.Event()  # lets those go who are stalling

    @contextlib.contextmanager
    def running(self):
        """Serve while the context lasts."""
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield self
        finally:
            self.end.set()
            self.shutdown()
            self.server_close()

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
    file = io.BytesIO()
    np.savez(file, x_train=mnist.train_images, y_train=mnist.train_labels,
             x_test=mnist.test_images, y_test=mnist.test_labels)
    return file.getvalue()
