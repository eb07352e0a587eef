"""Rounds and turns."""

import pytest
from benchmarks.rounds import in_turns, summary, together, turn
from fakes import FakeWorker


def test_everybody_takes_turns_and_every_other_round_goes_backwards():
    order = []

    def call(name):
        order.append(name)
        return float(len(order))

    found = in_turns({name: (lambda name=name: call(name)) for name in 'ABC'}, 3)
    assert ''.join(order) == 'ABCCBAABC'
    assert found['A'] == {'median': 6, 'low': 1, 'high': 7, 'rounds': 3}
    assert summary([3.0, 1.0, 10.0]) == {'median': 3.0, 'low': 1.0, 'high': 10.0, 'rounds': 3}


def test_side_by_side_speeds_add_up():
    assert together([FakeWorker(v=0.1)], 'm', 'v', 4) == pytest.approx(0.1)
    assert together([FakeWorker(v=0.1), FakeWorker(v=0.1)], 'm', 'v', 4) == pytest.approx(0.05)


@pytest.mark.parametrize('multiple, warm_up, steps', [(1, 2, 4), (3, 4, 6), (100, 11, 100)])
def test_a_turn_has_its_share_of_the_evaluations(multiple, warm_up, steps):
    worker = FakeWorker(v=0.08)
    assert turn([worker], 'm', 'v', 0.3, multiple)() == pytest.approx(0.08)
    assert worker.done == [warm_up, 1, steps]
