"""What is timed."""

import itertools

import numpy as np
from benchmarks import work

from elec576.settings import CnnSettings, RnnSettings


def test_the_rnns_batches_are_epochs(monkeypatch):
    monkeypatch.setitem(work.OF_THE_REPORT, 'few', RnnSettings(batch_size=3))
    monkeypatch.setattr(work, 'MNIST_TRAIN', 10)
    drawn = [images for images, _ in itertools.islice(work.batches('few'), 6)]
    for epoch in (drawn[:3], drawn[3:]):
        assert len({image.tobytes() for batch in epoch for image in batch}) == 9
    assert not np.array_equal(drawn[0], drawn[3])


def test_lasting():
    assert work.lasting(CnnSettings(), 7, threads=2, eval_every=1) == CnnSettings(
        steps=7, threads=2, eval_every=1)
    assert work.lasting(RnnSettings(batch_size=20), 7, threads=2).steps == 7


def test_the_listing_tests_on_as_many_images():
    settings = work.as_listed(work.LENET5_MNIST, 3, threads=1)
    assert 10 * settings.test_per_class == work.sizes(work.LENET5_MNIST)[1] == 10000
    assert settings.dataset == 'cifar10' and settings.steps == 3
