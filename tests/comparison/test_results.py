"""Reading runs: what is refused, what is left out, and that both are said."""

import json
import shutil

import numpy as np
import pytest
from made_up import write_run, write_runs

from elec576.comparison.results import read_results
from elec576.errors import UserError


@pytest.fixture
def results(tmp_path):
    return write_runs(tmp_path, ('cnn1', 'gru-50'), seeds=3)


def edit(path, **changes):
    content = json.loads(path.read_text())
    for name, value in changes.items():
        (content.pop(name) if value is None else content.update({name: value}))
    path.write_text(json.dumps(content))


def refusal(results) -> str:
    with pytest.raises(UserError) as caught:
        read_results(results)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_values_are_those_of_the_files_by_seed(results):
    found = read_results(results)
    assert [run.seed for run in found.of('cnn1')] == [0, 1, 2]
    for run, value, statistic in zip(found.of('cnn1'), found.values('cnn1', 'train_loss', 3000),
                                     found.values('cnn1', 'h_conv2_mean', 5000)):
        rows = [line.split(',') for line in (run.path / 'history.csv').read_text().splitlines()]
        (row,) = [row for row in rows if row[0] == '3000']
        assert float(row[rows[0].index('train_loss')]) == value
        activations = json.loads((run.path / 'activations.json').read_text())
        assert activations['h_conv2']['mean'] == statistic
    metrics = json.loads((results / 'runs/gru-50/seed1/metrics.json').read_text())
    assert found.values('gru-50', 'test_loss', 2999)[1] == metrics['test_loss']
    assert found.cpu_seconds('gru-50')[1] == metrics['cpu_seconds']
    assert found.values('gru-50', 'test_loss', 2998) == (None,) * 3
    assert found.of('cnn2') == () == found.values('cnn2', 'test_loss', 5000)


def test_seeds_sort_as_numbers(tmp_path):
    for seed in (10, 2, 0):
        write_run(tmp_path, 'gru-50', seed)
    assert [run.seed for run in read_results(tmp_path).of('gru-50')] == [0, 2, 10]


def test_no_runs(tmp_path):
    assert 'there are no runs' in refusal(tmp_path) and 'reproduce.py' in refusal(tmp_path)
    (tmp_path / 'runs' / 'cnn1').mkdir(parents=True)
    assert 'there are no runs' in refusal(tmp_path)


def test_a_missing_run_is_said(results):
    shutil.rmtree(results / 'runs/cnn1/seed1')
    write_runs(results, ('cnn2',), seeds=3)
    found = read_results(results)
    assert len(found.of('cnn1')) == 2
    assert any('Missing' in notice and 'cnn1 seed 1' in notice and 'cnn2' not in notice
               for notice in found.notices)
    assert any('No finished run of: cnn3' in notice for notice in found.notices)


def test_an_unfinished_run_is_left_out_and_said(results):
    (results / 'runs/cnn1/seed2/metrics.json').unlink()
    found = read_results(results)
    assert [run.seed for run in found.of('cnn1')] == [0, 1]
    assert 'Left out, not finished: cnn1 seed 2.' in found.notices


def test_stand_in_runs_are_left_out_and_said(results):
    stand_in = {'name': 'stand-in digits', 'digest': 'd', 'stand_in': True}
    for seed in (0, 1):
        edit(results / f'runs/cnn1/seed{seed}/metrics.json', dataset=stand_in)
    found = read_results(results)
    assert [run.seed for run in found.of('cnn1')] == [2]
    assert 'Left out, made on the stand-in data: cnn1 seed 0, cnn1 seed 1.' in found.notices
    edit(results / 'runs/cnn1/seed2/metrics.json', dataset=stand_in)
    shutil.rmtree(results / 'runs/gru-50')
    assert 'every finished run is on the stand-in' in refusal(results)


@pytest.mark.parametrize('content', ['', '{', '[]', '{"test_accuracy": 0.5}', '\0\1'])
def test_damaged_metrics_are_refused(results, content):
    path = results / 'runs/cnn1/seed1/metrics.json'
    path.write_text(content)
    assert str(path) in refusal(results)


@pytest.mark.parametrize('changes', [
    {'test_accuracy': None}, {'test_accuracy': 1.5}, {'test_accuracy': 'high'},
    {'test_accuracy': float('nan')}, {'test_loss': -1}, {'cpu_seconds': True}, {'dataset': 'x'},
    {'dataset': {'name': 'course CIFAR-10', 'digest': 'x'}}, {'threads': 0}, {'threads': 2},
    {'finished': None}])
def test_impossible_metrics_are_refused(results, changes):
    path = results / 'runs/cnn1/seed1/metrics.json'
    edit(path, **changes)
    assert str(path) in refusal(results)


