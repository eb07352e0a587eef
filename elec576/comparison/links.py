"""Links of the report's conclusions, looked at and judged as `elec576.claims.plan` says."""

import dataclasses
import math
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from elec576.claims import plan
from elec576.claims.conclusions import Link, all_links, first_look
from elec576.claims.numbers import ReportedValue, reported
from elec576.comparison.estimates import (
    Paired,
    bounds,
    deciding_n,
    image_variance,
    over_images,
    paired,
    t_bound,
)
from elec576.comparison.results import Results, Run
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, settings_of
from elec576.settings import RnnSettings

SUPPORTED, CONTRADICTED, UNDECIDED = 'supported', 'contradicted', 'undecided'
EQUAL, WAITING = 'practically equal', 'waiting for runs'
AGREES, DISAGREES, SILENT = 'agrees', 'disagrees', 'not printed'
THESE_IMAGES = 'for these test images only'


@dataclass(frozen=True)
class Look:
    """One look at a link: at ``effect.n`` pairs of runs of equal seed.

    Attributes:
        number: 1 for the first.
        bound: on the normal score.
        effect: of what the plan compares; of running times, of the logarithms of their ratios.
        final: the mean difference of final test accuracies; None of running times.
        images: the interval of ``effect`` over seeds and test images; None where not every run
            says which images it gets right, and of running times.
    """

    number: int
    bound: float
    effect: Paired
    final: float | None = None
    images: tuple[float, float] | None = None


@dataclass(frozen=True)
class JudgedLink:
    """One comparison of two experiments.

    Attributes:
        margin: None for running times.
        look: the last look taken; None before the first.
        next: of the look that waits for runs, how many pairs are there and how many it needs.
    """

    link: Link
    margin: float | None
    look: Look | None
    next: tuple[int, int] | None
    verdict: str
    reason: str
    own: tuple[ReportedValue, ReportedValue] | None  # the report's own numbers on it
    own_verdict: str

    def contradicted_at(self, alpha: float) -> bool:
        """Whether the look taken contradicts the link when all looks together have ``alpha``."""
        if self.look is None or self.verdict != CONTRADICTED:
            return False
        bound = bounds(alpha, len(self.link.looks))[self.look.number - 1]
        effect = self.look.effect
        return effect.mean + t_bound(bound, effect.n - 1) * effect.error < 0


def judge_link(link: Link, results: Results) -> JudgedLink:
    """Look at ``link`` as often as the plan says and the runs allow.

    A look is taken when every experiment has all of its seeds; runs beyond them are not used.

    Raises:
        UserError: a run did not measure what is compared.
    """
    higher, lower = ({run.seed: run for run in results.of(name)}
                     for name in (link.higher, link.lower))
    margin = None if link.quantity == 'cpu_seconds' else plan.MARGINS[data_of(link)]
    taken, waits = None, None
    verdict, reason = WAITING, ''
    for number, n in enumerate(link.looks, 1):
        there = [seed for seed in plan.seeds(n) if seed in higher and seed in lower]
        if len(there) < n:
            waits = len(there), n
            reason = (f'{len(there)} of {n}' if taken is None else
                      f'the next look has {len(there)} of {n} pairs of runs')
            break
        pairs = [(higher[seed], lower[seed]) for seed in there]
        taken = _look(link, number, plan.BOUNDS[len(link.looks)][number - 1], pairs)
        verdict, reason = decide(taken, margin, number == len(link.looks))
        if verdict not in (UNDECIDED, _over_all_images(taken, margin)):
            reason = '; '.join(filter(None, (reason, THESE_IMAGES)))
        if link.quantity == 'cpu_seconds':
            verdict, reason = _on_one_clock(pairs, verdict, reason)
        if verdict != UNDECIDED:
            break
    own = _own_numbers(link)
    own_verdict = (SILENT if own is None else
                   AGREES if own[0].number > own[1].number else DISAGREES)
    return JudgedLink(link, margin, taken, waits, verdict, reason, own, own_verdict)


def decide(look: Look, margin: float | None, last: bool) -> tuple[str, str]:
    """The verdict of a look on "the first is higher", and a remark on it.

    Args:
        last: whether the plan has no further look.
    """
    effect = look.effect
    small = margin is not None and -margin < effect.low and effect.high < margin
    if effect.low > 0:
        return SUPPORTED, 'smaller than the margin' if small else ''
    if effect.high < 0:
        return CONTRADICTED, 'smaller than the margin' if small else ''
    if small:
        return EQUAL, ''
    if not last:
        return UNDECIDED, ''
    n = deciding_n(effect, look.bound, margin)
    return UNDECIDED, ('no number of seeds would decide it' if n is None else
                       f'about {n} seeds would decide it')


