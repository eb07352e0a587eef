"""Trial `kills`: SIGKILL at random moments, resumed until done, against a run never killed.

A CNN and an RNN, in turns, through the real scripts and with real settings but for their length. A
run is killed a few times, each time begun again with the same command, and at last let finish.
Nothing may show that it was ever killed: `==` for every byte of the history and of the other
results, and for every variable, the optimizer's slots included.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Iterator, NamedTuple

import numpy as np
from tqdm import tqdm

from elec576.runs import checkpoints
from elec576.errors import UserError
from elec576.loops.history import History
from elec576.runs.rundir import RunDirectory, read_metrics
from elec576.settings import CnnSettings, RnnSettings, flag_of
from elec576.torture import reproduced
from elec576.torture.findings import Finding, Orders
from elec576.torture.sitting import Death, Failed, moments, sit

CHECKPOINT_SECONDS = 0.2  # so that many fall into a short run
MOST_KILLS = 5  # of one run


class Program(NamedTuple):
    """What is run, and which of its files must not differ."""

    script: str
    settings: CnnSettings | RnnSettings
    files: tuple[str, ...]


PROGRAMS = {
    'cnn': Program('run_cnn.py', CnnSettings(steps=300, eval_every=20, log_every=50),
                   ('config.json', 'history.csv', 'activations.json', 'filters.npy')),
    # 300 steps of 250 images: an epoch of 55000 ends on the way
    'lstm': Program('run_rnn.py', RnnSettings(cell='lstm', hidden=50, iterations=301 * 250,
                                              batch_size=250, eval_every=100),
                    ('config.json', 'history.csv')),
}


@dataclasses.dataclass(frozen=True)
class KilledRun:
    """A run, how often it died, and what is left of the difference that this made."""

    program: str
    deaths: list[Death]
    differing: list[str]  # files and variables that are not equal; empty: the same run
    records_lost: int  # rows of the history that are missing or differ
    histories_damaged: int  # deaths after which history.csv was not the beginning of the history


@dataclasses.dataclass(frozen=True)
class Kills:
    """What the trial found."""

    kills: int
    runs: int
    runs_equal: int
    records_lost: int
    histories_damaged: int
    kills_within_checkpoint: int
    kills_within_history: int
    seed: int
    dataset: str
    settings: dict[str, dict]
    each: list[KilledRun]

    @property
    def passed(self) -> bool:
        return (self.runs_equal == self.runs and not self.records_lost
                and not self.histories_damaged)


def kills(scripts: Path, number: int, data: str | None, seed: int,
          programs: dict[str, Program] = PROGRAMS) -> Kills:
    """Kill ``number`` times.

    Args:
        scripts: the folder of `run_cnn.py` and `run_rnn.py`.
        data: as `--data`.
        seed: of the moments, as far as a machine's timing can be repeated.

    Raises:
        UserError: a process failed by itself; its directory is left for a look.
    """
    folder = Path(tempfile.mkdtemp(prefix='elec576-kills-'))
    rng = Random(seed)
    try:
        with tqdm(total=number, unit='kill', file=sys.stderr, disable=None, leave=False) as bar:
            found = list(_runs(folder, scripts, number, data, rng, programs, bar))
    except Failed as failure:
        raise UserError(f'{failure}') from None
    whole = RunDirectory(folder / next(iter(programs)))
    result = Kills(
        sum(len(run.deaths) for run in found), len(found),
        sum(not run.differing for run in found), sum(run.records_lost for run in found),
        sum(run.histories_damaged for run in found),
        *(sum(getattr(death, kind) for run in found for death in run.deaths)
          for kind in ('within_checkpoint', 'within_history')),
        seed, read_metrics(whole)['dataset']['name'],
        {name: dataclasses.asdict(program.settings) for name, program in programs.items()}, found)
    if result.passed:
        shutil.rmtree(folder)
    return result


def trial(orders: Orders) -> list[Finding]:
    """Kill runs ``orders.kills`` times, and `reproduce.py` a fifth as often."""
    found = kills(orders.scripts, orders.kills, orders.data, orders.seed)
    folder = Path(tempfile.mkdtemp(prefix='elec576-kills-'))
    whole = reproduced.killed(folder, orders.scripts, max(1, orders.kills // 5),
                              Random(orders.seed))
    if whole.passed:
        shutil.rmtree(folder)
    return [*findings(found), whole]


def findings(found: Kills) -> Iterator[Finding]:
    """What the runs were killed by and what came of them, as rows of the table."""
    for name, program in found.settings.items():
        runs = [run for run in found.each if run.program == name]
        deaths = [death for run in runs for death in run.deaths]
        length = f'{program["steps"]} steps' if 'steps' in program else (
            f'{program["iterations"]} iterations')
        moments_met = Counter(death.moment for death in deaths)
        fallen = [f'{len(run.deaths)} kills: {", ".join(run.differing)}'
                  for run in runs if run.differing]
        lost = sum(run.records_lost for run in runs)
        damaged = sum(run.histories_damaged for run in runs)
        yield Finding(
            f'SIGKILL of {name} runs ({length}, {found.dataset}), resumed until done: the same '
            'history and variables',
            len(deaths), sum(len(run.deaths) for run in runs if not run.differing) * (not lost),
            '; '.join([f'{len(runs)} runs, {lost} records lost, {damaged} histories damaged; '
                       + ', '.join(f'{count} {moment}' for moment, count in
                                   moments_met.most_common()), *fallen]))


def _runs(folder: Path, scripts: Path, number: int, data: str | None, rng: Random,
          programs: dict[str, Program], bar: tqdm) -> Iterator[KilledRun]:
    seconds = {}
    for name, program in programs.items():
        began = time.monotonic()
        sit(_command(scripts, program, folder / name, data), folder / f'{name}.log',
            RunDirectory(folder / name), None)
        seconds[name] = time.monotonic() - began
    left, turn = number, 0
    while left:
        name = list(programs)[turn % len(programs)]
        program, path = programs[name], folder / f'{name}-{turn}'
        command = _command(scripts, program, path, data) + [
            '--checkpoint-seconds', str(CHECKPOINT_SECONDS)]
        run, whole = RunDirectory(path), RunDirectory(folder / name)
        log = folder / f'{path.name}.log'
        deaths, damaged = [], 0
        for _ in range(min(left, rng.randint(1, MOST_KILLS))):
            death = sit(command, log, run, moments(run, program.settings.steps, seconds[name], rng))
            if death is None:
                break
            deaths.append(death)
            damaged += not begins(run, whole)
            bar.update()
        sit(command, log, run, None)
        left -= len(deaths)
        turn += 1
        if deaths:
            yield KilledRun(name, deaths, differences(run, whole, program.files),
                            _records_lost(run, whole), damaged)


def _command(scripts: Path, program: Program, out: Path, data: str | None) -> list[str]:
    options = [part for name, value in dataclasses.asdict(program.settings).items()
               if value is not None for part in (flag_of(name), str(value))]
    return [sys.executable, str(scripts / program.script), *options, '--out', str(out),
            *(['--data', data] if data else [])]


def differences(run: RunDirectory, whole: RunDirectory, files: tuple[str, ...]) -> list[str]:
    """Which of ``files``, of the variables and of the final numbers of two runs are not equal."""
    found = [name for name in files
             if (run.path / name).read_bytes() != (whole.path / name).read_bytes()]
    ours, theirs = (checkpoints.variables(checkpoints.latest(each.checkpoints))
                    for each in (run, whole))
    found += sorted(ours.keys() ^ theirs.keys())
    found += [name for name in sorted(ours.keys() & theirs.keys())
              if not np.array_equal(ours[name], theirs[name])]
    ours, theirs = read_metrics(run), read_metrics(whole)
    return found + [name for name in ('test_accuracy', 'test_loss', 'dataset', 'threads')
                    if ours[name] != theirs[name]]


def _records_lost(run: RunDirectory, whole: RunDirectory) -> int:
    rows = History.read(run.history).rows
    return sum(row not in rows for row in History.read(whole.history).rows)


def begins(run: RunDirectory, whole: RunDirectory) -> bool:
    """Whether the history on disk, if there is one yet, is the beginning of the true one.

    What the end of a run adds to the row of the last step may be missing from it.
    """
    if not run.history.exists():
        return True
    try:
        rows = History.read(run.history).rows
    except UserError:
        return False
    theirs = History.read(whole.history).rows[:len(rows)]
    return rows[:-1] == theirs[:-1] and len(rows) == len(theirs) and (
        not rows or rows[-1].items() <= theirs[-1].items())
