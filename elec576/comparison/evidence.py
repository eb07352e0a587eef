"""What the report leaves open: each reading's seeds beside the numbers that the report prints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np
from scipy import stats

from elec576.claims.numbers import ReportedValue, reported
from elec576.claims.questions import QUESTIONS, Question
from elec576.comparison.results import Results
from elec576.comparison.statistics import (SEEDS_FOR_INTERVAL, Summary, contains, possible_range,
                                           summarise)
from elec576.errors import UserError
from elec576.experiments import STEP_0
from elec576.runs import step0
from elec576.runs.rundir import read_json


@dataclass(frozen=True)
class FirstSteps:
    """Step 0 of many seeds, `results/step0.csv`."""

    values: dict[tuple[str, str], tuple[float, ...]]  # by settings and quantity, by seed
    seeds: int
    dataset: str  # its name; empty without seeds


@dataclass(frozen=True)
class Reading:
    """One quantity under one reading of the report."""

    label: str
    name: str  # of an experiment or, at step 0, of settings in STEP_0
    quantity: str
    values: tuple[float, ...]  # by seed
    summary: Summary
    inside: tuple[bool | None, ...]  # for each of the question's reported values of this quantity
    log_likelihood: float | None  # of those values, at step 0; None with too few seeds
    relative_likelihood: float | None  # 1 for the best of the question's two or more readings


@dataclass(frozen=True)
class Answer:
    """A question with its readings, quantity after quantity."""

    question: Question
    beside: dict[str, tuple[ReportedValue, ...]]  # the report's numbers by quantity
    readings: tuple[Reading, ...]

    def count(self, label: str) -> tuple[int, int] | None:
        """How many reported values lie inside under reading ``label``, of how many.

        None with too few runs.
        """
        inside = [flag for reading in self.readings if reading.label == label
                  for flag in reading.inside]
        return None if None in inside else (sum(inside), len(inside))


def read_first_steps(folder: Path, results: Results) -> FirstSteps:
    """What ``folder`` holds of step 0, perhaps nothing.

    Raises:
        UserError: a file is damaged, or the images are not those of the runs.
    """
    table = step0.read(folder)
    if table.empty:
        return FirstSteps({}, 0, '')
    path = step0.origin_path(folder)
    dataset = read_json(path).get('dataset')
    if not isinstance(dataset, dict) or not isinstance(dataset.get('name'), str):
        raise UserError(f'{path}: it names no data set; remove it and step0.csv and make them '
                        'again with scripts/step0.py')
    for run in results.all():
        if _same_images(run.settings) and run.metrics['dataset']['digest'] != dataset.get('digest'):
            raise UserError(f'{path}: the data set\'s digest is {dataset.get("digest")}, but '
                            f'{run.metrics["dataset"]["digest"]} in {run.path}; compare runs on '
                            'the same data only')
    values = {(name, quantity): tuple(rows[quantity].tolist())
              for name, rows in table.groupby('settings')
              for quantity in ('train_accuracy', 'train_loss')}
    return FirstSteps(values, table['seed'].nunique(), dataset['name'])


def _same_images(settings) -> bool:
    """Whether a run's images are those of step 0; a digest is over the images that are used."""
    first = next(iter(STEP_0.values()))
    return all(getattr(settings, name, None) == getattr(first, name)
               for name in ('dataset', 'train_per_class', 'test_per_class'))


def weigh_evidence(results: Results, first_steps: FirstSteps) -> tuple[Answer, ...]:
    """All questions, in their order."""
    return tuple(_answer(question, results, first_steps) for question in QUESTIONS)


def _answer(question: Question, results: Results, first_steps: FirstSteps) -> Answer:
    beside = {quantity: tuple(value for name in question.beside for value in reported(name)
                              if (value.quantity, value.step) == (quantity, question.step))
              for quantity in question.quantities}
    readings = []
    for quantity in question.quantities:
        found = [first_steps.values.get((name, quantity), ()) if question.step == 0
                 else results.values(name, quantity, question.step)
                 for _, name in question.readings]
        likelihoods = [None if question.step else log_likelihood(
            values, [value.number for value in beside[quantity]]) for values in found]
        for (label, name), values, likelihood, relative in zip(
                question.readings, found, likelihoods, relative_likelihoods(likelihoods)):
            summary = summarise(values, possible_range(quantity))
            readings.append(Reading(label, name, quantity, values, summary,
                                    tuple(contains(summary, value.number, value.rounding)
                                          for value in beside[quantity]),
                                    likelihood, relative))
    return Answer(question, beside, tuple(readings))


def log_likelihood(values: Sequence[float], printed: Iterable[float]) -> float | None:
    """The log of the probability density of ``printed`` losses, if they are further ``values``.

    It is the density of the prediction interval's own Student's t, of the logs: losses are skewed,
    their logs much less so. Within the range of ``values`` a kernel density gives nearly the same;
    beyond it has nothing to go by, and this one extrapolates. The ``printed`` are taken as
    independent.

    Args:
        values: [n] losses, one a seed; None comes back for n < `SEEDS_FOR_INTERVAL`, or if one of
            the two has a loss of 0 or all values agree.
    """
    logs, printed = np.asarray(values, float), np.asarray(list(printed), float)
    if len(logs) < SEEDS_FOR_INTERVAL or min(logs.min(), printed.min()) <= 0 \
            or logs.min() == logs.max():
        return None
    n, logs = len(logs), np.log(logs)
    density = stats.t(n - 1, logs.mean(), logs.std(ddof=1) * math.sqrt(1 + 1 / n))
    return float((density.logpdf(np.log(printed)) - np.log(printed)).sum())


def relative_likelihoods(logs: Sequence[float | None]) -> list[float | None]:
    """Likelihoods relative to the best of them; None where there are not two to compare."""
    known = [log for log in logs if log is not None]
    return [None if log is None or len(known) < 2 else math.exp(log - max(known))
            for log in logs]
