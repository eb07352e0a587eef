"""The report as a whole: how it ranks among reports made of our own runs.

Each of our runs in turn is put in the place of the report's log of its experiment and judged by the
others in exactly the same way. A made-up report draws one such log for each of the report's logs,
independently, as the report's own runs are. So the logs are the units: numbers of one log depend on
one another in it as they do in the report.
"""

from dataclasses import dataclass

import numpy as np

from elec576.claims.plan import LEVEL
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import CAP, LIMIT

REPORTS = 99_999


@dataclass(frozen=True)
class Block:
    """The numbers of one experiment's log.

    Attributes:
        inside, held_out_inside: how many are compatible: of the report's, [n] of our runs'.
        extremeness, held_out_extremeness: the sum of their squared scores, likewise.
    """

    experiment: str
    count: int
    inside: int
    extremeness: float
    seeds: tuple[int, ...]
    held_out_inside: np.ndarray
    held_out_extremeness: np.ndarray

    @property
    def p(self) -> float:
        """How probable a log at least as extreme is."""
        return _share(self.held_out_extremeness >= self.extremeness)


@dataclass(frozen=True)
class Yardstick:
    """The report among `REPORTS` made-up ones.

    Attributes:
        inside, expected, low, high: how many numbers are compatible: the report's, the mean and
            the middle 95 % of made-up reports'.
        p_inside: how probable it is that no more are.
        rms: the root mean square of the report's scores, and `rms_expected` of made-up reports'.
        p_extremeness: how probable it is that the squared scores sum up to at least as much.
        coverage: by kind of quantity, how many of our runs' numbers are compatible, of how many.
    """

    blocks: tuple[Block, ...]
    count: int
    inside: int
    expected: float
    low: int
    high: int
    p_inside: float
    rms: float
    rms_expected: float
    p_extremeness: float
    coverage: dict[str, tuple[int, int]]

    @property
    def held_out(self) -> tuple[int, int]:
        """The coverage of all kinds together."""
        inside, judged = zip(*self.coverage.values())
        return sum(inside), sum(judged)


def yardstick(numbers: tuple[JudgedNumber, ...]) -> Yardstick | None:
    """Compare the report with made-up ones; None where no experiment has enough runs."""
    held_out = {k: number.held_out() for k, number in enumerate(numbers)
                if number.compatible is not None}
    names = dict.fromkeys(numbers[k].reported.experiment for k in held_out)
    blocks = [block for block in (_block(name, numbers, held_out) for name in names) if block]
    if not blocks:
        return None
    random = np.random.default_rng(0)
    inside, extremeness = np.zeros((2, REPORTS))
    for block in blocks:
        drawn = random.integers(len(block.seeds), size=REPORTS)
        inside += block.held_out_inside[drawn]
        extremeness += block.held_out_extremeness[drawn]
    count = sum(block.count for block in blocks)
    own_inside = sum(block.inside for block in blocks)
    own_extremeness = sum(block.extremeness for block in blocks)
    low, high = np.quantile(inside, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method='nearest')
    return Yardstick(
        tuple(blocks), count, own_inside,
        float(sum(block.held_out_inside.mean() for block in blocks)), int(low), int(high),
        _share(inside <= own_inside), float(np.sqrt(own_extremeness / count)),
        float(np.sqrt(sum(block.held_out_extremeness.mean() for block in blocks) / count)),
        _share(extremeness >= own_extremeness - 1e-9), _coverage(numbers, held_out))


def _block(name: str, numbers: tuple[JudgedNumber, ...], held_out: dict[int, dict[int, float]]
           ) -> Block | None:
    own = [k for k in held_out if numbers[k].reported.experiment == name]
    # at step 0 a run can be judged by other seeds' starts even where there are too few other runs
    seeds = tuple(seed for seed in held_out[own[0]] if all(seed in held_out[k] for k in own))
    if not seeds:
        return None
    scores = np.array([[held_out[k][seed] for k in own] for seed in seeds])  # [n, numbers]
    reported = np.array([numbers[k].judgement.score for k in own])
    return Block(name, len(own), int(_inside(reported)), float(_extremeness(reported)), seeds,
                 _inside(scores), _extremeness(scores))


def _inside(scores: np.ndarray) -> np.ndarray:
    return (np.abs(scores) <= LIMIT).sum(axis=-1)


def _extremeness(scores: np.ndarray) -> np.ndarray:
    return (np.minimum(np.abs(scores), CAP) ** 2).sum(axis=-1)


def _share(at_least: np.ndarray) -> float:
    """A p-value: the report itself counts as one of the reports."""
    return float((1 + at_least.sum()) / (1 + len(at_least)))


def _coverage(numbers: tuple[JudgedNumber, ...], held_out: dict[int, dict[int, float]]
              ) -> dict[str, tuple[int, int]]:
    """Each measurement once: experiments that differ later begin with the same ones."""
    found: dict[str, dict[tuple, bool]] = {}
    for k, scores in held_out.items():
        value, runs = numbers[k].reported, dict(numbers[k].runs)
        kind = ('activation statistics' if value.quantity.startswith('h_conv') else
                value.quantity.replace('_', ' ') + ', step 0' * (value.step == 0))
        for seed, score in scores.items():
            measured = value.quantity, value.step, seed, runs[seed]
            found.setdefault(kind, {}).setdefault(measured, abs(score) <= LIMIT)
    return {kind: (sum(inside.values()), len(inside)) for kind, inside in found.items()}
