"""A way to train, in a process of its own, which runs steps on request; and whole scripts."""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# what a way needs; `ways/` holds a module for each
NEEDS = {'ours': 'tensorflow', 'listing': 'tensorflow', 'torch': 'torch', 'keras': 'keras'}
PEERS = ('torch', 'keras')
ROOT = Path(__file__).parents[2]
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
        isa: the kernels of `ours` and `listing`; the peers are held to 'avx2', or left as they are
            ('avx512').
        data: a folder that `work.write_data` filled, for `listing`.

    Attributes:
        peak_bytes: its largest resident set so far.
        reports: what its libraries said of their instruction sets, by library.

    Raises:
        WorkerFailed: from `begin`, `end` and `steps`; also where a library says that it computes
            with other instructions (`kernels.check`).
    """

    def __init__(self, way: str, threads: int, isa: str = 'avx2', data: str | None = None,
                 time_limit: float = TIME_LIMIT):
        self.way, self.options, self.time_limit = way, (threads, isa, data), time_limit
        self.peak_bytes = 0
        self.reports: dict[str, str] = {}
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
        seconds, self.peak_bytes, self.reports = reply
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
    """The process: build the model, run its steps, send seconds, peak memory and what libraries
    say; or an error.

    One model is kept at a time, with all its variants.
    """
    from benchmarks import kernels
    said = Path(folder) / 'said.txt'  # by libraries, on request; a listing's own lines too
    for stream, place in ((1, said), (2, os.devnull)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    tempfile.tempdir = folder
    built, runs = None, {}
    try:
        if way in PEERS:
            kernels.choose(isa)
        module = importlib.import_module(f'benchmarks.ways.{way}')
        module.prepare(threads, isa, data)
        reports: dict[str, str] = {}
        while True:
            model, variant, steps = pipe.recv()
            if model != built:
                built, runs = model, {}
            new = variant not in runs
            if new:
                runs[variant] = module.start(model, variant)
            seconds = runs[variant](steps)
            if new:
                reports = module.reports(said)
                kernels.check(reports, isa, as_they_are=way in PEERS)
            pipe.send((seconds, RSS_UNIT * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                       reports))
    except EOFError:
        pass  # the parent is done
    except kernels.NotHeld as refusal:
        pipe.send(str(refusal))
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


def run_script(*words: str, data: Path, folder: Path, own: bool = True, imports: bool = False
               ) -> tuple[float, int, str]:
    """Run a script, with its options, in a process of its own.

    Args:
        own: it is ours, with a run's directory.
        imports: have Python say how long every import took (`-X importtime`).

    Returns:
        seconds, peak memory (bytes), and what it printed.

    Raises:
        WorkerFailed: it failed.
    """
    out = folder / 'run'
    shutil.rmtree(out, ignore_errors=True)
    options = ['--data', str(data), *(['--out', str(out)] if own else [])]
    environment = {**os.environ, 'MPLBACKEND': 'Agg', 'PYTHONPATH': str(ROOT),
                   'ELEC576_CACHE': f'{folder}/cache'}
    python = [sys.executable, '-u', *(['-X', 'importtime'] if imports else [])]
    before = time.perf_counter()
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen([*python, *words, *options], env=environment, cwd=ROOT,
                                   stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - before
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode('utf-8', 'replace')
    if process.returncode:
        raise WorkerFailed(f'{words[0]}: {(text.strip() or "died").splitlines()[-1]}')
    return seconds, RSS_UNIT * usage.ru_maxrss, text
