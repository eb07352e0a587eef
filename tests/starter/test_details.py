"""Each detail in starter/README.md decides bits: without it the package is not the listing.

Every case takes one detail away from the package and expects other bits than the listing's; the
first one takes nothing away.
"""

import numpy as np
import pytest
from helpers import options_of, run_listing

from elec576.data import mnist
from elec576.data.shuffler import BatchShuffler
from elec576.graphs import lenet5, rnn, variables
from elec576.loops import cnn as CNN
from elec576.loops import rnn as RNN
from elec576.loops.history import History
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import session, tf

STEPS = 6

pytestmark = pytest.mark.slow


def train(program, settings, data):
    """The losses of the batches before each update, and the trained variables."""
    inputs = program.load(settings, str(data))
    net, history = program.build(settings), History(program.columns)
    with program.session(net, settings.threads) as sess:
        sess.run(net.initializer)
        for _ in program.steps(net, sess, inputs, settings, history, lambda line: None):
            pass
        return history.column('train_loss')[1], sess.run(net.trained)


def same(ours, listing):
    losses, trained = ours
    return losses == [float(loss) for loss in listing['train_loss']] and all(
        np.array_equal(variable, listing[f'variable_{k}']) for k, variable in enumerate(trained))


@pytest.fixture(scope='module', params=['truncated-normal', 'xavier'])
def cnn(request, small_data, tmp_path_factory):
    """A LeNet5 run of the listing and its settings."""
    options = {'init': request.param, 'steps': STEPS, 'train_per_class': 12, 'test_per_class': 4,
               'threads': 2}
    listing, _ = run_listing('trainCifarStarterCode.py',
                             tmp_path_factory.mktemp('listing') / 'cnn.npz',
                             *options_of({**options, 'data': small_data}))
    return CnnSettings(**options, eval_every=1), listing


@pytest.fixture(scope='module')
def lstm(small_data, tmp_path_factory):
    """A run of the other listing, over the end of an epoch (300 images), and its settings."""
    options = {'cell': 'lstm', 'hidden': 8, 'iterations': 61 * (STEPS + 1), 'batch_size': 61,
               'display_step': 1, 'threads': 2}
    listing, _ = run_listing('lstmMNISTStarterCode.py',
                             tmp_path_factory.mktemp('listing') / 'lstm.npz',
                             *options_of({**options, 'data': small_data}))
    return RnnSettings(**options), listing


def nothing(patch):
    """The package as it is."""


def unpruned_graph(patch):
    """`tf.Session` where the listing has `tf.InteractiveSession`."""
    patch.setattr(lenet5, 'session', lambda graph, threads, interactive: session(graph, threads))


def noise_of_evaluations_left_out(patch):
    """The stream stands where it would if only the training passes drew noise."""
    patch.setattr('elec576.loops.cnn.dropout_offsets', lambda step, batch_size, n_test: [
        256 * 1024 * batch_size * step] * 3)


def op_seed_of_dropout_after_the_last_weights(patch):
    """Dropout asks for its op seed when W_fc2 has taken it."""
    patch.setattr(lenet5, 'next_op_seeds', lambda: (tf.get_default_graph().seed, 4))


def a_generator_of_today_for_the_batches(patch):
    """numpy's new generator in place of the legacy one that `np.random.shuffle` is."""
    real = BatchShuffler.__init__

    def init(self, n, batch_size, seed):
        real(self, n, batch_size, seed)
        self.rng = np.random.default_rng(seed)
    patch.setattr(BatchShuffler, '__init__', init)


def todays_glorot_alias(patch):
    """Keras's initializer of that name, which ignores the graph's seed."""
    patch.setattr(variables.tf, 'glorot_normal_initializer',
                  tf.keras.initializers.GlorotNormal)


def float64_scaling(patch):
    """MNIST's pixels divided by 255 in double precision, as the CNN's listing does."""
    real = mnist.data_sets

    def data_sets(found, rng=None):
        sets = real(found, rng)
        for part in sets:
            part._images = (np.round(part._images * 255) / 255).astype(np.float32)
        return sets
    patch.setattr('elec576.data.sources.data_sets', data_sets)


def each_epoch_from_the_original_order(patch):
    """An epoch's permutation of the images as they came, not as the last epoch left them."""
    def shuffle(self):
        self._order = np.arange(self.num_examples)
        self._rng.shuffle(self._order)
        return self._order
    patch.setattr(mnist.DataSet, '_shuffle', shuffle)


def no_forget_bias(patch):
    """An LSTM whose forget gate starts without its bias of 1."""
    patch.setitem(rnn.CELLS, 'lstm', lambda n: rnn.rnn_cell.BasicLSTMCell(n, forget_bias=0.0))


@pytest.mark.parametrize('taken_away', [
    nothing, unpruned_graph, noise_of_evaluations_left_out,
    op_seed_of_dropout_after_the_last_weights, a_generator_of_today_for_the_batches])
def test_lenet5(taken_away, cnn, small_data, monkeypatch):
    settings, listing = cnn
    taken_away(monkeypatch)
    assert same(train(CNN, settings, small_data), listing) == (taken_away is nothing)


@pytest.mark.parametrize('cnn', ['xavier'], indirect=True)
def test_xavier(cnn, small_data, monkeypatch):
    settings, listing = cnn
    todays_glorot_alias(monkeypatch)
    assert not same(train(CNN, settings, small_data), listing)


@pytest.mark.parametrize('taken_away', [
    nothing, float64_scaling, each_epoch_from_the_original_order, no_forget_bias])
def test_lstm(taken_away, lstm, small_data, monkeypatch):
    settings, listing = lstm
    taken_away(monkeypatch)
    assert same(train(RNN, settings, small_data), listing) == (taken_away is nothing)
