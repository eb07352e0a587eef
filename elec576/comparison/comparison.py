"""All of it in one value: what tables, text, pictures and pages are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elec576.comparison.conclusions import JudgedConclusion, judge_conclusions
from elec576.comparison.evidence import (Answer, FirstSteps, read_first_steps,
                                         weigh_evidence)
from elec576.comparison.numbers import JudgedNumber, Tally, judge_numbers, tally
from elec576.comparison.results import Results, read_results
from elec576.comparison.tf115 import Tf115, compare_with_tf115
from elec576.experiments import EXPERIMENTS


@dataclass(frozen=True)
class Comparison:
    """The report against the runs."""

    results: Results
    numbers: tuple[JudgedNumber, ...]
    conclusions: tuple[JudgedConclusion, ...]
    answers: tuple[Answer, ...]
    first_steps: FirstSteps
    tf115: Tf115 = Tf115()

    @cached_property
    def tally(self) -> Tally:
        return tally(self.numbers)

    @property
    def experiments(self) -> tuple[str, ...]:
        """The report's experiments that have runs, in its order."""
        return tuple(name for name in EXPERIMENTS if self.results.of(name))

    def numbers_of(self, experiment: str) -> tuple[JudgedNumber, ...]:
        """The report's numbers on ``experiment``, perhaps none."""
        return tuple(number for number in self.numbers
                     if number.reported.experiment == experiment)


def compare(folder: Path) -> Comparison:
    """Compare the runs below ``folder``/runs with the report; nothing is trained or written.

    Raises:
        UserError: see `elec576.comparison.results.read_results`,
            `elec576.comparison.evidence.read_first_steps` and
            `elec576.comparison.tf115.compare_with_tf115`.
    """
    results = read_results(folder)
    first_steps = read_first_steps(folder, results)
    numbers = judge_numbers(results)
    return Comparison(results, numbers, judge_conclusions(results, numbers),
                      weigh_evidence(results, first_steps), first_steps,
                      compare_with_tf115(results, folder))
