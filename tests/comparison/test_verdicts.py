"""Verdicts on numbers, conclusions and readings."""

import dataclasses
import json
import math

import numpy as np
import pytest
from made_up import write_run, write_runs, write_step_0
from scipy import stats

from elec576.comparison import numbers as judging
from elec576.comparison.comparison import compare
from elec576.comparison.conclusions import (AGREES, CONTRADICTED, DISAGREES, SILENT, SUPPORTED,
                                            UNDECIDED, decide, judge_conclusions)
from elec576.comparison.evidence import log_likelihood
from elec576.comparison.numbers import tally
from elec576.comparison.results import Results
from elec576.comparison.statistics import Effect, summarise
from elec576.claims.conclusions import CONCLUSIONS
from elec576.errors import UserError
from elec576.runs import step0


def number(comparison, experiment, quantity, step):
    (found,) = [number for number in comparison.numbers if number.reported.compared and
                (number.reported.experiment, number.reported.quantity, number.reported.step)
                == (experiment, quantity, step)]
    return found


def conclusion(comparison, name):
    (found,) = [judged for judged in comparison.conclusions if judged.conclusion.name == name]
    return found


def write_accuracies(results, accuracies):
    for name, values in accuracies.items():
        settings_steps = {'cnn5': 8000}.get(name, 5000 if name.startswith('cnn') else 2999)
        for seed, value in enumerate(values):
            write_run(results, name, seed, {('test_accuracy', settings_steps): value})


def test_a_reported_number_inside_and_outside(tmp_path):
    write_accuracies(tmp_path, {'cnn1': [0.48, 0.49, 0.50, 0.49, 0.47],
                                'cnn2': [0.60, 0.61, 0.62, 0.61, 0.60]})
    comparison = compare(tmp_path)
    inside = number(comparison, 'cnn1', 'test_accuracy', 5000)
    outside = number(comparison, 'cnn2', 'test_accuracy', 5000)
    assert (inside.inside, outside.inside) == (True, False)
    assert inside.values == (0.48, 0.49, 0.50, 0.49, 0.47)
    assert inside.standardised(inside.summary.high) == pytest.approx(1)
    assert outside.standardised(outside.reported.number) < -1
    assert number(comparison, 'cnn3', 'test_accuracy', 5000).inside is None


def test_all_runs_the_same(tmp_path):
    write_accuracies(tmp_path, {'cnn8': [float(0.10000000149011612)] * 5,
                                'cnn1': [0.5] * 5})
    comparison = compare(tmp_path)
    same = number(comparison, 'cnn8', 'test_accuracy', 5000)
    other = number(comparison, 'cnn1', 'test_accuracy', 5000)
    assert (same.inside, same.standardised(0.1)) == (True, 0.0)
    assert (other.inside, other.standardised(0.49)) == (False, float('-inf'))


def test_a_number_rounded_in_prose_is_inside_if_any_that_rounds_so_is(tmp_path):
    write_accuracies(tmp_path, {'rnn-d': [0.9541, 0.9542, 0.9543]})
    found = number(compare(tmp_path), 'rnn-d', 'test_accuracy', 2999)
    assert found.summary.low > 0.95 and found.inside


def test_too_few_seeds(tmp_path):
    write_runs(tmp_path, ('cnn1', 'cnn2', 'cnn8'), seeds=2)
    comparison = compare(tmp_path)
    assert comparison.tally.judged == 0 and comparison.tally.too_few == 130
    assert comparison.tally.held_out is None
    judged = conclusion(comparison, 'activation')
    assert judged.verdict == UNDECIDED
    assert {link.reason for link in judged.links} == {'too few seeds'}


def test_tally_by_hand(tmp_path):
    write_runs(tmp_path, ('cnn1', 'cnn9'), seeds=5)
    comparison = compare(tmp_path)
    found = comparison.tally
    judged = [one for one in comparison.numbers
              if one.reported.experiment in ('cnn1', 'cnn9') and one.reported.compared]
    assert found.judged == len(judged) == 20 and found.too_few == 110
    assert found.inside == sum(bool(one.inside) for one in judged)
    assert found.expected == pytest.approx(19)
    # 95 % of binomial(20, 0.95): P(X <= 16) = 0.0159 and P(X <= 17) = 0.0755
    assert found.binomial == (17, 20)
    held_out = []
    for one in judged:
        for k, value in enumerate(one.values):
            others = [other for j, other in enumerate(one.values) if j != k]
            t = stats.ttest_1samp(others, 0)
            center, spread = t.confidence_interval(0.95).low, t.confidence_interval(0.95).high
            mean, half = (center + spread) / 2, (spread - center) / 2 * (1 + len(others))**0.5
            held_out.append(abs(value - mean) <= half)
    assert found.held_out == (sum(held_out), len(held_out) == 100 and 100)


