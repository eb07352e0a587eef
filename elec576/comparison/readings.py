"""Which other program could have printed the log of run 1, or of run 3: judged as planned.

The plan is `elec576.claims.readings`. `results/readings.csv` has one row for each run of its
programs and each step that was measured: `reading,seed` and then the columns of LeNet5's history;
floats in the shortest form that reads back exactly. `readings.json` beside it says what decides the
bits: threads, kernels, TensorFlow's version, and for each reading its settings, its change of the
listing and its data. `scripts/readings.py` makes both.
"""

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
import pandas as pd

from elec576.claims import readings as plan
from elec576.claims.readings import READINGS, Reading
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.identification import LEAST_RUNS, Block, Likelihoods, blocks, measured
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import CAP, MeasuredRun
from elec576.comparison.results import Results
from elec576.errors import UserError
from elec576.loops.history import CNN_COLUMNS
from elec576.runs.rundir import read_json
from elec576.runs.tables import read_as_written
from elec576.settings import CnnSettings, as_config

COLUMNS = ('reading', 'seed', *CNN_COLUMNS)
EXPLAINS, BETTER, NO_BETTER = 'explains it', 'fits better, not clearly', 'fits no better'
EXCLUDED, WAITING = 'excluded', 'waiting for runs'
# Changes after which step 0 is not that of the settings
OWN_START = (plan.CONV1_RELU, plan.CONV2_RELU, plan.AFTER_UPDATE, plan.CONTINUED)


@dataclass(frozen=True)
class ReadingRun:
    """A run of a reading, as `elec576.comparison.results.Run` in what it measured."""

    seed: int
    settings: CnnSettings
    history: pd.DataFrame  # by step

    def measured(self, quantity: str) -> dict[int, float]:
        """What the run gave for ``quantity``, by step."""
        return self._measured[quantity]

    @cached_property
    def _measured(self) -> dict[str, dict[Any, float]]:
        return {str(name): values.dropna().to_dict() for name, values in self.history.items()}


@dataclass(frozen=True)
class Tried:
    """A program that was tried for a log: a reading, or another experiment.

    Attributes:
        name: of either.
        n: runs that judge it.
        ahead: its log-likelihood minus that of the program as listed; None before its first look.
        verdict: one of the words above.
    """

    name: str
    n: int
    ahead: float | None
    verdict: str

    @property
    def reading(self) -> Reading | None:
        return READINGS.get(self.name)


@dataclass(frozen=True, eq=False)
class JudgedLog:
    """A log of the report with all programs that were tried for it.

    Attributes:
        tried: those with runs first, the best first; then in the plan's order.
        needed: by how much a program must be ahead to explain the log.
        best_of_ours: [n], by how much the best of the judged programs is ahead of the program as
            listed for each of its own runs in the log's place.
        head_start: by how much the program as listed would be ahead of itself if its runs ended
            where those of the readings do; None where it was not evaluated there.
        lead, our_leads: how far the training values after step 0 are ahead of our runs on average,
            in standard units, higher accuracies and lower losses; of the report, and [n] of our
            runs, each judged by the others.
    """

    experiment: str
    tried: tuple[Tried, ...]
    needed: float
    best_of_ours: np.ndarray
    head_start: float | None
    lead: float
    our_leads: np.ndarray

    @property
    def n(self) -> int:
        """How many runs of the experiment as listed there are."""
        return len(self.our_leads)

    @property
    def best(self) -> Tried | None:
        """The program that fits best of those judged."""
        return next((each for each in self.tried if each.verdict != WAITING), None)

    @property
    def as_far(self) -> int:
        """For how many of our own runs the best program is at least as far ahead."""
        assert self.best is not None and self.best.ahead is not None, self.experiment
        return int((self.best_of_ours >= self.best.ahead).sum())

    @property
    def waiting(self) -> tuple[Tried, ...]:
        return tuple(each for each in self.tried if each.verdict == WAITING)


def table_path(results: Path) -> Path:
    return results / 'readings.csv'


def origin_path(results: Path) -> Path:
    return results / 'readings.json'


def read(results: Path) -> pd.DataFrame:
    """The rows of ``results``/readings.csv; none if there is no such file.

    Raises:
        UserError: the file is damaged.
    """
    path = table_path(results)
    if not path.exists():
        return pd.DataFrame({name: [] for name in COLUMNS}).astype({'seed': int, 'step': int})
    try:
        return read_as_written(path, COLUMNS)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f'{path}: damaged ({error}); remove it and make it again with '
                        'scripts/readings.py') from None


def read_readings(results: Path) -> dict[str, tuple[ReadingRun, ...]]:
    """The runs of each reading that has some, by seed.

    Raises:
        UserError: a file is damaged, or says of a reading what the plan does not.
    """
    table = read(results)
    if table.empty:
        return {}
    path = origin_path(results)
    origins = read_json(path).get('readings', {})
    runs: dict[str, list[ReadingRun]] = {}
    for name, rows in table.groupby('reading'):
        reading, origin = READINGS.get(str(name)), origins.get(name, {})
        planned = {key: value for key, value in as_config(reading.settings).items()
                   if key not in ('seed', 'threads', 'isa', 'log_every')} if reading else {}
        if reading is None or origin.get('change') != reading.change or any(
                origin.get('settings', {}).get(key, value) != value
                for key, value in planned.items()):
            raise UserError(f'{path}: {name} is not as planned (elec576/claims/readings.py); move '
                            f'it and {table_path(results).name} away')
        for seed, own in rows.groupby('seed'):
            history = own.set_index('step')[list(CNN_COLUMNS[1:])]
            if not _whole(history, reading.settings):
                raise UserError(f'{table_path(results)}: rows or values of {name} with seed {seed} '
                                'are missing; remove all of its rows and make it again with '
                                'scripts/readings.py')
            runs.setdefault(str(name), []).append(
                ReadingRun(int(str(seed)), reading.settings, history))
    return {name: tuple(found) for name, found in runs.items()}


