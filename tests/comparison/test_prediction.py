"""One number beside runs of its settings: its interval, its score, and their coverage."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from stand_ins import StandIn

from elec576.comparison.first_steps import COLUMNS, FirstSteps
from elec576.comparison.prediction import (
    LIMIT,
    Judgement,
    Prediction,
    more_runs,
    reference_of,
)
from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS, STEP_0, settings_of


def reference(quantity, values, column=0, batch=None):
    values = np.asarray(values, float)
    if values.ndim == 1:
        values = values[:, None]
    return Prediction(quantity, values, column, tuple(range(len(values))), batch)


def runs_of(quantity, curves, name='cnn1'):
    """A run for each of ``curves``, {step: value}."""
    return [StandIn(seed, settings_of(name), {quantity: curve})
            for seed, curve in enumerate(curves)]


def covered(make, trials=1500, column=0, quantity='train_loss', batch=None):
    """How many new runs lie in the interval of the others; ``make()`` is [n + 1, evaluations]."""
    hits = 0
    for _ in range(trials):
        values = make()
        hits += abs(reference(quantity, values[:-1], column, batch).score(values[-1][column])) \
            <= LIMIT
    return hits / trials


def near_95(share, trials=1500):
    return abs(share - 0.95) < 4 * math.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize('n', [5, 16])
def test_losses_on_a_log_scale_are_covered(n):
    random = np.random.RandomState(n)
    assert near_95(covered(lambda: np.exp(random.normal(-2, 0.6, (n + 1, 1)))))


@pytest.mark.parametrize('between, within', [(0.3, 0.1), (0.1, 0.3), (0.0, 0.3)])
def test_neighbouring_evaluations_are_covered_however_the_spread_is_shared(between, within):
    random = np.random.RandomState(7)
    trend = np.array([0.3, 0.1, 0.0, -0.1, -0.3])  # runs learn between evaluations

    def make():
        return np.exp(trend + random.normal(0, between, (9, 1)) + random.normal(0, within, (9, 5)))

    assert near_95(covered(make, column=2))


def test_neighbours_make_the_interval_steadier():
    random = np.random.RandomState(8)
    widths = {1: [], 5: []}
    for _ in range(300):
        values = np.exp(random.normal(0, 0.05, (5, 1)) + random.normal(0, 0.3, (5, 5)))
        for columns in widths:
            low, high = reference('train_loss', values[:, :columns]).interval()
            widths[columns].append(math.log(high / low))
    assert np.std(widths[5]) < 0.5 * np.std(widths[1])
    assert np.median(widths[5]) < np.median(widths[1])


def test_the_spread_is_taken_apart():
    random = np.random.RandomState(9)
    found = reference('train_loss', np.exp(random.normal(0, 0.3, (4000, 1))
                                           + random.normal(0, 0.2, (4000, 5)))).judge(1.0)
    assert found.between == pytest.approx(0.3, rel=0.05)
    assert found.within == pytest.approx(0.2, rel=0.05)
    one = reference('train_loss', np.exp(random.normal(0, 0.3, (4000, 1)))).judge(1.0)
    assert one.between == pytest.approx(0.3, rel=0.05) and one.within is None


@pytest.mark.parametrize('share, extra', [(0.1, 0.0), (0.5, 0.0), (0.5, 0.1), (0.97, 0.02)])
def test_accuracies_of_a_batch_are_counts(share, extra):
    random = np.random.RandomState(10)

    def make():
        shares = np.clip(random.normal(share, extra, (17, 1)), 0, 1)
        return random.binomial(50, np.repeat(shares, 5, axis=1)) / 50

    found = covered(make, trials=800, quantity='train_accuracy', batch=50)
    assert 0.92 < found < 0.985  # steps of 1/50: no interval has just 95 %
    low, high = reference('train_accuracy', make(), batch=50).interval()
    assert low * 50 == pytest.approx(round(low * 50)) and 0 <= low < high <= 1


def test_batch_accuracies_against_the_binomial():
    # runs that spread no more than chance makes them
    values = np.tile(np.array([20, 22, 24, 25, 25, 26, 28, 30]) / 50, 1)[:, None]
    low, high = reference('train_accuracy', values, batch=50).interval()
    expected = stats.binom.interval(0.95, 50, 0.5)
    assert abs(low * 50 - expected[0]) <= 1 and abs(high * 50 - expected[1]) <= 1


def test_what_no_batch_can_give_is_not_compatible():
    found = reference('train_accuracy', np.array([30, 31, 33, 35]) / 50, batch=50)
    assert found.judge(0.64, 5e-7).compatible
    assert found.judge(0.645, 5e-7).compatible is False
    assert found.judge(0.645, 5e-7).score == math.inf and found.score(0.585) == -math.inf
    assert found.judge(float(np.float32(0.64))).compatible
    assert found.judge(0.6, 0.05).score == min(  # written by hand: 0.56 to 0.64
        (found.score(count / 50) for count in range(28, 33)), key=abs)


@pytest.mark.parametrize('quantity, values, batch', [
    ('train_loss', [0.9, 1.1, 1.3, 0.7], None), ('test_accuracy', [0.93, 0.95, 0.9, 0.96], None),
    ('h_conv1_mean', [0.07, 0.08, 0.06], None)])
def test_the_interval_ends_where_scores_do(quantity, values, batch):
    found = reference(quantity, values, batch=batch)
    low, high = found.interval()
    assert (found.score(low), found.score(high)) == pytest.approx((-LIMIT, LIMIT))
    assert found.judge(low * 0.999).compatible is False and found.judge(low * 1.001).compatible
    assert found.score(low * 0.999, rounding=low * 0.0011) == pytest.approx(-LIMIT, abs=0.01)


def test_a_loss_by_hand():
    logs = np.log([0.9, 1.1, 1.3, 0.7])
    found = reference('train_loss', np.exp(logs)).judge(1.0)
    assert np.log([found.low, found.high]) == pytest.approx(
        stats.t.interval(0.95, 3, logs.mean(), logs.std(ddof=1) * math.sqrt(1 + 1 / 4)))
    assert (found.n, found.mean, found.lowest, found.highest) == (4, pytest.approx(1.0), 0.7, 1.3)


def test_rounding_makes_the_mildest_of_all_that_print_the_same():
    found = reference('test_accuracy', [0.9541, 0.9542, 0.9543, 0.9544])
    assert found.judge(0.95).compatible is False
    assert found.judge(0.95, 0.005).score == 0.0 and found.judge(0.95, 0.005).compatible


@pytest.mark.parametrize('quantity, values, high', [
    ('train_loss', [0.9, 1.1, 1.3, 0.7, 1.0], 40), ('test_accuracy', [0.93, 0.95, 0.9, 0.96], 1),
    ('h_conv1_mean', [0.07, 0.08, 0.06, 0.075], 2)])
def test_the_density_integrates_to_one(quantity, values, high):
    found = reference(quantity, values)
    x = np.linspace(0, high, 400_001)[1:-1]
    assert np.trapezoid(np.exp(found.log_densities(x)), x) == pytest.approx(1, abs=0.003)
    counts = reference('train_accuracy', np.array([30, 31, 33, 35]) / 50, batch=50)
    assert np.exp(counts.log_densities(np.arange(51) / 50)).sum() == pytest.approx(1)
    assert counts.log_densities(np.array([0.645])) == -math.inf


def test_the_density_by_hand():
    logs = np.random.RandomState(0).normal(1.7, 0.14, 100_000)
    printed = np.array([5.29658, 4.87657, 7.2])
    assert reference('train_loss', np.exp(logs)).log_densities(printed) == pytest.approx(
        stats.lognorm(0.14, scale=np.exp(1.7)).logpdf(printed), abs=0.05)
    values = np.array([0.93, 0.95, 0.9, 0.96])
    logits = np.log(values / (1 - values))
    density = stats.t(3, logits.mean(), logits.std(ddof=1) * math.sqrt(1.25))
    found = reference('test_accuracy', values)
    at = math.log(0.94 / 0.06)
    assert found.log_densities(np.array(0.94)) == pytest.approx(
        density.logpdf(at) - math.log(0.94 * 0.06))
    # a rounded value has the mean density of all that print as it
    low, high = (math.log(limit / (1 - limit)) for limit in (0.935, 0.945))
    assert found.log_densities(np.array(0.94), 0.005) == pytest.approx(
        math.log((density.cdf(high) - density.cdf(low)) / 0.01))
    agree = reference('test_accuracy', [0.1] * 5).log_densities(np.array([0.1, 0.11, 0.4]))
    assert np.isfinite(agree).all() and agree[0] > agree[1] > agree[2]
    # Cauchy's with a scale of 0.001
    assert agree[0] == pytest.approx(-math.log(math.pi * 1e-3 * 0.1 * 0.9), rel=1e-6)


def test_runs_that_all_agree():
    found = reference('test_accuracy', [float(np.float32(0.1))] * 5)
    assert found.judge(0.1, 2**-27).compatible and found.judge(0.1, 2**-27).score == 0
    other = found.judge(0.12, 2**-27)
    assert (other.compatible, other.score) == (False, math.inf)
    perfect = reference('train_accuracy', [1.0] * 5, batch=50).judge(1.0)
    assert perfect.compatible and perfect.high == 1.0 and perfect.low > 0.9
    assert reference('test_accuracy', [1.0, 1.0, 0.99, 0.98]).judge(0.99).compatible


def test_too_few_runs():
    assert reference('train_loss', []).judge(1.0) == Judgement(0, None, None, None, None)
    assert reference('train_loss', [1.0]).judge(1.0) == Judgement(1, 1.0, None, 1.0, 1.0)
    assert reference('train_loss', [1.0, 1.2]).judge(1.0).low is None
    assert reference('train_loss', [1.0, 1.2, 1.1]).judge(1.0).compatible


def test_neighbours_are_gathered_around_a_training_step_and_not_at_step_0():
    random = np.random.RandomState(11)
    steps = (0, 100, 200, 900, 1000, 1050, 1100, 1200, 1300)
    runs = runs_of('train_loss', [dict(zip(steps, random.uniform(1, 2, 9))) for _ in range(4)])
    found = Prediction.of('train_loss', 1000, runs)
    assert found.values.shape == (4, 4) and found.column == 1  # 900, 1000, 1100, 1200
    assert found.at_step.tolist() == [run.measured('train_loss')[1000] for run in runs]
    assert Prediction.of('train_loss', 0, runs).values.shape == (4, 1)
    assert Prediction.of('train_loss', 200, runs).values.shape == (4, 2)  # not step 0
    tests = runs_of('test_accuracy', [{4900: 0.5, 5000: 0.5 + seed / 100} for seed in range(3)])
    assert Prediction.of('test_accuracy', 5000, tests).values.shape == (3, 1)


def test_how_many_images_a_batch_accuracy_counts():
    runs = [dataclasses.replace(run, settings=dataclasses.replace(run.settings, batch_size=20))
            for run in runs_of('train_accuracy', [{1000: share} for share in (0.5, 0.6, 0.75)])]
    found = Prediction.of('train_accuracy', 1000, runs)
    assert found.batch == 20 and found.without(0).batch == 20 and found.without(0).seeds == (1, 2)
    assert found.judge(0.55).compatible and found.judge(0.56).score in (-math.inf, math.inf)
    assert Prediction.of('train_loss', 1000, runs_of('train_loss', [{1000: 0.5}] * 3)).batch is None


def test_five_evaluations_by_hand():
    """Mean squares between and within runs, and Satterthwaite's degrees of freedom."""
    n, m = 4, 5
    random = np.random.RandomState(3)
    logs = random.normal(0, 0.2, (n, 1)) + random.normal(0, 0.1, (n, m))
    between = m * np.var([row.mean() for row in logs], ddof=1)
    within = sum((logs[i, j] - logs[i].mean() - logs[:, j].mean() + logs.mean()) ** 2
                 for i in range(n) for j in range(m)) / ((n - 1) * (m - 1))
    variance = (between + (m - 1) * within) / m
    freedom = variance ** 2 / ((between / m) ** 2 / (n - 1) + ((m - 1) * within / m) ** 2
                               / ((n - 1) * (m - 1)))
    half = stats.t.isf(0.025, freedom) * math.sqrt(variance * (1 + 1 / n))
    found = reference('train_loss', np.exp(logs), column=2).judge(1.0)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx(
        (logs[:, 2].mean() - half, logs[:, 2].mean() + half))
    assert (found.between, found.within) == pytest.approx(
        (math.sqrt(max(0, between - within) / m), math.sqrt(within)))