def test_metrics_of_another_run_are_refused(results):
    runs = results / 'runs/cnn1'
    shutil.copy(runs / 'seed0/metrics.json', runs / 'seed1/metrics.json')
    message = refusal(results)
    assert str(runs / 'seed1/history.csv') in message and 'metrics.json says' in message


@pytest.mark.parametrize('name, value, says', [
    ('lr', 1e-4, '--lr 0.0001, but cnn1 seed 1 has 0.001'), ('act', 'tanh', '--act tanh'),
    ('act', 'swish', '--act swish'), ('seed', 2, '--seed 2'), ('steps', 'many', '--steps many'),
    ('lr', None, '--lr None')])
def test_a_run_of_another_configuration_is_refused(results, name, value, says):
    path = results / 'runs/cnn1/seed1/config.json'
    config = json.loads(path.read_text())
    config['settings'][name] = value
    path.write_text(json.dumps(config))
    message = refusal(results)
    assert str(path) in message and says in message


def test_free_settings_may_differ(results):
    path = results / 'runs/cnn1/seed1'
    config = json.loads((path / 'config.json').read_text())
    config['settings'] |= {'eval_every': 500, 'log_every': 500, 'threads': 2}
    (path / 'config.json').write_text(json.dumps(config))
    edit(path / 'metrics.json', threads=2)
    assert 'The runs differ in their thread counts: 1; 2.' in read_results(results).notices


def test_a_run_of_the_other_program_is_refused(results):
    shutil.copy(results / 'runs/gru-50/seed1/config.json', results / 'runs/cnn1/seed1/config.json')
    assert 'another program' in refusal(results)


def test_a_run_without_a_configuration_is_refused(results):
    path = results / 'runs/cnn1/seed1/config.json'
    path.unlink()
    assert str(path) in refusal(results)


def test_other_data_is_refused(results):
    path = results / 'runs/cnn1/seed2/metrics.json'
    other = {'name': 'course CIFAR-10', 'digest': 'other', 'stand_in': False}
    edit(path, dataset=other)
    assert str(path) in refusal(results) and 'digest is other' in refusal(results)


def test_more_images_per_class_are_other_pixels_of_the_same_data(tmp_path):
    results = write_runs(tmp_path, ('cnn2', 'cnn3'), seeds=1)
    digests = {run.metrics['dataset']['digest'] for run in read_results(results).all()}
    assert len(digests) == 2
    edit(results / 'runs/cnn3/seed0/metrics.json',
         dataset={'name': 'CIFAR-10 folder', 'digest': 'x', 'stand_in': False})
    assert 'name is CIFAR-10 folder' in refusal(results)


@pytest.mark.parametrize('damage, says', [
    (lambda text: text[:len(text) // 2].rsplit('\n', 1)[0] + '\n', 'after 5000 steps is None'),
    (lambda text: '', 'history'),
    (lambda text: text.replace('\n3000,', '\n3001,'), 'no train_accuracy at step 3000'),
    (lambda text: text.replace('1.5', 'nan'), 'finite'),
    (lambda text: text.replace('1.5', 'x'), 'history'),
    (lambda text: text.replace('train_loss', 'loss'), 'columns'),
    (lambda text: text.replace('\n3000,', '\n300,'), 'ascend')])
def test_damaged_histories_are_refused(results, damage, says):
    path = results / 'runs/cnn1/seed1/history.csv'
    path.write_text(damage(path.read_text()))
    message = refusal(results)
    assert str(path) in message and says in message


@pytest.mark.parametrize('content', ['{}', 'x', '{"h_conv1": 3}',
                                     '{"h_conv1": {"mean": "high"}, "h_conv2": {}}'])
def test_damaged_statistics_are_refused(results, content):
    path = results / 'runs/cnn1/seed1/activations.json'
    path.write_text(content)
    assert str(path) in refusal(results)
    path.unlink()
    assert str(path) in refusal(results)


@pytest.mark.parametrize('stranger', ['runs/cnn10/seed0', 'runs/cnn1/seed01', 'runs/cnn1/best'])
def test_strangers_are_refused(results, stranger):
    (results / stranger).mkdir(parents=True)
    assert str(results / stranger).removesuffix('/seed0') in refusal(results)


def test_filters(results):
    run = read_results(results).of('cnn1')[0]
    assert run.filters().shape == (5, 5, 1, 32)
    np.save(run.path / 'filters.npy', np.zeros((3, 3)))
    with pytest.raises(UserError, match='filters.npy'):
        run.filters()
    (run.path / 'filters.npy').write_text('x')
    with pytest.raises(UserError, match='filters.npy'):
        run.filters()
