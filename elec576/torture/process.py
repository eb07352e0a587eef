"""A script of `scripts/` in a process of its own, and data for it that is made up."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

from tf115.made_up import write_made_up

SECONDS = 900  # longer than any of the trials' scripts takes


def command(scripts: Path, name: str, *options: object) -> list[str]:
    """The command line of a script, by this interpreter."""
    return [sys.executable, str(scripts / name), *map(str, options)]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with ``changes``, in which no run finds data by itself."""
    kept = {name: value for name, value in os.environ.items() if name != 'ELEC576_DATA'}
    # where no proxy answers, nobody waits for a download and the stand-in is used
    return {**kept, 'https_proxy': 'http://127.0.0.1:9', **changes}


def run(scripts: Path, name: str, *options: object, **changes: str) -> subprocess.CompletedProcess:
    """Let a script end; its output as text."""
    return subprocess.run(command(scripts, name, *options), capture_output=True, text=True,
                          env=environment(**changes), timeout=SECONDS)


def refused(done: subprocess.CompletedProcess, *words: str) -> bool:
    """Whether a script ended with exit code 2 and one line that has all of ``words``."""
    return (done.returncode == 2 and done.stderr.count('\n') == 1
            and all(word in done.stderr for word in words))


def small_data(folder: Path) -> str:
    """Write a small made-up CIFAR10/ and MNIST_data/ into a new folder; its path."""
    folder.mkdir(parents=True)
    with contextlib.redirect_stderr(io.StringIO()):  # the progress bar of two seconds
        write_made_up(folder)
    return str(folder)
