"""Trial `platforms`: Windows, macOS, and a file system that flushes no folders, simulated.

`simulated/sitecustomize.py` puts each system's refusals, with the documents that say so, into every
process. A run that is interrupted and resumed, `reproduce.py --jobs 2`, `compare.py` and `check.py`
must end well there and give what they give here, byte for byte. The folders' names have spaces and
letters that are not ASCII: composed, as Windows writes them, or not, as macOS does. `MPLBACKEND` is
a notebook's.
"""

import os
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Iterable

import pytest
from commands import SECONDS, command, command_of, environment, run, run_well
from helpers import REPOSITORY, Done
from made_up import write_runs
from reproduced import differing
from same_run import differences

from elec576.claims.plan import FIRST_SEED
from elec576.files import UNFINISHED
from elec576.runs import many
from elec576.runs.rundir import RunDirectory
from elec576.settings import RnnSettings

SIMULATED = Path(__file__).parent / 'simulated'
FORMS = {'Windows': 'NFC', 'macOS': 'NFD', 'a file system without folder flushes': 'NFC'}
ENCODINGS = {'Windows': 'cp1252'}  # of redirected output; others have UTF-8
SETTINGS = RnnSettings(hidden=8, iterations=50 * 200, eval_every=50, display_step=20, threads=1)
JOBS = many.plan('cnn1', [FIRST_SEED, FIRST_SEED + 1])
REPORT = [sys.executable, str(REPOSITORY / 'tests' / 'torture' / 'short_report.py'),
          '--only', 'cnn1', '--seeds', '2', '--jobs', '2']
COMPARED = ('cnn1', 'gru-50')
CHECK = command('check.py', '--experiment', 'cnn1', '--claim', 'test_accuracy=0.49',
                '--claim', 'test_accuracy=0.1', '--results', REPOSITORY / 'results')

pytestmark = pytest.mark.slow


def compare_in(folder: Path) -> list[str]:
    """The command that compares copies of the same made-up runs."""
    write_runs(folder, COMPARED, seeds=4)
    return command('compare.py', '--html', '--results', folder)


def written(folder: Path) -> dict[str, bytes]:
    """What that command has written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*')
            if path.is_file() and 'runs' not in path.relative_to(folder).parts}


@pytest.fixture(scope='module')
def here(small_data, tmp_path_factory):
    """The same on this system: the folder, and what compare.py and check.py print."""
    folder = tmp_path_factory.mktemp('here')
    run_well(command_of(SETTINGS, folder / 'run', small_data))
    run_well([*REPORT, '--results', str(folder / 'results')])
    compared, checked = run_well(compare_in(folder / 'compared')), run(CHECK)
    assert checked.code == 1 and 'OUTSIDE' in checked.stdout, checked
    return folder, compared.stdout, checked.stdout


@pytest.mark.parametrize('system', FORMS)
def test_the_commands(system, here, small_data, finding, trial_options, tmp_path):
    folder, encoding = tmp_path / unicodedata.normalize(FORMS[system], 'größer → ü'), \
        ENCODINGS.get(system, 'utf-8')
    folder.mkdir()
    changes = {'SIMULATED': system, 'MPLBACKEND': 'module://matplotlib_inline.backend_inline'}
    environ = environment(**changes)
    environ['PYTHONPATH'] = os.pathsep.join((str(SIMULATED), environ['PYTHONPATH']))

    def there(words: list[str], stop_at: str = '') -> Done:
        """Run a command on the system; Ctrl-C when it prints a line that begins so."""
        with subprocess.Popen(words, env=environ, cwd=folder, encoding=encoding,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as job:
            if stop_at and any(line.startswith(stop_at) for line in job.stdout):
                job.send_signal(signal.SIGINT)
            stdout, stderr = job.communicate(timeout=SECONDS)
        return Done(job.returncode, stdout, stderr)

    def shown(text: str) -> str:
        return text.encode(encoding, 'replace').decode(encoding)

    failed, (whole, compared, checked) = [], here

    def expect(what: str, done: Done, code: int, problems: Iterable[str] = ()) -> None:
        found = [*problems] if done.code == code else [f'exit code {done.code}: {done.stderr}']
        if found:
            failed.append(f'{what}: {"; ".join(found)}')

    words = command_of(SETTINGS, folder / 'run', small_data, '--checkpoint-seconds', 0)
    expect('interrupted', there(words, 'Iter 2000,'), 130)
    done = there(words)
    expect('resumed', done, 0, differences(RunDirectory(folder / 'run'),
                                           RunDirectory(whole / 'run')) if not done.code else ())
    done = there([*REPORT, '--results', str(folder / 'results')])
    expect('reproduce.py', done, 0, differing(folder / 'results', whole / 'results', JOBS)
           if not done.code else ())
    names = 'an interrupted run and its resume, reproduce.py --jobs 2'
    if trial_options.full or encoding != 'utf-8':  # these two are about texts
        names += ', compare.py, check.py'
        done = there(compare_in(folder / 'compared'))
        ours, theirs = written(folder / 'compared'), written(whole / 'compared')
        expect('compare.py', done, 0, [
            *(name for name in ours | theirs if ours.get(name) != theirs.get(name)),
            *['what it prints'] * (done.stdout != shown(compared))])
        done = there(CHECK)
        expect('check.py', done, 1, ['what it prints'] * (done.stdout != shown(checked)))
    left = [path.name for path in folder.rglob(f'{UNFINISHED}*')]
    failed += [f'left behind: {", ".join(left)}'] * bool(left)
    finding(f'{system}, simulated: {names} give what they give here', 2 + names.count(','), failed)


def test_what_is_simulated_is_refused(tmp_path):
    """Or the trial would not be one: each refusal, tried without our package."""
    program = """
