"""Committed runs made again: equal, or what differs first and what differs around it."""

import dataclasses
import shutil

import pytest

from elec576.errors import UserError
from elec576.files import write_json
from elec576.loops.history import RNN_COLUMNS
from elec576.machine import has_instructions
from elec576.runs.many import Job, reproduce
from elec576.runs.rundir import read_json
from elec576.runs.tables import csv_text, folder_of, read_as_written
from elec576.runs.verify import choose, committed, verify
from elec576.settings import CnnSettings, RnnSettings

CNN = CnnSettings(steps=6, train_per_class=12, test_per_class=4, batch_size=10, eval_every=2,
                  threads=1)
RNN = RnnSettings(hidden=4, iterations=50 * 6, display_step=2, eval_every=5, threads=1)


@pytest.fixture(scope='module')
def made(small_data, tmp_path_factory):
    """One run of LeNet5 and two of a recurrent net."""
    folder = tmp_path_factory.mktemp('made')
    jobs = [Job(name, seed, dataclasses.replace(settings, seed=seed)) for name, settings, seed in (
        ('gru-50', RNN, 100), ('cnn1', CNN, 100), ('gru-50', RNN, 101))]
    outcomes = []
    reproduce(jobs, folder, str(small_data), 1, outcomes.append)
    assert [outcome.error for outcome in outcomes] == [None] * 3
    return folder


@pytest.fixture
def results(made, tmp_path):
    """A copy of them, to be damaged."""
    return shutil.copytree(made, tmp_path / 'results')


def verdicts(results, small_data, number=3, seed=None, names=('cnn1', 'gru-50', 'gru-300')):
    tables = committed(results, list(names))
    found = []
    verify(choose(tables, number, seed), tables, str(small_data), 1, found.append)
    return {str(verdict.job): verdict for verdict in found}


def test_runs_made_again_are_equal(results, small_data):
    found = verdicts(results, small_data)
    assert found.keys() == {'cnn1 seed 100', 'gru-50 seed 100', 'gru-50 seed 101'}
    assert all(verdict.equal and verdict.words == 'equal' for verdict in found.values())


def test_the_first_of_each_experiment_comes_first(results):
    tables = committed(results, ['cnn1', 'gru-50'])
    first, second, third = choose(tables, 3)
    assert {first.experiment, second.experiment} == {'cnn1', 'gru-50'}
    assert (first.seed, second.seed, str(third)) == (100, 100, 'gru-50 seed 101')
    assert [str(job) for job in choose(tables, 5, seed=101)] == ['gru-50 seed 101']
    with pytest.raises(UserError, match='--seed 7: none of these experiments'):
        choose(tables, 1, seed=7)
    with pytest.raises(UserError, match='has no runs of these experiments'):
        committed(results, ['cnn2'])


def test_another_value_is_found_and_what_differs_around_it(results, small_data):
    folder = folder_of(results, 'gru-50')
    history = read_as_written(folder / 'history.csv', ('seed', *RNN_COLUMNS))
    history.loc[(history['seed'] == 101) & (history['step'] == 2), 'train_loss'] = 0.25
    (folder / 'history.csv').write_text(csv_text(history))
    found = verdicts(results, small_data, names=['gru-50'])
    assert found['gru-50 seed 100'].equal and not found['gru-50 seed 101'].equal
    words = found['gru-50 seed 101'].words
    assert words.startswith('differs from step 2 on (committed, not here): train_loss: 0.25, not ')
    assert words.endswith('Nothing else that is recorded differs')
    config = read_json(folder / 'config.json')
    write_json(folder / 'config.json', config | {'tensorflow': '2.0.1'})
    words = verdicts(results, small_data, seed=101)['gru-50 seed 101'].words
    assert 'tensorflow: 2.0.1, not ' in words


def test_another_image_that_is_right_is_found(results, small_data):
    path = folder_of(results, 'cnn1') / 'test_correct.npy'
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert verdicts(results, small_data, names=['cnn1'])['cnn1 seed 100'].words.startswith(
        'differs in which test images are right')


@pytest.mark.slow
def test_the_script_ends_with_0_or_1(results, small_data, script):
    options = ('--only', 'gru-50', '--results', results, '--data', small_data, '--jobs', 1)
    code, out, _ = script('reproduce.py', '--verify', 2, *options)
    assert code == 0 and out.splitlines()[-1] == '2 of 2 runs are equal'
    if has_instructions('avx2'):
        assert 'have the bits known of avx2' in out.splitlines()[-2]
    path = folder_of(results, 'gru-50') / 'test_correct.npy'
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))
    code, out, _ = script('reproduce.py', '--verify', 2, *options)
    assert code == 1 and '1 of 2 runs are equal' in out
