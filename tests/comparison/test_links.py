"""Looks and verdicts follow the plan, whatever the numbers; how often the rule errs."""

import dataclasses
import math
import zlib

import numpy as np
import pytest
from scipy import stats
from stand_ins import StandIns, run, runs

from elec576.claims.conclusions import CONCLUSIONS, Conclusion, Link, all_links, chain, first_look
from elec576.claims.plan import BOUNDS, MARGINS
from elec576.comparison.conclusions import JudgedConclusion
from elec576.comparison.estimates import bounds, image_variance, over_images, paired
from elec576.comparison.links import (
    CONTRADICTED,
    EQUAL,
    SUPPORTED,
    UNDECIDED,
    WAITING,
    Look,
    compared,
    data_of,
    judge_link,
    next_runs,
)
from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS


def planned(higher, lower, quantity='test_accuracy'):
    """A link of the report's conclusions."""
    link, = [one for one in all_links()
             if (one.higher, one.lower, one.quantity) == (higher, lower, quantity)]
    return link


OPEN, FIXED, CLEAR = (planned('gru-50', 'lstm-50'), planned('rnn-d', 'rnn-a'),
                      planned('cnn2', 'cnn7'))


def exact(n, mean, sd):
    """[n] with exactly this mean and standard deviation."""
    values = np.random.RandomState(n).normal(size=n)
    return mean + sd * (values - values.mean()) / values.std(ddof=1)


def results_with(link, differences, base=0.5, **more):
    """Runs whose compared accuracies differ by ``differences``, from seed 100 on."""
    lower = base + 0.01 * np.sin(np.arange(len(differences)))
    return StandIns(**{link.higher: runs(link.higher, lower + differences, **more),
                       link.lower: runs(link.lower, lower, **more)})


def judged(link, n, mean, sd, **more):
    return judge_link(link, results_with(link, exact(n, mean, sd), **more))


def test_before_the_first_look_nothing_is_computed():
    found = judged(OPEN, 27, 0.5, 0.001)
    assert (found.verdict, found.reason) == (WAITING, '27 of 28')
    assert found.look is None and found.next == (27, 28)


def test_a_look_needs_the_seeds_of_the_plan_in_all_experiments():
    results = results_with(OPEN, exact(28, 0.5, 0.001))
    assert judge_link(OPEN, results).look.effect.n == 28
    # a missing pair, and as many other seeds
    results.runs['gru-50'] = (*results.runs['gru-50'][1:], run('gru-50', 500, 0.9))
    assert (judge_link(OPEN, results).verdict, judge_link(OPEN, results).reason) == (
        WAITING, '27 of 28')
    assert judge_link(OPEN, StandIns(gru_50=runs('gru-50', [0.5] * 60, first=0))).reason == \
        '0 of 28'


def test_runs_beyond_the_look_are_not_used():
    differences = np.concatenate([exact(28, 0.01, 0.001), np.full(20, -5.0)])
    found = judge_link(OPEN, results_with(OPEN, differences))
    assert found.verdict == SUPPORTED and found.look.effect.n == 28
    assert found.look.effect.mean == pytest.approx(0.01)


def test_pairs_are_of_equal_seed():
    results = results_with(OPEN, exact(28, 0.01, 0.002))
    results.runs['gru-50'] = results.runs['gru-50'][::-1]
    assert judge_link(OPEN, results).look.effect.sd == pytest.approx(0.002)


@pytest.mark.parametrize('link, n, number, z', [
    (OPEN, 28, 1, 3.471), (OPEN, 56, 2, 2.454), (OPEN, 84, 3, 2.004), (FIXED, 28, 1, 1.960),
    (CLEAR, 10, 1, 1.960)])
def test_the_interval_is_the_plans(link, n, number, z):
    # as wide as it takes to be undecided at every look before
    sd = 0.05
    found = judged(link, n, 0.0001, sd)
    assert found.look.number == number
    half = stats.t.ppf(stats.norm.cdf(z), n - 1) * np.std(
        [higher.metrics['test_accuracy'] - lower.metrics['test_accuracy'] for higher, lower in zip(
            *(results_with(link, exact(n, 0.0001, sd)).of(name)
              for name in (link.higher, link.lower)))], ddof=1) / math.sqrt(n)
    assert found.look.effect.high - found.look.effect.mean == pytest.approx(half, rel=1e-9)
    assert found.look.effect.low == pytest.approx(found.look.effect.mean - half)
    # every run gets the same images right, so they add nothing
    assert found.look.images == pytest.approx((found.look.effect.low, found.look.effect.high))


