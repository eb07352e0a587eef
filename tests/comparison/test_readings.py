"""Other programs tried for a log, on made-up runs: which explains it is known."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from made_up import write_runs
from stand_ins import StandIn, StandIns

from elec576.claims import readings as plan
from elec576.claims.numbers import reported
from elec576.claims.readings import READINGS, TRIED
from elec576.comparison.comparison import Comparison, compare
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.numbers import judge_numbers
from elec576.comparison.readings import (
    BETTER,
    COLUMNS,
    EXCLUDED,
    EXPLAINS,
    NO_BETTER,
    WAITING,
    judge_readings,
    read_readings,
)
from elec576.errors import UserError
from elec576.experiments import settings_of
from elec576.loops.history import CNN_COLUMNS
from elec576.settings import as_config
from elec576.telling.words import log_words, tried_rows, tried_words

LOG = {(value.quantity, value.step): value.number for value in reported('cnn1')}


def runs_about(shift: float, settings, n: int, first: int = 100, spread: float = 0.2, seed=0):
    """Runs whose losses are the report's, ``shift`` behind in their logarithm; accuracies as well.
    """
    random, runs = np.random.RandomState(seed), []
    for k in range(n):
        found: dict = {}
        for (quantity, step), value in LOG.items():
            end = settings.steps if quantity.startswith('test') else step
            off = shift * (step > 0) + spread * random.standard_normal()
            found.setdefault(quantity, {})[end] = (
                value * math.exp(off) if quantity.endswith('loss')
                else min(50, max(0, round(50 * value - 10 * off))) / 50
                if quantity == 'train_accuracy' else value + 0.01 * random.standard_normal())
        runs.append(StandIn(first + k, settings, found))
    return tuple(runs)


def judged(readings, listed=1.0, n=20):
    results = StandIns(cnn1=runs_about(listed, settings_of('cnn1'), n),
                       cnn2=runs_about(2 * listed, settings_of('cnn2'), n, seed=1))
    found = {name: runs_about(shift, READINGS[name].settings, runs, plan.FIRST_SEED, seed=2)
             for name, (shift, runs) in readings.items()}
    log, = judge_readings(results, FirstSteps(), numbers_of_cnn1(results), found)
    return log, {each.name: each for each in log.tried}


def numbers_of_cnn1(results):
    return [number for number in judge_numbers(Everything(results), FirstSteps())
            if number.reported.experiment == 'cnn1']


class Everything:
    """`StandIns` that give every other experiment's numbers no runs."""

    def __init__(self, results):
        self.of = lambda name: results.of(name) if name == 'cnn1' else ()


def test_a_program_that_prints_the_log_explains_it():
    log, by_name = judged({'keep-prob-1': (0.0, 16), 'epochs': (0.5, 16), 'lr-2e-3': (4.0, 4),
                           'rmsprop': (0.0, 4), 'momentum': (0.0, 3)}, listed=0.5)
    right = by_name['keep-prob-1']
    assert log.best is right and right.verdict == EXPLAINS and right.n == 16
    assert right.ahead > log.needed == pytest.approx(math.log(20 * 22))
    assert by_name['epochs'].verdict in (BETTER, NO_BETTER) and by_name['epochs'].ahead < log.needed
    assert by_name['cnn2'].verdict == NO_BETTER and by_name['cnn2'].n == 20
    assert by_name['lr-2e-3'].verdict == EXCLUDED and by_name['lr-2e-3'].ahead < -plan.EXCLUDED
    # a first look excludes only; before it nothing is known
    assert by_name['rmsprop'].verdict == WAITING and by_name['rmsprop'].ahead > 0
    assert by_name['momentum'].verdict == WAITING and by_name['momentum'].ahead is None
    assert len(log.tried) == len(TRIED['cnn1']) + 2 and len(log.waiting) == 22 - 4
    assert log.n == 20 == len(log.best_of_ours) == len(log.our_leads)
    assert log.lead > 1.5 and abs(log.our_leads.mean()) < 0.5
    first, second, third = log_words(log)
    assert first.endswith('; none of these is as far ahead of the others.')
    assert second.startswith('Another program explains it, of 4 that we tried (keep_prob 1: no '
                             'dropout: log-likelihood +')
    assert third == '18 more programs wait for runs.'
    assert tried_rows(log)[0][0] == 'keep_prob 1: no dropout'
    assert tried_rows(log)[-1][3:] == ('–', WAITING)


def test_of_a_log_as_our_own_runs_no_program_is_far_ahead():
    log, by_name = judged({'keep-prob-1': (0.0, 16), 'lr-2e-3': (1.0, 16)}, listed=0.0)
    assert EXPLAINS not in {each.verdict for each in log.tried}
    assert log.as_far == (log.best_of_ours >= log.best.ahead).sum() > 0
    assert 'None of 3 other programs that we tried explains it' in log_words(log)[1]


