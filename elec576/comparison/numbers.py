"""Each of the report's numbers against the runs."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import stats

from elec576.comparison.results import Results
from elec576.comparison.statistics import (LEVEL, SEEDS_FOR_INTERVAL, Summary, contains,
                                           possible_range, summarise)
from elec576.claims.numbers import ReportedValue, all_reported


@dataclass(frozen=True)
class JudgedNumber:
    """A reported value, what the runs gave for it, and whether it lies in their interval."""

    reported: ReportedValue
    values: tuple[float, ...]  # by seed
    summary: Summary
    inside: bool | None  # None: too few runs, or a line that is not compared

    def standardised(self, value: float) -> float | None:
        """``value`` on a scale where the uncut prediction interval is -1 ... 1.

        None without an interval; infinite for another value than the one that all runs gave.
        """
        summary = self.summary
        if summary.low is None:
            return None
        distance = value - summary.mean
        half = max(summary.high - summary.mean, summary.mean - summary.low)  # one may be cut off
        if half == 0:
            near = abs(distance) <= self.reported.rounding
            return 0.0 if near else float('inf') if distance > 0 else float('-inf')
        return distance / half


@dataclass(frozen=True)
class Tally:
    """How many of the report's numbers lie inside, against how many should."""

    inside: int
    judged: int
    too_few: int  # numbers whose experiment has too few runs
    expected: float
    binomial: tuple[int, int]  # the middle 95 % if the numbers were independent
    held_out: tuple[int, int] | None  # inside, judged: our own runs, each judged by the others


def judge_numbers(results: Results) -> tuple[JudgedNumber, ...]:
    """All of the report's numbers, in its order."""
    return tuple(_judge(value, results) for value in all_reported())


def _judge(value: ReportedValue, results: Results) -> JudgedNumber:
    values = results.values(value.experiment, value.quantity, value.step)
    summary = summarise(values, possible_range(value.quantity))
    inside = contains(summary, value.number, value.rounding) if value.compared else None
    return JudgedNumber(value, values, summary, inside)


def tally(numbers: tuple[JudgedNumber, ...]) -> Tally:
    """Count.

    The numbers of one run hang together, so the binomial range is too narrow, and the intervals
    are exact for normal values only. `Tally.held_out` has neither flaw: every run of ours is
    judged in the report's place by the interval of its fellows.
    """
    judged = [number for number in numbers if number.inside is not None]
    too_few = [number for number in numbers if number.reported.compared and number.inside is None]
    held_out = [contains(summarise(others, possible_range(number.reported.quantity)), value,
                         number.reported.rounding)
                for number in judged if len(number.values) > SEEDS_FOR_INTERVAL
                for value, others in _each_against_others(number.values)]
    low, high = stats.binom.interval(LEVEL, len(judged), LEVEL) if judged else (0, 0)
    return Tally(sum(number.inside for number in judged), len(judged), len(too_few),
                 LEVEL * len(judged), (int(low), int(high)),
                 (sum(held_out), len(held_out)) if held_out else None)


def _each_against_others(values: tuple[float, ...]):
    for k, value in enumerate(values):
        yield value, values[:k] + values[k + 1:]
