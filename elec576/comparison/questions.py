"""What the report leaves open: each way to read it, weighed by the numbers that it prints."""

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

import numpy as np

from elec576.claims.numbers import ReportedValue, reported
from elec576.claims.questions import QUESTIONS, Question
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.identification import Identification
from elec576.comparison.prediction import Prediction, Summary
from elec576.comparison.results import Results
from elec576.experiments import STEP_0


@dataclass(frozen=True)
class Weighed:
    """One quantity under one reading of what is left open."""

    label: str
    name: str  # of an experiment or, at step 0, of settings in STEP_0
    quantity: str
    values: tuple[float, ...]  # by seed
    summary: Summary
    inside: tuple[bool | None, ...]  # for each of the question's reported values of this quantity


@dataclass(frozen=True)
class Answer:
    """A question with its readings, quantity after quantity.

    Attributes:
        beside: the report's numbers by quantity.
        log_likelihoods: of all of these numbers, by the readings' labels; None with too few seeds.
        relative: likelihoods, 1 for the best of two or more readings.
    """

    question: Question
    beside: dict[str, tuple[ReportedValue, ...]]
    readings: tuple[Weighed, ...]
    log_likelihoods: dict[str, float | None]
    relative: dict[str, float | None]

    def count(self, label: str) -> tuple[int, int] | None:
        """How many reported values lie inside under reading ``label``, of how many.

        None with too few runs.
        """
        inside = [flag for reading in self.readings if reading.label == label
                  for flag in reading.inside]
        return None if None in inside else (inside.count(True), len(inside))


def answer_questions(results: Results, first_steps: FirstSteps, identification: Identification
                     ) -> tuple[Answer, ...]:
    """All questions, in their order."""
    return tuple(_answer(question, results, first_steps, identification)
                 for question in QUESTIONS)


def _answer(question: Question, results: Results, first_steps: FirstSteps,
            identification: Identification) -> Answer:
    beside = {quantity: tuple(value for name in question.beside for value in reported(name)
                              if (value.quantity, value.step) == (quantity, question.step))
              for quantity in question.quantities}
    readings, likelihoods = [], {}
    fit = identification.fit(question.beside[0], activations=True)  # only of these, not of step 0
    for quantity in question.quantities:
        for label, name in question.readings:
            reference = (Prediction.at_start(quantity, STEP_0[name], first_steps)
                         if question.step == 0 else
                         Prediction.of(quantity, question.step, results.of(name)))
            readings.append(Weighed(label, name, quantity, tuple(reference.at_step.tolist()),
                                    reference.summary,
                                    tuple(reference.judge(value.number, value.rounding).compatible
                                          for value in beside[quantity])))
            likelihoods[label] = (_step_0(reference, beside[quantity]) if question.step == 0
                                  else fit.log_likelihoods.get(name) if fit else None)
    return Answer(question, beside, tuple(readings), likelihoods, dict(zip(
        likelihoods, relative_likelihoods(list(likelihoods.values())))))


def _step_0(reference: Prediction, printed: Iterable[ReportedValue]) -> float | None:
    """The log-likelihood of ``printed`` values, taken as independent, as those of further seeds."""
    return float(reference.log_densities(np.array([value.number for value in printed])).sum()
                 ) if reference.enough else None


def relative_likelihoods(logs: Sequence[float | None]) -> list[float | None]:
    """Likelihoods relative to the best of them; None if there are fewer than two to compare."""
    known = [log for log in logs if log is not None]
    return [None if log is None or len(known) < 2 else math.exp(log - max(known))
            for log in logs]
