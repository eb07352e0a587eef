"""What several test files need: the repository, its scripts, and the listings as oracles."""

import contextlib
import io
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]

# A server loads what the listings import, once, and forks a process for each of them. It chooses
# the kernels before TensorFlow is loaded, as the listings do.
PRELOADED = ['imageio.v2', 'matplotlib.pyplot', 'tensorflow.compat.v1',
             'tensorflow.python.ops.rnn', 'tensorflow.python.ops.rnn_cell']
KERNELS = {'TF_ENABLE_ONEDNN_OPTS': '1', 'ONEDNN_MAX_CPU_ISA': 'AVX2'}
CALM = {'MPLBACKEND': 'Agg', 'TF_CPP_MIN_LOG_LEVEL': '2'}


class Killed(BaseException):
    """Ends work as SIGKILL would: nothing is saved."""


def run_listing(program: str, dump: Path, *options: object, forked: bool = True
                ) -> tuple[dict[str, np.ndarray], str]:
    """Run a listing of `starter/`; return what it computed and what it printed.

    It always has a process to itself: a fork of one that has TensorFlow loaded (AVX2 kernels only)
    and nothing of elec576, or a new one, as a user starts it.
    """
    words = [str(REPOSITORY / 'starter' / program), *map(str, options), '--dump', str(dump)]
    if forked:
        code, printed, errors = _fork(words, dump)
    else:
        done = subprocess.run([sys.executable, *words], env={**os.environ, **CALM},
                              capture_output=True, text=True)
        code, printed, errors = done.returncode, done.stdout, done.stderr
    assert code == 0, errors
    with np.load(dump) as arrays:
        return dict(arrays), printed


def _fork(words: list[str], dump: Path) -> tuple[int | None, str, str]:
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(PRELOADED)
    outputs = [dump.with_suffix(suffix) for suffix in ('.stdout', '.stderr')]
    process = context.Process(target=_run, args=(words, *outputs))
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith(('TF_', 'ONEDNN_'))}
    with mock.patch.dict(os.environ, {**inherited, **CALM, **KERNELS}, clear=True):
        process.start()  # the first one starts the server
    process.join()
    return process.exitcode, *(output.read_text() for output in outputs)


def _run(words: list[str], *outputs: Path) -> None:
    for descriptor, output in enumerate(outputs, 1):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT), descriptor)
    assert 'tensorflow' in sys.modules and 'elec576' not in sys.modules
    sys.argv = words
    runpy.run_path(words[0], run_name='__main__')


class Done(NamedTuple):
    """How a script ended."""

    code: int
    stdout: str
    stderr: str

    def refused(self, *words: str) -> bool:
        """Whether it ended with exit code 2 and one line that has all of ``words``."""
        return (self.code == 2 and self.stderr.count('\n') == 1
                and all(word in self.stderr for word in words))


def call(words: list[str]) -> Done:
    """Run a script's command line in this process, which saves the seconds that TensorFlow loads.

    Nothing is written to a file for the output: it may be called while files cannot be written.
    """
    out, err = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with mock.patch.object(sys, 'argv', words[1:]), contextlib.redirect_stdout(out), \
                contextlib.redirect_stderr(err):
            runpy.run_path(words[1], run_name='__main__')
    except SystemExit as end:
        if end.code == 130:
            raise KeyboardInterrupt from None  # of the trial, not of the script
        return Done(end.code, out.getvalue(), err.getvalue())
    finally:
        signal.signal(signal.SIGTERM, before)
    raise AssertionError(f'{words}: no exit code')


def options_of(settings: dict[str, object]) -> list[str]:
    """Settings as command-line options."""
    return [part for name, value in settings.items()
            for part in ('--' + name.replace('_', '-'), str(value))]
