"""Runs on TensorFlow 1.15 beside ours: Welch's test, its power, and what the text says."""

import dataclasses

import numpy as np
import pytest
from made_up import dataset, write_run
from scipy import stats
from tf115.means import (
    WholeRun,
    compare_means,
    detectable_difference,
    read_whole_runs,
    run_path,
    section,
)

from elec576.comparison.results import read_results
from elec576.errors import UserError
from elec576.experiments import named
from elec576.files import write_json

THEIRS, OURS = (0.471, 0.475, 0.468, 0.477, 0.470), (0.472, 0.480, 0.474, 0.469)


def write_whole_run(results, experiment, seed, accuracy, **changed):
    run = WholeRun(accuracy, 1.5, 100.0, 90.0, dataset(experiment, named(experiment)), 1,
                   {'python': '3.7.16', 'tensorflow': '1.15.5', 'numpy': '1.18.5'}, 'a processor',
                   '2026-01-01T00:00:00+00:00', ({'step': 0, 'train_loss': 6.0},))
    path = run_path(results, experiment, seed)
    write_json(path, dataclasses.asdict(run) | changed)
    return path


@pytest.fixture
def results(tmp_path):
    steps = named('cnn1').steps
    for seed, accuracy in enumerate(OURS):
        write_run(tmp_path, 'cnn1', seed, {('test_accuracy', steps): accuracy})
    return tmp_path


def found_in(results):
    return compare_means(read_results(results), results)


def test_without_runs_on_1_15_there_is_no_section(results):
    assert found_in(results) == () and section(()) == []


def test_the_means_are_tested_and_the_power_is_said(results):
    for seed, accuracy in enumerate(THEIRS):
        write_whole_run(results, 'cnn1', seed, accuracy)
    write_whole_run(results, 'gru-128', 0, 0.98)  # of which we have none
    found, = found_in(results)
    assert (found.experiment, found.tf115.n, found.ours.n) == ('cnn1', 5, 4)
    assert found.difference == pytest.approx(np.mean(OURS) - np.mean(THEIRS))
    assert found.p == stats.ttest_ind(OURS, THEIRS, equal_var=False).pvalue
    assert found.low < found.difference < found.high
    text = '\n'.join(section([found]))
    assert 'no difference was found' in text
    assert f'{found.detectable:.2g} or more would be found with 80 % probability' in text


def test_a_difference_and_too_few_runs_are_called_so(results):
    for seed, accuracy in enumerate(THEIRS[:2]):
        write_whole_run(results, 'cnn1', seed, accuracy)
    assert 'too few runs to test' in section(found_in(results))[-1]
    for seed, accuracy in enumerate(THEIRS):
        write_whole_run(results, 'cnn1', seed, accuracy + 0.05)
    assert 'the means differ' in section(found_in(results))[-1]


def test_the_power_is_what_simulation_finds():
    difference = detectable_difference(0.01, 5, 0.02, 10)
    rng = np.random.default_rng(0)
    one, two = rng.normal(0, 0.01, (5, 20000)), rng.normal(difference, 0.02, (10, 20000))
    found = (stats.ttest_ind(one, two, equal_var=False).pvalue < 0.05).mean()
    assert found == pytest.approx(0.80, abs=0.02)


def test_runs_that_cannot_be_compared_are_refused(results):
    path = write_whole_run(results, 'cnn1', 0, 0.47,
                           dataset={'name': 'CIFAR', 'digest': 'f', 'stand_in': False})
    with pytest.raises(UserError, match='other data than our runs'):
        found_in(results)
    write_whole_run(results, 'cnn1', 0, 1.47)
    with pytest.raises(UserError, match='seed0.json: not a run on TensorFlow 1.15'):
        found_in(results)
    path.write_text('{"test_accuracy": 0.5}')
    with pytest.raises(UserError, match='seed0.json: not a run on TensorFlow 1.15'):
        read_whole_runs(results)