def _over_all_images(look: Look, margin: float | None) -> str:
    """The verdict as if the test images had been sampled again, too."""
    if look.images is None:
        return decide(look, margin, True)[0]
    low, high = look.images
    effect = dataclasses.replace(look.effect, low=low, high=high)
    return decide(dataclasses.replace(look, effect=effect), margin, True)[0]


def next_runs(results: Results) -> list[tuple[str, int]]:
    """The runs that the plan asks for now: (experiment, seed), in the order to make them.

    First all that first looks need, then what the next looks of undecided links need, experiment by
    experiment; empty when all is decided.
    """
    first = first_look()
    later: dict[str, int] = {}
    for link in all_links():
        judged = judge_link(link, results)
        if judged.verdict == UNDECIDED and judged.next is not None:
            for name in (link.higher, link.lower):
                later[name] = max(later.get(name, 0), judged.next[1])
    there = {(name, run.seed) for name in {**first, **later} for run in results.of(name)}
    wanted = [(name, seed) for needed in (first, later) for name in EXPERIMENTS | EVIDENCE
              for seed in plan.seeds(needed.get(name, 0))]
    return [run for run in dict.fromkeys(wanted) if run not in there]


def compared(run: Run) -> float:
    """The accuracy of ``run`` that is compared.

    LeNet5: the mean of its last evaluations of the test set. Recurrent nets: the final accuracy.

    Raises:
        UserError: an evaluation is missing.
    """
    if isinstance(run.settings, RnnSettings):
        return float(run.metrics['test_accuracy'])
    at = run.measured('test_accuracy')
    steps = [run.settings.steps - back * plan.EVALUATIONS_APART
             for back in range(plan.LAST_EVALUATIONS)]
    for step in steps:
        if step not in at:
            raise UserError(f'seed {run.seed}, {run.settings.steps} steps: no test accuracy at '
                            f'step {step}, which is compared; run it again with --eval-every '
                            f'{plan.EVALUATIONS_APART}')
    return fmean(at[step] for step in steps)


def data_of(link: Link) -> str:
    """The data set on which a link's experiments are tested: 'cifar10' or 'mnist'."""
    return getattr(settings_of(link.higher), 'dataset', 'mnist')


def _look(link: Link, number: int, bound: float, pairs: list[tuple[Run, Run]]) -> Look:
    if link.quantity == 'cpu_seconds':
        ratios = [math.log(higher.metrics['cpu_seconds'] / lower.metrics['cpu_seconds'])
                  for higher, lower in pairs]
        return Look(number, bound, paired(ratios, bound))
    effect = paired([compared(higher) - compared(lower) for higher, lower in pairs], bound)
    final = fmean(higher.metrics['test_accuracy'] - lower.metrics['test_accuracy']
                  for higher, lower in pairs)
    return Look(number, bound, effect, final, _over_images(effect, bound, pairs))


def _over_images(effect: Paired, bound: float, pairs: list[tuple[Run, Run]]
                 ) -> tuple[float, float]:
    """The share of the images is that of the trained networks, at the last step."""
    higher, lower = (np.stack([run.test_correct for run in runs]) for runs in zip(*pairs))
    return over_images(effect, bound, image_variance(higher, lower), higher.shape[1])


def _on_one_clock(pairs: list[tuple[Run, Run]], verdict: str, reason: str) -> tuple[str, str]:
    """A ratio of times means something on one processor and thread count only."""
    clocks = [{(run.metrics['processor'], run.metrics['threads']) for run in pair}
              for pair in pairs]
    if any(len(pair) > 1 for pair in clocks):
        return UNDECIDED, 'runs of a pair were timed on different processors or thread counts'
    kinds = len(set.union(*clocks))
    if kinds > 1:
        reason = '; '.join(filter(None, (reason, f'pairs on {kinds} processors or thread counts')))
    return verdict, reason


def _own_numbers(link: Link) -> tuple[ReportedValue, ReportedValue] | None:
    higher, lower = ([value for value in reported(name) if value.quantity == link.quantity]
                     for name in (link.higher, link.lower))
    return (higher[0], lower[0]) if higher and lower else None
