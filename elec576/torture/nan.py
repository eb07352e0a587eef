"""Trial `nan`: learning rates that blow a run up, and what comes of such a run.

The step at which the loss first is NaN or infinite is found by a run that evaluates at every step;
evaluating changes no computed number, so a run that evaluates seldom must stop at its first
evaluation from there on.
"""

from __future__ import annotations

import dataclasses
import math
import tempfile
from pathlib import Path
from typing import Iterator, NamedTuple

from elec576.comparison.results import read_results
from elec576.errors import Diverged, UserError
from elec576.files import write_json
from elec576.loops.history import History
from elec576.runs.many import Job, carry_out, reproduce
from elec576.runs.rundir import RunDirectory, read_json
from elec576.runs.run import Options, run_cnn, run_rnn
from elec576.settings import CnnSettings, RnnSettings, flag_of
from elec576.torture import process
from elec576.torture.findings import Finding, Orders
from elec576.torture.finished import EXPERIMENT, write_finished

_CNN = CnnSettings(steps=40, train_per_class=12, test_per_class=4, eval_every=7, log_every=10,
                   optimizer='sgd', lr=1e30, threads=1)
_RNN = RnnSettings(hidden=8, iterations=50 * 41, eval_every=9, display_step=6, lr=1e37, threads=1)
CASES: dict[str, CnnSettings | RnnSettings] = {
    'CNN, gradient descent': _CNN,
    'CNN, printed lines only': dataclasses.replace(_CNN, eval_every=0),
    'CNN, evaluated at its end only': dataclasses.replace(_CNN, eval_every=0, log_every=0),
    'CNN, momentum': dataclasses.replace(_CNN, optimizer='momentum', lr=1e20),
    'basic cell': _RNN,
    'LSTM, gradient descent': dataclasses.replace(_RNN, cell='lstm', optimizer='sgd', lr=1e38),
    'GRU, on the test set only': dataclasses.replace(_RNN, cell='gru', display_step=1000),
}


class Stop(NamedTuple):
    """Where a run stopped, and whether all that it should leave behind is there."""

    step: int | None  # None: it did not stop
    whole: bool


def stop(settings: CnnSettings | RnnSettings, out: Path, data: str) -> Stop:
    """Carry out a run that is to blow up, with event files, in ``out``."""
    run = RunDirectory(out)
    make = run_cnn if isinstance(settings, CnnSettings) else run_rnn
    options = Options(data=data, events=True, pictures=False, progress_bar=False)
    try:
        make(settings, out, options, lambda line: None)
    except Diverged as divergence:
        rows = History.read(run.history).rows
        step = rows[-1]['step']
        ends = [not all(map(math.isfinite, row.values())) for row in rows]
        whole = (ends.index(True) == len(rows) - 1 and f'at step {step}' in str(divergence)
                 and not run.metrics.exists() and read_json(run.failure)['step'] == step)
        return Stop(step, whole)
    return Stop(None, False)


def due(settings: CnnSettings | RnnSettings, first: int) -> int:
    """The first step from ``first`` on at which ``settings`` evaluates."""
    every = ((settings.eval_every, settings.log_every) if isinstance(settings, CnnSettings)
             else (settings.eval_every, settings.display_step))
    return next((step for step in range(first, settings.steps)
                 if any(each and step % each == 0 for each in every)), settings.steps)


def dense(settings: CnnSettings | RnnSettings) -> CnnSettings | RnnSettings:
    """The same run, evaluated at every step."""
    if isinstance(settings, CnnSettings):
        return dataclasses.replace(settings, eval_every=1, log_every=1)
    return dataclasses.replace(settings, eval_every=1, display_step=1)


def trial(orders: Orders) -> list[Finding]:
    """Blow up every one of `CASES`, then a run by its script, by reproduce.py and compare.py."""
    with tempfile.TemporaryDirectory(prefix='elec576-nan-') as folder:
        return list(findings(Path(folder), orders.scripts, CASES))


def findings(folder: Path, scripts: Path, cases: dict) -> Iterator[Finding]:
    """The findings of the trial, one after another."""
    data = process.small_data(folder / 'data')
    fallen, said = [], []
    for name, settings in cases.items():
        place = folder / name.replace(' ', '-')
        first = stop(dense(settings), place / 'dense', data)
        found = stop(settings, place / 'run', data)
        said.append(f'{name}: first at step {first.step}, stopped at {found.step}')
        if first.step is None or found != Stop(due(settings, first.step), True):
            fallen.append(name)
    yield Finding('runs that blow up stop at their next evaluation, say at which step, keep their '
                  'history', len(cases), len(cases) - len(fallen),
                  '; '.join(([f'not: {", ".join(fallen)}'] if fallen else []) + said))
    yield by_script(folder, scripts, data)
    yield by_reproduce(folder, data)
    yield by_compare(folder)


def by_script(folder: Path, scripts: Path, data: str) -> Finding:
    """Exit code and line of the script, and of the same command again."""
    options = [part for name, value in dataclasses.asdict(_RNN).items()
               for part in (flag_of(name), value)]
    done = [process.run(scripts, 'run_rnn.py', *options, '--data', data, '--out', folder / 'script')
            for _ in range(2)]
    held = [process.refused(each, 'at step ', '--lr') for each in done]
    held[1] &= done[0].stderr == done[1].stderr and not done[1].stdout
    return Finding('run_rnn.py says so in one line, exit code 2; and at once when begun again', 2,
                   sum(held))


def by_reproduce(folder: Path, data: str) -> Finding:
    """A run that blows up among others: they are done, and it is not tried again."""
    good = dataclasses.replace(_RNN, lr=1e-3)
    jobs = [Job('rnn-a', 0, _RNN), Job('rnn-b', 0, good)]
    outcomes = []
    reproduce(jobs, folder / 'results', data, 1, outcomes.append)
    outcomes.append(carry_out(jobs[0], folder / 'results', data))
    held = [outcomes[0].words() == 'FAILED' and 'at step ' in outcomes[0].error,
            outcomes[1].error is None, outcomes[2].error == outcomes[0].error]
    return Finding('reproduce.py: it fails, the others go on, and it fails at once when begun '
                   'again', 3, sum(held))


def by_compare(folder: Path) -> Finding:
    """compare.py leaves the run out and says so."""
    results = folder / 'compared'
    write_finished(results, 0)
    failed = write_finished(results, 1)
    failed.metrics.unlink()
    write_json(failed.failure, {'step': 3, 'error': 'x'})
    try:
        found = read_results(results)
        held = [[run.seed for run in found.of(EXPERIMENT)] == [0],
                any('Failed' in notice and f'{EXPERIMENT} seed 1' in notice
                    for notice in found.notices)]
    except UserError:
        held = [False, False]
    return Finding('compare.py leaves it out as a failed run and says so', 2, sum(held))