def test_a_count_by_hand():
    """Half of its own probability lies on either side; runs spread as by chance: binomial."""
    shares = np.array([0.5, 0.52, 0.48, 0.5])
    found = reference('train_accuracy', shares, batch=50)
    chance = stats.binom(50, (shares.sum() * 50 + 0.5) / (4 * 50 + 1))
    assert found.judge(0.6).score == pytest.approx(
        stats.norm.isf(chance.sf(30) + chance.pmf(30) / 2))
    assert found.judge(0.4).score == pytest.approx(
        stats.norm.ppf(chance.cdf(20) - chance.pmf(20) / 2))
    assert found.judge(0.5).between == pytest.approx(shares.std(ddof=1))


def test_what_was_not_measured_is_said():
    runs = runs_of('train_loss', [{0: 1.0, 1000: 2.0}] * 3)
    with pytest.raises(UserError, match='train_loss: not measured at step 500 .* at 0, 1000'):
        Prediction.of('train_loss', 500, runs)
    many = runs_of('train_loss', [dict.fromkeys(range(0, 500, 100), 1.0)])
    with pytest.raises(UserError, match='it was at 0, 100 … 400$'):
        Prediction.of('train_loss', 500, many)
    with pytest.raises(UserError, match='at no step'):
        Prediction.of('train_accuracy', 0, runs)


