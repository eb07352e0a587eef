"""Trial `concurrency`: several processes at the same work at once."""

import multiprocessing
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Callable

import pytest
import racer
import reproduced
from commands import SECONDS, command, command_of, environment, run_well
from helpers import Done, call
from same_run import differences

from elec576 import experiments
from elec576.claims.plan import FIRST_SEED
from elec576.data import load_cifar10
from elec576.data.mnist import read_mnist_folder
from elec576.data.sets import digest
from elec576.files import UNFINISHED
from elec576.runs import many
from elec576.runs.rundir import RunDirectory, locked
from elec576.runs.tables import folder_of, read_table
from elec576.settings import RnnSettings

SETTINGS = RnnSettings(hidden=8, iterations=50 * 400, threads=1)


def start(words: list[str]) -> subprocess.Popen:
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=environment())


def ended(job: subprocess.Popen) -> Done:
    stdout, stderr = job.communicate()
    return Done(job.returncode, stdout, stderr)


@pytest.mark.slow
def test_two_on_a_run(trial_options, finding, small_data, tmp_path):
    whole, failed = RunDirectory(tmp_path / 'whole'), []
    run_well(command_of(SETTINGS, whole.path, small_data))
    number = 3 if trial_options.full else 1
    for turn in range(number):
        run = RunDirectory(tmp_path / f'two-{turn}')
        jobs = [start(command_of(SETTINGS, run.path, small_data)) for _ in range(2)]
        first, second = sorted(map(ended, jobs))
        if first.code or not (second.refused('another process') or second.code == 0 and any(
                'this run is finished' in done.stdout for done in (first, second))):
            failed.append(f'{first} {second}')
        elif names := differences(run, whole):
            failed.append(', '.join(names))
    finding('two processes on one run: one does it, the other says so (exit code 2); the same bits',
            number, failed)


def race(what: Callable[..., str], data: Path, folder: Path, number: int, expected: str
         ) -> list[str]:
    """How ``number`` processes fail that do ``what`` at once (see `racer`)."""
    spawn = multiprocessing.get_context('spawn')
    with spawn.Manager() as manager, ProcessPoolExecutor(number, spawn) as processes:
        line = manager.Barrier(number)  # for the start
        racers = [processes.submit(what, line, data, folder) for _ in range(number)]
    failed = [str(racer.exception() or racer.result()) for racer in racers
              if racer.exception() or racer.result() != expected]
    return failed + [f'left behind: {path}' for path in folder.rglob('.*')
                     if UNFINISHED.strip('.-') in path.name]


def test_one_pixel_cache(trial_options, finding, small_data, tmp_path, monkeypatch):
    monkeypatch.setenv('ELEC576_CACHE', str(tmp_path / 'cache'))
    number = 10 if trial_options.full else 2
    expected = load_cifar10(12, 4, str(small_data))[2].digest
    finding(f'{number} processes at once read a PNG tree through one pixel cache that is not there '
            'yet', number, race(racer.read_pixels, small_data, tmp_path, number, expected))


def test_one_download(trial_options, finding, small_data, tmp_path):
    number = 10 if trial_options.full else 2
    expected = digest(*read_mnist_folder(small_data / 'MNIST_data'))
    failed = race(racer.fetch_once, small_data, tmp_path, number, expected)
    downloads = len((tmp_path / 'downloads').read_text().splitlines())
    finding(f'{number} processes at once need a set that is not there yet: one downloads it, the '
            'others wait', number, failed + [f'{downloads} downloads'] * (downloads != 1))


@pytest.mark.slow
def test_reproduce_twice(finding, tmp_path):
    reference, results = tmp_path / 'reference', tmp_path / 'results'
    assert reproduced.begin(reference).wait(SECONDS) == 0
    jobs = [reproduced.begin(results) for _ in range(2)]
    failed = [f'exit code {job.returncode}' for job in jobs if job.wait(SECONDS)]
    said = results.with_suffix('.log').read_text().count('another process is doing it')
    finding('reproduce.py twice at once on one folder: both end well, every run equal, who has to '
            'wait says so', 2, failed + reproduced.differing(results, reference),
            f'said {said} times that another process is doing a run')


def test_a_run_that_another_process_is_at_is_waited_for(small_data, tmp_path, monkeypatch):
    """Like the last, at a moment of our choice."""
    monkeypatch.setattr(many, 'BUSY_SECONDS', 0.05)
    short = RnnSettings(hidden=4, iterations=50 * 5, eval_every=5, threads=1)
    for name in ('rnn-a', 'rnn-b'):
        monkeypatch.setitem(experiments.EXPERIMENTS, name, short)
    jobs = many.plan('rnn-a,rnn-b', [FIRST_SEED])
    busy, free = jobs[0].directory(tmp_path), folder_of(tmp_path, jobs[1].experiment)
    claimed = threading.Event()

    def somebody_else():
        with locked(busy, {}):
            busy.config.unlink()
            claimed.set()
            while read_table(free) is None:
                time.sleep(0.01)

    other = threading.Thread(target=somebody_else, daemon=True)
    other.start()
    claimed.wait()
    done = call(command('reproduce.py', '--only', 'rnn-a,rnn-b', '--jobs', 1, '--data', small_data,
                        '--results', tmp_path))
    assert done.code == 0, done
    for line, begins in zip(done.stdout.splitlines(), (
            f'{jobs[0]}: another process is doing it', f'{jobs[1]}: test accuracy',
            f'{jobs[0]}: test accuracy', '2 of 2 runs'), strict=True):
        assert line.startswith(begins)


def test_a_command_that_is_refused_is_told_from_others():
    assert Done(2, '', 'no: do this\n').refused('do this')
    assert not Done(2, '', 'no: do this\n').refused('do that')
    assert not Done(2, '', 'no: do this\nmore\n').refused('do this')
    assert not Done(1, '', 'no: do this\n').refused('do this')
