"""The report as a whole among reports made of our own runs."""

import dataclasses
import itertools

import numpy as np
import pytest
from made_up import write_runs
from stand_ins import StandIn, StandIns

from elec576.claims.numbers import ReportedValue
from elec576.comparison.comparison import compare
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import CAP, LIMIT, Prediction
from elec576.comparison.report_as_a_whole import KINDS, judge_report


def number(experiment, value, runs, quantity='test_loss', compared=True, step=5000,
           printed='float32'):
    """A number of the report beside ``runs``, one value a seed."""
    reported = ReportedValue(experiment, quantity, step, str(value), printed, compared, '', '')
    runs = np.asarray(runs, float)
    reference = Prediction(quantity, runs[:, None], 0, tuple(range(len(runs))), None)
    return JudgedNumber(reported, tuple(enumerate(runs)), reference,
                        reference.judge(reported.number, reported.rounding))


def whole(numbers, results=StandIns()):
    return judge_report(numbers, results)


def values(seed, n=12):
    return np.exp(np.random.RandomState(seed).normal(0, 0.2, n))


def test_by_hand():
    numbers = tuple(number(f'e{block}', value, values(10 * block + k), step=5000 + k)
                    for block in range(2) for k, value in enumerate((1.0, 1.9, 0.8)))
    found = whole(numbers)
    assert [len(block.numbers) for block in found.logs] == [3, 3] and found.count == 6
    held_out = []
    for block in found.logs:
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
    one = whole((number('cnn1', far, runs),))
    many = whole(tuple(number('cnn1', far, runs) for _ in range(20)))
    assert many.p_extremeness == pytest.approx(one.p_extremeness)
    assert many.p_inside == pytest.approx(one.p_inside)
    # in logs of their own they are independent, and so many would be a wonder
    apart = whole(tuple(number(f'e{k}', far, values(k, n=40)) for k in range(20)))
    assert apart.p_extremeness < 0.001 < one.p_extremeness


@pytest.mark.slow
def test_a_report_like_our_runs_is_as_good_as_any_and_p_is_fair():
    ps = []
    for trial in range(120):
        drawn = np.random.RandomState(trial).normal(0, 0.2, (6, 13))
        numbers = tuple(number(f'e{k}', float(np.exp(row[-1])), np.exp(row[:-1]))
                        for k, row in enumerate(drawn))
        ps.append(whole(numbers).p_extremeness)
    assert 0.4 < np.mean(ps) < 0.6
    assert np.mean(np.array(ps) < 0.1) < 0.2


def test_a_bad_report_is_found():
    bad = whole(tuple(number(f'e{k}', 3.0, values(k)) for k in range(6)))
    assert bad.inside == 0 and bad.p_inside < 0.001 and bad.p_extremeness < 0.001
    assert bad.rms <= CAP


def test_too_few_runs_and_lines_that_are_not_compared():
    assert whole(()) is None
    assert whole((number('cnn1', 1.0, values(0, n=2)),)) is None
    assert whole((number('cnn1', 1.0, values(0), compared=False),)) is None
    mixed = whole((number('cnn1', 1.0, values(0)), number('cnn2', 1.0, values(0, n=3))))
    assert [block.experiment for block in mixed.logs] == ['cnn1']


def test_runs_that_only_some_numbers_can_judge_are_no_logs():
    few = number('cnn1', 1.0, values(0, n=3))
    many = values(1, n=50)
    start = dataclasses.replace(few, reference=Prediction(
        'test_loss', many[:, None], 0, tuple(range(1000, 1050)), None))
    assert len(start.held_out()) == 3 and few.held_out() == {}
    assert whole((start, few)) is None
    assert len(whole((start,)).logs[0].numbers) == 1


def test_coverage_by_kind_of_quantity():
    kinds = {('h_conv1_mean', 5000): 'activation statistics', ('train_loss', 100): 'train loss',
             ('h_conv2_variance', 5000): 'activation statistics',
             ('train_loss', 0): 'train loss, step 0'}
    found = whole(tuple(number('cnn4', 1.0, values(k), quantity, step=step)
                            for k, (quantity, step) in enumerate(kinds)))
    assert {kind: of for kind, (_, of) in found.coverage.items()} == {
        'activation statistics': 24, 'train loss': 12, 'train loss, step 0': 12}
    assert sum(of for _, of in found.coverage.values()) == found.held_out[1]


