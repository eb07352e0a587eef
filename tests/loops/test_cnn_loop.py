"""The CNN's loop against the listing, bit for bit, and against itself at other evaluation steps.

All equalities are `==`, at equal threads.
"""

import numpy as np
import pytest
from helpers import options_of, run_listing

from elec576.data import ImageSet
from elec576.graphs.lenet5 import build_lenet5, lenet5_session
from elec576.loops import cnn
from elec576.loops.cnn import load, measure, train_cnn
from elec576.loops.history import CNN_COLUMNS, History
from elec576.settings import CnnSettings

SMALL = {'train_per_class': 12, 'test_per_class': 4, 'threads': 2}
AS_A_USER = {'act': 'relu'}  # the listing is started as a user starts it


def run_package(settings: CnnSettings, data) -> dict:
    """Train; return the history, the trained variables, the last evaluation, the printed lines."""
    inputs = load(settings, str(data))
    net = build_lenet5(settings)
    history, lines = History(CNN_COLUMNS), []
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        steps = list(train_cnn(net, sess, inputs, settings, history, lines.append))
        assert steps == list(range(1, settings.steps + 1))
        measured = measure(net, sess, inputs, lines.append)
        assert np.mean(measured.test_correct, dtype=np.float32) == measured.test_accuracy
        return {'history': history, 'variables': sess.run(net.trained),
                'accuracy': measured.test_accuracy, 'loss': measured.test_loss, 'lines': lines,
                'statistics': measured.activations}


def assert_same_as_listing(ours: dict, listing: dict, printed: str) -> None:
    for name in CNN_COLUMNS[1:]:
        steps, values = ours['history'].column(name)
        assert steps == list(listing['step'])
        assert values == [float(value) for value in listing[name]], name
    for k, variable in enumerate(ours['variables']):
        assert np.array_equal(variable, listing[f'variable_{k}']), f'trained variable {k}'
    assert ours['accuracy'] == listing['final_accuracy']
    assert [value for layer in ours['statistics'].values() for value in layer.values()] \
        == list(listing['activations'])
    report_lines = [line for line in printed.splitlines() if not line.startswith('ReLu')]
    assert ours['lines'] == report_lines


@pytest.mark.parametrize('case', [
    AS_A_USER,
    {'act': 'tanh', 'init': 'xavier', 'optimizer': 'sgd', 'seed': 3, 'threads': 1},
    pytest.param({'act': 'tanh', 'init': 'xavier', 'optimizer': 'sgd', 'seed': 3},
                 marks=pytest.mark.slow),
    {'act': 'sigmoid', 'fc_act': 'relu', 'optimizer': 'momentum', 'batch_size': 7,
     'keep_prob': 0.8, 'test_per_class': 3, 'threads': 1},
    {'act': 'relu', 'stddev': 0.05, 'keep_prob': 0.75, 'eval_keep_prob': 0.9, 'threads': 1},
    pytest.param({'act': 'tanh', 'eval_keep_prob': 1.0}, marks=pytest.mark.slow),
    pytest.param({'act': 'relu', 'optimizer': 'rmsprop', 'keep_prob': 1.0, 'train_per_class': 9},
                 marks=pytest.mark.slow),
    pytest.param({'act': 'tanh', 'optimizer': 'adagrad', 'keep_prob': 0.3, 'batch_size': 64},
                 marks=pytest.mark.slow),
], ids=lambda case: '-'.join(str(value) for value in case.values()))
def test_same_bits_as_the_listing(case, small_data, tmp_path):
    settings = {**SMALL, 'steps': 20, 'log_every': 5, 'data': small_data, **case}
    listing, printed = run_listing('trainCifarStarterCode.py', tmp_path / 'listing.npz',
                                   *options_of(settings), forked=case is not AS_A_USER)
    del settings['data']
    ours = run_package(CnnSettings(**settings, eval_every=1), small_data)
    assert_same_as_listing(ours, listing, printed)