import itertools, os, pathlib, signal, sys
number = itertools.count()
found = []
def attempt(name, do, used=False):
    folder = pathlib.Path(str(next(number)))
    folder.mkdir()
    (folder / 'file').write_bytes(b'bytes')
    (folder / 'other').write_bytes(b'bytes')
    handle = os.open(folder / 'other', os.O_RDONLY) if used else None
    try:
        do(folder, folder / 'file', folder / 'other')
    except (OSError, AttributeError, ValueError):
        found.append(name)
    if used:
        os.close(handle)
def flush(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
attempt('flush a folder', lambda folder, file, other: flush(folder))
attempt('flush for reading', lambda folder, file, other: flush(file))
attempt('replace an open file', lambda folder, file, other: os.replace(file, other), True)
attempt('remove an open file', lambda folder, file, other: other.unlink(), True)
attempt('rename its folder', lambda folder, file, other: os.rename(folder, 'new'), True)
attempt('rename to what is there', lambda folder, file, other: os.rename(file, other))
attempt('a colon', lambda folder, file, other: os.mkdir(folder / 'a:b'))
attempt('a question mark', lambda folder, file, other: open(folder / 'why?', 'w'))
attempt('an arrow', lambda folder, file, other: file.write_text('→'))
attempt('print an arrow', lambda folder, file, other: print('→', flush=True))
attempt('proc', lambda folder, file, other: open('/proc/cpuinfo'))
attempt('affinity', lambda folder, file, other: os.sched_getaffinity(0))
attempt('SIGHUP', lambda folder, file, other: signal.SIGHUP)
attempt('its number', lambda folder, file, other: signal.signal(1, signal.SIG_DFL))
attempt('permissions', lambda folder, file, other: os.chmod(other, 0o644))
print(*found, sep='; ', file=sys.stderr)
"""
    refused = {}
    for system in FORMS:
        (tmp_path / system).mkdir()
        done = subprocess.run([sys.executable, '-c', program], capture_output=True,
                              encoding='utf-8', cwd=tmp_path / system, env={
                                  **os.environ, 'PYTHONPATH': str(SIMULATED), 'SIMULATED': system})
        assert done.returncode == 0, done.stderr
        refused[system] = done.stderr.strip()
    assert refused == {
        'Windows': 'flush a folder; flush for reading; replace an open file; remove an open file; '
        'rename its folder; rename to what is there; a colon; a question mark; an arrow; '
        'print an arrow; proc; affinity; SIGHUP; its number',
        'macOS': 'proc; affinity',
        'a file system without folder flushes': 'flush a folder; permissions'}