def test_the_doubled_line_is_never_counted(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn9',), seeds=5))
    doubled = [one for one in comparison.numbers if not one.reported.compared]
    assert len(doubled) == 1 and doubled[0].inside is None and doubled[0].summary.n == 5
    assert comparison.tally.judged + comparison.tally.too_few == len(comparison.numbers) - 1


def test_held_out_shares_are_95_percent_for_normal_runs():
    import numpy as np
    random = np.random.RandomState(0)
    reported = judging.all_reported()[1]  # a loss
    made = []
    for values in random.normal(100, 1, (1500, 5)):
        made.append(judging.JudgedNumber(reported, tuple(values), summarise(values), True))
    inside, judged = tally(tuple(made)).held_out
    assert judged == 7500 and abs(inside / judged - 0.95) < 0.01


@pytest.mark.parametrize('low, high, verdict', [
    (0.01, 0.02, SUPPORTED), (-0.02, -0.01, CONTRADICTED), (-0.01, 0.02, UNDECIDED),
    (0.0, 0.0, UNDECIDED), (None, None, UNDECIDED)])
def test_decide(low, high, verdict):
    found, reason = decide(Effect((5, 5), 0.01, low, high, 0.5))
    assert found == verdict and bool(reason) == (verdict == UNDECIDED)


def test_times_on_different_machines_decide_nothing():
    found = Effect((5, 5), 10.0, 9.0, 11.0, 1.0)
    assert decide(found, [('x', 1)] * 10)[0] == SUPPORTED
    assert decide(found, [('x', 1)] * 9 + [('y', 1)])[0] == UNDECIDED
    assert decide(found, [('x', 1)] * 9 + [('x', 2)])[0] == UNDECIDED


def test_a_chain_needs_every_link(tmp_path):
    high, middle, low = ([base + 0.001 * k for k in range(5)] for base in (0.5, 0.4, 0.1))
    write_accuracies(tmp_path / 'holds', {'cnn1': high, 'cnn2': middle, 'cnn8': low})
    write_accuracies(tmp_path / 'breaks', {'cnn1': middle, 'cnn2': high, 'cnn8': low})
    write_accuracies(tmp_path / 'open', {'cnn1': high, 'cnn2': high, 'cnn8': low})
    verdicts = {}
    for folder in ('holds', 'breaks', 'open'):
        judged = conclusion(compare(tmp_path / folder), 'activation')
        verdicts[folder] = judged.verdict, judged.parts
    assert verdicts == {'holds': (SUPPORTED, (SUPPORTED, SUPPORTED)),
                        'breaks': (CONTRADICTED, (CONTRADICTED, SUPPORTED)),
                        'open': (UNDECIDED, (UNDECIDED, SUPPORTED))}


def test_runtime_is_processor_time(tmp_path):
    seconds = {'gru-50': 100.0, 'gru-128': 200.0, 'gru-300': 150.0}
    for name, value in seconds.items():
        for seed in range(4):
            write_run(tmp_path, name, seed, {'cpu_seconds': value + seed})
    links = {(link.link.higher, link.link.lower): link.verdict
             for link in conclusion(compare(tmp_path), 'hidden units, runtime').links}
    assert links['gru-128', 'gru-50'] == SUPPORTED
    assert links['gru-300', 'gru-128'] == CONTRADICTED
    assert links['lstm-300', 'lstm-128'] == UNDECIDED


def test_a_named_value_is_a_part(tmp_path):
    def run(folder, accuracy):
        write_accuracies(folder, {'rnn-d': [accuracy + 0.0005 * k for k in range(4)]})
        return conclusion(compare(folder), 'basic RNN').parts[-1]

    assert run(tmp_path / 'near', 0.95) == SUPPORTED
    assert run(tmp_path / 'far', 0.97) == CONTRADICTED


def test_what_the_reports_own_numbers_say():
    # no run is needed: this is the report against itself
    found = {judged.conclusion.name: judged
             for judged in judge_conclusions(Results({}, ()), named_values())}
    own = {name: judged.own_verdict for name, judged in found.items()}
    assert [name for name, verdict in own.items() if verdict == DISAGREES] == [
        'cell, 128 hidden units']
    link = found['cell, 128 hidden units'].links[0]
    assert [value.value for value in link.own] == ['0.9756', '0.9801']
    assert {name for name, verdict in own.items() if verdict == SILENT} == {
        'basic RNN', 'cell, 50 hidden units', 'cell, 300 hidden units', 'hidden units, runtime'}
    assert own['activation'] == own['CNN on MNIST'] == AGREES
    assert all(judged.verdict == UNDECIDED for judged in found.values())


def named_values():
    named = {name for conclusion in CONCLUSIONS for name in conclusion.values}
    return tuple(judging.JudgedNumber(value, (), summarise([]), None)
                 for value in judging.all_reported()
                 if (value.experiment, value.quantity) in named)


def test_readings_beside_the_report(tmp_path):
    write_step_0(write_runs(tmp_path, ('cnn4',), seeds=3))
    answers = {answer.question.name: answer for answer in compare(tmp_path).answers}
    answer = answers['fc1, relu']
    assert [value.value for value in answer.beside['train_loss']] == [
        '5.29658', '5.31366', '5.21778', '4.87657']
    assert answer.count('fc1 stays tanh') == (4, 4)
    assert answer.count('fc1 relu') == (0, 4)
    ours, other = answer.readings
    assert ours.values == tuple(step0.read(tmp_path).query('settings == "relu"')['train_loss'])
    assert ours.relative_likelihood == 1 and 0 < other.relative_likelihood < 1e-6
    assert other.relative_likelihood == pytest.approx(
        math.exp(other.log_likelihood - ours.log_likelihood))
    assert answers['bias, activations'].count('biases 0') is None
    assert all(reading.log_likelihood is None
               for reading in answers['bias, activations'].readings)


def test_likelihood_is_that_of_the_log_normal_for_many_seeds():
    logs = np.random.RandomState(0).normal(1.7, 0.14, 100_000)
    printed = [5.29658, 4.87657, 7.2]
    assert log_likelihood(tuple(np.exp(logs)), printed) == pytest.approx(
        stats.lognorm(0.14, scale=np.exp(1.7)).logpdf(printed).sum(), abs=0.05)
    assert log_likelihood((5.0, 5.1), printed) is None
    assert log_likelihood((5.0, 5.1, 0.0), printed) is None
    assert log_likelihood((5.0, 5.0, 5.0), printed) is None
    # a density: it integrates to 1
    values = tuple(np.exp(logs[:5]))
    x = np.linspace(0.01, 40, 20_001)
    density = [math.exp(log_likelihood(values, [at])) for at in x]
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.005)


