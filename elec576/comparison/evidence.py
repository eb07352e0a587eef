"""What the report leaves open: the seeds of each reading beside the report's numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

import numpy as np
from scipy import stats

from elec576.claims.numbers import ReportedValue, reported
from elec576.claims.questions import QUESTIONS, Question
from elec576.comparison.results import Results
from elec576.comparison.statistics import (
    SEEDS_FOR_INTERVAL,
    Summary,
    contains,
    possible_range,
    summarise,
)
from elec576.comparison.step0 import FirstSteps


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
        return None if None in inside else (inside.count(True), len(inside))


def weigh_evidence(results: Results, first_steps: FirstSteps) -> tuple[Answer, ...]:
    """All questions, in their order."""
    return tuple(_answer(question, results, first_steps) for question in QUESTIONS)


def _answer(question: Question, results: Results, first_steps: FirstSteps) -> Answer:
    beside = {quantity: tuple(value for name in question.beside for value in reported(name)
                              if (value.quantity, value.step) == (quantity, question.step))
              for quantity in question.quantities}
    readings = []
    for quantity in question.quantities:
        found = [first_steps.values(name, quantity) if question.step == 0
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
    outside it a kernel density has no data, but this one extrapolates. The ``printed`` are taken
    as independent.

    Args:
        values: [n] losses, one per seed. Returns None for n < `SEEDS_FOR_INTERVAL`, or if one of
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
    """Likelihoods relative to the best of them; None if there are fewer than two to compare."""
    known = [log for log in logs if log is not None]
    return [None if log is None or len(known) < 2 else math.exp(log - max(known))
            for log in logs]
