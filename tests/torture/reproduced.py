"""`reproduce.py` as the trials use it: two short runs of the report on the stand-in, two jobs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from commands import command, environment
from same_run import differences

from elec576.claims.plan import FIRST_SEED
from elec576.runs import many

NAMES = 'rnn-a,rnn-b'


def begin(results: Path) -> subprocess.Popen:
    """Start `reproduce.py` in a process group of its own; its output goes beside ``results``."""
    with open(results.with_suffix('.log'), 'ab') as log:
        return subprocess.Popen(
            command('reproduce.py', '--only', NAMES, '--jobs', 2, '--results', results),
            stdout=log, stderr=log, cwd=results.parent, start_new_session=True, env=environment())


def differing(results: Path, reference: Path) -> list[str]:
    """The runs of ``results`` that are not finished or not those of ``reference``, and why."""
    found = []
    for job in many.plan(NAMES, [FIRST_SEED]):
        run, whole = job.directory(results), job.directory(reference)
        names = differences(run, whole) if run.metrics.exists() else ['not finished']
        found += [f'{job}: {", ".join(names)}'] * bool(names)
    return found