def test_a_second_look_does_not_begin_with_an_excluded_program():
    """Its further runs, if there are any, are not looked at."""
    four, _ = judged({'lr-2e-3': (4.0, 4)})
    sixteen, by_name = judged({'lr-2e-3': (4.0, 16)})
    assert by_name['lr-2e-3'].n == 4 and by_name['lr-2e-3'].verdict == EXCLUDED
    assert [each.ahead for each in four.tried] == [each.ahead for each in sixteen.tried]


def test_its_own_step_0_judges_a_changed_program(monkeypatch):
    """A cell run twice has a trained network's first values, whatever step 0 of its settings is."""
    starts = pd.DataFrame([('relu', seed, 0.1, 5.3 * math.exp(0.1 * math.sin(seed)))
                           for seed in range(50)],
                          columns=['settings', 'seed', 'train_accuracy', 'train_loss'])
    ours = StandIns(cnn1=runs_about(0.0, settings_of('cnn1'), 20))
    again = runs_about(0.0, READINGS['cell-run-twice'].settings, 16, plan.FIRST_SEED, seed=2)
    for run in again:
        run.values['train_loss'][0] = 0.02 * math.exp(0.1 * math.sin(run.seed))
    ahead = {}
    for change in (plan.CONTINUED, ''):
        monkeypatch.setitem(READINGS, 'cell-run-twice', plan.Reading(
            'twice', 'step 0', READINGS['cell-run-twice'].settings, change))
        log, = judge_readings(ours, FirstSteps(starts, 'course CIFAR-10'),
                              numbers_of_cnn1(ours), {'cell-run-twice': again})
        ahead[change], = (each for each in log.tried if each.name == 'cell-run-twice')
    assert ahead[plan.CONTINUED].verdict == EXCLUDED and ahead[''].ahead > -2


def written(results, change='', **settings):
    """readings.csv and .json with four runs of a reading, said to be made so."""
    reading = READINGS['epochs']
    rows = [(name, seed, step, 0.5, 1.0 + seed / 1000, 0.4, 1.5)
            for name in ('epochs',) for seed in range(200, 204)
            for step in range(0, plan.STEPS + 1, 100)]
    results.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=COLUMNS).to_csv(results / 'readings.csv', index=False)
    (results / 'readings.json').write_text(json.dumps({'readings': {'epochs': {
        'change': change or reading.change,
        'settings': as_config(reading.settings) | settings}}}), encoding='utf-8')
    return results


def test_the_table_is_read_and_told(tmp_path):
    write_runs(written(tmp_path), ('cnn1', 'cnn4'), seeds=5)
    runs = read_readings(tmp_path)['epochs']
    assert [run.seed for run in runs] == [200, 201, 202, 203]
    assert list(runs[1].measured('train_loss').items())[:2] == [(0, 1.201), (100, 1.201)]
    assert set(CNN_COLUMNS[1:]) == set(runs[0].history)
    log, = compare(tmp_path).logs
    assert {each.name: each.n for each in log.tried}['epochs'] == 4
    assert f'ahead of itself: {log.head_start:+.1f} for `cnn1`.' in tried_words([log])


@pytest.mark.parametrize('column, place', [(None, 7), (None, 42), ('train_loss', 7),
                                           ('test_accuracy', 42)])
def test_a_run_that_is_not_whole_is_named(column, place, tmp_path):
    path = written(tmp_path) / 'readings.csv'
    table = pd.read_csv(path)
    row = table.index[table['seed'] == 201][place]
    if column:
        table.loc[row, column] = np.nan
    else:
        table = table.drop(row)
    table.to_csv(path, index=False)
    with pytest.raises(UserError, match='rows or values of epochs with seed 201 are missing'):
        read_readings(tmp_path)


def test_the_head_start_of_ending_earlier():
    """Where the test accuracy is nearer the report's when training ends, as it is of `cnn1`."""
    runs = runs_about(0.0, settings_of('cnn1'), 20)
    for run in runs:
        run.values['test_accuracy'][plan.STEPS] = run.values['test_accuracy'][5000]
    same = judge_of_cnn1(runs).head_start
    for run in runs:
        run.values['test_accuracy'][5000] -= 0.03
    nearer = judge_of_cnn1(runs).head_start
    assert same == 0 and nearer > 1
    for run in runs:
        del run.values['test_accuracy'][plan.STEPS]
    assert judge_of_cnn1(runs).head_start is None


def judge_of_cnn1(runs):
    results = StandIns(cnn1=runs)
    log, = judge_readings(results, FirstSteps(), numbers_of_cnn1(results), {})
    return log


@pytest.mark.parametrize('wrong', [{'change': 'another'}, {'lr': 0.5}])
def test_a_table_of_another_plan_is_refused(wrong, tmp_path):
    with pytest.raises(UserError, match='epochs is not as planned'):
        read_readings(written(tmp_path, **wrong))


def test_without_readings_nothing_but_the_labels_is_tried(tmp_path):
    comparison = Comparison(compare(write_runs(tmp_path, ('cnn1', 'cnn2'), seeds=5)).results)
    log, = comparison.logs
    assert [each.name for each in log.tried if each.n] == ['cnn2']
    assert log_words(log)[-1] == '21 more programs wait for runs.'
