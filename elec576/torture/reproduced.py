"""`reproduce.py` as the trials use it: a few short runs of the report on the stand-in, two jobs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

from elec576.runs.rundir import RunDirectory, read_metrics
from elec576.torture import process
from elec576.torture.findings import Finding

OPTIONS = ('--only', 'evidence-fc1-tanh,rnn-a,rnn-b', '--jobs', 2)
FILES = {'evidence-fc1-tanh': ('config.json', 'history.csv', 'activations.json', 'filters.npy'),
         'rnn-a': ('config.json', 'history.csv'), 'rnn-b': ('config.json', 'history.csv')}


def begin(scripts: Path, results: Path, log: Path) -> subprocess.Popen:
    """Start `reproduce.py` in a process group of its own; its output goes to ``log``."""
    with open(log, 'ab') as output:
        return subprocess.Popen(
            process.command(scripts, 'reproduce.py', *OPTIONS, '--results', results),
            stdout=output, stderr=output, cwd=log.parent, start_new_session=True,
            env=process.environment(ELEC576_CACHE=str(log.parent / 'cache')))


def differing(results: Path, reference: Path) -> list[str]:
    """The runs of ``results`` that are not finished or not those of ``reference``."""
    found = []
    for name, files in FILES.items():
        ours, theirs = (RunDirectory(place / 'runs' / name / 'seed0')
                        for place in (results, reference))
        same = ours.metrics.exists() and all(
            (ours.path / file).read_bytes() == (theirs.path / file).read_bytes() for file in files)
        if not same or any(read_metrics(ours)[what] != read_metrics(theirs)[what]
                           for what in ('test_accuracy', 'test_loss')):
            found.append(name)
    return found


def killed(folder: Path, scripts: Path, number: int, rng: Random) -> Finding:
    """Kill `reproduce.py` ``number`` times, begin it again each time, and at last let it end.

    By turns the process itself is killed, whose workers then go on without it for a while, and the
    workers too, as when the machine goes down. After two kills new results are begun.
    """
    reference, log = folder / 'reference', folder / 'reproduce.log'
    began = time.monotonic()
    code = begin(scripts, reference, log).wait(process.SECONDS)
    seconds = time.monotonic() - began
    kills, fallen = 0, [] if code == 0 else [f'not even unhindered: exit code {code}']
    while kills < number and not fallen:
        results = folder / f'results-{kills}'
        for _ in range(min(2, number - kills)):
            job = begin(scripts, results, log)
            try:
                job.wait(rng.uniform(0.3, 0.9) * seconds)
            except subprocess.TimeoutExpired:
                (job.kill if kills % 2 else lambda: os.killpg(job.pid, signal.SIGKILL))()
                job.wait()
            kills += 1
        code = begin(scripts, results, log).wait(process.SECONDS)
        fallen += [f'exit code {code}'] if code else []
        fallen += differing(results, reference)
        shutil.rmtree(results)
    return Finding('SIGKILL of reproduce.py with two jobs, at any time, by turns with and without '
                   'its workers; begun again: every run equal to the unhindered one',
                   kills, kills if not fallen else 0, ', '.join(fallen))
