"""Finished runs collected into tables: whole, once, and refused when they are damaged."""

import threading

import numpy as np
import pandas as pd
import pytest
from helpers import Killed

from elec576.errors import UserError
from elec576.files import write_array, write_json
from elec576.loops.history import COLUMNS_OF, History
from elec576.machine import versions
from elec576.runs import tables
from elec576.runs.many import Job
from elec576.runs.rundir import config_of
from elec576.runs.tables import collect, folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings

SETTINGS = {'cnn': CnnSettings(steps=20, threads=1), 'rnn': RnnSettings(iterations=1001, threads=1)}
DATASET = {'name': 'some images', 'digest': '12ab', 'stand_in': False}


def finished(results, program, seed, **changes):
    """A made-up finished run in its folder; 1/3 and the like read back exactly or not at all."""
    settings = type(SETTINGS[program])(**{**vars(SETTINGS[program]), 'seed': seed, **changes})
    run = Job(program, seed, settings).directory(results)
    random = np.random.RandomState(seed)
    history = History(COLUMNS_OF[program])
    for step in (10, 15):
        history.record(step, **({'iteration': step * 50} if program == 'rnn' else {}),
                       train_accuracy=random.random_sample(), train_loss=random.random_sample() / 3)
    last = {'test_accuracy': random.random_sample(), 'test_loss': 1e-7 / (3 + seed)}
    history.record(20, **last)
    write_json(run.config, config_of(settings, DATASET, program))
    history.write(run.history)
    write_array(run.test_correct, np.packbits(random.random_sample(30) < 0.5))
    if program == 'cnn':
        write_json(run.activations, {layer: {name: random.random_sample() for name in (
            'mean', 'standard_deviation', 'variance')} for layer in ('h_conv1', 'h_conv2')})
        write_array(run.filters, random.standard_normal((5, 5, 1, 32)).astype(np.float32))
    write_json(run.metrics, {
        **last, 'wall_seconds': 2.5, 'cpu_seconds': 2.25, 'dataset': DATASET, 'threads': 1,
        'isa': 'avx2', 'versions': versions('tensorflow', 'numpy'), 'processor': 'made up, 2 cores',
        'finished': '2026-01-02T03:04:05+00:00'})
    return run


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_file() and path.name != '.lock'}


@pytest.mark.parametrize('program', SETTINGS)
def test_a_collected_run_reads_back_exactly(program, tmp_path):
    kept = {}
    for seed in (7, 3):
        run = finished(tmp_path, program, seed)
        kept[seed] = contents(run.path)
        collect(run, tmp_path)
        assert not run.path.exists()
    table = read_table(folder_of(tmp_path, program))
    assert table.seeds == [7, 3]
    for place, seed in enumerate(table.seeds):
        assert table.history_of(seed).to_csv().encode() == kept[seed]['history.csv']
        assert table.settings(seed) == type(SETTINGS[program])(
            **{**vars(SETTINGS[program]), 'seed': seed})
        again = finished(tmp_path / 'again', program, seed)
        assert table.metrics(seed) == tables.read_metrics(again)
        assert np.array_equal(table.test_correct[place], np.load(again.test_correct))
        if program == 'cnn':
            assert np.array_equal(table.filters[place], np.load(again.filters))
            statistics = tables.read_json(again.activations)
            assert table.runs['h_conv2_variance'][place] == statistics['h_conv2']['variance']
    assert set(contents(folder_of(tmp_path, program))) == {
        'config.json', 'runs.csv', 'history.csv', 'test_correct.npy',
        *(['filters.npy'] if program == 'cnn' else [])}


@pytest.mark.parametrize('writes', range(5))
def test_killed_at_any_write_nothing_is_lost_or_counted_twice(writes, tmp_path, monkeypatch):
    collect(finished(tmp_path, 'cnn', 1), tmp_path)
    before = contents(folder_of(tmp_path, 'cnn'))
    run = finished(tmp_path, 'cnn', 2)
    (folder_of(tmp_path, 'cnn') / '.unfinished-runs.csv-1').write_text('')  # of an earlier kill
    done = 0

    def counted(function):
        def write(*args):
            nonlocal done
            if done == writes:
                raise Killed
            done += 1
            function(*args)
        return write

    with monkeypatch.context() as patch:
        for module, name in ((tables, 'write_array'), (tables, 'write_whole'),
                             (tables.shutil, 'rmtree')):
            patch.setattr(module, name, counted(getattr(module, name)))
        with pytest.raises(Killed):
            collect(run, tmp_path)
    assert run.metrics.exists()
    assert read_table(folder_of(tmp_path, 'cnn')).seeds == ([1] if writes < 4 else [1, 2])
    assert contents(folder_of(tmp_path, 'cnn')).keys() == before.keys()
    # another run comes first; then this one is collected after all
    collect(finished(tmp_path, 'cnn', 3), tmp_path)
    collect(run, tmp_path)
    table = read_table(folder_of(tmp_path, 'cnn'))
    assert sorted(table.seeds) == [1, 2, 3] and not run.path.exists()
    for place, seed in enumerate(table.seeds):
        again = finished(tmp_path / 'again', 'cnn', seed)
        assert table.history_of(seed).to_csv() == again.history.read_text()
        assert np.array_equal(table.filters[place], np.load(again.filters))


