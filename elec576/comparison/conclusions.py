"""Each of the report's conclusions against the runs, and against the report's own numbers."""

from dataclasses import dataclass
from typing import Iterable, Sequence

from elec576.claims.conclusions import CONCLUSIONS, HANGING_ON_ONE_RUN, Conclusion, Link
from elec576.claims.numbers import rounding_of
from elec576.claims.plan import BOUNDS, LEVEL
from elec576.comparison import links
from elec576.comparison.estimates import Paired, chance_of_order, paired
from elec576.comparison.links import JudgedLink, judge_link
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import Judgement, Prediction
from elec576.comparison.results import Results
from elec576.experiments import settings_of

VERDICTS = (links.SUPPORTED, links.CONTRADICTED, links.EQUAL, links.UNDECIDED, links.WAITING)


@dataclass(frozen=True)
class JudgedConclusion:
    """A conclusion, its parts and what follows from them.

    Attributes:
        around: by experiment, how `Conclusion.around` lies among its runs.
        beside: the links that are only shown: ordinary 95 % intervals, of all pairs of runs.
        chance: the probability that one run of each setting comes out in the sentence's order; None
            while one of its links waits for its first look, and of running times where no processor
            has runs of all.
    """

    conclusion: Conclusion
    links: tuple[JudgedLink, ...]
    values: tuple[JudgedNumber, ...]
    around: dict[str, Judgement]
    beside: dict[Link, Paired]
    chance: float | None

    @property
    def verdict(self) -> str:
        """As the plan says; waiting while a link does, unless another one contradicts it."""
        alpha = (1 - LEVEL) / len(self.links)
        verdicts = {link.verdict for link in self.links}
        if any(link.contradicted_at(alpha) for link in self.links):
            return links.CONTRADICTED
        if links.WAITING in verdicts:
            return links.WAITING
        if verdicts <= {links.SUPPORTED, links.EQUAL}:
            return links.EQUAL if links.EQUAL in verdicts else links.SUPPORTED
        return links.UNDECIDED

    @property
    def own_verdict(self) -> str:
        """What the report's own numbers, where it prints both, say of its sentence."""
        printed = {link.own_verdict for link in self.links} - {links.SILENT}
        return (links.DISAGREES if links.DISAGREES in printed else
                links.AGREES if printed else links.SILENT)


def judge_conclusions(results: Results, numbers: tuple[JudgedNumber, ...]
                      ) -> tuple[JudgedConclusion, ...]:
    """All of the report's conclusions, in its order.

    Raises:
        UserError: see `elec576.comparison.links.judge_link`.
    """
    by_name = {(number.reported.experiment, number.reported.quantity): number
               for number in numbers}
    found = []
    for conclusion in CONCLUSIONS:
        judged = tuple(judge_link(link, results) for link in conclusion.links)
        found.append(JudgedConclusion(conclusion, judged,
                                      tuple(by_name[name] for name in conclusion.values),
                                      _around(conclusion, results), _beside(conclusion, results),
                                      _chance(judged, results)))
    return tuple(found)


def _around(conclusion: Conclusion, results: Results) -> dict[str, Judgement]:
    if not conclusion.around:
        return {}
    return {link.lower: Prediction.of(
        link.quantity, settings_of(link.lower).steps, results.of(link.lower)
    ).judge(float(conclusion.around), rounding_of(conclusion.around))
        for link in conclusion.links if results.of(link.lower)}


def _beside(conclusion: Conclusion, results: Results) -> dict[Link, Paired]:
    found = {}
    for link in conclusion.beside:
        higher, lower = ({run.seed: links.compared(run) for run in results.of(name)}
                         for name in (link.higher, link.lower))
        differences = [value - lower[seed] for seed, value in higher.items() if seed in lower]
        if len(differences) > 1:
            found[link] = paired(differences, BOUNDS[1][0])
    return found


def chance_together(conclusions: Iterable[JudgedConclusion], results: Results) -> float | None:
    """The probability that all links that put a run above the report's run 2 come out so."""
    judged = {(link.link.higher, link.link.lower): link
              for found in conclusions for link in found.links}
    return _chance([judged[pair] for pair in HANGING_ON_ONE_RUN], results)


def _chance(judged: Sequence[JudgedLink], results: Results) -> float | None:
    """From all runs, not only a look's: sentences that share an experiment share its runs."""
    if any(link.look is None for link in judged):
        return None
    pairs = [(link.link.higher, link.link.lower) for link in judged]
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    quantity, processor = judged[0].link.quantity, None
    if quantity == 'cpu_seconds':
        processor = results.timing_processor(*names)
        if processor is None:
            return None
    return chance_of_order({name: results.final(name, quantity, processor) for name in names},
                           pairs)
