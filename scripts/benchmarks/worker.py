"""A way to train, in a process of its own, which runs steps on request."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import resource
import sys
import tempfile
import time

# what a way needs; `ways/` holds a module for each
NEEDS = {'ours': 'tensorflow', 'listing': 'tensorflow', 'torch': 'torch', 'keras': 'keras',
         'machine': 'tensorflow', 'stages': 'tensorflow'}
RSS_UNIT = 1 if sys.platform == 'darwin' else 1024  # bytes in which ru_maxrss counts
TIME_LIMIT = 180.0  # seconds for one request; a compiler may need many


def available(way: str) -> bool:
    """Whether what ``way`` needs is installed."""
    return importlib.util.find_spec(NEEDS[way]) is not None


class WorkerFailed(Exception):
    """A worker died, raised an error or took too long; it has been stopped."""


class Worker:
    """A fresh process that computes with ``threads`` threads; use it in a `with` statement.

    After a failure the next request starts a new one. Its temporary files are removed with it.

    Args:
        isa: kernels of `ours` and `listing`; the frameworks choose their own.
        data: a folder that `work.write_data` filled, for `listing`.

    Raises:
        WorkerFailed: from `begin`, `end` and `steps`.
    """

    def __init__(self, way: str, threads: int, isa: str = 'avx2', data: str | None = None,
                 time_limit: float = TIME_LIMIT):
        self.way, self.options, self.time_limit = way, (threads, isa, data), time_limit
        self.peak_bytes = 0
        self._process = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception) -> None:
        if self._process is not None and self.way != 'listing':  # its thread waits forever
            self._pipe.close()  # the worker then ends, and the processes of its compiler
            self._process.join(10)
        self._stop()

    def begin(self, model: str, variant: str, steps: int) -> None:
        """Request ``steps`` steps; a model other than the last one is built first."""
        if self._process is None:
            self._folder = tempfile.TemporaryDirectory(prefix='elec576-bench-')
            context = multiprocessing.get_context('spawn')
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, self.way, self._folder.name, *self.options),
                daemon=True)
            self._process.start()
            theirs.close()  # so that a dead process's end of the pipe is closed
        try:
            self._pipe.send((model, variant, steps))
        except OSError:
            self._fail(self._exit_words())

    def end(self) -> float:
        """Wait for what `begin` requested; wall seconds of all steps, without building."""
        if not self._pipe.poll(self.time_limit):
            self._fail(f'took more than {self.time_limit:g} s')
        try:
            reply = self._pipe.recv()
        except (EOFError, OSError):
            self._fail(self._exit_words())
        if isinstance(reply, str):
            self._fail(reply)
        seconds, self.peak_bytes = reply
        return seconds

    def steps(self, model: str, variant: str, steps: int) -> float:
        """`begin`, then `end`."""
        self.begin(model, variant, steps)
        return self.end()

    def _exit_words(self) -> str:
        self._process.join(5)
        return f'died with exit code {self._process.exitcode}'

    def _fail(self, why: str):
        self._stop()
        raise WorkerFailed(f'{self.way}: {why}')

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._folder.cleanup()
            self._process = None


def _serve(pipe, way: str, folder: str, threads: int, isa: str, data: str | None) -> None:
    """The process: build the model, run its steps, send seconds and peak memory or an error.

    One model is kept at a time, with all its variants.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # banners, a listing's own lines
        os.dup2(null, stream)
    tempfile.tempdir = folder
    built, runs = None, {}
    try:
        module = importlib.import_module(f'benchmarks.ways.{way}')
        module.prepare(threads, isa, data)
        while True:
            model, variant, steps = pipe.recv()
            if model != built:
                built, runs = model, {}
            if variant not in runs:
                runs[variant] = module.start(model, variant)
            seconds = runs[variant](steps)
            pipe.send((seconds, RSS_UNIT * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    except EOFError:
        pass  # the parent is done
    except Exception as error:
        pipe.send(f'{type(error).__name__}: {error}')


def timed_calls(call, count: int, warm: bool = True) -> float:
    """Wall seconds of ``count`` calls; with ``warm`` after an untimed one."""
    if warm:
        call()
    before = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - before
