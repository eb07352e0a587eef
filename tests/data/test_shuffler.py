"""The report's batch shuffler against its listing's lines."""

import numpy as np
import pytest

from elec576.data.shuffler import BatchShuffler
from elec576.errors import UserError
from elec576.loops.cnn import load
from elec576.settings import CnnSettings


def test_batches_are_the_listings():
    np.random.seed(4)
    shuffler = BatchShuffler(23, 5, seed=4)
    for _ in range(30):
        perm = np.arange(23)
        np.random.shuffle(perm)
        assert shuffler.next_batch().tolist() == [perm[j] for j in range(5)]


def test_neither_touches_nor_needs_numpys_global_generator():
    np.random.seed(9)
    before = np.random.get_state()[1].tolist()
    first = BatchShuffler(10, 3, seed=2).next_batch()
    assert np.random.get_state()[1].tolist() == before
    np.random.seed(1)
    assert BatchShuffler(10, 3, seed=2).next_batch().tolist() == first.tolist()


def test_a_batch_larger_than_the_set_is_refused(small_data):
    with pytest.raises(UserError, match='--batch-size 11: there are only 10 training images'):
        BatchShuffler(10, 11, 0)
    # MNIST is used whole: how many images there are is known only when they have been read
    with pytest.raises(UserError, match='--batch-size 301: there are only 300 training images'):
        load(CnnSettings(dataset='mnist', batch_size=301), str(small_data))
