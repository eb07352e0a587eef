"""A run's directory: who may write into it."""

import json
import os
import subprocess
import sys

import pytest

from elec576.errors import UserError
from elec576.files import whole_folder, write_json
from elec576.runs.rundir import (
    RunDirectory,
    config_of,
    locked,
    read_metrics,
    read_settings,
    step_name,
    steps_in,
)
from elec576.settings import CnnSettings, RnnSettings

DATASET = {'name': 'some images', 'digest': '12ab', 'stand_in': False}
CONFIG = config_of(CnnSettings(steps=3, threads=1), DATASET)


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path / 'deep' / 'run')


def contents(run):
    return {path.name: path.read_bytes() for path in run.path.iterdir() if path.name != '.lock'}


def test_configuration_is_written_once(run):
    with locked(run, CONFIG):
        assert json.loads(run.config.read_text()) == CONFIG
    before = run.config.stat().st_mtime_ns
    with locked(run, CONFIG):
        pass
    assert run.config.stat().st_mtime_ns == before
    assert read_settings(run) == CnnSettings(steps=3, threads=1)


@pytest.mark.parametrize('other, words', [
    (config_of(CnnSettings(steps=4, threads=1), DATASET), ['steps: 3, not 4']),
    (config_of(CnnSettings(steps=3, threads=2, seed=1), DATASET),
     ['seed: 0, not 1', 'threads: 1, not 2']),
    (config_of(CnnSettings(steps=3, threads=1), {**DATASET, 'digest': '34cd'}),
     ['dataset digest: 12ab, not 34cd']),
    (config_of(RnnSettings(threads=1), DATASET), ['program: cnn, not rnn']),
    (config_of(CnnSettings(steps=3, threads=1, isa='avx512'), DATASET), ['isa: avx2, not avx512']),
    (config_of(CnnSettings(steps=3, threads=1), DATASET, 'cnn1'), ['experiment: None, not cnn1']),
    ({**CONFIG, 'tensorflow': '2.0.1'}, ['tensorflow: ', ', not 2.0.1']),
])
def test_another_configuration_is_refused_and_nothing_touched(run, other, words):
    with locked(run, CONFIG):
        pass
    run.history.write_text('step\n')
    before = contents(run)
    with pytest.raises(UserError, match='holds a run of another configuration') as error:
        with locked(run, other):
            pytest.fail('locked')
    assert all(word in str(error.value) for word in words)
    assert contents(run) == before


@pytest.mark.parametrize('name', ['metrics.json', 'history.csv', 'checkpoint', 'kept', 'events'])
def test_remains_without_a_configuration_are_refused(run, name):
    run.path.mkdir(parents=True)
    (run.path / name).mkdir()
    with pytest.raises(UserError, match=f'{name} of an unknown configuration'):
        with locked(run, CONFIG):
            pytest.fail('locked')
    assert not run.config.exists()


def test_damaged_configuration_is_refused(run):
    with locked(run, CONFIG):
        pass
    run.config.write_text('{"program"')
    with pytest.raises(UserError, match='not readable as JSON'):
        with locked(run, CONFIG):
            pytest.fail('locked')
    assert run.config.read_text() == '{"program"'


