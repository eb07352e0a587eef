"""One process of a run, killed at a chosen moment."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Callable, NamedTuple

from elec576.files import UNFINISHED
from elec576.runs.rundir import RunDirectory

LOOK_EVERY = 0.0001  # seconds; writing the history takes no longer, a checkpoint a hundred times


class Failed(Exception):
    """A process ended by itself, and not well."""


class Moment(NamedTuple):
    """When to kill: some seconds after something has come to be true."""

    name: str
    reached: Callable[[], bool]
    seconds_later: float


@dataclass(frozen=True)
class Death:
    """A kill, and what it met."""

    moment: str
    seconds: float  # since the process began
    within_checkpoint: bool  # a checkpoint was being written
    within_history: bool  # the history was being written


def moments(run: RunDirectory, last_step: int, longest: float, rng: Random) -> Moment:
    """A random moment of a sitting of at most about ``longest`` seconds.

    Most are where it hurts: while a checkpoint is written, just after it (an older one is removed,
    the history is written), and at the end of the run, when the results are written one by one.
    Writing takes from under a millisecond to some tenths of a second: so do the waiting times.
    """
    at_start = set(names(run.checkpoints))
    seen: set[str] = set()
    many = rng.randint(1, 12)

    def new(prefix: str) -> bool:
        """Whether ``many`` names that begin so have come up among the checkpoints since."""
        seen.update(name for name in names(run.checkpoints) if name.startswith(prefix))
        return len(seen - at_start) >= many

    kind = rng.choices(['any time', 'checkpoint', 'after a checkpoint', 'history', 'end'],
                       [3, 5, 2, 3, 2])[0]
    if kind == 'any time':
        return Moment(kind, lambda: True, rng.uniform(0, longest))
    if kind == 'checkpoint':
        return Moment(kind, lambda: new(UNFINISHED), 10 ** rng.uniform(-3, -0.7))
    if kind == 'after a checkpoint':
        return Moment(kind, lambda: new('step-'), 10 ** rng.uniform(-4, -1.5))
    if kind == 'history':
        return Moment(kind, lambda: new('step-') and any(
            name.startswith(UNFINISHED) for name in names(run.path)), 0.0)
    last = f'step-{last_step:08d}'
    return Moment(kind, lambda: last in names(run.checkpoints), rng.uniform(0, 0.6))


def names(folder: Path) -> list[str]:
    """The names in ``folder``; none if there is no such folder."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def sit(command: list[str], log: Path, run: RunDirectory, moment: Moment | None) -> Death | None:
    """Let ``command`` work on ``run`` until ``moment``, then SIGKILL it; None if it ended before.

    Args:
        log: takes what the process writes on both its streams.

    Raises:
        Failed: it ended before, with another exit code than 0.
    """
    begun = time.monotonic()
    with open(log, 'ab') as output, subprocess.Popen(command, stdout=output, stderr=output) as job:
        try:
            if moment is not None:
                _wait(job, moment)
        finally:
            if moment is not None:
                job.kill()
        code = job.wait()
    if code == 0:
        return None
    if code > 0 or moment is None:
        raise Failed(f'{" ".join(command)}: exit code {code}; {log} has its output')
    return Death(moment.name, time.monotonic() - begun,
                 any(name.startswith(UNFINISHED) for name in names(run.checkpoints)),
                 any(name.startswith(UNFINISHED + run.history.name) for name in names(run.path)))


def _wait(job: subprocess.Popen, moment: Moment) -> None:
    while not moment.reached():
        if job.poll() is not None:
            return
        time.sleep(LOOK_EVERY)
    try:
        job.wait(moment.seconds_later)
    except subprocess.TimeoutExpired:
        pass
