"""Trial `disk`: no room at any single write of a run, a folder that is read-only, or is removed.

For want of room a limit on the size of files is set (`RLIMIT_FSIZE`, which every Unix has and
nobody needs leave for): in the midst of a run, at each of its writes in turn, and below the size of
each of its files. Where a file system may be mounted, a small one really fills up as well, page by
page. Each time the run must end with a `UserError`, what is saved must be whole, and with room
again the same command must go on to the bits of a run that never wanted for any.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable, Iterator
from unittest import mock

from elec576.runs import checkpoints, kept
from elec576.errors import Interrupted, UserError
from elec576.runs.rundir import RunDirectory
from elec576.runs.run import Options, run_rnn
from elec576.settings import RnnSettings
from elec576.torture import process
from elec576.torture.findings import Finding, Orders
from elec576.torture.kills import begins, differences

SETTINGS = RnnSettings(hidden=3, iterations=10 * 6, batch_size=10, display_step=1, eval_every=2,
                       threads=1)
FILES = ('config.json', 'history.csv')
PAGE = 4096  # bytes of the least piece of a tmpfs
ROOM = '64m'  # more than the run needs

NOT_WHOLE = 'not whole'


class Writes:
    """Counts the files that are opened for writing, and at one of them takes away all room."""

    installed: Writes | None = None

    def __init__(self):
        self.counting = False
        self.number = 0
        self.last: int | None = None  # the write before which the room is taken away
        sys.addaudithook(self.look)  # for good; there is no way to remove one

    def look(self, event: str, arguments: tuple) -> None:
        if self.counting and event == 'open' and (
                set(arguments[1] or '') & set('wax+') or arguments[2] & 3):
            self.count()

    def count(self) -> None:
        self.number += 1
        if self.number == self.last:
            limit(0)

    @contextlib.contextmanager
    def until(self, last: int | None) -> Iterator[None]:
        """Take away the room at write number ``last``, counted from 1, until the context ends."""
        save_variables = checkpoints.save_variables

        def counted(*arguments) -> None:
            self.count()  # TensorFlow's own writing raises no audit event
            save_variables(*arguments)

        self.number, self.last, self.counting = 0, last, True
        try:
            with mock.patch.object(checkpoints, 'save_variables', counted), \
                    mock.patch.object(kept, 'save_variables', counted):
                yield
        finally:
            self.counting = False
            limit(resource.RLIM_INFINITY)

    @classmethod
    def one(cls) -> Writes:
        cls.installed = cls.installed or cls()
        return cls.installed


def limit(size: int) -> None:
    """Let files of this process grow to ``size`` bytes, as far as the machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if hard != resource.RLIM_INFINITY:
        size = hard if size == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


def make(out: Path, data: str, echo: Callable[[str], None] = lambda line: None) -> None:
    """The run of the trial: a checkpoint after every step, kept weights, event files."""
    run_rnn(SETTINGS, out, Options(data=data, checkpoint_seconds=0, keep_every=3, events=True,
                                   progress_bar=False), echo)


def saved_is_whole(run: RunDirectory, whole: RunDirectory) -> bool:
    """Whether what is in ``run``, if anything, is the beginning of ``whole``."""
    if not begins(run, whole):
        return False
    for path in checkpoints.whole(run.checkpoints):
        checkpoints.variables(path)
    return not run.metrics.exists()


def fall(out: Path, whole: RunDirectory, data: str, without: contextlib.AbstractContextManager,
         echo: Callable[[str], None] = lambda line: None) -> str:
    """Run ``without`` what it needs, then with it; '' if all is as it should be."""
    run = RunDirectory(out)
    try:
        with without:
            make(out, data, echo)
    except UserError as error:
        if 'same command again' not in str(error) and 'give another --out' not in str(error):
            return f'says only: {error}'
        if not saved_is_whole(run, whole):
            return NOT_WHOLE
    except Interrupted:
        raise
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    else:
        if not run.metrics.exists():
            return 'nothing was said'
    try:
        make(out, data)
    except Interrupted:
        raise
    except Exception as error:
        return f'cannot be gone on with: {type(error).__name__}: {error}'
    return ', '.join(differences(run, whole, FILES))


def trial(orders: Orders) -> list[Finding]:
    """Every write of the run, every size of its files, and the folder's own mishaps."""
    with tempfile.TemporaryDirectory(prefix='elec576-disk-') as folder:
        return list(findings(Path(folder)))


