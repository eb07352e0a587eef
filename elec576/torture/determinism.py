"""Trial `determinism`: the same command again and again; other versions of TensorFlow and Python.

Between versions the last bits may differ (kernels change): by how much is said. Within each the
package must equal the listings bit for bit, which the repository's own tests of that say.
"""

from __future__ import annotations

import dataclasses
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

from elec576.errors import UserError
from elec576.loops.history import History
from elec576.runs.rundir import RunDirectory, read_metrics
from elec576.settings import CnnSettings, RnnSettings, flag_of
from elec576.torture import process
from elec576.torture.findings import Finding, Orders
from elec576.torture.kills import differences

TIMES = 5
RUNS: dict[str, tuple[str, CnnSettings | RnnSettings]] = {
    'CNN': ('run_cnn.py', CnnSettings(steps=60, train_per_class=20, test_per_class=5, eval_every=1,
                                      threads=2)),
    'LSTM': ('run_rnn.py', RnnSettings(cell='lstm', hidden=16, iterations=50 * 101, display_step=1,
                                       eval_every=20, threads=2))}
FILES = ('config.json', 'history.csv')
EQUALITY = ('tests/loops/test_cnn_loop.py', 'tests/loops/test_rnn_loop.py')


def trial(orders: Orders) -> list[Finding]:
    """The same commands `TIMES` times, and once with each of ``orders.pythons``."""
    with tempfile.TemporaryDirectory(prefix='elec576-determinism-') as folder:
        return list(findings(Path(folder), orders.scripts, orders.pythons, TIMES, RUNS))


def findings(folder: Path, scripts: Path, pythons: tuple[Path, ...], times: int,
             runs: dict) -> Iterator[Finding]:
    """The findings of the trial, one after another."""
    data = process.small_data(folder / 'data')
    for name, (script, settings) in runs.items():
        places = [RunDirectory(folder / f'{name}-{turn}') for turn in range(times)]
        for place in places:
            _run(process.command(scripts, script), settings, data, place.path)
        same = sum(not differences(place, places[0], FILES) for place in places)
        yield Finding(f'the same command {times} times, {name}, {settings.threads} threads: '
                      'identical histories and variables', times, same)
    for python in pythons:
        yield other_version(folder, scripts, python, data, runs)


def _run(command: list[str], settings: CnnSettings | RnnSettings, data: str, out: Path) -> None:
    options = [str(part) for name, value in dataclasses.asdict(settings).items()
               if value is not None for part in (flag_of(name), value)]
    done = subprocess.run([*command, *options, '--data', data, '--out', str(out)],
                          capture_output=True, text=True, timeout=process.SECONDS,
                          env=process.environment(PYTHONPATH=str(Path(__file__).parents[2])))
    if done.returncode:
        raise UserError(f'{" ".join(command)}: exit code {done.returncode}: {done.stderr[-300:]}')


def other_version(folder: Path, scripts: Path, python: Path, data: str, runs: dict) -> Finding:
    """Package against listings under ``python``, and how far its runs are from ours."""
    done = subprocess.run(
        [str(python), '-m', 'pytest', '-q', '-p', 'no:cacheprovider', *EQUALITY],
        capture_output=True, text=True, cwd=scripts.parent,
        env=process.environment(PYTHONPATH=str(scripts.parent), PYTHONDONTWRITEBYTECODE='1'))
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1]
    words = []
    for name, (script, settings) in runs.items():
        theirs = RunDirectory(folder / f'{name}-{python.parent.parent.name}')
        _run([str(python), str(scripts / script)], settings, data, theirs.path)
        ours = RunDirectory(folder / f'{name}-0')
        versions = read_metrics(theirs)['versions']
        words.append(f'{name}: {apart(ours, theirs)}')
    return Finding(f'TensorFlow {versions["tensorflow"]}, Python {versions["python"]}, numpy '
                   f'{versions["numpy"]}: package and listings agree bit for bit', 1,
                   int(done.returncode == 0),
                   f'{said.strip("= ")}; beside this machine\'s own version: {"; ".join(words)}')


def apart(ours: RunDirectory, theirs: RunDirectory) -> str:
    """How far the losses of two histories are apart at the most, in words."""
    rows = zip(History.read(ours.history).rows, History.read(theirs.history).rows)
    losses = [(row['step'], row['train_loss'], other['train_loss']) for row, other in rows
              if 'train_loss' in row]
    differing = [(step, abs(one - other) / abs(one)) for step, one, other in losses if one != other]
    if not differing:
        return f'all {len(losses)} training losses identical'
    step, first = differing[0]
    return (f'training loss differs from step {step} on (by {first:.1g} there, '
            f'by {max(size for _, size in differing):.1g} at most)')
