"""The RNN's loop against the listing, bit for bit (`==`, at equal threads)."""

import numpy as np
import pytest
from helpers import options_of, run_listing

from elec576.graphs.rnn import build_rnn, rnn_session
from elec576.loops.history import RNN_COLUMNS, History
from elec576.loops.rnn import load, measure, train_rnn
from elec576.settings import RnnSettings

# the listing is started as a user starts it
AS_A_USER = {'cell': 'basic', 'iterations': 2601, 'batch_size': 100, 'display_step': 1}


def run_package(settings: RnnSettings, data) -> dict:
    inputs = load(settings, str(data))
    net = build_rnn(settings)
    history, lines = History(RNN_COLUMNS), []
    with rnn_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        steps = list(train_rnn(net, sess, inputs, settings, history, lines.append))
        assert steps == list(range(1, settings.steps + 1))
        measured = measure(net, sess, inputs, lambda line: None)
        assert np.mean(measured.test_correct, dtype=np.float32) == measured.test_accuracy
        return {'history': history, 'variables': sess.run(net.trained),
                'accuracy': measured.test_accuracy, 'loss': measured.test_loss, 'lines': lines}


def assert_same_as_listing(case: dict, data, tmp_path, forked: bool = True, eval_every: int = 5
                           ) -> None:
    listing, printed = run_listing('lstmMNISTStarterCode.py', tmp_path / 'listing.npz',
                                   *options_of({**case, 'data': data}), forked=forked)
    ours = run_package(RnnSettings(**case, eval_every=eval_every), data)
    for name in ('train_accuracy', 'train_loss'):
        steps, values = ours['history'].column(name)
        assert steps == list(listing['step'])
        assert values == [float(value) for value in listing[name]], name
    assert ours['history'].column('iteration') == (
        steps, [step * case['batch_size'] for step in steps])
    steps, _ = ours['history'].column('test_accuracy')
    assert steps == list(range(eval_every, len(steps) * eval_every + 1, eval_every)) != []
    for k, variable in enumerate(ours['variables']):
        assert np.array_equal(variable, listing[f'variable_{k}']), f'trained variable {k}'
    assert ours['accuracy'] == listing['test_accuracy']
    assert ours['loss'] == listing['test_loss']
    assert ours['lines'] == [line for line in printed.splitlines() if line.startswith('Iter')]


@pytest.mark.parametrize('case', [
    AS_A_USER,
    {'cell': 'lstm', 'hidden': 20, 'seed': 2, 'threads': 1},
    {'cell': 'gru', 'hidden': 33, 'batch_size': 61, 'lr': 1e-4, 'threads': 1},
    pytest.param({'cell': 'gru', 'hidden': 33, 'batch_size': 61, 'lr': 1e-4},
                 marks=pytest.mark.slow),
], ids=lambda case: f"{case['cell']}-{case.get('threads', 2)}")
def test_same_bits_as_the_listing(case, small_data, tmp_path):
    # 300 training images: every batch size here crosses the end of an epoch
    assert_same_as_listing({'iterations': 1300, 'batch_size': 50, 'display_step': 5, 'threads': 2,
                            **case}, small_data, tmp_path, forked=case is not AS_A_USER)


@pytest.mark.slow
def test_same_bits_as_the_listing_on_the_real_data(real_data, tmp_path):
    assert_same_as_listing({'cell': 'gru', 'hidden': 128, 'iterations': 1050, 'batch_size': 50,
                            'display_step': 1, 'threads': 2}, real_data, tmp_path, eval_every=15)


def test_the_number_of_steps_is_the_listing_s():
    for iterations, batch in ((150000, 50), (60000, 100), (101, 50), (100, 50), (99, 50)):
        step = 1
        while step * batch < iterations:
            step += 1
        assert RnnSettings(iterations=iterations, batch_size=batch).steps == step - 1
