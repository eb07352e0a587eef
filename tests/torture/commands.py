"""The scripts as the trials call them: in processes of their own, or in this one."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from helpers import REPOSITORY, options_of

from elec576.settings import CnnSettings, RnnSettings

SECONDS = 3600  # longer than any of the trials' scripts takes


class Done(NamedTuple):
    """How a script ended."""

    code: int
    stdout: str
    stderr: str

    def refused(self, *words: str) -> bool:
        """Whether it ended with exit code 2 and one line that has all of ``words``."""
        return (self.code == 2 and self.stderr.count('\n') == 1
                and all(word in self.stderr for word in words))


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with ``changes``, in which no run finds data."""
    kept = {name: value for name, value in os.environ.items() if name != 'ELEC576_DATA'}
    # no proxy answers there, so no download is waited for and the stand-in is used
    return {**kept, **changes, 'https_proxy': 'http://127.0.0.1:9',
            'PYTHONPATH': os.pathsep.join(map(str, (REPOSITORY, REPOSITORY / 'tests')))}


def command(script: str, *options: object, python: str | Path = sys.executable) -> list[str]:
    """The command line of a script."""
    return [str(python), str(REPOSITORY / 'scripts' / script), *map(str, options)]


def command_of(settings: CnnSettings | RnnSettings, out: Path, data: object = None,
               *more: object, python: str | Path = sys.executable) -> list[str]:
    """The command line that makes a run of ``settings`` in ``out``."""
    script = 'run_cnn.py' if isinstance(settings, CnnSettings) else 'run_rnn.py'
    given = {name: value for name, value in dataclasses.asdict(settings).items()
             if value is not None}
    return command(script, *options_of(given), '--out', out,
                   *(['--data', data] if data else []), *more, python=python)


def run(words: list[str], **changes: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(words, capture_output=True, text=True, env=environment(**changes),
                          timeout=SECONDS)
    return Done(done.returncode, done.stdout, done.stderr)


def run_well(words: list[str], **changes: str) -> Done:
    """Run a command that must succeed."""
    done = run(words, **changes)
    assert done.code == 0, (words, done)
    return done


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
