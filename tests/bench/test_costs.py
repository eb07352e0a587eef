"""What checkpoints and events cost a run: the arithmetic, and the rule that it assumes."""

import pytest

from elec576.runs import run as runs
from elec576.bench import costs, ours
from elec576.settings import CnnSettings, RnnSettings


def test_names_and_spacing_are_those_of_the_package():
    assert (costs.CHECKPOINT, costs.HISTOGRAMS, costs.SCALARS) == ours.SAVING
    assert costs.SECONDS_APART == runs.CHECKPOINT_SECONDS_APART
    assert costs.COSTS_APART == runs.CHECKPOINT_COSTS_APART


def test_shares_of_a_cnn_run():
    # 5000 x 0.04 s = 200 s: a checkpoint of 0.05 s every 10 s; 6 histograms, 51 rows of scalars
    checkpoints, events = costs.shares(CnnSettings(), 0.04, 0.05, 0.5, 0.001)
    assert checkpoints == pytest.approx(21 * 0.05 / 200)
    assert events == pytest.approx((6 * 0.5 + 51 * 0.001) / 200)


def test_shares_of_an_rnn_run():
    # 2999 x 0.01 s = 29.99 s: a slow checkpoint of 0.2 s comes every 20 s
    checkpoints, events = costs.shares(RnnSettings(), 0.01, 0.2, 0.1, 0.001)
    assert checkpoints == pytest.approx(2 * 0.2 / 29.99)
    assert events == pytest.approx((6 * 0.1 + 300 * 0.001) / 29.99)