def _whole(history: pd.DataFrame, settings: CnnSettings) -> bool:
    """Whether every evaluation is there; training batches are not evaluated in the end."""
    steps = list(range(0, settings.steps + 1, settings.eval_every))
    missing = history.isna()
    missing.loc[settings.steps:, ['train_accuracy', 'train_loss']] = False
    return history.index.tolist() == steps and not missing.to_numpy().any()


def judge_readings(results: Results, first_steps: FirstSteps, numbers: Sequence[JudgedNumber],
                   runs: Mapping[str, Sequence[ReadingRun]]) -> tuple[JudgedLog, ...]:
    """Each log of the plan that has enough runs as listed."""
    block_of = {block.label: block for block in blocks() if not block.activations}
    return tuple(_judge(block_of[experiment], results, first_steps, numbers, runs)
                 for experiment in plan.TRIED if len(results.of(experiment)) >= LEAST_RUNS)


def _judge(block: Block, results: Results, first_steps: FirstSteps,
           numbers: Sequence[JudgedNumber], runs: Mapping[str, Sequence[ReadingRun]]) -> JudgedLog:
    listed, names = block.experiment, plan.TRIED[block.experiment]
    others: dict[str, Sequence[MeasuredRun]] = {
        name: results.of(name) for name in (listed, *plan.OTHER_LABELS[listed])
        if len(results.of(name)) >= LEAST_RUNS}
    first, second = ({name: found[:look] for name in names
                      if len(found := runs.get(name, ())) >= look}
                     for look in (plan.FIRST_LOOK, plan.SECOND_LOOK))

    def weigh(readings: Mapping[str, Sequence[ReadingRun]]) -> dict[str, np.ndarray]:
        """By program, how far it is ahead: [1 + n], of the log and of our runs in its place."""
        programs = {**others, **readings}
        weighed = Likelihoods([block], programs, first_steps, own_starts=[
            name for name in readings if READINGS[name].change in OWN_START])
        joint = weighed.joint(block)
        logs = np.array([weighed.block_log[block], *weighed.run_logs[listed]])
        own = np.array([joint[listed][0, logs[0]], *weighed.held_out(joint, listed)])
        return {name: joint[name][0, logs] - own for name in programs if name != listed}

    ahead = weigh(first)
    excluded = {name: ahead[name] for name in first if ahead[name][0] < -plan.EXCLUDED}
    judged = {name: found if name in excluded else second.get(name, found)
              for name, found in first.items()}
    if second.keys() - excluded.keys():
        ahead = weigh(judged) | excluded  # these as they were when they were excluded
    needed = math.log(plan.ODDS * (len(names) + len(plan.OTHER_LABELS[listed])))

    def verdict(name: str) -> str:
        if name in excluded:
            return EXCLUDED
        if name not in ahead or name in names and name not in second:
            return WAITING
        return (EXPLAINS if ahead[name][0] > needed else BETTER if ahead[name][0] > 0
                else NO_BETTER)

    tried = [Tried(name, len(judged.get(name, others.get(name, ()))),
                   None if name not in ahead else float(ahead[name][0]), verdict(name))
             for name in (*names, *plan.OTHER_LABELS[listed])]
    tried.sort(key=lambda each: -math.inf if each.ahead is None else each.ahead, reverse=True)
    cut, head_start = tuple(map(_cut, others[listed])), None
    if measured([block], cut):
        weighed = Likelihoods([block], {**others, 'cut': cut}, first_steps)
        head_start = float(np.subtract(*(weighed.joint(block)[name][0, weighed.block_log[block]]
                                         for name in ('cut', listed))))
    lead, our_leads = _leads(listed, numbers)
    return JudgedLog(listed, tuple(tried), needed,
                     np.max([ahead[each.name][1:] for each in tried if each.verdict != WAITING],
                            axis=0, initial=-math.inf),
                     head_start, lead, our_leads)


def _cut(run: MeasuredRun) -> ReadingRun:
    """``run`` as if it ended where those of the readings do."""
    assert isinstance(run.settings, CnnSettings)
    return ReadingRun(run.seed, dataclasses.replace(run.settings, steps=plan.STEPS), pd.DataFrame(
        {quantity: pd.Series(run.measured(quantity)) for quantity in CNN_COLUMNS[1:]}))


def _leads(experiment: str, numbers: Sequence[JudgedNumber]) -> tuple[float, np.ndarray]:
    scores, held_out = [], []
    for number in numbers:
        value = number.reported
        if (value.experiment == experiment and value.step > 0 and value.compared
                and value.quantity in ('train_accuracy', 'train_loss')):
            sign = 1 if value.quantity == 'train_accuracy' else -1
            assert number.score is not None, experiment
            scores.append(sign * number.score)
            held_out.append([sign * score for score in number.held_out().values()])
    return (float(np.clip(scores, -CAP, CAP).mean()),
            np.clip(held_out, -CAP, CAP).mean(axis=0))
