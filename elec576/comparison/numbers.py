"""Each of the report's numbers against the runs."""

from dataclasses import dataclass

from elec576.claims.numbers import ReportedValue, all_reported
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import Judgement, Prediction, reference_of
from elec576.comparison.results import Results
from elec576.experiments import settings_of

COMPATIBLE, NOT_COMPATIBLE = 'compatible', 'not compatible'
TOO_FEW, NOT_COMPARED = 'too few seeds', 'not compared'


@dataclass(frozen=True)
class JudgedNumber:
    """A reported value and its judgement.

    Attributes:
        runs: (seed, value) of the experiment's own runs.
        reference: what the number is judged by: these runs, or starts of many seeds at step 0.
        compatible: None with too few runs, and for a line that is not compared.
    """

    reported: ReportedValue
    runs: tuple[tuple[int, float], ...]
    reference: Prediction
    judgement: Judgement

    @property
    def compatible(self) -> bool | None:
        return self.judgement.compatible if self.reported.compared else None

    @property
    def verdict(self) -> str:
        """The same in a word."""
        if not self.reported.compared:
            return NOT_COMPARED
        return {True: COMPATIBLE, False: NOT_COMPATIBLE, None: TOO_FEW}[self.compatible]

    @property
    def score(self) -> float | None:
        """`Judgement.score`; None without an interval."""
        return self.judgement.score

    def run_scores(self) -> tuple[float, ...]:
        """The scores of the experiment's runs; there must be an interval."""
        return tuple(self.reference.score(value, self.reported.rounding) for _, value in self.runs)

    def held_out(self) -> dict[int, float]:
        """By seed, the score of each own run, judged by the others as the report's number is."""
        return self.reference.held_out(self.runs, self.reported.rounding)


def judge_numbers(results: Results, first_steps: FirstSteps
                  ) -> tuple[JudgedNumber, ...]:
    """All of the report's numbers, in its order.

    Args:
        first_steps: see `elec576.comparison.first_steps.read_first_steps`.
    """
    return tuple(_judge(value, results, first_steps) for value in all_reported())


def _judge(value: ReportedValue, results: Results, first_steps: FirstSteps
           ) -> JudgedNumber:
    runs = results.of(value.experiment)
    reference = reference_of(value.quantity, value.step, settings_of(value.experiment), runs,
                             first_steps)
    own = tuple((run.seed, run.measured(value.quantity)[value.step]) for run in runs)
    return JudgedNumber(value, own, reference, reference.judge(value.number, value.rounding))
