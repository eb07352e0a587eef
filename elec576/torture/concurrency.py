"""Trial `concurrency`: several processes at the same work at once."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

from elec576.data.sets import digest
from elec576.runs.rundir import RunDirectory
from elec576.settings import RnnSettings, flag_of
from elec576.torture import process, reproduced
from elec576.torture.findings import Finding, Orders
from elec576.torture.kills import differences
from tf115.made_up import cifar10_pixels, mnist_pixels

SETTINGS = RnnSettings(hidden=8, iterations=50 * 400, threads=1)
HEAD_START = 4.0  # seconds in which a process comes to its starting line


def trial(orders: Orders) -> list[Finding]:
    """Two on a run, ten on a cache and on a download, two reproductions."""
    with tempfile.TemporaryDirectory(prefix='elec576-concurrency-') as name:
        folder = Path(name)
        return [*findings(folder, orders.scripts), reproduced_twice(folder, orders.scripts)]


def findings(folder: Path, scripts: Path, times: int = 3, racers: int = 10) -> Iterator[Finding]:
    """All but the reproductions."""
    data = process.small_data(folder / 'data')
    yield two_on_a_run(folder, scripts, data, times)
    yield many(folder, 'pixels', Path(data) / 'CIFAR10', digest(*cifar10_pixels().values()),
               racers, 'read a PNG tree through one pixel cache that is not there yet')
    yield many(folder, 'fetch', folder, digest(*mnist_pixels()), racers,
               'need a set that is not there yet: one downloads it, the others wait')


def two_on_a_run(folder: Path, scripts: Path, data: str, times: int) -> Finding:
    """Two processes with the same command: one does the run, the other says so and ends."""
    options = [part for name, value in dataclasses.asdict(SETTINGS).items()
               for part in (flag_of(name), value)] + ['--data', data]
    assert process.run(scripts, 'run_rnn.py', *options, '--out', folder / 'whole').returncode == 0
    held = 0
    for turn in range(times):
        out = folder / f'two-{turn}'
        jobs = [subprocess.Popen(process.command(scripts, 'run_rnn.py', *options, '--out', out),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                 env=process.environment()) for _ in range(2)]
        ends = sorted((*job.communicate(), job.returncode)[::-1] for job in jobs)
        (first, _, _), (second, error, _) = ends
        said = (second == 2 and error.count('\n') == 1 and 'another process' in error) or (
            second == 0 and any('this run is finished' in end[2] for end in ends))
        held += first == 0 and said and not differences(
            RunDirectory(out), RunDirectory(folder / 'whole'), ('config.json', 'history.csv'))
    return Finding('two processes on one run: one does it, the other says so (exit code 2); the '
                   'same bits', times, held)


def many(folder: Path, what: str, place: Path, expected: str, racers: int, words: str) -> Finding:
    """``racers`` processes at ``what`` at once."""
    begin = time.time() + HEAD_START
    cache = folder / f'cache-{what}'
    jobs = [subprocess.Popen(
        [sys.executable, '-m', 'elec576.torture.race', what, str(place), str(begin)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=process.environment(ELEC576_CACHE=str(cache), PYTHONPATH=os.pathsep.join(
            str(Path(__file__).resolve().parents[2] / part) for part in ('', 'scripts'))))
        for _ in range(racers)]
    answers = [job.communicate() for job in jobs]
    held = sum(job.returncode == 0 and answer[0].strip() == expected
               for job, answer in zip(jobs, answers))
    asked = folder / 'asked'
    downloads = len(asked.read_text().splitlines()) if what == 'fetch' else 0
    left = [path for path in folder.rglob('.*unfinished*')] + [
        path for path in cache.rglob('.unfinished*')]
    note = f'{downloads} download' if what == 'fetch' else ''
    if left or downloads > 1:
        held, note = 0, f'{note}; left behind: {", ".join(path.name for path in left)}'
    return Finding(f'{racers} processes at once {words}', racers, held, note)


def reproduced_twice(folder: Path, scripts: Path) -> Finding:
    """Two reproductions on one results folder: each ends well, every run is done once."""
    log = folder / 'reproduce.log'
    reproduced.begin(scripts, folder / 'reference', log).wait(process.SECONDS)
    logs = [folder / f'reproduce-{number}.log' for number in range(2)]
    jobs = [reproduced.begin(scripts, folder / 'results', each) for each in logs]
    codes = [job.wait(process.SECONDS) for job in jobs]
    text = ''.join(each.read_text() for each in logs)
    fallen = reproduced.differing(folder / 'results', folder / 'reference')
    return Finding('reproduce.py twice at once on one folder: both end well, every run equal, who '
                   'has to wait says so', 2, 0 if fallen else sum(code == 0 for code in codes),
                   '; '.join([f'said {text.count("another process is doing it")} times that '
                              'another process is doing a run', *fallen]))
