"""The statistics against closed forms, other routes to the same number, and simulations."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from elec576.claims.plan import BOUNDS
from elec576.comparison.estimates import (
    Paired,
    bounds,
    chance_of_order,
    deciding_n,
    image_variance,
    over_images,
    paired,
    t_bound,
)
from elec576.comparison.prediction import Summary, summarise


def test_summaries():
    assert summarise([]) == Summary(0)
    assert summarise([0.5]) == Summary(1, 0.5, None, 0.5, 0.5)
    assert summarise([3, 1, 2]) == Summary(3, 2.0, 1.0, 1.0, 3.0)
    # values that all agree have no spread, although their sum is rounded
    assert sum([0.1] * 3) / 3 != 0.1 and summarise([0.1] * 3) == Summary(3, 0.1, 0.0, 0.1, 0.1)


def test_bounds_are_those_of_the_plan():
    # O'Brien and Fleming's for three looks, as printed in tables
    assert [round(z, 3) for z in bounds(0.05, 3)] == list(BOUNDS[3])
    assert [round(z, 3) for z in bounds(0.05, 1)] == list(BOUNDS[1])
    assert bounds(0.01, 1)[0] == pytest.approx(stats.norm.isf(0.005))


@pytest.mark.parametrize('alpha', [0.05, 0.2])
def test_bounds_by_simulation(alpha):
    sums = np.random.RandomState(0).normal(size=(200_000, 3)).cumsum(axis=1)
    z = np.abs(sums) / np.sqrt([1, 2, 3])
    crossed = (z > bounds(alpha, 3)).any(axis=1).mean()
    assert crossed == pytest.approx(alpha, abs=4 * math.sqrt(alpha / 200_000))


def test_paired_interval_by_scipy():
    differences = np.random.RandomState(1).normal(0.3, 1, 17)
    found = paired(differences, stats.norm.ppf(0.975))
    expected = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    wide = paired(differences, 3.471)
    expected = stats.ttest_1samp(differences, 0).confidence_interval(1 - 2 * stats.norm.sf(3.471))
    assert (wide.low, wide.high) == pytest.approx((expected.low, expected.high))
    same = paired([0.1] * 7, 1.96)
    assert (same.mean, same.sd, same.low, same.high) == (0.1, 0.0, 0.1, 0.1)


def test_deciding_n_is_the_least():
    for mean, margin in ((0.002, 0.003), (0.0, 0.003), (0.0031, 0.003), (0.01, None)):
        found = Paired(20, mean, 0.02, 0, 0)
        n = deciding_n(found, 2.004, margin)
        room = max(mean, (margin or 0) - mean)
        halves = [t_bound(2.004, k - 1) * 0.02 / math.sqrt(k) for k in (n - 1, n)]
        assert halves[1] < room <= halves[0]
    assert deciding_n(Paired(20, 0.0, 0.02, 0, 0), 2.004, None) is None


def made_up_hits(random, n, m, seed_sd, image_sd):
    """Two [n, m] bool: hits of networks where images differ in how much they favour the first."""
    favour = random.normal(0, image_sd, m) + random.normal(0, seed_sd, (n, 1))
    return random.random_sample((n, m)) < 0.5 + favour, random.random_sample((n, m)) < 0.5


def test_the_images_share_is_found():
    random = np.random.RandomState(2)
    n, m, image_sd = 12, 400, 0.15
    found = [image_variance(*made_up_hits(random, n, m, 0.02, image_sd)) for _ in range(200)]
    assert np.mean(found) == pytest.approx(image_sd ** 2 / m, rel=0.05)
    none = [image_variance(*made_up_hits(random, n, m, 0.02, 0.0)) for _ in range(50)]
    assert np.mean(none) < 0.1 * image_sd ** 2 / m  # only what is cut off at 0
    same = np.ones((3, 5), bool)
    assert image_variance(same, same) == 0


def test_the_images_share_by_sums_of_squares():
    higher, lower = np.random.RandomState(5).random_sample((2, 4, 7)) < [[[0.9]], [[0.4]]]
    higher[:, 2], lower[:, 2] = False, True
    d = {(i, j): int(higher[i, j]) - int(lower[i, j]) for i in range(4) for j in range(7)}
    whole = sum(d.values()) / 28
    seed = [sum(d[i, j] for j in range(7)) / 7 for i in range(4)]
    image = [sum(d[i, j] for i in range(4)) / 4 for j in range(7)]
    of_images = 4 * sum((mean - whole) ** 2 for mean in image)
    rest = (sum((value - whole) ** 2 for value in d.values()) - of_images
            - 7 * sum((mean - whole) ** 2 for mean in seed))
    expected = (of_images / 6 - rest / 18) / 4 / 7
    assert expected > 0 and image_variance(higher, lower) == pytest.approx(expected)


def test_degrees_of_freedom_over_seeds_and_images_by_hand():
    found = Paired(5, 0.02, 0.06, 0, 0)  # the squared standard error is 7.2e-4
    freedom = (7.2e-4 + 4.8e-4) ** 2 / (7.2e-4 ** 2 / 4 + 4.8e-4 ** 2 / 8)
    half = stats.t.isf(stats.norm.sf(2.5), freedom) * math.sqrt(1.2e-3)
    assert over_images(found, 2.5, 4.8e-4, 9) == pytest.approx((0.02 - half, 0.02 + half))
    assert over_images(Paired(5, 0.1, 0.0, 0.1, 0.1), 2.5, 0.0, 9) == (0.1, 0.1)


def test_intervals_over_seeds_and_images_cover_where_those_over_seeds_do_not():
    random = np.random.RandomState(3)
    n, m, z = 12, 300, stats.norm.ppf(0.975)
    hits, narrow, trials = 0, 0, 600
    for _ in range(trials):
        higher, lower = made_up_hits(random, n, m, 0.02, 0.25)
        effect = paired(higher.mean(axis=1) - lower.mean(axis=1), z)
        low, high = over_images(effect, z, image_variance(higher, lower), m)
        hits += low <= 0 <= high
        narrow += effect.low <= 0 <= effect.high
        assert low <= effect.low and effect.high <= high
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.05 * 0.95 / trials)
    assert narrow / trials < 0.9


def test_the_probability_of_an_order_by_counting():
    random = np.random.RandomState(4)
    values = {name: random.randint(0, 6, n) for name, n in zip('abcde', (4, 3, 5, 2, 3))}
    for pairs in ([('a', 'b')], [('a', 'b'), ('b', 'c')], [('a', 'b'), ('a', 'c'), ('a', 'd')],
                  [('a', 'c'), ('b', 'c'), ('d', 'c'), ('e', 'c')],
                  [('a', 'b'), ('b', 'c'), ('d', 'e')]):
        names = sorted({name for pair in pairs for name in pair})
        counted = np.mean([all(drawn[high] > drawn[low] for high, low in pairs)
                           for drawn in (dict(zip(names, choice)) for choice in itertools.product(
                               *(values[name] for name in names)))])
        own = {name: values[name] for name in names}
        assert chance_of_order(own, pairs) == pytest.approx(counted, abs=0.006)
    assert chance_of_order({'a': [1, 2], 'b': []}, [('a', 'b')]) is None
