"""The statistics of the comparison, from scipy.

An array [n] holds one value for each run (seed), unless its docstring says otherwise.
"""

import math
from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np
from scipy import optimize, stats

DRAWS = 100_000


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
    effect of the seed, one of the image and a residual; the spread between seeds contains all but
    the image's effect. Its variance is (mean square of images - mean square of the rest) / n, not
    below 0; returned is that divided by m.

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


def chance_of_order(values: Mapping[str, Sequence[float]], pairs: Sequence[tuple[str, str]]
                    ) -> float | None:
    """The probability that one value of each group, drawn at random, comes out in order.

    Groups are drawn independently of one another; a tie is not in order. From `DRAWS` draws with a
    fixed seed, so to about 0.2 %. None where a group is empty.

    Args:
        values: by group, [n] each.
        pairs: (higher, lower) by the groups' names.
    """
    if not all(map(len, values.values())):
        return None
    random = np.random.default_rng(0)
    drawn = {name: random.choice(found, DRAWS) for name, found in values.items()}
    return float(np.all([drawn[higher] > drawn[lower] for higher, lower in pairs], axis=0).mean())
