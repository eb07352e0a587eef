"""What is timed."""

import itertools

import numpy as np

from elec576.bench import work
from elec576.settings import CnnSettings, RnnSettings
from elec576.data.shuffler import BatchShuffler


def test_the_rnns_batches_are_epochs():
    drawn = list(itertools.islice(work.batches(RnnSettings(batch_size=3), 10), 6))
    for epoch in (drawn[:3], drawn[3:]):
        assert len(set(np.concatenate(epoch))) == 9
    assert not np.array_equal(np.concatenate(drawn[:3]), np.concatenate(drawn[3:]))


def test_the_cnns_batches_are_the_listings():
    shuffler = BatchShuffler(20, 5, seed=3)
    settings = CnnSettings(batch_size=5, seed=3)
    for batch in itertools.islice(work.batches(settings, 20), 4):
        assert np.array_equal(batch, shuffler.next_batch())


def test_lasting():
    assert work.lasting(CnnSettings(), 7, threads=2, eval_every=1) == CnnSettings(
        steps=7, threads=2, eval_every=1)
    assert work.lasting(RnnSettings(batch_size=20), 7, threads=2).steps == 7