@pytest.mark.parametrize('mean, sd, verdict, words', [
    (0.01, 0.001, SUPPORTED, ''), (0.001, 0.0001, SUPPORTED, 'smaller than the margin'),
    (-0.01, 0.001, CONTRADICTED, ''), (0.0001, 0.001, EQUAL, ''),
    (-0.001, 0.0001, CONTRADICTED, 'smaller than the margin'),
    (0.0, 0.02, UNDECIDED, 'the next look has 28 of 56 pairs of runs')])
def test_verdicts(mean, sd, verdict, words):
    found = judged(OPEN, 28, mean, sd)
    assert (found.verdict, found.reason) == (verdict, words)


def test_only_an_undecided_link_goes_to_its_next_look():
    start = exact(28, 0.001, 0.004)  # its interval holds 0, and reaches beyond the margin
    first = judge_link(OPEN, results_with(OPEN, start))
    assert first.verdict == UNDECIDED and first.next == (28, 56)
    rest = np.concatenate([start, np.full(28, 0.02)])
    second = judge_link(OPEN, results_with(OPEN, rest))
    assert second.verdict == SUPPORTED and second.look.number == 2 and second.next is None
    decided = np.concatenate([exact(28, 0.01, 0.001), np.full(28, -0.5)])
    assert judge_link(OPEN, results_with(OPEN, decided)).look.number == 1


def test_after_the_last_look_it_says_which_n_would_decide():
    found = judged(OPEN, 84, 0.0, 0.03)
    assert found.verdict == UNDECIDED and found.next is None
    n = int(found.reason.split()[1])
    effect, bound = found.look.effect, BOUNDS[3][2]
    halves = [stats.t.isf(stats.norm.sf(bound), k - 1) * effect.sd / math.sqrt(k)
              for k in (n - 1, n)]
    room = max(abs(effect.mean), MARGINS['mnist'] - abs(effect.mean))
    assert halves[1] < room <= halves[0]
    assert judged(FIXED, 28, 0.0, 0.03).reason.startswith('about ')


def test_differences_that_all_agree():
    assert judged(OPEN, 28, 0.0, 0.0).verdict == EQUAL
    assert judged(OPEN, 28, 0.5, 0.0).verdict == SUPPORTED


def test_the_margin_is_the_data_sets():
    assert judged(planned('cnn3', 'cnn2'), 16, 0.0, 0.005).verdict == EQUAL
    assert judged(OPEN, 28, 0.0, 0.005).verdict == UNDECIDED
    assert judged(planned('cnn-mnist', 'gru-50'), 10, 0.0, 0.005).margin == MARGINS['mnist']


def test_lenet5_is_compared_by_its_last_ten_evaluations():
    made = run('cnn5', 100, accuracy=0.5, final=0.41)
    assert compared(made) == pytest.approx(0.5) and made.metrics['test_accuracy'] == 0.41
    assert list(made.measured('test_accuracy')) == list(range(7100, 8001, 100))
    assert compared(run('gru-50', 100, 0.97)) == 0.97
    found = judge_link(planned('cnn5', 'cnn2'), StandIns(
        cnn5=[run('cnn5', 100 + k, 0.5, final=0.3) for k in range(16)],
        cnn2=[run('cnn2', 100 + k, 0.4, final=0.45) for k in range(16)]))
    assert found.look.effect.mean == pytest.approx(0.1) and found.verdict == SUPPORTED
    assert found.look.final == pytest.approx(-0.15)
    del made.values['test_accuracy'][7400]
    with pytest.raises(UserError, match='no test accuracy at step 7400'):
        compared(made)


def test_running_times_are_paired_log_ratios_looked_at_once():
    link = planned('gru-128', 'gru-50', 'cpu_seconds')

    def timed(n=28, **more):
        return StandIns(gru_128=[run('gru-128', 100 + k, 0.9, 30.0 + k, **more) for k in range(n)],
                        gru_50=[run('gru-50', 100 + k, 0.9, 20.0 + 2 * k / 3) for k in range(n)])

    found = judge_link(link, timed())
    assert (found.verdict, found.reason) == (SUPPORTED, '')
    assert found.link.looks == (28,) and found.margin is None
    assert found.look.effect.mean == pytest.approx(math.log(1.5))
    assert judge_link(link, timed(27)).look is None
    for more in ({'processor': 'two'}, {'threads': 2}):
        mixed = judge_link(link, timed(**more))
        assert mixed.verdict == UNDECIDED and 'different processors' in mixed.reason


