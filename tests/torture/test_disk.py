"""Trial `disk`: no space left at any single write of a run; a folder read-only, or removed.

A limit on the size of files (`RLIMIT_FSIZE`, which every Unix has and nobody needs permission for)
stands for a full disk: at each of a run's writes in turn, and below the size of each of its files.
Where a file system may be mounted, a small one really fills up as well, page by page. Each time
the run must end with one line and exit code 2, what is saved must be whole, and once there is
space the same command must lead to the bits of a run that always had space.
"""

import contextlib
import functools
import os
import resource
import shutil
import subprocess
import sys
from unittest import mock

import pytest
from commands import command_of
from helpers import call
from same_run import begins, differences

from elec576.runs import checkpoints
from elec576.runs.rundir import RunDirectory
from elec576.settings import RnnSettings
from elec576.tf1 import tf

SETTINGS = RnnSettings(hidden=3, iterations=10 * 6, batch_size=10, display_step=1, eval_every=2,
                       threads=1)
PAGE = 4096  # bytes of the least piece of a tmpfs
SPACE = '64m'  # more than the run needs

# TensorFlow's own thread for event files fails on a full disk, and pytest tells of it
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(
    'ignore::pytest.PytestUnhandledThreadExceptionWarning')]


class Writes:
    """Counts the files that are opened for writing; before one of them, something happens."""

    def __init__(self):
        self.counting = False
        self.number = 0
        sys.addaudithook(self.look)  # for good; there is no way to remove one

    def look(self, event: str, arguments: tuple) -> None:
        if self.counting and event == 'open' and (
                set(arguments[1] or '') & set('wax+') or arguments[2] & 3):
            self.count()

    def count(self) -> None:
        self.number += 1
        if self.number == self.last:
            self.happen()

    @contextlib.contextmanager
    def until(self, last, happen=lambda: limit(0)):
        """Let it happen before write number ``last``, from 1 on; by default, no space is left."""
        save = tf.train.Saver.save

        def counted(*arguments, **more):
            self.count()  # TensorFlow's own writing raises no audit event
            return save(*arguments, **more)

        self.number, self.last, self.happen, self.counting = 0, last, happen, True
        try:
            with mock.patch.object(tf.train.Saver, 'save', counted):
                yield
        finally:
            self.counting = False
            limit(resource.RLIM_INFINITY)


def limit(size: int) -> None:
    """Let files of this process grow to ``size`` bytes, as far as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard != resource.RLIM_INFINITY:
        size = hard if size == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


@contextlib.contextmanager
def limited(size: int):
    limit(size)
    try:
        yield
    finally:
        limit(resource.RLIM_INFINITY)


@contextlib.contextmanager
def mounted(place, size: str):
    """A file system of ``size`` at ``place``."""
    place.mkdir(exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'none', place], check=True,
                   capture_output=True)
    try:
        yield
    finally:
        subprocess.run(['umount', '-l', place], check=True)


@contextlib.contextmanager
def remounted(place, before: str, after: str):
    """The file system at ``place`` with the options ``before``, and at the end with ``after``."""
    def remount(options: str) -> None:
        subprocess.run(['mount', '-o', f'remount,{options}', place], check=True)

    remount(before)
    try:
        yield
    finally:
        remount(after)


@contextlib.contextmanager
def forbidden(out, writes: Writes, number: int):
    """No folder from ``out`` on may be written from a write on, until the context ends."""
    def chmod(mode: int) -> None:
        for path in (out, *out.rglob('*')):
            if path.is_dir():
                path.chmod(mode)

    try:
        with writes.until(number, lambda: chmod(0o555)):
            yield
    finally:
        chmod(0o755)


@pytest.fixture(scope='module')
def words_of(small_data):
    """A run's command line: a checkpoint after every step, kept weights, event files."""
    return lambda out: command_of(SETTINGS, out, small_data, '--checkpoint-seconds', 0,
                                  '--keep-every', 3)


@pytest.fixture(scope='module')
def whole(words_of, tmp_path_factory) -> RunDirectory:
    """The run that always had space."""
    run = RunDirectory(tmp_path_factory.mktemp('disk') / 'whole')
    assert call(words_of(run.path)).code == 0
    return run


@pytest.fixture(scope='module')
def writes(whole, words_of, tmp_path_factory) -> Writes:
    """Their counter; ``total`` is how many a run makes."""
    counter = Writes()
    with counter.until(None):
        assert call(words_of(tmp_path_factory.mktemp('disk') / 'counted')).code == 0
    counter.total = counter.number
    return counter


@pytest.fixture(scope='module')
def mountable(tmp_path_factory) -> bool:
    """Whether this process may mount a file system."""
    try:
        with mounted(tmp_path_factory.mktemp('mountable'), SPACE):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@pytest.fixture
