"""`reproduce.py` as the trials use it: two short runs of the report on the stand-in, two jobs."""

from __future__ import annotations

import subprocess
from pathlib import Path

from commands import command, environment

from elec576.claims.plan import FIRST_SEED
from elec576.runs import many
from elec576.runs.tables import folder_of, read_table

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
        ours, theirs = (read_table(folder_of(place, job.experiment))
                        for place in (results, reference))
        if ours is None or ours.seeds != [job.seed]:
            found.append(f'{job}: {"not finished" if ours is None else f"seeds {ours.seeds}"}')
            continue
        names = [name for name, one, other in (
            ('history', ours.history_of(job.seed).to_csv(), theirs.history_of(job.seed).to_csv()),
            ('test_correct', ours.test_correct.tobytes(), theirs.test_correct.tobytes()),
            ('config', ours.config, theirs.config)) if one != other]
        found += [f'{job}: {", ".join(names)}'] * bool(names)
        found += [f'{job}: its folder is left'] * job.directory(results).path.exists()
    return found
