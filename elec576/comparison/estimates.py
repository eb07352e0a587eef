"""The statistics of the comparison, from scipy.

An array [n] holds one value for each run (seed), unless its docstring says otherwise.
"""

import math
from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np
from scipy import optimize, stats

SEEDS_FOR_INTERVAL = 3


@dataclass(frozen=True)
class Summary:
    """n runs' values; what needs a larger n is None.

    Attributes:
        low, high: where one more run would lie with 95 % probability
            (`elec576.comparison.prediction`).
    """

    n: int
    mean: float | None = None
    sd: float | None = None  # of the runs, n - 1 in the denominator
    lowest: float | None = None
    highest: float | None = None
    low: float | None = None
    high: float | None = None


def summarise(values: Sequence[float] | np.ndarray) -> Summary:
    """Mean and spread; values that all agree have them exactly."""
    n = len(values)
    if n == 0:
        return Summary(0)
    values = np.asarray(values, float)
    same = values.min() == values.max()
    return Summary(n, float(values[0] if same else values.mean()),
                   None if n < 2 else 0.0 if same else float(values.std(ddof=1)),
                   float(values.min()), float(values.max()))


@dataclass(frozen=True)
class Paired:
    """The mean of n paired differences with its interval."""

    n: int
    mean: float
    sd: float  # of the differences, n - 1 in the denominator
    low: float
    high: float

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return self.sd / math.sqrt(self.n)


def t_bound(z: float, freedom: float) -> float:
    """The quantile of Student's t beyond which as much probability lies as beyond ``z``."""
    return float(stats.t.isf(stats.norm.sf(z), freedom))


def paired(differences: Sequence[float], z: float) -> Paired:
    """Mean ± t sd / √n, where t has the tail probability of ``z``.

    Args:
        differences: [n], n >= 2; differences that all agree give an interval of no width.
        z: the bound on a normal score, 1.96 for an ordinary 95 % interval.
    """
    differences = np.asarray(differences, float)
    n, mean, sd = len(differences), differences.mean(), differences.std(ddof=1)
    if differences.min() == differences.max():
        mean, sd = differences[0], 0.0
    half = t_bound(z, n - 1) * sd / math.sqrt(n)
    return Paired(n, float(mean), float(sd), float(mean - half), float(mean + half))


def deciding_n(found: Paired, z: float, margin: float | None) -> int | None:
    """The least n whose interval would leave 0 out or lie within ±``margin``.

    As if mean and spread stayed what they are at `Paired.n`. None if no n would do so.
    """
    room = max(abs(found.mean), 0.0 if margin is None else margin - abs(found.mean))
    if room == 0:
        return None
    n = max(2, math.ceil((z * found.sd / room) ** 2))  # t is wider than z: begin below, go up
    while t_bound(z, n - 1) * found.sd / math.sqrt(n) >= room:
        n += 1
    return n


def bounds(alpha: float, looks: int) -> tuple[float, ...]:
    """O'Brien and Fleming's bounds on |z| for equally spaced looks, ``alpha`` for all together.

    They are one bound on the random walk of the sums: of ``looks`` normal steps, none of the sums
    leaves ±b with probability 1 - ``alpha``; at look k, |z| is bounded by b / √k. (O'Brien and
    Fleming, "A multiple testing procedure for clinical trials", Biometrics 35, 1979.)
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)

    def stays(b: float) -> float:
        x, w = b * nodes, b * weights
        density = stats.norm.pdf(x)
        for _ in range(looks - 1):
            density = stats.norm.pdf(np.subtract.outer(x, x)) @ (w * density)
        return float(w @ density)

    b = optimize.brentq(lambda b: stays(b) - (1 - alpha), 0.1, 12 + 3 * looks, xtol=1e-10)
    return tuple(b / math.sqrt(k) for k in range(1, looks + 1))


def image_variance(higher: np.ndarray, lower: np.ndarray) -> float:
    """What the choice of test images adds to the variance of a mean difference of accuracies.

    Two-way random effects without replication: the difference at seed s and image i is a mean, an
    effect of the seed, one of the image and a residual. Only the image's effect divided by the
    number of images is meant here, because the spread between seeds contains the other two.
    Estimated by mean squares, and not below 0.

    Args:
        higher, lower: [n seeds, m images] bool, which images each network gets right; n, m >= 2.
    """
    difference = higher.astype(float) - lower.astype(float)
    n, m = difference.shape
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)
    rest = difference - by_seed[:, None] - by_image + difference.mean()
    mean_square = (rest ** 2).sum() / ((n - 1) * (m - 1))
    return max(0.0, float(by_image.var(ddof=1) - mean_square / n) / m)


def over_images(found: Paired, z: float, variance: float, images: int) -> tuple[float, float]:
    """The interval of a paired mean over seeds and images.

    Args:
        variance: `image_variance` of ``images`` images, which adds to the squared standard error;
            degrees of freedom by Satterthwaite.
    """
    seeds = found.error ** 2
    total = seeds + variance
    if total == 0:
        return found.low, found.high
    freedom = total ** 2 / (seeds ** 2 / (found.n - 1) + variance ** 2 / (images - 1))
    half = t_bound(z, freedom) * math.sqrt(total)
    return found.mean - half, found.mean + half


def order_probability(values: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]]
                      ) -> float:
    """The probability that one value of each group, drawn at random, comes out in order.

    Groups are drawn independently of one another; a tie is not in order. Exact: the pairs form
    trees, and a tree is summed from its leaves.

    Args:
        values: by group, [n] each.
        pairs: (higher, lower) by the groups' names; no cycles.
    """
    open_ = set(values)

    def holds(group: str, above: str | None) -> np.ndarray:
        """[n]: for each value of ``group``, that all groups below it in the tree are in order."""
        open_.discard(group)
        own = np.asarray(values[group], float)
        product = np.ones(len(own))
        for pair in pairs:
            other = pair[pair[0] == group]
            if group in pair and other != above:
                if other not in open_:
                    raise ValueError(f'{pairs}: not trees')
                below = holds(other, group)
                differences = np.subtract.outer(own, np.asarray(values[other], float))
                in_order = differences > 0 if pair[0] == group else differences < 0
                product *= (in_order * below).mean(axis=1)
        return product

    probability = 1.0
    while open_:
        probability *= holds(min(open_), None).mean()
    return float(probability)
