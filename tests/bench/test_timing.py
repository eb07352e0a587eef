"""Rounds and summaries."""

import pytest

from elec576.bench.timing import Summary, geometric_mean, interleave, steps_for


def test_everybody_takes_turns_and_every_other_round_goes_backwards():
    order = []

    def call(name):
        order.append(name)
        return float(len(order))

    samples = interleave({name: (lambda name=name: call(name)) for name in 'ABC'}, 3, pause=0)
    assert ''.join(order) == 'ABCCBAABC'
    assert samples == {'A': [1, 6, 7], 'B': [2, 5, 8], 'C': [3, 4, 9]}


def test_summary():
    assert Summary.of([3.0, 1.0, 10.0]) == Summary(median=3.0, low=1.0, high=10.0, rounds=3)


def test_steps_for():
    assert steps_for(1.0, 0.3) == 4
    assert steps_for(0.1, 5.0) == 2
    assert steps_for(0.1, 5.0, least=1) == 1


def test_geometric_mean():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
