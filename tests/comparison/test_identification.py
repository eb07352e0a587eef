"""Which program printed the report's numbers, on made-up runs."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from made_up import write_runs
from scipy import stats
from stand_ins import StandIn, StandIns

from elec576.claims.numbers import reported
from elec576.comparison.comparison import compare
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.identification import (
    CLEAR,
    Identification,
    blocks,
    identify,
    shrunk_correlation,
)
from elec576.experiments import settings_of
from elec576.telling.markdown import report_text
from elec576.telling.words import (
    behind_words,
    identification_words,
    misfit_words,
)

PRINTED = {name: tuple(value.number for value in reported(name))
           for name in ('lstm-128', 'gru-128', 'gru-50', 'gru-300')}


def cells(centers, n=12, spread=0.05, seed=0):
    """Runs of recurrent nets about test accuracies and losses; the two say nearly the same."""
    random = np.random.RandomState(seed)
    runs = {}
    for name, (accuracy, loss) in centers.items():
        settings = dataclasses.replace(settings_of(name), threads=1)
        runs[name.replace('-', '_')] = [StandIn(100 + k, settings, {
            'test_accuracy': {
                settings.steps: 1 - (1 - accuracy) * math.exp(both + spread / 4 * own[0])},
            'test_loss': {settings.steps: loss * math.exp(both + spread / 4 * own[1])}})
            for k, (both, own) in enumerate(zip(spread * random.standard_normal(n),
                                                random.standard_normal((n, 2))))]
    return StandIns(**runs)


def final(run, quantity):
    return run.measured(quantity)[run.settings.steps]


def found(runs):
    return identify(runs, FirstSteps())


def test_blocks_hold_every_number_that_is_compared_but_variances():
    own = {block.name: block for block in blocks()}
    assert len(own['cnn1'].numbers) == 11 and len(own['cnn9'].numbers) == 9
    assert own['cnn-vis, activations'].experiment == own['cnn-vis'].experiment == 'cnn4'
    assert len(own['cnn-vis, activations'].numbers) == 4
    assert sum(len(block.numbers) for block in own.values()) == 130 - 2


def test_right_labels_are_found():
    identification = found(cells(PRINTED, spread=0.02))
    for fit in identification.fits:
        assert fit.possible == (fit.block.name,) and not fit.misfit
        assert fit.behind(fit.block.name) == 0 and fit.limit >= CLEAR
        right, n = fit.named_right()
        assert n == 48 and right >= 46
        assert fit.named_right('gru-50')[1] == 12
    assert identification_words(identification)[0].startswith(
        'No block fits another label better than its own by more')


def test_a_block_of_another_experiment_is_said():
    swapped = PRINTED | {'lstm-128': PRINTED['gru-128'], 'gru-128': PRINTED['lstm-128']}
    identification = found(cells(swapped))
    by_name = {fit.block.name: fit for fit in identification.fits}
    assert by_name['lstm-128'].possible == ('gru-128',) and by_name['lstm-128'].misfit
    assert not by_name['gru-50'].misfit
    sentences = identification_words(identification)
    assert sentences[0].startswith(
        'The numbers of `lstm-128` fit `gru-128` better than their own label')
    assert sentences[0].endswith('for 0 of 48 of our own runs (95 % interval 0 to 7.4 %).')
    expected = sum(np.mean(fit.right_behind > fit.limit) for fit in identification.fits)
    assert identification.misfits_by_chance == pytest.approx(expected)


def test_labels_that_run_alike_are_not_told_apart():
    alike = {name: PRINTED['gru-128'] for name in ('lstm-128', 'gru-128')}
    identification = found(cells(PRINTED | alike, n=20))
    fit = identification.fit('gru-128')
    assert {'lstm-128', 'gru-128'} == set(fit.possible) and not fit.misfit
    right, n = fit.named_right('lstm-128', 'gru-128')
    assert n == 40 and 8 <= right <= 32


def test_a_log_factor_by_hand():
    """One number a block, where the copula has nothing to say."""
    runs = cells({'rnn-d': (0.94, 0.2), 'rnn-a': (0.95, 0.3)}, n=6)
    fit, = found(runs).fits

    def mean_density(name):
        accuracies = np.array([final(run, 'test_accuracy') for run in runs.of(name)])
        logits = np.log(accuracies / (1 - accuracies))
        t = stats.t(5, logits.mean(), logits.std(ddof=1) * math.sqrt(1 + 1 / 6))
        low, high = (math.log(limit / (1 - limit)) for limit in (0.945, 0.955))
        return math.log((t.cdf(high) - t.cdf(low)) / 0.01)

    for name in ('rnn-a', 'rnn-d'):
        assert fit.log_likelihoods[name] == pytest.approx(mean_density(name), rel=1e-5)


def test_the_limit_and_the_names_of_our_own_runs_by_hand():
    """One run of each experiment lies where the other's are, so the limit is not the least one."""
    runs = cells({'rnn-d': (0.94, 0.2), 'rnn-a': (0.97, 0.3)}, n=8)
    for name, like in (('rnn-d', 0.969), ('rnn-a', 0.942)):
        steps = runs.of(name)[0].settings.steps
        runs.of(name)[0].values['test_accuracy'][steps] = like
    fit, = found(runs).fits
    accuracies = {name: np.array([final(run, 'test_accuracy') for run in runs.of(name)])
                  for name in ('rnn-a', 'rnn-d')}

    def density(value, ours):
        logits, n = np.log(ours / (1 - ours)), len(ours)
        t = stats.t(n - 1, logits.mean(), logits.std(ddof=1) * math.sqrt(1 + 1 / n))
        low, high = (math.log(limit / (1 - limit)) for limit in (value - 0.005, value + 0.005))
        return math.log((t.cdf(high) - t.cdf(low)) / 0.01)  # of all that print as it

    behind, right = [], 0
    for name, other in (('rnn-a', 'rnn-d'), ('rnn-d', 'rnn-a')):
        for k, value in enumerate(accuracies[name]):
            own = density(value, np.delete(accuracies[name], k))
            behind.append(max(0.0, density(value, accuracies[other]) - own))
            right += behind[-1] == 0
    limit = np.quantile(behind, 0.95, method='higher')
    assert limit > CLEAR and fit.limit == pytest.approx(limit, rel=1e-2)
    assert fit.named_right() == (right, 16) and right < 16
    np.testing.assert_allclose(sorted(fit.right_behind), sorted(behind), rtol=1e-2)
    own = max(behind) - 1e-3  # as far behind as one of the runs
    misfit = dataclasses.replace(fit, log_likelihoods={'rnn-a': 0.0, 'rnn-d': -own})
    assert misfit_words(misfit).endswith('for 1 of 16 of our own runs (95 % interval 0.2 to 30 %).')
    above = dataclasses.replace(fit, right_behind=np.array([0.0] * 38 + [4.0, 5.0]))
    assert above.limit == 4 and Identification((above, fit, above)).misfits_by_chance == 2 / 40


