"""`reproduce.py` as the trials use it: two short runs of the report on the stand-in, two jobs."""

import subprocess
from pathlib import Path

from commands import command, environment

from elec576.claims.plan import FIRST_SEED
from elec576.loops.history import STATISTICS
from elec576.runs import many
from elec576.runs.tables import RunTable, folder_of, read_table

NAMES = 'rnn-a,rnn-b'


def begin(results: Path) -> subprocess.Popen:
    """Start `reproduce.py` in a process group of its own; its output goes beside ``results``."""
    with open(results.with_suffix('.log'), 'ab') as log:
        return subprocess.Popen(
            command('reproduce.py', '--only', NAMES, '--jobs', 2, '--results', results),
            stdout=log, stderr=log, cwd=results.parent, start_new_session=True, env=environment())


def differing(results: Path, reference: Path, jobs: list[many.Job] | None = None) -> list[str]:
    """The runs of ``results`` that are not finished or not those of ``reference``, and why.

    Args:
        jobs: the runs; by default those that `begin` starts.
    """
    found = []
    for job in jobs or many.plan(NAMES, [FIRST_SEED]):
        ours, theirs = (read_table(folder_of(place, job.experiment))
                        for place in (results, reference))
        if ours is None or ours.seeds.count(job.seed) != 1:
            found.append(f'{job}: {"not finished" if ours is None else f"seeds {ours.seeds}"}')
            continue
        one, other = _contents(ours, job.seed), _contents(theirs, job.seed)
        names = [name for name in other if one[name] != other[name]]
        found += [f'{job}: {", ".join(names)}'] * bool(names)
        found += [f'{job}: its folder is left'] * job.directory(results).path.exists()
    return found


def _contents(table: RunTable, seed: int) -> dict[str, object]:
    """What two equal runs have in common."""
    row = table.seeds.index(seed)
    measured = [name for name in ('test_accuracy', 'test_loss', *STATISTICS)
                if name in table.runs]
    return {'history': table.history_of(seed).to_csv(), 'config': table.config,
            'metrics': table.runs[measured].iloc[row].tolist(),
            **{name: None if array is None else array[row].tobytes() for name, array in (
                ('test_correct', table.test_correct), ('filters', table.filters))}}