def failing(whole, words_of):
    """Make a run without what it needs, then with it; why it is not as it should be, or ''."""
    def why(out, without) -> str:
        run, why.stopped = RunDirectory(out), True
        try:
            with without:
                done = call(words_of(out))
        except Exception as error:
            return f'{type(error).__name__}: {error}'
        why.stopped = done.code != 0
        if why.stopped:
            if not (done.refused('again') or done.refused('another folder')):
                return f'exit code {done.code}: {done.stderr}'
            if not saved_is_whole(run, whole):
                return 'what is saved is not whole'
        elif not run.metrics.exists():
            return 'nothing was said'
        done = call(words_of(out))
        if done.code:
            return f'cannot be resumed: {done.stderr}'
        found = differences(run, whole)
        if not found:
            shutil.rmtree(out)
        return ', '.join(found)

    return why


def saved_is_whole(run: RunDirectory, whole: RunDirectory) -> bool:
    """Whether what is in ``run``, if anything, is the beginning of ``whole``."""
    for path in checkpoints.whole(run.checkpoints):
        checkpoints.variables(path)
    # only a picture can be missing of a run that has its metrics
    return begins(run, whole) and not (run.metrics.exists() and differences(run, whole))


@pytest.fixture
def try_each(failing, finding, tmp_path):
    """Find out about a run that lacks something, for each of several lacks by their names."""
    def find(what: str, lacks: dict) -> None:
        found = {name: failing(tmp_path / name, without) for name, without in lacks.items()}
        finding(what, len(lacks), [f'{name}: {why}' for name, why in found.items() if why])

    return find


def chosen(numbers, trial_options, few: int) -> list[int]:
    """All of ``numbers``, or a ``few`` of them, the last among them, when the trial is small."""
    numbers = list(numbers)
    return numbers if trial_options.full else numbers[::-(len(numbers) // few)][:few]


def test_no_space_from_a_write_on(try_each, writes, trial_options):
    assert writes.total > 15
    try_each('no space from the n-th write of a run on, for every n: said in one line, nothing '
             'saved is damaged, resumed to the same bits',
             {f'write-{n}': writes.until(n)
              for n in chosen(range(1, writes.total + 1), trial_options, 2)})


def test_no_file_may_grow_to_a_size(try_each, whole, trial_options):
    sizes = sorted({path.stat().st_size for path in whole.path.rglob('*') if path.is_file()} - {0})
    try_each('no file may grow to the size of the n-th smallest file of a run, for every n: the '
             'same', {f'below-{size}-bytes': limited(size - 1)
                      for size in chosen(sizes, trial_options, 1)})


def test_a_small_file_system(failing, finding, mountable, trial_options, tmp_path):
    if not mountable:
        pytest.skip('this process may not mount a file system')
    failed = []
    for tried, pages in enumerate(range(2, 10000, 1 if trial_options.full else 100), 1):
        with mounted(tmp_path / 'mounted', SPACE):
            small = remounted(tmp_path / 'mounted', f'size={pages * PAGE}', f'size={SPACE}')
            why = failing(tmp_path / 'mounted' / 'run', small)
        failed += [f'{pages} pages: {why}'] * bool(why)
        if not failing.stopped:
            break
    finding('a file system of n pages of 4 KiB, for every n until the run fits: the same', tried,
            failed)


def test_a_read_only_folder(try_each, mountable, writes, tmp_path):
    """By a mount where one is possible, for nothing else stops the superuser; or by its mode."""
    what = 'the folder is read-only from the start, or from a write on: the same'
    closed = tmp_path / 'closed'
    closed.mkdir(mode=0o555)
    if mountable:
        with mounted(tmp_path, SPACE):
            # a file system with open files cannot be made read-only: from the start only
            try_each(what, {'mounted': remounted(tmp_path, 'ro', 'rw')})
    elif not os.access(closed, os.W_OK):
        try_each(what, {f'run-{n}': forbidden(tmp_path / f'run-{n}', writes, n)
                        for n in (1, writes.total // 2)})
    else:
        pytest.skip('this process may write everywhere, and may not mount a file system')


def test_the_folder_is_removed(try_each, writes, trial_options, tmp_path):
    try_each('the folder is removed at the n-th write, for every n: said in one line, begun again '
             'to the same bits',
             {f'removed-{n}': writes.until(n, functools.partial(
                 shutil.rmtree, tmp_path / f'removed-{n}', ignore_errors=True))
              for n in chosen(range(1, writes.total + 1), trial_options, 2)})


# ---- that the trial takes the space away, and sees damage

def test_no_space_is_left_at_the_write(writes, tmp_path):
    with writes.until(2):
        (tmp_path / 'first').write_text('x')
        with pytest.raises(OSError):
            (tmp_path / 'second').write_text('x')
    (tmp_path / 'third').write_text('x')


def test_damage_is_seen(whole, tmp_path):
    other = RunDirectory(tmp_path)
    assert saved_is_whole(other, whole)
    other.history.write_text(whole.history.read_text()[:-4])
    assert not saved_is_whole(other, whole)
