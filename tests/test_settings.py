"""The settings: what they refuse, and how."""

import math

import pytest

from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings, all_cores, as_config, changed, describe

NAN, INF = math.nan, math.inf


def test_defaults_are_the_reports():
    cnn, rnn = CnnSettings(), RnnSettings()
    assert (cnn.steps, cnn.train_per_class, cnn.test_per_class, cnn.batch_size, cnn.keep_prob,
            cnn.bias, cnn.fc_act) == (5000, 800, 100, 50, 0.5, 0.1, 'tanh')
    assert (rnn.hidden, rnn.iterations, rnn.batch_size, rnn.display_step, rnn.optimizer) == (
        128, 150000, 50, 10, 'rmsprop')
    assert cnn.seed == rnn.seed == 0
    assert cnn.threads == rnn.threads == all_cores() >= 1


@pytest.mark.parametrize('kind, name, value', [
    *((kind, 'lr', value) for kind in (CnnSettings, RnnSettings)
      for value in (0, 0.0, -1e-3, NAN, INF, -INF, None, '1e-3')),
    *((kind, name, value) for kind in (CnnSettings, RnnSettings)
      for name in ('batch_size', 'threads') for value in (0, -5, NAN, 1.5, True, None, '50')),
    *((kind, name, value) for kind in (CnnSettings, RnnSettings)
      for name in ('seed', 'eval_every') for value in (-1, NAN, 0.5)),
    (CnnSettings, 'seed', 2**31), (RnnSettings, 'seed', 2**31), (RnnSettings, 'hidden', 2**31),
    (CnnSettings, 'lr', True), (CnnSettings, 'lr', 10**400),
    *((CnnSettings, name, value) for name in ('keep_prob', 'eval_keep_prob')
      for value in (0, -0.5, 1.01, NAN, INF)),
    *((CnnSettings, 'stddev', value) for value in (-0.1, NAN, INF)),
    *((CnnSettings, 'steps', value) for value in (0, -1, NAN, None)),
    *((CnnSettings, name, value) for name in ('train_per_class', 'test_per_class')
      for value in (0, -1, NAN)),
    *((CnnSettings, 'bias', value) for value in (NAN, INF, 'zero')),
    (CnnSettings, 'log_every', -1),
    *((RnnSettings, 'hidden', value) for value in (0, -1, NAN)),
    *((RnnSettings, 'iterations', value) for value in (0, -1, 50, NAN)),
    *((RnnSettings, 'display_step', value) for value in (0, -1)),
    (RnnSettings, 'batch_size', 55001),
    *((CnnSettings, name, 'softplus')
      for name in ('act', 'fc_act', 'optimizer', 'init', 'dataset')),
    *((RnnSettings, name, 'peephole') for name in ('cell', 'optimizer')),
    (CnnSettings, 'act', None), (RnnSettings, 'cell', ['gru']),
])
def test_bad_values(kind, name, value):
    with pytest.raises(UserError) as error:
        kind(**{name: value})
    message = str(error.value)
    assert message.startswith('--' + name.replace('_', '-') + ' ')
    assert str(value) in message and '\n' not in message


def test_unknown_choices_are_told_the_known_ones():
    with pytest.raises(UserError, match='relu, tanh, sigmoid'):
        CnnSettings(act='softplus')
    with pytest.raises(UserError, match='basic, lstm, gru'):
        RnnSettings(cell='peephole')


def test_mnist_is_used_whole():
    mnist = CnnSettings(dataset='mnist')
    assert mnist.train_per_class is None and mnist.test_per_class is None
    with pytest.raises(UserError, match='--train-per-class: MNIST'):
        CnnSettings(dataset='mnist', train_per_class=800)


def test_edges_that_are_allowed():
    CnnSettings(keep_prob=1, train_per_class=5, batch_size=50, eval_every=0, log_every=0,
                bias=-0.1, seed=2**31 - 1)
    assert RnnSettings(iterations=51, batch_size=50).steps == 1


def test_later_settings_are_the_listings_unless_given():
    assert not {'stddev', 'eval_keep_prob'} & as_config(CnnSettings()).keys()
    same = CnnSettings(stddev=0.1, keep_prob=0.75, eval_keep_prob=0.75)
    assert same == CnnSettings(keep_prob=0.75) and same.evaluation_keep_prob == 0.75
    other = CnnSettings(stddev=0.05, eval_keep_prob=1.0)
    assert (other.stddev, other.keep_prob, other.evaluation_keep_prob) == (0.05, 0.5, 1.0)
    assert CnnSettings(**as_config(other)) == other
    assert 'standard deviation 0.05' in describe(other)
    assert 'evaluated with keep_prob 1' in describe(other)


def test_what_followed_from_a_setting_follows_anew():
    assert changed(CnnSettings(optimizer='momentum'), {'optimizer': 'adam'}) == CnnSettings()
    assert changed(CnnSettings(optimizer='momentum', momentum=0.5), {'lr': 1e-2}) == CnnSettings(
        optimizer='momentum', momentum=0.5, lr=1e-2)
    assert changed(CnnSettings(seed=3), {'dataset': 'mnist'}) == CnnSettings(
        seed=3, dataset='mnist')
    assert changed(CnnSettings(dataset='mnist'), {'dataset': 'cifar10'}) == CnnSettings()
    assert changed(RnnSettings(hidden=3), {'optimizer': 'momentum'}) == RnnSettings(
        hidden=3, optimizer='momentum')


def test_xavier_has_its_own_standard_deviation():
    with pytest.raises(UserError, match='--stddev: xavier has its own'):
        CnnSettings(init='xavier', stddev=0.05)
