"""The statistics against closed forms, other routes to the same number, and simulations."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from elec576.comparison.statistics import (contains, effect, expanded_level, possible_range,
                                           prediction_interval, summarise)


def test_prediction_interval_by_hand():
    # mean 3, sd sqrt(2.5), t(0.975, 4) = 2.7764451 from printed tables
    low, high = prediction_interval([1, 2, 3, 4, 5])
    half = 2.7764451052 * math.sqrt(2.5) * math.sqrt(1.2)
    assert (low, high) == pytest.approx((3 - half, 3 + half), rel=1e-9)


def test_prediction_interval_by_numerical_integration():
    # P(|X - m| < h) where X - m is normal with variance 1 + 1/n over an independent chi
    values = np.array([0.3, 1.1, 0.2, 0.7])
    n = len(values)
    _, high = prediction_interval(values)
    ratio = (high - values.mean()) / (values.std(ddof=1) * math.sqrt(1 + 1 / n))

    def inside(deviation):
        return 2 * stats.norm.cdf(ratio * deviation) - 1

    covered = stats.chi(n - 1, scale=1 / math.sqrt(n - 1)).expect(inside)
    assert covered == pytest.approx(0.95, abs=1e-6)


@pytest.mark.parametrize('n', [3, 5, 10])
def test_prediction_interval_covers_95_percent_of_normal_runs(n):
    random = np.random.RandomState(n)
    trials = 4000
    hits = 0
    for sample in random.normal(2, 3, (trials, n + 1)):
        low, high = prediction_interval(sample[:n])
        hits += low <= sample[n] <= high
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


def test_prediction_interval_nearly_covers_accuracies_on_batches_of_50():
    random = np.random.RandomState(1)
    for probability in (0.1, 0.5, 0.96):
        hits = 0
        for sample in random.binomial(50, probability, (2000, 6)) / 50:
            summary = summarise(sample[:5], (0, 1))
            hits += contains(summary, sample[5], 1e-9)
        assert 0.93 < hits / 2000 < 0.98


def test_summary_of_few_runs():
    assert summarise([]).n == 0 and summarise([]).mean is None
    one = summarise([0.5])
    assert (one.n, one.mean, one.sd, one.low) == (1, 0.5, None, None)
    two = summarise([0.5, 0.7])
    assert two.sd == pytest.approx(0.1 * math.sqrt(2)) and two.low is None
    assert contains(two, 0.6) is None
    assert summarise([0.5, 0.7, 0.6]).low is not None


def test_summary_is_cut_off_at_what_is_possible():
    summary = summarise([0.9, 1.0, 0.95], possible_range('train_accuracy'))
    assert summary.high == 1.0 and summary.low == prediction_interval([0.9, 1.0, 0.95])[0]
    assert summarise([0.01, 0.1, 0.02], possible_range('train_loss')).low == 0.0
    assert possible_range('test_loss')[1] == math.inf


def test_runs_that_all_agree():
    same = [float(np.float32(0.1))] * 5
    summary = summarise(same)
    assert (summary.sd, summary.low, summary.high) == (0.0, same[0], same[0])
    assert contains(summary, 0.1, rounding=2**-27)
    assert not contains(summary, 0.12, rounding=2**-27)


def test_rounding_reaches_a_little_beyond_the_interval():
    summary = summarise([1.0, 2.0, 3.0])
    assert not contains(summary, summary.high + 0.004)
    assert contains(summary, summary.high + 0.004, rounding=0.005)
    assert contains(summary, summary.low - 0.004, rounding=0.005)
    assert not contains(summary, summary.low - 0.006, rounding=0.005)


def test_probability_of_improvement_by_counting_pairs():
    random = np.random.RandomState(0)
    a, b = random.randint(0, 6, 7), random.randint(1, 7, 5)
    counted = np.mean([1.0 if x > y else 0.5 if x == y else 0.0
                       for x, y in itertools.product(a, b)])
    assert effect(a, b).probability == pytest.approx(counted)
    assert effect([1] * 5, [1] * 5).probability == 0.5
    assert effect([2, 3], [0, 1]).probability == 1.0


def test_expanded_level():
    # Hesterberg 2015: for n = 10 the nominal one-sided level is 0.0086 instead of 0.025
    assert (1 - expanded_level(10)) / 2 == pytest.approx(0.0086, abs=5e-5)
    assert expanded_level(10**6) == pytest.approx(0.95, abs=1e-5)


def test_effect_interval_against_all_resamples():
    a, b = [0.1, 0.4, 0.2, 0.9], [0.3, 0.0, 0.1, 0.2]
    means = [np.array([np.mean(sample) for sample in itertools.product(group, repeat=4)])
             for group in (a, b)]
    exact = np.subtract.outer(*means).ravel()
    found = effect(a, b)
    level = expanded_level(4)
    assert found.difference == pytest.approx(0.25)
    # within what 9999 of the 65536 resamples can tell
    for limit, tail in ((found.low, (1 - level) / 2), (found.high, (1 + level) / 2)):
        assert np.quantile(exact, max(tail - 0.002, 0)) <= limit
        assert limit <= np.quantile(exact, min(tail + 0.002, 1))


def test_effect_is_the_same_every_time_and_turns_with_its_sides():
    random = np.random.RandomState(3)
    a, b = random.normal(size=(2, 6))
    assert effect(a, b) == effect(a, b)
    turned = effect(b, a)
    assert turned.difference == -effect(a, b).difference
    assert turned.probability == pytest.approx(1 - effect(a, b).probability)


def test_effect_of_few_or_equal_runs():
    assert effect([], [1, 2]).difference is None
    few = effect([1, 2, 3], [4, 5, 6, 7])
    assert few.difference == -3.5 and few.low is None
    same = effect([1, 1, 1, 1], [0.5] * 4)
    assert (same.low, same.high) == (0.5, 0.5)


@pytest.mark.parametrize('n', [4, 5, 10])
def test_effect_interval_misses_a_null_effect_about_as_rarely_as_it_should(n):
    random = np.random.RandomState(n)
    trials = 300
    misses = 0
    for _ in range(trials):
        found = effect(*random.normal(size=(2, n)))
        misses += not found.low <= 0 <= found.high
    assert misses / trials < 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
