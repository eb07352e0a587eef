"""The whole comparison as one object, from which tables, text, pictures and page are made."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from elec576.comparison.conclusions import JudgedConclusion, judge_conclusions, luck_together
from elec576.comparison.curves import Curves, curves
from elec576.comparison.error_rates import Rate, check_rates
from elec576.comparison.evidence import Answer, weigh_evidence
from elec576.comparison.first_steps import FirstSteps, read_first_steps
from elec576.comparison.identification import Identification, identify
from elec576.comparison.numbers import JudgedNumber, judge_numbers
from elec576.comparison.report_as_a_whole import Yardstick, yardstick
from elec576.comparison.results import Results, Run, read_results
from elec576.experiments import EXPERIMENTS


@dataclass(frozen=True, eq=False)
class Comparison:
    """The report against the runs. Each part is computed when it is first asked for.

    Raises:
        UserError: see `elec576.comparison.links.judge_link`.
    """

    results: Results
    first_steps: FirstSteps = FirstSteps()

    @cached_property
    def numbers(self) -> tuple[JudgedNumber, ...]:
        return judge_numbers(self.results, self.first_steps)

    @cached_property
    def conclusions(self) -> tuple[JudgedConclusion, ...]:
        return judge_conclusions(self.results, self.numbers)

    @property
    def sentences(self) -> tuple[JudgedConclusion, ...]:
        """The conclusions that are counted: all but second readings of a sentence."""
        return tuple(judged for judged in self.conclusions if not judged.conclusion.reading)

    @cached_property
    def luck(self) -> float | None:
        """The probability that all sentences on the report's run 2 come out in its order.

        None while one of their links waits for its first look.
        """
        return luck_together(self.conclusions, self.results)

    @cached_property
    def yardstick(self) -> Yardstick | None:
        """None with too few runs."""
        return yardstick(self.numbers)

    @cached_property
    def identification(self) -> Identification:
        return identify(self.results, self.first_steps)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        return weigh_evidence(self.results, self.first_steps, self.identification)

    @cached_property
    def rates(self) -> tuple[Rate, ...]:
        return check_rates(self.results, self.first_steps)

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
        UserError: see `elec576.comparison.results.read_results` and
            `elec576.comparison.first_steps.read_first_steps`.
    """
    results = read_results(folder)
    return Comparison(results, read_first_steps(folder, results))
