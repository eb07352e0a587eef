"""The report as a whole among reports made of our own runs."""

import dataclasses
import itertools

import numpy as np
import pytest

from elec576.claims.numbers import ReportedValue
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import CAP, LIMIT, Reference
from elec576.comparison.report_as_a_whole import yardstick


def number(experiment, value, runs, quantity='test_loss', compared=True, step=5000,
           printed='float32'):
    """A number of the report beside ``runs``, one value a seed."""
    reported = ReportedValue(experiment, quantity, step, str(value), printed, compared, '', '')
    runs = np.asarray(runs, float)
    reference = Reference(quantity, runs[:, None], 0, tuple(range(len(runs))), None)
    return JudgedNumber(reported, tuple(enumerate(runs)), reference,
                        reference.judge(reported.number, reported.rounding))


def values(seed, n=12):
    return np.exp(np.random.RandomState(seed).normal(0, 0.2, n))


def test_by_hand():
    numbers = tuple(number(f'e{block}', value, values(10 * block + k))
                    for block in range(2) for k, value in enumerate((1.0, 1.9, 0.8)))
    found = yardstick(numbers)
    assert [block.count for block in found.blocks] == [3, 3] and found.count == 6
    held_out = []
    for block in found.blocks:
        own = [one for one in numbers if one.reported.experiment == block.experiment]
        scores = np.array([[one.reference.without(seed).score(one.runs[seed][1], 0)
                            for one in own] for seed in range(12)])
        held_out.append(scores)
        assert block.held_out_inside.tolist() == (abs(scores) <= LIMIT).sum(axis=1).tolist()
        assert block.held_out_extremeness == pytest.approx((scores ** 2).sum(axis=1), rel=1e-3)
    # all 144 reports instead of some of them
    inside = [sum((abs(scores[k]) <= LIMIT).sum() for scores, k in zip(held_out, chosen))
              for chosen in itertools.product(range(12), repeat=2)]
    assert found.expected == pytest.approx(np.mean(inside))
    assert found.p_inside == pytest.approx(np.mean(np.array(inside) <= found.inside), abs=0.01)
    for limit, share in ((found.low, 0.025), (found.high, 0.975)):
        below, most = np.mean(np.array(inside) < limit), np.mean(np.array(inside) <= limit)
        assert isinstance(limit, int) and below - 0.01 < share < most + 0.01
    assert found.low < found.expected < found.high
    extremeness = [sum((scores[k] ** 2).sum() for scores, k in zip(held_out, chosen))
                   for chosen in itertools.product(range(12), repeat=2)]
    own = sum(min(abs(one.judgement.score), CAP) ** 2 for one in numbers)
    assert found.p_extremeness == pytest.approx(np.mean(np.array(extremeness) >= own), abs=0.01)
    inside = [abs(score) <= LIMIT for scores in held_out for score in scores.ravel()]
    assert found.held_out == (sum(inside), 72) == found.coverage['test loss']


def test_a_log_of_numbers_that_say_the_same_counts_like_one_number():
    runs = values(1, n=40)
    far = float(np.exp(0.2 * 2.3))
    one = yardstick((number('cnn1', far, runs),))
    many = yardstick(tuple(number('cnn1', far, runs) for _ in range(20)))
    assert many.p_extremeness == pytest.approx(one.p_extremeness)
    assert many.p_inside == pytest.approx(one.p_inside)
    # in logs of their own they are independent, and so many would be a wonder
    apart = yardstick(tuple(number(f'e{k}', far, values(k, n=40)) for k in range(20)))
    assert apart.p_extremeness < 0.001 < one.p_extremeness


@pytest.mark.slow
def test_a_report_like_our_runs_is_as_good_as_any_and_p_is_fair():
    ps = []
    for trial in range(120):
        drawn = np.random.RandomState(trial).normal(0, 0.2, (6, 13))
        numbers = tuple(number(f'e{k}', float(np.exp(row[-1])), np.exp(row[:-1]))
                        for k, row in enumerate(drawn))
        ps.append(yardstick(numbers).p_extremeness)
    assert 0.4 < np.mean(ps) < 0.6
    assert np.mean(np.array(ps) < 0.1) < 0.2


def test_a_bad_report_is_found():
    bad = yardstick(tuple(number(f'e{k}', 3.0, values(k)) for k in range(6)))
    assert bad.inside == 0 and bad.p_inside < 0.001 and bad.p_extremeness < 0.001
    assert bad.rms <= CAP


def test_too_few_runs_and_lines_that_are_not_compared():
    assert yardstick(()) is None
    assert yardstick((number('cnn1', 1.0, values(0, n=2)),)) is None
    assert yardstick((number('cnn1', 1.0, values(0), compared=False),)) is None
    mixed = yardstick((number('cnn1', 1.0, values(0)), number('cnn2', 1.0, values(0, n=3))))
    assert [block.experiment for block in mixed.blocks] == ['cnn1']


def test_runs_that_only_some_numbers_can_judge_are_no_logs():
    few = number('cnn1', 1.0, values(0, n=3))
    many = values(1, n=50)
    start = dataclasses.replace(few, reference=Reference(
        'test_loss', many[:, None], 0, tuple(range(1000, 1050)), None))
    assert len(start.held_out()) == 3 and few.held_out() == {}
    assert yardstick((start, few)) is None
    assert yardstick((start,)).blocks[0].count == 1


def test_coverage_by_kind_of_quantity():
    kinds = {('h_conv1_mean', 5000): 'activation statistics', ('train_loss', 100): 'train loss',
             ('h_conv2_variance', 5000): 'activation statistics',
             ('train_loss', 0): 'train loss, step 0'}
    found = yardstick(tuple(number('cnn4', 1.0, values(k), quantity, step=step)
                            for k, (quantity, step) in enumerate(kinds)))
    assert {kind: of for kind, (_, of) in found.coverage.items()} == {
        'activation statistics': 24, 'train loss': 12, 'train loss, step 0': 12}
    assert sum(of for _, of in found.coverage.values()) == found.held_out[1]


def test_coverage_counts_a_measurement_once():
    """Two experiments begin with the same runs."""
    begun, own = values(0), values(1)
    found = yardstick((number('cnn2', 1.0, begun, 'train_loss', step=100),
                       number('cnn5', 1.1, begun, 'train_loss', step=100),
                       number('cnn5', 1.1, own, 'train_loss', step=100)))
    assert found.held_out[1] == 24


def test_own_runs_are_judged_as_if_printed_like_the_number():
    runs = 1 + np.arange(12) / 1e4
    coarse, fine = (number('cnn1', 1.0, runs, printed=printed) for printed in ('prose', 'float32'))
    assert set(coarse.held_out().values()) == {0.0} and max(fine.held_out().values()) > 1


def test_the_report_counts_as_one_of_the_reports():
    (block,) = yardstick((number('cnn1', 1e6, values(0)),)).blocks
    assert block.p == 1 / 13


def test_it_is_the_same_every_time():
    numbers = tuple(number(f'e{k}', 1.1, values(k)) for k in range(3))
    one, two = yardstick(numbers), yardstick(numbers)
    assert (one.p_inside, one.p_extremeness) == (two.p_inside, two.p_extremeness)