def test_without_step_0_nothing_is_said_of_it(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn4',), seeds=3))
    assert comparison.first_steps.seeds == 0
    for answer in comparison.answers:
        if answer.question.step == 0:
            assert {reading.relative_likelihood for reading in answer.readings} == {None}


@pytest.mark.parametrize('damage, words', [
    (lambda csv, origin: csv.write_text(csv.read_text()[:-5]), 'step0.csv: damaged'),
    (lambda csv, origin: origin.write_text('{}'), 'step0.json: it names no data set'),
    (lambda csv, origin: origin.unlink(), 'step0.json: no such file'),
    (lambda csv, origin: origin.write_text(origin.read_text().replace('0000800', '0000801')),
     "step0.json: the data set's digest is 0")])
def test_damaged_step_0_stops_everything(damage, words, tmp_path):
    write_step_0(write_runs(tmp_path, ('cnn4',), seeds=3))
    damage(tmp_path / 'step0.csv', tmp_path / 'step0.json')
    with pytest.raises(UserError, match=words) as refused:
        compare(tmp_path)
    assert '\n' not in str(refused.value)


def test_comparison_values_cannot_be_changed(tmp_path):
    comparison = compare(write_runs(tmp_path, ('gru-50',), seeds=3))
    with pytest.raises(dataclasses.FrozenInstanceError):
        comparison.numbers[0].inside = True


def test_processors_that_differ_are_said(tmp_path):
    write_runs(tmp_path, ('gru-50',), seeds=2)
    path = tmp_path / 'runs/gru-50/seed1/metrics.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | {'processor': 'another'}))
    assert 'The runs differ in their processors: another; made up.' in \
        compare(tmp_path).results.notices