def test_statistics_are_measured_at_the_end():
    runs = runs_of('h_conv1_mean', [{5000: 0.07 + 0.001 * seed} for seed in range(4)], 'cnn4')
    assert Prediction.of('h_conv1_mean', 5000, runs).judge(0.071).compatible
    with pytest.raises(UserError):
        Prediction.of('h_conv1_mean', 4000, runs)


def first_steps(names, seeds=5):
    return FirstSteps(pd.DataFrame(
        [(name, seed, 0.1, 5 + 0.1 * seed) for name in names for seed in range(seeds)],
        columns=COLUMNS), 'some images')


def test_the_starts_of_many_seeds():
    found = first_steps(('relu', 'tanh, Xavier'))
    starts = Prediction.at_start('train_loss', settings_of('cnn4'), found)
    assert starts.at_step.tolist() == [5 + 0.1 * seed for seed in range(5)]
    assert starts.seeds == (0, 1, 2, 3, 4) and starts.batch is None and starts.judge(5.2).n == 5
    assert Prediction.at_start('train_accuracy', settings_of('cnn4'), found).batch == 50
    assert set(found.rows_of(settings_of('cnn9'))['settings']) == {'tanh, Xavier'}
    for other in ('cnn2', 'cnn-mnist', 'gru-50'):
        assert found.rows_of(settings_of(other)).empty
    assert FirstSteps().rows_of(settings_of('cnn4')).empty and FirstSteps().seeds == 0
    # training values at step 0 only
    runs = runs_of('train_loss', [{0: 7.0, 1000: 1.0}] * 3)
    for name, step, n in (('cnn4', 0, 5), ('cnn2', 0, 3), ('cnn4', 1000, 3)):
        assert len(reference_of('train_loss', step, settings_of(name), runs, found).values) == n
    tested = runs_of('test_accuracy', [{0: 0.1}] * 3)
    assert len(reference_of('test_accuracy', 0, settings_of('cnn4'), tested, found).values) == 3


