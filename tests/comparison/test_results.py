"""Reading runs for the comparison: what is refused, what is left out, and that both are said."""

import csv
import json

import numpy as np
import pytest
from made_up import write_run, write_runs

from elec576.comparison.results import read_results
from elec576.errors import UserError


@pytest.fixture
def results(tmp_path):
    return write_runs(tmp_path, ('cnn1', 'gru-50'), seeds=3)


def edit_config(folder, settings=None, **changes):
    path = folder / 'config.json'
    config = json.loads(path.read_text()) | changes
    config['settings'] |= settings or {}
    path.write_text(json.dumps(config))


def refusal(results) -> str:
    with pytest.raises(UserError) as caught:
        read_results(results)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def rows(path):
    return csv.DictReader(path.read_text().splitlines())


def test_values_are_those_of_the_tables_by_seed(results):
    found = read_results(results)
    assert [run.seed for run in found.of('cnn1')] == [100, 101, 102]
    assert [run.measured('train_loss')[3000] for run in found.of('cnn1')] == [
        float(row['train_loss']) for row in rows(results / 'runs/cnn1/history.csv')
        if row['step'] == '3000']
    for quantity in ('test_loss', 'h_conv2_mean', 'cpu_seconds'):
        assert list(found.final('cnn1', quantity)) == [
            float(row[quantity]) for row in rows(results / 'runs/cnn1/runs.csv')]
    one = found.of('cnn1')[1]
    assert one.measured('h_conv2_mean') == {5000: one.final('h_conv2_mean')}
    for quantity in ('train_loss', 'test_loss'):
        steps, values = one.table.history_of(101).column(quantity)
        assert list(one.measured(quantity).items()) == list(zip(steps, values))
    assert found.of('gru-50')[0].measured('h_conv2_mean') == {}
    assert 2998 not in found.of('gru-50')[0].measured('test_loss')
    assert found.of('cnn2') == () == found.final('cnn2', 'test_loss')
    assert found.of('cnn1')[1].filters().shape == (5, 5, 1, 32)
    correct = found.of('gru-50')[2].test_correct
    assert correct.shape == (10000,) and correct.dtype == bool
    packed = np.load(results / 'runs/gru-50/test_correct.npy')[2]
    assert [*map(int, correct)] == [int(bit) for byte in packed for bit in f'{byte:08b}']


def test_runs_are_in_the_order_of_their_seeds(tmp_path):
    for seed in (110, 102, 100):
        write_run(tmp_path, 'gru-50', seed, {('test_loss', 2999): seed / 1000})
    found = read_results(tmp_path)
    assert [run.seed for run in found.of('gru-50')] == [100, 102, 110]
    assert found.final('gru-50', 'test_loss') == (0.1, 0.102, 0.11)


def test_cnn_vis_is_compared_with_the_runs_of_cnn4(tmp_path):
    found = read_results(write_runs(tmp_path, ('cnn4',), seeds=2))
    assert found.of('cnn-vis') == found.of('cnn4') and len(found.all()) == 2


def test_no_runs(tmp_path):
    assert 'there are no runs' in refusal(tmp_path) and 'reproduce.py' in refusal(tmp_path)
    (tmp_path / 'runs' / 'cnn1').mkdir(parents=True)
    assert 'there are no runs' in refusal(tmp_path)


def test_experiments_without_runs_are_said(results):
    (notice,) = read_results(results).notices
    assert notice.startswith('No finished run of: cnn2, cnn3') and 'cnn-vis' not in notice


@pytest.mark.parametrize('name', ['stand-in (scikit-learn digits)',
                                  "CIFAR-10 folder (not the course's pixels)"])
def test_runs_on_other_images_are_left_out_and_said(results, name):
    other = {'name': name, 'digest': 'd', 'stand_in': 'stand-in' in name}
    edit_config(results / 'runs/cnn1', dataset=other)
    found = read_results(results)
    assert found.of('cnn1') == () and len(found.of('gru-50')) == 3
    assert any(notice.startswith('Left out') and f'cnn1 ({name})' in notice
               for notice in found.notices)
    edit_config(results / 'runs/gru-50', dataset=other)
    assert 'every run is on other data' in refusal(results)


@pytest.mark.parametrize('name, value, says', [
    ('lr', 1e-4, '--lr 0.0001, but cnn1 has 0.001'), ('act', 'tanh', '--act tanh'),
    ('act', 'swish', '--act swish'), ('lr', None, '--lr None')])
def test_another_configuration_is_refused(results, name, value, says):
    edit_config(results / 'runs/cnn1', {name: value})
    message = refusal(results)
    assert str(results / 'runs/cnn1') in message and says in message


def test_free_settings_may_differ_and_are_said(results):
    edit_config(results / 'runs/cnn1', {'log_every': 500, 'threads': 2})
    assert 'The runs differ in their thread counts: 1; 2.' in read_results(results).notices


def test_the_other_program_is_refused(results):
    for name in ('config.json', 'history.csv', 'runs.csv', 'test_correct.npy'):
        (results / 'runs/cnn1' / name).write_bytes((results / 'runs/gru-50' / name).read_bytes())
    assert 'runs of another program' in refusal(results)


def test_a_step_that_is_compared_must_be_there(results):
    path = results / 'runs/cnn1/history.csv'
    path.write_text(path.read_text().replace('\n101,3000,', '\n101,3001,'))
    assert 'not every run has train_accuracy at step 3000' in refusal(results)


@pytest.mark.parametrize('unknown', ['cnn10', 'seed0'])
def test_unknown_folders_are_refused(results, unknown):
    (results / 'runs' / unknown).mkdir()
    assert f'{results / "runs" / unknown}: not a folder of an experiment' in refusal(results)
