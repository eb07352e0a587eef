"""Each of the report's conclusions against the runs, and against the report's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.results import Results
from elec576.comparison.statistics import Effect, effect
from elec576.experiments import named
from elec576.claims.conclusions import CONCLUSIONS, Conclusion, Link
from elec576.claims.numbers import ReportedValue, reported

SUPPORTED, CONTRADICTED, UNDECIDED = 'supported', 'contradicted', 'undecided'
AGREES, DISAGREES, SILENT = 'agrees', 'disagrees', 'prints none'


@dataclass(frozen=True)
class JudgedLink:
    """One comparison of two experiments."""

    link: Link
    effect: Effect
    verdict: str
    reason: str  # why it is undecided; else empty
    own: tuple[ReportedValue, ReportedValue] | None  # the report's own numbers on it
    own_verdict: str


@dataclass(frozen=True)
class JudgedConclusion:
    """A conclusion, its parts and what follows from them."""

    conclusion: Conclusion
    links: tuple[JudgedLink, ...]
    values: tuple[JudgedNumber, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The verdict on each link and value."""
        return (*(link.verdict for link in self.links),
                *(value_verdict(value) for value in self.values))

    @property
    def verdict(self) -> str:
        """Contradicted by any part, supported by all of them together, else undecided."""
        return _all_told(self.parts, SUPPORTED, CONTRADICTED, UNDECIDED)

    @property
    def own_verdict(self) -> str:
        """What the report's own numbers, where it prints both, say of its sentence."""
        printed = [link.own_verdict for link in self.links if link.own_verdict != SILENT]
        return _all_told(printed, AGREES, DISAGREES, SILENT) if printed else SILENT


def value_verdict(number: JudgedNumber) -> str:
    """The verdict on a value that a sentence names: that of the number."""
    return {True: SUPPORTED, False: CONTRADICTED, None: UNDECIDED}[number.inside]


def judge_conclusions(results: Results, numbers: tuple[JudgedNumber, ...]
                      ) -> tuple[JudgedConclusion, ...]:
    """All of the report's conclusions, in its order."""
    by_name = {(number.reported.experiment, number.reported.quantity): number
               for number in numbers}
    return tuple(JudgedConclusion(conclusion,
                                  tuple(_judge(link, results) for link in conclusion.links),
                                  tuple(by_name[name] for name in conclusion.values))
                 for conclusion in CONCLUSIONS)


def decide(found: Effect, clocks: Iterable[tuple] = ()) -> tuple[str, str]:
    """The verdict on "the first is higher", and why it is undecided if it is.

    Args:
        clocks: for a comparison of times, what each run was timed on.
    """
    if found.low is None:
        return UNDECIDED, 'too few seeds'
    if len(set(clocks)) > 1:
        return UNDECIDED, 'timed on different processors or thread counts'
    if found.low > 0:
        return SUPPORTED, ''
    if found.high < 0:
        return CONTRADICTED, ''
    return UNDECIDED, 'the interval holds 0'


def _judge(link: Link, results: Results) -> JudgedLink:
    clocks = ()
    if link.quantity == 'cpu_seconds':
        groups = [results.cpu_seconds(name) for name in (link.higher, link.lower)]
        clocks = [(run.metrics['processor'], run.metrics['threads'])
                  for name in (link.higher, link.lower) for run in results.of(name)]
    else:
        groups = [results.values(name, link.quantity, named(name).steps)
                  for name in (link.higher, link.lower)]
    found = effect(*groups)
    own = _own_numbers(link)
    own_verdict = (SILENT if own is None else
                   AGREES if own[0].number > own[1].number else DISAGREES)
    return JudgedLink(link, found, *decide(found, clocks), own, own_verdict)


def _own_numbers(link: Link) -> tuple[ReportedValue, ReportedValue] | None:
    higher, lower = ([value for value in reported(name) if value.quantity == link.quantity]
                     for name in (link.higher, link.lower))
    return (higher[0], lower[0]) if higher and lower else None


def _all_told(verdicts: Iterable[str], good: str, bad: str, open_: str) -> str:
    verdicts = set(verdicts)
    return bad if bad in verdicts else good if verdicts == {good} else open_