def test_many_at_once(tmp_path):
    runs = [finished(tmp_path, 'rnn', seed) for seed in range(8)]
    threads = [threading.Thread(target=collect, args=(run, tmp_path)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_table(folder_of(tmp_path, 'rnn')).seeds) == list(range(8))


def test_a_run_of_another_configuration_is_not_collected(tmp_path):
    collect(finished(tmp_path, 'rnn', 1), tmp_path)
    run = finished(tmp_path, 'rnn', 2, hidden=7)
    with pytest.raises(UserError, match=r'another configuration \(hidden: 128, not 7\)'):
        collect(run, tmp_path)
    assert run.metrics.exists()
    assert read_table(folder_of(tmp_path, 'rnn')).seeds == [1]


def test_a_run_with_damaged_statistics_is_not_collected(tmp_path):
    run = finished(tmp_path, 'cnn', 1)
    statistics = tables.read_json(run.activations)
    for damaged in ({}, {'h_conv1': 3}, {**statistics, 'h_conv2': {'mean': 0.5}},
                    {**statistics, 'h_conv1': {**statistics['h_conv1'], 'mean': 'high'}}):
        write_json(run.activations, damaged)
        with pytest.raises(UserError, match='activations.json: no .* in it; remove .* again'):
            collect(run, tmp_path)
    assert run.metrics.exists() and read_table(folder_of(tmp_path, 'cnn')) is None


def test_no_table(tmp_path):
    assert read_table(tmp_path / 'runs' / 'cnn') is None


def change(column, value):
    def damage(path):
        found = pd.read_csv(path)
        found[column] = found[column].astype(object)
        found.loc[1, column] = value
        found.to_csv(path, index=False)
    return damage


@pytest.mark.parametrize('name, damage', [
    ('config.json', lambda path: path.unlink()),
    ('config.json', lambda path: path.write_text('{')),
    ('config.json', lambda path: path.write_text('{"program": "cnn", "settings": {"lr": "x"}}')),
    ('config.json', lambda path: path.write_text(path.read_text().replace('"threads": 1,', ''))),
    ('runs.csv', lambda path: path.write_text('')),
    ('runs.csv', lambda path: path.write_bytes(b'\0\xff')),
    ('runs.csv', lambda path: path.write_text(path.read_text().replace('test_loss', 'loss'))),
    ('runs.csv', change('test_accuracy', 1.5)), ('runs.csv', change('test_accuracy', 0.25)),
    ('runs.csv', change('test_loss', 'x')), ('runs.csv', change('cpu_seconds', '')),
    ('runs.csv', change('wall_seconds', 'inf')), ('runs.csv', change('seed', 1)),
    ('runs.csv', change('seed', 9)), ('runs.csv', change('seed', 2**64)),
    ('runs.csv', change('processor', '')),
    ('runs.csv', lambda path: path.write_text(path.read_text() * 2)),
    ('runs.csv', lambda path: path.write_text(path.read_text().splitlines()[0] + '\n')),
    ('history.csv', lambda path: path.unlink()),
    ('history.csv', lambda path: path.write_text(path.read_text()[:200])),
    ('history.csv', change('step', 30)), ('history.csv', change('step', 2**64)),
    ('history.csv', change('step', '')),
    ('history.csv', change('train_loss', 'inf')), ('history.csv', change('train_loss', 'x')),
    ('test_correct.npy', lambda path: path.unlink()),
    ('test_correct.npy', lambda path: path.write_bytes(path.read_bytes()[:100])),
    ('filters.npy', lambda path: write_array(path, np.zeros((1, 5, 5, 1, 32)))),
    ('filters.npy', lambda path: write_array(path, np.full((2, 5, 5, 1, 32), np.nan))),
    ('filters.npy', lambda path: write_array(path, np.zeros((2, 3)))),
], ids=lambda value: value if isinstance(value, str) else '')
def test_damaged_tables_are_refused_in_one_line(name, damage, tmp_path):
    for seed in (1, 2):
        collect(finished(tmp_path, 'cnn', seed), tmp_path)
    folder = folder_of(tmp_path, 'cnn')
    damage(folder / name)
    with pytest.raises(UserError, match=str(folder)) as error:
        read_table(folder)
    assert '\n' not in str(error.value)
