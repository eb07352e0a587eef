"""What the report leaves open: each reading's runs beside the numbers that the report prints."""

from __future__ import annotations

from dataclasses import dataclass

from elec576.comparison.results import Results
from elec576.comparison.statistics import Summary, contains, possible_range, summarise
from elec576.claims.numbers import ReportedValue, reported
from elec576.claims.questions import QUESTIONS, Question


@dataclass(frozen=True)
class Reading:
    """One quantity under one reading of the report."""

    label: str
    experiment: str
    quantity: str
    values: tuple[float, ...]  # by seed
    summary: Summary
    inside: tuple[bool | None, ...]  # for each of the question's reported values of this quantity


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


def weigh_evidence(results: Results) -> tuple[Answer, ...]:
    """All questions, in their order."""
    return tuple(_answer(question, results) for question in QUESTIONS)


def _answer(question: Question, results: Results) -> Answer:
    beside = {quantity: tuple(value for name in question.beside for value in reported(name)
                              if (value.quantity, value.step) == (quantity, question.step))
              for quantity in question.quantities}
    readings = []
    for quantity in question.quantities:
        for label, experiment in question.readings:
            values = results.values(experiment, quantity, question.step)
            summary = summarise(values, possible_range(quantity))
            readings.append(Reading(label, experiment, quantity, values, summary,
                                    tuple(contains(summary, value.number, value.rounding)
                                          for value in beside[quantity])))
    return Answer(question, beside, tuple(readings))
