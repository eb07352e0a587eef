"""Verdicts on numbers, conclusions and readings, from runs in files."""

import dataclasses
import importlib
import pkgutil

import pytest
from made_up import write_run, write_runs, write_step_0
from stand_ins import StandIns, run, runs

from elec576 import claims, comparison
from elec576.claims.conclusions import HANGING_ON_ONE_RUN
from elec576.claims.plan import FIRST_SEED
from elec576.comparison.comparison import compare
from elec576.comparison.conclusions import chance_together, judge_conclusions
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.links import (
    AGREES,
    CONTRADICTED,
    DISAGREES,
    EQUAL,
    SILENT,
    SUPPORTED,
    UNDECIDED,
    WAITING,
)
from elec576.comparison.numbers import (
    COMPATIBLE,
    NOT_COMPARED,
    NOT_COMPATIBLE,
    TOO_FEW,
    judge_numbers,
)
from elec576.comparison.prediction import LIMIT, Prediction
from elec576.telling.words import percent_words


def number(comparison, experiment, quantity, step):
    (found,) = [number for number in comparison.numbers if number.reported.compared and
                (number.reported.experiment, number.reported.quantity, number.reported.step)
                == (experiment, quantity, step)]
    return found


def conclusion(conclusions, name):
    (found,) = [judged for judged in conclusions if judged.conclusion.name == name]
    return found


def conclusions_of(**accuracies):
    """The conclusions judged from runs with these accuracies, from the plan's first seed on."""
    results = StandIns(**{name: runs(name.replace('_', '-'), values)
                          for name, values in accuracies.items()})
    return judge_conclusions(results, judge_numbers(StandIns(), FirstSteps()))


def write_accuracies(results, accuracies):
    for name, values in accuracies.items():
        steps = {'cnn5': 8000}.get(name, 5000 if name.startswith('cnn') else 2999)
        for seed, value in enumerate(values):
            write_run(results, name, seed, {('test_accuracy', steps): value})


def test_a_reported_number_compatible_and_not(tmp_path):
    write_accuracies(tmp_path, {'cnn1': [0.48, 0.49, 0.50, 0.49, 0.47],
                                'cnn2': [0.60, 0.61, 0.62, 0.61, 0.60]})
    comparison = compare(tmp_path)
    inside = number(comparison, 'cnn1', 'test_accuracy', 5000)
    outside = number(comparison, 'cnn2', 'test_accuracy', 5000)
    assert (inside.verdict, outside.verdict) == (COMPATIBLE, NOT_COMPATIBLE)
    assert (inside.compatible, outside.compatible) == (True, False)
    assert inside.runs == tuple(enumerate((0.48, 0.49, 0.50, 0.49, 0.47)))
    assert outside.score < -LIMIT < inside.score < LIMIT
    lowest, *_, highest = sorted(inside.run_scores())
    assert inside.run_scores()[4] == lowest and inside.run_scores()[2] == highest
    assert -LIMIT < lowest < 0 < highest < LIMIT
    assert outside.judgement == Prediction.of(
        'test_accuracy', 5000, comparison.results.of('cnn2')
    ).judge(0.447, outside.reported.rounding)
    assert number(comparison, 'cnn3', 'test_accuracy', 5000).verdict == TOO_FEW


def test_all_runs_the_same(tmp_path):
    write_accuracies(tmp_path, {'cnn8': [float(0.10000000149011612)] * 5,
                                'cnn1': [0.5] * 5})
    comparison = compare(tmp_path)
    same = number(comparison, 'cnn8', 'test_accuracy', 5000)
    other = number(comparison, 'cnn1', 'test_accuracy', 5000)
    assert (same.compatible, same.score) == (True, 0.0)
    assert (other.compatible, other.score) == (False, float('-inf'))


def test_a_number_rounded_in_prose_is_compatible_if_any_that_rounds_so_is(tmp_path):
    write_accuracies(tmp_path, {'rnn-d': [0.9541, 0.9542, 0.9543]})
    found = number(compare(tmp_path), 'rnn-d', 'test_accuracy', 2999)
    assert found.judgement.low > 0.95 and found.compatible