def test_likelihoods_and_their_chance_by_hand():
    """Two numbers: a bivariate Gaussian copula between Student's t, every run left out in turn."""
    runs = cells({name: PRINTED[name] for name in ('lstm-128', 'gru-128')}, n=5, spread=0.4)
    fits = {fit.block.name: fit for fit in found(runs).fits}
    rows = {name: np.array([[final(run, 'test_accuracy'), final(run, 'test_loss')]
                            for run in runs.of(name)])
            for name in ('lstm-128', 'gru-128')}

    def scaled(values):
        return np.stack([np.log(values[..., 0] / (1 - values[..., 0])), np.log(values[..., 1])], -1)

    def marginal(values, ours):
        ours = scaled(ours)
        n = len(ours)
        t = stats.t(n - 1, ours.mean(axis=0), ours.std(axis=0, ddof=1) * math.sqrt(1 + 1 / n))
        slope = np.array([values[0] * (1 - values[0]), values[1]])
        return (t.logpdf(scaled(values)) - np.log(slope)).sum(), np.clip(
            stats.norm.ppf(t.cdf(scaled(values))), -5, 5)

    def without(name, k):
        return np.delete(rows[name], k, axis=0)

    correlation = shrunk_correlation(np.array([marginal(rows[name][k], without(name, k))[1]
                                         for name in rows for k in range(5)]))
    assert correlation[0, 1] < -0.5 and np.diagonal(correlation).tolist() == [1, 1]

    def joint(values, ours):
        log, score = marginal(np.array(values), ours)
        return log + stats.multivariate_normal(cov=correlation).logpdf(score) \
            - stats.norm.logpdf(score).sum()

    for block, printed in ((name, PRINTED[name]) for name in rows):
        assert fits[block].log_likelihoods == pytest.approx(
            {name: joint(printed, ours) for name, ours in rows.items()}, rel=1e-3)
    behind = []
    for name, other in itertools.permutations(rows):
        for k, row in enumerate(rows[name]):
            own = joint(row, without(name, k))
            behind.append(max(own, joint(row, rows[other])) - own)
    assert max(behind) > 0
    np.testing.assert_allclose(fits['gru-128'].right_behind, behind, rtol=1e-2, atol=1e-3)


