"""The statistics of the comparison, from scipy; every array is one value per run (seed)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy import stats

LEVEL = 0.95
SEEDS_FOR_INTERVAL = 3
# With three runs a side even complete separation has a chance of 1 in 10; with four, of 1 in 35.
SEEDS_FOR_VERDICT = 4
RESAMPLES = 9999


@dataclass(frozen=True)
class Summary:
    """n runs' values; what n does not suffice for is None."""

    n: int
    mean: float | None
    sd: float | None  # of the runs, n - 1 in the denominator
    lowest: float | None
    highest: float | None
    low: float | None  # of the prediction interval for one more run
    high: float | None


def prediction_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """Where one more run would lie: mean ± t sd √(1 + 1/n), Student's t with n - 1 degrees.

    Exact for normal values. Losses late in training are skewed and accuracies come in steps (of
    1/50 on a batch); with those the coverage is a little lower, 92 to 95 % in simulations. Runs
    that all agree give an interval of no width.

    Args:
        values: [n], n >= 2.
    """
    values = np.asarray(values, float)
    n = len(values)
    if values.min() == values.max():
        return float(values[0]), float(values[0])
    half = (stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) * math.sqrt(1 + 1 / n))
    return float(values.mean() - half), float(values.mean() + half)


def possible_range(quantity: str) -> tuple[float, float]:
    """The values that ``quantity`` can take; all of the report's quantities are non-negative."""
    return 0.0, 1.0 if quantity.endswith('_accuracy') else math.inf


def summarise(values: Sequence[float], possible: tuple[float, float] = (-math.inf, math.inf)
              ) -> Summary:
    """Mean, spread and prediction interval, cut off where values are not ``possible``."""
    n = len(values)
    if n == 0:
        return Summary(0, None, None, None, None, None, None)
    values = np.asarray(values, float)
    low = high = None
    if n >= SEEDS_FOR_INTERVAL:
        low, high = (min(max(limit, possible[0]), possible[1])
                     for limit in prediction_interval(values))
    same = values.min() == values.max()
    return Summary(n, float(values[0] if same else values.mean()),
                   None if n < 2 else 0.0 if same else float(values.std(ddof=1)),
                   float(values.min()), float(values.max()), low, high)


def contains(summary: Summary, value: float, rounding: float = 0.0) -> bool | None:
    """Whether a value known to within -+ ``rounding`` can lie in the prediction interval.

    None without an interval.
    """
    if summary.low is None:
        return None
    return summary.low - rounding <= value <= summary.high + rounding


@dataclass(frozen=True)
class Effect:
    """How much higher one group of runs is than another."""

    n: tuple[int, int]
    difference: float | None  # of the means
    low: float | None  # of its bootstrap interval
    high: float | None
    probability: float | None  # that a run of the first is above a run of the second


def expanded_level(n: int, level: float = LEVEL) -> float:
    """The nominal level at which a percentile bootstrap of n values really has ``level``.

    A percentile interval is too narrow by about sqrt((n - 1) / n) and uses the normal where
    Student's t belongs (Hesterberg, "What teachers should know about the bootstrap", 2015, section
    "expanded percentile interval").
    """
    quantile = math.sqrt(n / (n - 1)) * stats.t.ppf((1 + level) / 2, n - 1)
    return float(1 - 2 * stats.norm.sf(quantile))


def effect(higher: Sequence[float], lower: Sequence[float]) -> Effect:
    """The difference of means with its 95 % bootstrap interval, and the probability of improvement.

    The interval is `scipy.stats.bootstrap`'s percentile interval of the two groups resampled
    independently, at the `expanded_level` of the smaller group. The probability of improvement is
    rliable's: the share of pairs in which the first is above, a tie counting half (Mann & Whitney's
    U over the number of pairs).

    Args:
        higher, lower: [n] and [m]; runs of the same seeds are not paired, so that n and m may
            differ, which can only widen the interval.
    """
    n = len(higher), len(lower)
    if min(n) == 0:
        return Effect(n, None, None, None, None)
    difference = float(np.mean(higher) - np.mean(lower))
    probability = float(stats.mannwhitneyu(higher, lower, method='asymptotic').statistic
                        / (n[0] * n[1]))
    low = high = None
    if min(n) >= SEEDS_FOR_VERDICT:
        low, high = (float(limit) for limit in stats.bootstrap(
            (np.asarray(higher, float), np.asarray(lower, float)), _difference_of_means,
            vectorized=True, n_resamples=RESAMPLES, confidence_level=expanded_level(min(n)),
            method='percentile', rng=np.random.default_rng(0)).confidence_interval)
    return Effect(n, difference, low, high, probability)


def _difference_of_means(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)
