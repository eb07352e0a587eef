"""The parent's side of `elec576.bench.worker`."""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TextIO

import elec576

TIME_LIMIT = 120.0  # seconds for one command; a compiler may need many
PACKAGE = {'elec576': 'tensorflow', 'listing': 'tensorflow', 'torch': 'torch', 'keras': 'keras',
           'sgemm': 'numpy'}


def available(way: str) -> bool:
    """Whether what ``way`` needs is installed."""
    return importlib.util.find_spec(PACKAGE[way]) is not None


class WorkerFailed(Exception):
    """A worker died, complained, or took too long; it has been ended if it was still there."""


class Worker:
    """A process that computes with ``threads`` threads; use it in a `with` statement.

    Raises:
        WorkerFailed: from every method.
    """

    def __init__(self, way: str, threads: int, environment: dict[str, str] | None = None,
                 time_limit: float = TIME_LIMIT):
        self.way, self.threads, self.time_limit = way, threads, time_limit
        self._environment = environment or {}
        self._begin()

    def _begin(self) -> None:
        self._log = tempfile.TemporaryFile('w+')
        root = str(Path(elec576.__file__).parents[1])
        paths = [root, *filter(None, [os.environ.get('PYTHONPATH')])]
        settings = {
            'PYTHONPATH': os.pathsep.join(paths), 'MPLBACKEND': 'Agg',
            'KERAS_BACKEND': 'tensorflow', 'TF_CPP_MIN_LOG_LEVEL': '3',
            **{name: str(self.threads) for name in
               ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')},
            **self._environment}
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'elec576.bench.worker', self.way, str(self.threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, **settings})
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, args=(self._process.stdout, self._answers),
                         daemon=True).start()
        self._greeting = None

    def restart(self) -> None:
        """Replace the process by a new one, which has built nothing yet."""
        self.close()
        self._begin()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    @property
    def versions(self) -> dict[str, str]:
        """Versions of what it computes with."""
        return self._hear_greeting()['versions']

    def variants(self, model: str) -> list[str]:
        """The variants in which it can train ``model``."""
        return self._ask({'variants': model})['variants']

    def steps(self, model: str, variant: str, count: int) -> float:
        """Wall seconds of ``count`` steps; building the model, at the first call, not included."""
        self.send_steps(model, variant, count)
        return self.receive_steps()

    def send_steps(self, model: str, variant: str, count: int) -> None:
        """Begin what `steps` does; `receive_steps` waits for it."""
        self._send({'model': model, 'variant': variant, 'steps': count})

    def receive_steps(self) -> float:
        reply = self._reply()
        self.peak_bytes = reply['peak_bytes']
        return reply['seconds']

    def forget(self) -> None:
        """Drop all models."""
        self._ask({'forget': True})

    def close(self) -> None:
        """End the process."""
        try:
            self._process.stdin.close()
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _hear_greeting(self) -> dict:
        if self._greeting is None:
            self._greeting = self._receive()
        return self._greeting

    @staticmethod
    def _listen(source: TextIO, answers: queue.Queue[str]) -> None:
        with source:
            for line in source:
                answers.put(line)
        answers.put('')

    def _ask(self, command: dict) -> dict:
        self._send(command)
        return self._reply()

    def _send(self, command: dict) -> None:
        self._hear_greeting()
        try:
            print(json.dumps(command), file=self._process.stdin, flush=True)
        except OSError:
            raise WorkerFailed(self._last_words()) from None

    def _reply(self) -> dict:
        reply = self._receive()
        if 'error' in reply:
            raise WorkerFailed(f'{self.way}: {reply["error"]}')
        return reply

    def _receive(self) -> dict:
        try:
            line = self._answers.get(timeout=self.time_limit)
        except queue.Empty:
            self._process.kill()
            raise WorkerFailed(f'{self.way}: took more than {self.time_limit:g} s') from None
        if not line:
            raise WorkerFailed(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        self._process.wait(5)
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return f'{self.way}: ended with {self._process.returncode}: {lines[-1] if lines else ""}'