@pytest.mark.parametrize('case', [
    {'act': 'relu', 'train_per_class': 40, 'test_per_class': 10, 'steps': 8, 'log_every': 4},
    pytest.param({'act': 'relu', 'train_per_class': 800, 'steps': 12}, marks=pytest.mark.slow),
], ids=['few', 'whole'])
def test_same_bits_as_the_listing_on_the_real_data(case, real_data, tmp_path):
    settings = {'log_every': 10, 'threads': 2, 'data': real_data, **case}
    listing, printed = run_listing('trainCifarStarterCode.py', tmp_path / 'listing.npz',
                                   *options_of(settings))
    del settings['data']
    ours = run_package(CnnSettings(**settings, eval_every=1), real_data)
    assert_same_as_listing(ours, listing, printed)


def assert_same_run(one: dict, other: dict) -> None:
    """Equal variables, and equal values wherever both recorded one."""
    for ours, theirs in zip(one['variables'], other['variables'], strict=True):
        assert np.array_equal(ours, theirs)
    assert (one['accuracy'], one['loss']) == (other['accuracy'], other['loss'])
    rows = {row['step']: row for row in other['history'].rows}
    for row in one['history'].rows:
        for name in row.keys() & rows.get(row['step'], {}).keys():
            assert row[name] == rows[row['step']][name], (row['step'], name)


def test_evaluating_less_changes_no_bit(small_data):
    shape = {'batch_size': 7, 'keep_prob': 0.9, 'train_per_class': 11, 'test_per_class': 3,
             'threads': 1}

    def run(eval_every, log_every):
        return run_package(CnnSettings(**{**SMALL, **shape}, steps=25, eval_every=eval_every,
                                       log_every=log_every), small_data)

    dense = run(1, 5)
    assert len(dense['history'].rows) == 25
    for eval_every, log_every, rows in ((7, 0, 4), (100, 10, 3), (0, 0, 0)):
        sparse = run(eval_every, log_every)
        assert len(sparse['history'].rows) == rows
        assert_same_run(sparse, dense)


@pytest.mark.slow
def test_evaluating_less_changes_no_bit_where_the_random_stream_is_long(real_data):
    """Beyond 2^32 numbers: (50 + 2 x 400) images x 1024 units x 256 a step pass them at step 20."""
    def run(eval_every):
        return run_package(CnnSettings(steps=30, test_per_class=40, eval_every=eval_every,
                                       threads=2), real_data)

    dense = run(1)
    for eval_every in (7, 0):
        assert_same_run(run(eval_every), dense)


def test_another_seed_is_another_run(small_data):
    one, other = (run_package(CnnSettings(**SMALL, steps=2, seed=seed, eval_every=1), small_data)
                  for seed in (0, 1))
    assert one['history'].rows != other['history'].rows


def test_aligned_arrays_are_fed_without_a_copy():
    address = cnn.aligned((3, 5, 7)).ctypes.data
    assert address % 64 == 0  # TensorFlow copies what is not
    assert cnn.aligned((3, 5, 7)).shape == (3, 5, 7)


@pytest.mark.parametrize('act', ['relu', 'tanh', 'sigmoid'])
def test_large_test_sets_in_parts(act, monkeypatch):
    """They give the bits of the whole set at once, as the listing evaluates it."""
    settings = CnnSettings(act=act, threads=2)
    random = np.random.RandomState(0)
    test = ImageSet(random.uniform(size=(72, 28, 28, 1)).astype(np.float32),
                    np.eye(10)[random.randint(10, size=72)])
    net = build_lenet5(settings)
    with lenet5_session(net, settings.threads) as sess:
        sess.run(net.initializer)
        feed_dict = {net.tf_data: test.images, net.tf_labels: test.labels}
        accuracy, loss, correct = sess.run([
            net.test.accuracy, net.test.cross_entropy, net.test.correct_prediction], feed_dict)
        layers = dict(zip(('h_conv1', 'h_conv2'), sess.run([net.h_conv1, net.h_conv2], feed_dict)))
        for at_once, sizes in ((500, [72]), (40, [36] * 2), (10, [9] * 8)):
            monkeypatch.setattr(cnn, 'IMAGES_AT_ONCE', at_once)
            assert [len(images) for images in cnn.halves(test.images)] == sizes
            found = cnn.evaluate(net, sess, test)
            assert found[:2] == [accuracy, loss] and np.array_equal(found[2], correct)
            assert cnn.activation_statistics(net, sess, test) == {
                name: {'mean': np.mean(h), 'standard_deviation': np.std(h), 'variance': np.var(h)}
                for name, h in layers.items()}
