"""Full disks: that the room is really gone, and that a run bears it at some of its writes."""

import contextlib
import shutil
import signal

import pytest

from elec576.errors import Interrupted
from elec576.runs.rundir import RunDirectory
from elec576.torture import disk as trial


@pytest.fixture(scope='module')
def whole(small_data, tmp_path_factory):
    """A run that never wanted for room, and how often it wrote."""
    run = RunDirectory(tmp_path_factory.mktemp('disk') / 'whole')
    with trial.Writes.one().until(None):
        trial.make(run.path, str(small_data))
    return run, trial.Writes.one().number


def test_the_room_is_gone_at_the_write(whole, tmp_path):
    _, number = whole
    assert number > 15
    writes = trial.Writes.one()
    with writes.until(2):
        (tmp_path / 'first').write_text('x')
        with pytest.raises(OSError):
            (tmp_path / 'second').write_text('x')
    (tmp_path / 'third').write_text('x')


def test_some_writes(whole, small_data, tmp_path):
    run, number = whole
    for n in (1, number // 2, number):
        assert trial.fall(tmp_path / str(n), run, str(small_data),
                          trial.Writes.one().until(n)) == '', n


def test_a_file_that_may_not_grow(whole, small_data, tmp_path):
    run, _ = whole
    size = max(path.stat().st_size for path in run.checkpoints.rglob('*') if path.is_file())
    assert trial.fall(tmp_path / 'run', run, str(small_data), trial._limited(size - 1)) == ''


def test_a_folder_that_is_removed(whole, small_data, tmp_path):
    run, _ = whole
    out = tmp_path / 'run'
    assert trial.fall(out, run, str(small_data), contextlib.nullcontext(),
                      trial._at(3, lambda: shutil.rmtree(out))) == ''


def test_a_signal_ends_the_trial(whole, small_data, tmp_path):
    run, _ = whole
    with pytest.raises(Interrupted):
        trial.fall(tmp_path / 'run', run, str(small_data), contextlib.nullcontext(),
                   trial._at(3, lambda: signal.raise_signal(signal.SIGTERM)))


def test_damage_is_seen(whole, tmp_path, small_data):
    run, _ = whole
    other = RunDirectory(tmp_path)
    assert trial.saved_is_whole(other, run)
    other.history.write_text(run.history.read_text()[:-4])
    assert not trial.saved_is_whole(other, run)