def test_too_few_seeds(tmp_path):
    write_runs(tmp_path, ('cnn1', 'cnn2', 'cnn8'), seeds=2)
    comparison = compare(tmp_path)
    assert comparison.report_as_a_whole is None
    assert {found.verdict for found in comparison.numbers} == {TOO_FEW, NOT_COMPARED}
    judged = conclusion(comparison.conclusions, 'activation')
    assert judged.verdict == WAITING and judged.chance is None
    assert [link.reason for link in judged.links] == ['2 of 16', '2 of 10']


def test_the_doubled_line_is_never_counted(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn9',), seeds=5))
    doubled = [one for one in comparison.numbers if not one.reported.compared]
    assert len(doubled) == 1 and doubled[0].compatible is None and doubled[0].judgement.n == 5
    (block,) = comparison.report_as_a_whole.logs
    assert len(block.numbers) == 9 == len(comparison.numbers_of('cnn9')) - 1


def test_values_of_step_0_are_judged_by_many_starts(tmp_path):
    write_runs(tmp_path, ('cnn1', 'cnn2'), seeds=4)
    write_step_0(tmp_path, 100)
    comparison = compare(tmp_path)
    first = number(comparison, 'cnn1', 'train_loss', 0)
    assert first.judgement.n == 100 and len(first.runs) == 4
    assert len(first.held_out()) == 4 and first.reference.without(3).values.shape == (99, 1)
    assert number(comparison, 'cnn1', 'train_loss', 1000).judgement.n == 4
    assert number(comparison, 'cnn2', 'train_loss', 0).judgement.n == 100


def test_a_chain_needs_every_link():
    high, middle, low = ([base + 0.001 * (k % 3) for k in range(16)] for base in (0.5, 0.4, 0.1))
    verdicts = {}
    for name, values in (('holds', (high, middle, low)), ('breaks', (middle, high, low)),
                         ('equal', (high, high, low)), ('waits', (high, middle, low[:3]))):
        judged = conclusion(conclusions_of(**dict(zip(('cnn1', 'cnn2', 'cnn8'), values))),
                            'activation')
        verdicts[name] = judged.verdict, tuple(link.verdict for link in judged.links)
    assert verdicts == {'holds': (SUPPORTED, (SUPPORTED, SUPPORTED)),
                        'breaks': (CONTRADICTED, (CONTRADICTED, SUPPORTED)),
                        'equal': (EQUAL, (EQUAL, SUPPORTED)),
                        'waits': (WAITING, (SUPPORTED, WAITING))}


def test_a_value_in_a_sentence_does_not_decide_it():
    results = StandIns(**{name: runs(name, [base + 0.001 * (k % 3) for k in range(28)])
                          for name, base in (('rnn-d', 0.97), ('rnn-a', 0.9), ('rnn-b', 0.8),
                                             ('rnn-c', 0.85))})
    numbers = judge_numbers(results, FirstSteps())
    judged = conclusion(judge_conclusions(results, numbers), 'basic RNN')
    assert judged.verdict == SUPPORTED
    assert [value.verdict for value in judged.values] == [NOT_COMPATIBLE]


def test_chance_counts_runs_in_order():
    # each of cnn5's first runs beats half of cnn2's, and so on; by final accuracies
    judged = conclusion(conclusions_of(cnn5=[0.5] * 16, cnn2=[0.4, 0.6] * 8), 'iterations')
    assert judged.chance == pytest.approx(0.5, abs=0.01)
    three = conclusion(conclusions_of(cnn1=[0.5] * 16, cnn2=[0.4, 0.6] * 8, cnn8=[0.1] * 10),
                       'activation')
    assert three.chance == pytest.approx(0.5, abs=0.01)
    # those beyond a decided look count too: in all sentences the same runs
    more = conclusion(conclusions_of(cnn5=[0.5] * 16, cnn2=[0.4] * 16 + [0.6] * 16), 'iterations')
    assert more.chance == pytest.approx(0.5, abs=0.01)
    assert conclusion(conclusions_of(cnn5=[0.5] * 16, cnn2=[0.4] * 15), 'iterations').chance is None


def test_sentences_on_one_run_are_lucky_together():
    names = [higher for higher, _ in HANGING_ON_ONE_RUN]
    assert {lower for _, lower in HANGING_ON_ONE_RUN} == {'cnn2'} and len(names) == 4
    results = StandIns(**{name: runs(name, [0.5] * 16) for name in names},
                       cnn2=runs('cnn2', [0.4, 0.6] * 8))
    judged = judge_conclusions(results, judge_numbers(StandIns(), FirstSteps()))
    # one run 2 that happens to be low is beaten by all four at once
    assert chance_together(judged, results) == pytest.approx(0.5, abs=0.01)
    del results.runs['cnn9']
    judged = judge_conclusions(results, judge_numbers(StandIns(), FirstSteps()))
    assert chance_together(judged, results) is None


def test_runtime_is_processor_time():
    seconds = {'gru-50': 100.0, 'gru-128': 200.0, 'gru-300': 150.0}
    results = StandIns(**{name: [run(name, FIRST_SEED + k, 0.9, value + k) for k in range(28)]
                          for name, value in seconds.items()})
    judged = conclusion(judge_conclusions(results, judge_numbers(StandIns(), FirstSteps())),
                        'hidden units, runtime')
    links = {(link.link.higher, link.link.lower): link.verdict for link in judged.links}
    assert links['gru-128', 'gru-50'] == SUPPORTED
    assert links['gru-300', 'gru-128'] == CONTRADICTED
    assert links['lstm-300', 'lstm-128'] == WAITING and judged.verdict == CONTRADICTED


def test_what_the_reports_own_numbers_say():
    # no run is needed: this is the report against itself
    found = {judged.conclusion.name: judged for judged in conclusions_of()}
    own = {name: judged.own_verdict for name, judged in found.items()}
    assert [name for name, verdict in own.items() if verdict == DISAGREES] == [
        'cell, 128 hidden units']
    link = found['cell, 128 hidden units'].links[0]
    assert [value.value for value in link.own] == ['0.9756', '0.9801']
    assert {name for name, verdict in own.items() if verdict == SILENT} == {
        'basic RNN', 'cell, 50 hidden units', 'cell, 300 hidden units', 'hidden units, runtime',
        'learning rate, as written'}
    assert own['activation'] == own['CNN on MNIST'] == AGREES
    assert all(judged.verdict == WAITING for judged in found.values())


def test_undecided_at_the_last_look():
    judged = conclusion(conclusions_of(cnn5=[0.5, 0.3] * 8, cnn2=[0.4] * 16), 'iterations')
    assert judged.verdict == UNDECIDED and 'seeds would decide it' in judged.links[0].reason


def test_what_is_claimed_and_judged_cannot_be_changed():
    for room in claims, comparison:
        for found in pkgutil.iter_modules(room.__path__, f'{room.__name__}.'):
            for value in vars(importlib.import_module(found.name)).values():
                if dataclasses.is_dataclass(value):
                    assert value.__setattr__ is not object.__setattr__, value


@pytest.mark.parametrize('name', ['another', 'one more'])  # before and after the clock's
def test_processors_that_differ_are_said(name, tmp_path):
    path = write_runs(tmp_path, ('gru-50', 'lstm-50'), seeds=2) / 'runs/gru-50/runs.csv'
    path.write_text(name.join(path.read_text().rsplit('made up', 1)))
    results = compare(tmp_path).results
    assert (f'The runs differ in their processors: {"; ".join(sorted((name, "made up")))}.'
            in results.notices)
    first, second = results.of('gru-50')
    assert results.timing_processor('gru-50', 'lstm-50') == 'made up'
    assert results.final('gru-50', 'cpu_seconds', 'made up') == (first.metrics['cpu_seconds'],)
    assert len(results.final('gru-50', 'test_loss')) == 2


def test_running_times_without_a_common_processor_have_no_chance():
    """Both of a pair on one processor, but each pair on one of its own: judged, none compared."""
    names = {'rnn-50': 'one', 'rnn-d': 'one', 'rnn-300': 'one', 'gru-50': 'two', 'gru-128': 'two',
             'gru-300': 'two', 'lstm-50': 'two', 'lstm-128': 'two', 'lstm-300': 'two'}
    results = StandIns(**{name.replace('-', '_'): runs(name, [0.9] * 28, processor=processor,
                                                       cpu_seconds=len(name) * 10.0)
                          for name, processor in names.items()})
    assert results.timing_processor('rnn-50', 'rnn-d') == 'one'
    assert results.timing_processor('rnn-50', 'gru-50') is None
    judged = conclusion(judge_conclusions(results, judge_numbers(StandIns(), FirstSteps())),
                        'hidden units, runtime')
    assert all(link.look is not None for link in judged.links) and judged.chance is None
    assert percent_words(judged.chance) == '–'
