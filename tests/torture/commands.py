"""The scripts as the trials call them."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

from helpers import REPOSITORY, Done, options_of

from elec576.settings import CnnSettings, RnnSettings

SECONDS = 3600  # longer than any of the trials' scripts takes


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
