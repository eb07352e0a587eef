"""Rounds, turns, and which variant stands for a framework."""

import pytest
from benchmarks import measure, work
from benchmarks.measure import (
    MOVED,
    NOTHING,
    WORKING_SETS,
    Effort,
    against_floors,
    in_turns,
    summary,
    together,
    try_variants,
    turn,
)
from benchmarks.roofline import Op, Tensor
from benchmarks.worker import WorkerFailed

from elec576.experiments import EXPERIMENTS


class Fake:
    """A worker that needs so many seconds for a step of each variant; None: it fails."""

    def __init__(self, **seconds):
        self.seconds, self.done = seconds, []

    def begin(self, model, variant, steps):
        self.asked = variant, steps

    def end(self):
        variant, steps = self.asked
        if self.seconds[variant] is None:
            raise WorkerFailed('no compiler')
        self.done.append(steps)
        return self.seconds[variant] * steps


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
    assert together([Fake(v=0.1)], 'm', 'v', 4) == pytest.approx(0.1)
    assert together([Fake(v=0.1), Fake(v=0.1)], 'm', 'v', 4) == pytest.approx(0.05)


@pytest.mark.parametrize('multiple, warm_up, steps', [(1, 2, 4), (3, 4, 6), (100, 11, 100)])
def test_a_turn_has_its_share_of_the_evaluations(multiple, warm_up, steps):
    worker = Fake(v=0.08)
    assert turn([worker], 'm', 'v', 0.3, multiple)() == pytest.approx(0.08)
    assert worker.done == [warm_up, 1, steps]


def test_a_variant_that_fails_is_left_out():
    tried = try_variants(Fake(slow=0.2, broken=None, fast=0.1), 'm', ('slow', 'broken', 'fast'),
                         Effort(2, 0.1))
    assert tried == {'slow': pytest.approx(0.2), 'broken': 'no compiler',
                     'fast': pytest.approx(0.1)}
    assert measure.fastest(tried) == 'fast'
    with pytest.raises(WorkerFailed, match='m: no compiler'):
        try_variants(Fake(broken=None), 'm', ('broken',), Effort(2, 0.1))


def test_instruction_sets_are_skipped_where_there_is_one(monkeypatch):
    monkeypatch.setattr(measure, 'has_instructions', lambda isa: False)
    assert measure.isa(measure.QUICK, 2, None) == {}


def test_every_experiment_is_some_work():
    assert {work.name_of(settings) for settings in EXPERIMENTS.values()} == set(work.OF_THE_REPORT)
    assert set(work.OF_EACH_KIND) <= set(work.WORK)


def test_a_round_is_against_its_own_floors():
    """A call costs 1 s besides; the product's best layout takes 2 s more, 10 operations each."""
    seconds = {'step': 8.0, 'product 1 1 1 plain': 1.0, 'product 1 1 1 first': 1.5,
               'product 2 5 1 plain': 4.0, 'product 2 5 1 first': 3.0,
               **{f'{name} {size}': 1.0 + size / 1e3 * (size > NOTHING)
                  for name in MOVED for size in (NOTHING, *WORKING_SETS)}}
    product = Op('MatMul', 5.0, (Tensor((2, 5)), Tensor((5, 1))), (Tensor((2, 1)),))
    found = against_floors([[product, product]], [(2, 5, 1)], seconds)
    assert found['products'] == {'2 5 1': 10.0} and found['step'] == 8.0
    assert found['bandwidth'] == {size: pytest.approx(2e3) for size in WORKING_SETS}
    assert found['kinds']['MatMul']['floor'] == 4.0 and found['share'] == 0.5
    assert found['outside'] == 1 - 10 / 8