def findings(folder: Path, every: int = 1) -> Iterator[Finding]:
    """The findings; of the writes, the sizes and the pages each ``every``-th."""
    data = process.small_data(folder / 'data')
    whole = RunDirectory(folder / 'whole')
    writes = Writes.one()
    with writes.until(None):
        make(whole.path, data)

    def finding(what: str, fallen: dict[str, str]) -> Finding:
        bad = {name: why for name, why in fallen.items() if why}
        shutil.rmtree(folder / 'run', ignore_errors=True)
        return Finding(what, len(fallen), len(fallen) - len(bad),
                       '; '.join(f'{name}: {why}' for name, why in list(bad.items())[:5]))

    def fallen(names: list[str], withouts: list) -> dict[str, str]:
        return {name: fall(folder / 'run' / name, whole, data, without)
                for name, without in zip(names, withouts)}

    numbers = range(1, writes.number + 1, every)
    yield finding('no room from the n-th write of a run on, for every n: said in one line, nothing '
                  'saved is damaged, gone on with to the same bits',
                  fallen([f'write-{n}' for n in numbers], [writes.until(n) for n in numbers]))
    sizes = sorted({path.stat().st_size for path in whole.path.rglob('*') if path.is_file()} - {0})
    sizes = sizes[::every]
    yield finding('no file may grow to the size of the n-th smallest file of a run, for every n: '
                  'the same', fallen([f'below-{size}-bytes' for size in sizes],
                                     [_limited(size - 1) for size in sizes]))
    if may_mount(folder):
        yield finding('a file system of n pages of 4 KiB, for every n until the run fits: the same',
                      _pages(folder, whole, data, every))
    yield finding('the folder is read-only from the start, or from a step on: the same',
                  _read_only(folder, whole, data))
    removed = {}
    for step in (1, 4):
        out = folder / 'run' / f'removed-{step}'
        removed[out.name] = fall(out, whole, data, contextlib.nullcontext(),
                                 _at(step, lambda: shutil.rmtree(out)))
    yield finding('the folder is removed while the run is on: said in one line, begun anew to the '
                  'same bits', removed)


@contextlib.contextmanager
def _limited(size: int) -> Iterator[None]:
    limit(size)
    try:
        yield
    finally:
        limit(resource.RLIM_INFINITY)


def _at(step: int, act: Callable[[], None]) -> Callable[[str], None]:
    """A taker of lines that acts at the ``step``-th line about a batch."""
    lines = []

    def echo(line: str) -> None:
        lines.append(line)
        if len(lines) == step:
            act()

    return echo


def _pages(folder: Path, whole: RunDirectory, data: str, every: int) -> dict[str, str]:
    found = {}
    mounted = folder / 'mounted'
    for pages in range(2, 10000, every):
        with _mounted(mounted, f'{pages * PAGE}'):
            found[f'{pages} pages'] = fall(mounted / 'run', whole, data, _remounted(mounted))
            fitted = not _remounted.fell
        if fitted:
            return found
    return found


class _remounted(contextlib.AbstractContextManager):
    """Gives a small file system room when its context ends."""

    fell = False  # whether the last context ended with an exception

    def __init__(self, mounted: Path, options: str = f'size={ROOM}'):
        self.mounted, self.options = mounted, options

    def __exit__(self, kind, *_) -> None:
        _remounted.fell = kind is not None
        subprocess.run(['mount', '-o', f'remount,{self.options}', self.mounted], check=True)


@contextlib.contextmanager
def _mounted(place: Path, size: str) -> Iterator[None]:
    place.mkdir(exist_ok=True)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'none', place], check=True,
                   capture_output=True)
    try:
        yield
    finally:
        subprocess.run(['umount', '-l', place], check=True)


def may_mount(folder: Path) -> bool:
    """Whether this process may mount a file system."""
    try:
        with _mounted(folder / 'mounted', ROOM):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _read_only(folder: Path, whole: RunDirectory, data: str) -> dict[str, str]:
    """By a read-only mount where one is possible, for nothing else stops the superuser; or by mode.

    A file system with open files cannot be made read-only, so the former is from the start only.
    """
    found = {}
    place = folder / 'read-only'
    if may_mount(folder):
        with _mounted(place, ROOM):
            subprocess.run(['mount', '-o', 'remount,ro', place], check=True)
            found['mounted read-only'] = fall(place / 'run', whole, data, _remounted(place, 'rw'))
    elif os.geteuid():
        for step in (0, 3):
            out = place / f'run-{step}'
            out.mkdir(parents=True)
            if not step:
                _forbid(out, 0o555)
            with contextlib.ExitStack() as leave:
                leave.callback(_forbid, out, 0o755)
                found[f'read-only from step {step}'] = fall(
                    out, whole, data, leave.pop_all(), _at(step, lambda: _forbid(out, 0o555)))
    return found


def _forbid(folder: Path, mode: int) -> None:
    for path in (folder, *folder.rglob('*')):
        if path.is_dir():
            path.chmod(mode)