def test_one_process_at_a_time(run):
    code = ('import sys\nfrom pathlib import Path\n'
            'from elec576.runs.rundir import RunDirectory, locked\n'
            'with locked(RunDirectory(Path(sys.argv[1])), {}):\n'
            '    print("in", flush=True); sys.stdin.read()\n')
    with subprocess.Popen([sys.executable, '-c', code, run.path], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == 'in\n'
        with pytest.raises(UserError, match='another process is writing this run'):
            with locked(run, {}):
                pytest.fail('locked')
        other.kill()  # even a process that could not clean up holds nothing afterwards
        other.wait()
        with locked(run, {}):
            pass


def test_let_go_after_an_error(run):
    # the error, and with it the whole stack, is still alive when the run is tried again
    with pytest.raises(ZeroDivisionError) as error:
        with locked(run, CONFIG):
            1 / 0
    with locked(run, CONFIG):
        pass
    assert error.value


def test_what_a_killed_process_left_unfinished_is_removed(run):
    with locked(run, CONFIG):
        pass
    (run.path / '.unfinished-history.csv-x7').write_text('step,tr')
    (run.checkpoints / '.unfinished-step-00000003').mkdir(parents=True)
    (run.checkpoints / '.unfinished-step-00000003' / 'model.index').write_text('')
    (run.checkpoints / 'step-00000002').mkdir()
    with locked(run, CONFIG):
        assert sorted(path.name for path in run.path.rglob('*')) == [
            '.lock', 'checkpoint', 'config.json', 'step-00000002']


def test_what_another_run_writes_below_stays(run):
    """Its folder may be one of this run's: `--out results/local/cnn1`, say."""
    inner = RunDirectory(run.path / 'seed0')
    with locked(inner, CONFIG), whole_folder(inner.checkpoints / 'step-00000001') as unfinished:
        with locked(run, CONFIG):
            assert unfinished.is_dir()
    assert (inner.checkpoints / 'step-00000001').is_dir()


def test_folders_of_steps(run):
    for name in ('step-100000000', 'step-00000009', 'step-99999999', 'step-00000009-backup'):
        (run.checkpoints / name).mkdir(parents=True)
    (run.checkpoints / 'step-00000010.zip').write_text('')
    (run.checkpoints / 'step-00000011').write_text('')
    assert list(steps_in(run.checkpoints).items()) == [
        (step, run.checkpoints / step_name(step)) for step in (9, 99999999, 100000000)]
    assert steps_in(run.kept) == {}


@pytest.mark.parametrize('content', [b'', b'PK', b'\x93NUMPY'])
def test_progress_of_a_damaged_checkpoint_is_unknown(content, run):
    (run.checkpoints / 'step-00000009').mkdir(parents=True)
    (run.checkpoints / 'step-00000009' / 'progress.npz').write_bytes(content)
    assert run.progress() is None


@pytest.mark.parametrize('place', ['file', 'file/run'])
def test_place_that_cannot_be_written(place, tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='cannot be written .*; give another folder'):
        with locked(RunDirectory(tmp_path / place), CONFIG):
            pytest.fail('locked')


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match='cannot be written .*; give another folder'):
        with locked(RunDirectory(tmp_path), CONFIG):
            pytest.fail('locked')


@pytest.mark.parametrize('text', ['', '{', '[1]', '{}', '{"test_accuracy": 0.5}',
                                  '{"test_accuracy": "high", "wall_seconds": 1}'])
def test_damaged_metrics(run, text):
    run.path.mkdir(parents=True)
    run.metrics.write_text(text)
    with pytest.raises(UserError, match='metrics.json'):
        read_metrics(run)


def test_metrics_without_what_is_read_of_them_later(run):
    whole = {**dict.fromkeys(('test_accuracy', 'test_loss', 'wall_seconds', 'cpu_seconds'), 0.5),
             'dataset': DATASET, 'versions': {}, 'processor': 'made up', 'finished': 'today'}
    run.path.mkdir(parents=True)
    write_json(run.metrics, whole)
    assert read_metrics(run) == whole
    for name in whole:
        for without in ({k: v for k, v in whole.items() if k != name}, {**whole, name: None}):
            write_json(run.metrics, without)
            with pytest.raises(UserError, match=f'metrics.json: no {name} in it; remove .* again'):
                read_metrics(run)
    for name in ('name', 'stand_in'):
        write_json(run.metrics, {**whole, 'dataset': {
            k: v for k, v in DATASET.items() if k != name}})
        with pytest.raises(UserError, match=f'metrics.json: no dataset {name} in it'):
            read_metrics(run)
