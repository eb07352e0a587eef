"""The whole comparison as one object, from which tables, text, pictures and page are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from elec576.comparison.conclusions import JudgedConclusion, judge_conclusions, luck_together
from elec576.comparison.curves import Curves, curves
from elec576.comparison.evidence import Answer, weigh_evidence
from elec576.comparison.identification import Identification, identify
from elec576.comparison.numbers import JudgedNumber, judge_numbers
from elec576.comparison.rates import Rate, check_rates
from elec576.comparison.results import Results, Run, read_results
from elec576.comparison.step0 import FirstSteps, read_first_steps
from elec576.comparison.yardstick import Yardstick, yardstick
from elec576.experiments import EXPERIMENTS


@dataclass(frozen=True, eq=False)
class Comparison:
    """The report against the runs.

    Attributes:
        yardstick: None with too few runs.
        luck: the probability that all sentences that depend on the report's run 2 come out in its
            order; None while one of their links waits for its first look.
    """

    results: Results
    numbers: tuple[JudgedNumber, ...]
    conclusions: tuple[JudgedConclusion, ...]
    answers: tuple[Answer, ...]
    first_steps: FirstSteps
    yardstick: Yardstick | None
    luck: float | None
    identification: Identification
    rates: tuple[Rate, ...]

    @property
    def sentences(self) -> tuple[JudgedConclusion, ...]:
        """The conclusions that are counted: each of the report's sentences once."""
        return tuple(judged for judged in self.conclusions if not judged.conclusion.reading)

    @cache
    def curves(self, experiment: str, quantity: str) -> Curves:
        """One of the quantities in a history, in the runs of one of `experiments`."""
        return curves(self.results.of(experiment), quantity)

    @property
    def experiments(self) -> tuple[str, ...]:
        """The report's experiments that have runs, in its order."""
        return tuple(name for name in EXPERIMENTS if self.results.of(name))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of these, each once: part 1c's are those of `cnn4`."""
        return tuple({(run.experiment, run.seed): run for name in self.experiments
                      for run in self.results.of(name)}.values())

    def numbers_of(self, experiment: str) -> tuple[JudgedNumber, ...]:
        """The report's numbers on ``experiment``, or none."""
        return tuple(number for number in self.numbers
                     if number.reported.experiment == experiment)


def compare(folder: Path) -> Comparison:
    """Compare the runs below ``folder``/runs with the report; nothing is trained or written.

    Raises:
        UserError: see `elec576.comparison.results.read_results`,
            `elec576.comparison.step0.read_first_steps` and `elec576.comparison.links.judge_link`.
    """
    results = read_results(folder)
    return compare_results(results, read_first_steps(folder, results))


def compare_results(results: Results, first_steps: FirstSteps = FirstSteps()) -> Comparison:
    """Compare runs that were read; see `compare`."""
    numbers = judge_numbers(results, first_steps)
    conclusions = judge_conclusions(results, numbers)
    identification = identify(results, first_steps)
    return Comparison(
        results, numbers, conclusions, weigh_evidence(results, first_steps, identification),
        first_steps, yardstick(numbers), luck_together(conclusions, results), identification,
        check_rates(results, first_steps))