def test_correlations_are_shrunk_and_numbers_that_agree_have_none():
    scores = np.random.RandomState(0).multivariate_normal([0, 0], [[1, -0.9], [-0.9, 1]], 400)
    found = shrunk_correlation(np.column_stack([scores, np.zeros(400)]))
    assert -0.93 < found[0, 1] < -0.8 and found[2].tolist() == [0, 0, 1]
    assert shrunk_correlation(np.zeros((4, 2))).tolist() == [[1, 0], [0, 1]]
    # scores are about 0: numbers that all lie high go together
    assert shrunk_correlation(np.random.RandomState(0).normal(3, 1, (400, 2)))[0, 1] > 0.8
    assert np.linalg.eigvalsh(shrunk_correlation(np.column_stack([scores[:4]] * 2))).min() > 1e-6


def test_missing_experiments_wait():
    nothing = found(StandIns())
    assert nothing.fits == () and len(nothing.waiting) == len(blocks())
    some = found(cells({name: PRINTED[name] for name in ('lstm-128', 'gru-50')}))
    assert [fit.block.name for fit in some.fits] == ['lstm-128', 'gru-50']
    assert 'gru-128' in some.waiting
    few = found(cells(PRINTED, n=3))  # each must be judged by three others
    assert few.fits == ()
    one = found(cells({'gru-50': PRINTED['gru-50']}))
    assert one.alone == ('gru-50',) and one.fits == ()


def test_text_of_whole_runs(tmp_path):
    names = ('cnn1', 'cnn2', 'cnn5', 'cnn-vis', 'gru-50', 'gru-300')
    comparison = compare(write_runs(tmp_path, names, seeds=4))
    fits = {fit.block.name: fit for fit in comparison.identification.fits}
    assert list(fits) == ['cnn1', 'cnn2', 'cnn4', 'cnn-vis', 'cnn-vis, activations', 'gru-50',
                          'gru-300']
    # a log names its steps: the run of 8000 steps cannot have printed one of 5000
    assert set(fits['cnn1'].log_likelihoods) == {'cnn1', 'cnn2', 'cnn4'}
    assert comparison.identification.alone == ('cnn5',)
    assert [len(group) for group in comparison.identification.groups] == [5, 2]
    assert all(math.isfinite(value) for fit in fits.values()
               for value in fit.log_likelihoods.values())
    text = report_text(comparison).split('## Which program printed these numbers?')[1]
    text = text.split('## What the report does not say')[0]
    assert 'Waiting for runs: `cnn3`' in text and '![Log-likelihood of' in text
    assert [behind_words(value) for value in (0.0, 0.04, 9.96, 300.4)] == [
        '0', '−0.0', '−10', '−300']