def test_times_on_two_machines_are_said():
    link = planned('gru-128', 'gru-50', 'cpu_seconds')
    places = ['one'] * 14 + ['two'] * 14
    found = judge_link(link, StandIns(
        gru_128=[run('gru-128', 100 + k, 0.9, 30.0, place) for k, place in enumerate(places)],
        gru_50=[run('gru-50', 100 + k, 0.9, 20.0, place) for k, place in enumerate(places)]))
    assert (found.verdict, found.reason) == (
        SUPPORTED, 'pairs on 2 processors or thread counts')


def test_every_link_is_planned():
    assert all(link.looks for link in all_links())


def test_next_runs_are_the_first_looks_then_those_of_undecided_links():
    none = next_runs(StandIns())
    assert len(none) == sum(first_look().values()) == len(set(none))
    assert ('evidence-bias-0', 109) in none and ('evidence-bias-0', 110) not in none
    everything = {name: runs(name, exact(n, 0.5 + 0.01 * k, 0.001), cpu_seconds=20.0 + 5 * k)
                  for k, (name, n) in enumerate(first_look().items())}
    results = StandIns(**everything)
    assert next_runs(results) == []
    results.runs['gru-50'] = tuple(runs('gru-50', [run.metrics['test_accuracy'] + shift
                                                   for run, shift in zip(
        results.of('lstm-50'), exact(28, 0.001, 0.004))]))
    undecided = next_runs(results)
    assert undecided == [(name, seed) for name in EXPERIMENTS if name in ('gru-50', 'lstm-50')
                         for seed in range(128, 156)]
    results.runs['cnn8'] = results.runs['cnn8'][1:]
    assert next_runs(results) == [('cnn8', 100), *undecided]


def test_next_runs_of_an_experiment_in_two_undecided_links():
    """The later look decides how many: cnn1 with cnn2 is undecided at 32, cnn3 with cnn2 at 16."""
    n = {'cnn1': 32, 'cnn2': 32, 'cnn3': 16}
    results = StandIns(**{name: runs(name, 0.5 + 0.15 * np.sin(k + np.arange(count)))
                          for k, (name, count) in enumerate(n.items())})
    asked = next_runs(results)
    assert [seed for name, seed in asked if name == 'cnn2'] == list(range(132, 148))
    assert [seed for name, seed in asked if name == 'cnn3'] == list(range(116, 132))


def conclusion_of(*links):
    return JudgedConclusion(Conclusion('', '', '', tuple(link.link for link in links)), links, (),
                            {}, {}, None)


def test_sentences():
    holds, breaks = judged(OPEN, 28, 0.01, 0.001), judged(OPEN, 28, -0.01, 0.001)
    equal, waits = judged(OPEN, 28, 0.0, 0.001), judged(OPEN, 3, 0.0, 0.001)
    open_ = judged(OPEN, 28, 0.0, 0.02)
    assert conclusion_of(holds, holds).verdict == SUPPORTED
    assert conclusion_of(holds, equal).verdict == EQUAL
    assert conclusion_of(holds, open_).verdict == UNDECIDED == conclusion_of(equal, open_).verdict
    assert conclusion_of(holds, waits).verdict == WAITING
    assert conclusion_of(waits, open_, breaks).verdict == CONTRADICTED


def test_a_sentence_is_contradicted_at_the_level_divided_by_its_links():
    # just below 0 at the level of one link
    n, bound = 28, stats.t.isf(stats.norm.sf(BOUNDS[3][0]), 27)
    barely = judged(OPEN, n, -1.01 * bound * 0.01 / math.sqrt(n), 0.01)
    stricter = stats.t.isf(stats.norm.sf(bounds(0.025, 3)[0]), 27)
    clearly = judged(OPEN, n, -1.001 * stricter * 0.01 / math.sqrt(n), 0.01)
    nearly = judged(OPEN, n, -0.999 * stricter * 0.01 / math.sqrt(n), 0.01)
    holds = judged(OPEN, n, 0.01, 0.001)
    assert barely.verdict == clearly.verdict == CONTRADICTED
    assert conclusion_of(barely).verdict == CONTRADICTED
    assert conclusion_of(barely, holds).verdict == UNDECIDED
    assert conclusion_of(nearly, holds).verdict == UNDECIDED
    assert conclusion_of(clearly, holds).verdict == CONTRADICTED


