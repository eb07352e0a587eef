"""A process of a run, killed at a chosen moment."""

import os
import signal
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Callable, NamedTuple

from commands import environment

from elec576.files import UNFINISHED
from elec576.runs.rundir import RunDirectory, step_name

LOOK_EVERY = 0.0001  # seconds; writing the history takes no longer, a checkpoint a hundred times


class Moment(NamedTuple):
    """When to kill: some seconds after something has come true."""

    name: str
    reached: Callable[[], bool]
    seconds_later: float


def random_moment(run: RunDirectory, last_step: int, longest: float, rng: Random) -> Moment:
    """A random moment of a process that works on ``run`` for at most about ``longest`` seconds.

    Most are where it hurts: while a checkpoint is written, just after it (an older one is removed,
    the history is written), and at the end of the run, when the results are written one by one.
    Writing takes from under a millisecond to some tenths of a second: so do the waiting times.
    """
    at_start = set(names(run.checkpoints))
    seen: set[str] = set()
    number = rng.randint(1, 12)

    def new(prefix: str) -> bool:
        """Whether ``number`` checkpoints with this prefix have appeared since."""
        seen.update(name for name in names(run.checkpoints) if name.startswith(prefix))
        return len(seen - at_start) >= number

    kind = rng.choices(['at any time', 'in a checkpoint', 'after a checkpoint', 'in the history',
                        'at the end'], [3, 5, 2, 3, 2])[0]
    if kind == 'at any time':
        return Moment(kind, lambda: True, rng.uniform(0, longest))
    if kind == 'in a checkpoint':
        return Moment(kind, lambda: new(UNFINISHED), 10 ** rng.uniform(-3, -0.7))
    if kind == 'after a checkpoint':
        return Moment(kind, lambda: new('step-'), 10 ** rng.uniform(-4, -1.5))
    if kind == 'in the history':
        return Moment(kind, lambda: new('step-') and any(
            name.startswith(UNFINISHED) for name in names(run.path)), 0.0)
    return Moment(kind, lambda: step_name(last_step) in names(run.checkpoints), rng.uniform(0, 0.6))


def names(folder: Path) -> list[str]:
    """The names in ``folder``; none if there is no such folder."""
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def killed_at(moment: Moment, words: list[str]) -> bool:
    """Run a command and kill it at ``moment``; False if it ended well before."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env=environment(), text=True) as job:
        try:
            while job.poll() is None and not moment.reached():
                time.sleep(LOOK_EVERY)
            job.wait(moment.seconds_later)
        except subprocess.TimeoutExpired:
            pass
        finally:
            job.kill()
        code = job.wait()
        assert code in (0, -signal.SIGKILL), f'{words}: exit code {code}: {job.stderr.read()}'
    return code != 0