def test_coverage_counts_a_measurement_once():
    """Two experiments begin with the same runs; a third has the same values by chance."""
    begun = values(0)
    found = whole(tuple(number(name, 1.0, begun, 'train_loss', step=100)
                        for name in ('cnn2', 'cnn5', 'cnn1')))
    assert found.held_out[1] == 24
    start = whole(tuple(number(name, 1.0, begun, 'train_loss', step=0)
                        for name in ('cnn1', 'cnn4', 'cnn2', 'cnn3')))
    # the learning rate decides nothing yet, the activation and the number of images do
    assert start.held_out[1] == 36


def test_coverage_of_whole_runs_naively(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn1', 'cnn2', 'cnn4', 'cnn5', 'gru-50'), seeds=4))
    inside, seen = 0, set()
    for one in comparison.numbers:
        if one.compatible is None:
            continue
        name, value = one.reported.experiment.replace('cnn-vis', 'cnn4'), one.reported
        if value.quantity.startswith('train_') and name == 'cnn5':
            name = 'cnn2' if value.step < 5000 else name  # the same run, begun
        if value.step == 0 and value.quantity.startswith('train_') and name == 'cnn4':
            name = 'cnn1'
        for seed, of_run in one.runs:
            key = value.quantity, value.step, name, seed
            if key not in seen:
                seen.add(key)
                score = one.reference.without(seed).score(of_run, value.rounding)
                inside += abs(score) <= LIMIT
    assert comparison.report_as_a_whole.held_out == (inside, len(seen))


def test_kinds_are_judged_apart():
    numbers = [number('cnn1', 1.0, values(k), 'train_loss', step=step)
               for k, step in enumerate((0, 1000, 2000))] + [number('cnn1', 3.0, values(9))]
    found = whole(tuple(numbers))
    kinds = {kind.name: kind for kind in found.kinds}
    assert [kinds[name].count for name in KINDS] == [1, 2, 1]
    assert kinds['final values'].p == 1 / 13 or kinds['final values'].p < 0.1
    assert kinds['final values'].rms > 3 > kinds['training values later'].rms
    assert sum(kind.count * kind.rms ** 2 for kind in found.kinds) == pytest.approx(
        found.count * found.rms ** 2)


def test_a_wrong_label_is_noticed_as_often_as_it_shows():
    def runs(name, values):
        return [StandIn(k, None, {'test_loss': {5000: float(value)}})
                for k, value in enumerate(values)]

    numbers = tuple(number(name, 1.0, values(k, n=30)) for k, name in enumerate(('cnn1', 'cnn7')))
    same, far = values(7, n=30), 3 * values(8, n=30)
    found = whole(numbers, StandIns(cnn2=runs('cnn2', far))).power
    assert found['run 1 made by run 2 (tanh for relu)'] > 0.95
    assert 'run 9 without Xavier' not in found
    alike = whole(numbers, StandIns(cnn2=runs('cnn2', same))).power
    assert alike['run 1 made by run 2 (tanh for relu)'] < 0.3


def test_own_runs_are_judged_as_if_printed_like_the_number():
    runs = 1 + np.arange(12) / 1e4
    coarse, fine = (number('cnn1', 1.0, runs, printed=printed) for printed in ('prose', 'float32'))
    assert set(coarse.held_out().values()) == {0.0} and max(fine.held_out().values()) > 1


def test_the_report_counts_as_one_of_the_reports():
    (block,) = whole((number('cnn1', 1e6, values(0)),)).logs
    assert block.p == 1 / 13


def test_it_is_the_same_every_time():
    numbers = tuple(number(f'e{k}', 1.1, values(k)) for k in range(3))
    one, two = whole(numbers), whole(numbers)
    assert (one.p_inside, one.p_extremeness) == (two.p_inside, two.p_extremeness)