def test_at_a_later_look_too_and_only_if_the_link_is_contradicted():
    n, sd = 56, 0.01
    link = judged(OPEN, 28, -0.01, 0.001)
    bound = stats.t.isf(stats.norm.sf(bounds(0.025, 3)[1]), n - 1)
    for factor, contradicted in ((1.001, True), (0.999, False)):
        look = Look(2, BOUNDS[3][1], paired(
            exact(n, -factor * bound * sd / math.sqrt(n), sd), BOUNDS[3][1]))
        at_two = dataclasses.replace(link, look=look)
        assert at_two.contradicted_at(0.025) is contradicted
        assert not dataclasses.replace(at_two, verdict=UNDECIDED).contradicted_at(0.025)


def test_the_interval_over_images_knows_both_networks():
    """Some images are right in one network of each pair only, always the same ones."""
    results = results_with(FIXED, exact(28, 0.01, 0.002))
    random = np.random.RandomState(0)
    for k, name in enumerate((FIXED.higher, FIXED.lower)):
        for each in results.of(name):
            each.test_correct = (random.rand(200) < 0.05) ^ (np.arange(200) % 3 != k)
    found = judge_link(FIXED, results).look
    hits = [np.stack([each.test_correct for each in results.of(name)])
            for name in (FIXED.higher, FIXED.lower)]
    variance = image_variance(*hits)
    assert variance > 1e-4
    assert found.images == pytest.approx(over_images(found.effect, BOUNDS[1][0], variance, 200))
    assert found.images[0] < found.effect.low < found.effect.high < found.images[1]


# Standard deviations of paired differences in the retired runs (other kernels, seeds 0 to 9), the
# medians over the links that have three looks: of LeNet5, and of LSTM and GRU among themselves.
CNN, CNN_SD = planned('cnn3', 'cnn2'), 0.0225
RNN, RNN_SD = OPEN, 0.0043


def simulate(link, shift, sd, trials):
    """The verdicts over all looks, runs being made as the plan asks for them."""
    random = np.random.RandomState(zlib.crc32(f'{link} {shift}'.encode()))
    looks = link.looks
    lower = runs(link.lower, np.full(looks[-1], 0.5))
    return [judge_link(link, StandIns(**{
        link.higher: runs(link.higher, 0.5 + random.normal(shift, sd, looks[-1])),
        link.lower: lower})).verdict for _ in range(trials)]


@pytest.mark.parametrize('link, sd', [
    pytest.param(CNN, CNN_SD, marks=pytest.mark.slow), (RNN, RNN_SD)], ids=['cnn', 'rnn'])
def test_how_often_the_rule_errs(link, sd):
    margin, trials = MARGINS[data_of(link)], 1000
    allowed = 3 * math.sqrt(0.05 * 0.95 / trials)
    null = simulate(link, 0.0, sd, trials)
    assert sum(verdict in (SUPPORTED, CONTRADICTED) for verdict in null) / trials < 0.05 + allowed
    assert null.count(EQUAL) / trials > 0.9
    true = simulate(link, 2 * margin, sd, 300)
    assert true.count(SUPPORTED) / 300 > 0.9 and EQUAL not in true
    # a difference as large as the margin is called equal in no more than half of the level
    assert simulate(link, margin, sd, trials).count(EQUAL) / trials < 0.025 + allowed


@pytest.mark.slow
def test_three_looks_use_up_the_level_where_nothing_is_called_equal():
    # a spread so wide that the margin never stops a link early
    trials = 2500
    found = simulate(RNN, 0.0, 0.1, trials)
    wrong = sum(verdict in (SUPPORTED, CONTRADICTED) for verdict in found) / trials
    assert abs(wrong - 0.05) < 3 * math.sqrt(0.05 * 0.95 / trials)


def test_the_sentence_on_learning_rates_is_judged_as_run_and_as_written():
    as_run, as_written = [found for found in CONCLUSIONS if found.name.startswith('learning')]
    assert as_run.sentence == as_written.sentence and as_run.counted and not as_written.counted
    assert sum(found.counted for found in CONCLUSIONS) == 13
    assert chain((9,), 'a', 'b') == (Link('a', 'b', looks=(9,)),)