def test_every_experiment_on_cifar10_has_settings_at_step_0():
    whole = first_steps(STEP_0, seeds=1)
    for name, settings in EXPERIMENTS.items():
        if name.startswith('cnn') and name != 'cnn-mnist':
            (row,) = whole.rows_of(settings).to_dict('records')
            start = STEP_0[row['settings']]
            assert dataclasses.replace(start, lr=settings.lr, steps=settings.steps,
                                       optimizer=settings.optimizer, seed=settings.seed,
                                       train_per_class=settings.train_per_class,
                                       threads=settings.threads) == settings


def test_well_inside_is_a_tenth_of_the_width_from_an_edge():
    runs = reference('test_loss', [0.9, 1.0, 1.1, 1.2, 1.05])
    low, high = runs.interval()
    width = high - low
    for value, rounding, well in (
            (low + 0.11 * width, 0, True), (low + 0.09 * width, 0, False), (low - 1e-6, 0, False),
            (high - 0.11 * width, 0, True), (high - 0.09 * width, 0, False), (high + 1, 0, False),
            # a number that may have been rounded is the least extreme of those that print the same
            (low + 0.09 * width, 0.02 * width, True), (high - 0.09 * width, 0.02 * width, True)):
        assert runs.well_inside(value, rounding) == well, (value, rounding)


def test_what_is_all_that_is_possible_is_no_edge():
    batches = reference('train_accuracy', [[1.0], [0.98], [1.0], [1.0]], batch=50)
    low, high = batches.interval()
    assert high == 1 and batches.well_inside(1.0) and not batches.well_inside(low)
    wrong = reference('train_accuracy', [[0.0], [0.02], [0.0], [0.0]], batch=50)
    low, high = wrong.interval()
    assert low == 0 and wrong.well_inside(0.0) and not wrong.well_inside(high)
    same = reference('test_accuracy', [0.1, 0.1, 0.1])  # a network that learns nothing
    assert same.well_inside(0.1) and not same.well_inside(0.12)


@pytest.mark.parametrize('runs, most, after', [
    (5, 20, 10), (8, 20, 16), (16, 20, 20), (20, 20, 20), (30, 20, 30)])
def test_as_many_runs_again(runs, most, after):
    assert more_runs(runs, most) == after
