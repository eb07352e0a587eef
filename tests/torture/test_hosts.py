"""Trial `hosts`: a Dask cluster on several hosts, one of which is cut off, killed or replaced.

The hosts are Linux network namespaces, joined by a switch (a bridge in one of its own): a host for
the scheduler, for each worker, and for who runs `reproduce.py --dask`. What a host starts has a
disk of its own (a tmpfs in the place of the trial's folder), so it sees neither the results nor
another host's files; its data is a copy on that disk, or the stand-in.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from commands import SECONDS, Done, environment
from helpers import REPOSITORY
from reproduced import differing
from short_report import SHORT

from elec576.claims.plan import FIRST_SEED
from elec576.runs import many

SEEDS = 3
JOBS = many.plan(','.join(SHORT), range(FIRST_SEED, FIRST_SEED + SEEDS))
NAMES = ('user', 'scheduler', 'worker1', 'worker2', 'worker3')
ADDRESS = 'tcp://10.57.6.2:8786'  # of the scheduler
SHORT_SECONDS = 8  # that TCP outlasts: Dask gives a silent connection up after 30
# what a host runs, on its own disk: HOSTS-DISK DATA COMMAND ...
BOOT = ('mount -t tmpfs disk "$1" && cd "$1" && mkdir tmp && { [ -z "$2" ] || cp -r "$2" data; } '
        '&& shift 2 && exec "$@"')

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not (sys.platform == 'linux' and os.getuid() == 0 and shutil.which('ip')),
    reason='needs root on Linux, and the program ip: apt-get install iproute2')]


def short_report(results: Path, *options: object) -> list[str]:
    return [sys.executable, str(REPOSITORY / 'tests' / 'torture' / 'short_report.py'),
            *map(str, ('--seeds', SEEDS, '--results', results, *options))]


def ip(*words: object) -> str:
    return subprocess.run(['ip', *map(str, words)], check=True, capture_output=True,
                          text=True).stdout


class Hosts:
    """The hosts `NAMES`, on a switch; what they run is logged in ``folder``/<host>.log."""

    def __init__(self, folder: Path, data: str | None):
        self.folder, self.data = folder, data
        self.namespaces: list[str] = []

    def __enter__(self) -> 'Hosts':
        switch = self._add('switch')
        ip('-n', switch, 'link', 'add', 'bridge', 'type', 'bridge')
        ip('-n', switch, 'link', 'set', 'bridge', 'up')
        for number, name in enumerate(NAMES, 1):
            host = self._add(name)
            ip('-n', switch, 'link', 'add', name, 'type', 'veth', 'peer', 'eth0', 'netns', host)
            ip('-n', switch, 'link', 'set', name, 'up', 'master', 'bridge')
            ip('-n', host, 'address', 'add', f'10.57.6.{number}/24', 'dev', 'eth0')
            for device in ('lo', 'eth0'):
                ip('-n', host, 'link', 'set', device, 'up')
        return self

    def _add(self, name: str) -> str:
        ip('netns', 'add', self._space(name))
        self.namespaces.append(self._space(name))
        return self._space(name)

    def _space(self, name: str) -> str:
        return f'elec576-{os.getpid()}-{name}'

    def __exit__(self, *error: object) -> None:
        for space in self.namespaces:
            self._kill(space)
            ip('netns', 'delete', space)

    def link(self, name: str, state: str) -> None:
        """Pull or plug the host's cable: ``state`` is down or up."""
        ip('-n', self._space('switch'), 'link', 'set', name, state)

    def _pids(self, space: str) -> list[int]:
        return list(map(int, ip('netns', 'pids', space).split()))

    def _kill(self, space: str) -> None:
        while pids := self._pids(space):
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)

    def kill(self, *names: str) -> None:
        """SIGKILL all that runs on the hosts."""
        for name in names:
            self._kill(self._space(name))

    def start(self, name: str, *words: str) -> None:
        """Start a part of the Dask cluster, as `dask ` and ``words`` do."""
        disk, data = self.folder, self.data or ''
        with open(self.folder / f'{name}.log', 'ab') as log:
            subprocess.Popen(
                ['ip', 'netns', 'exec', self._space(name), 'sh', '-c', BOOT, 'sh', disk, data,
                 sys.executable, '-m', 'dask', *words], stdout=log, stderr=log,
                env=environment(HOME=str(disk), TMPDIR=str(disk / 'tmp'),
                                ELEC576_CACHE=str(disk / 'cache'),
                                **({'ELEC576_DATA': str(disk / 'data')} if data else {})))

    def start_cluster(self) -> None:
        self.start('scheduler', 'scheduler', '--port', '8786')
        self.start_workers('worker1', 'worker2')

    def start_workers(self, *names: str) -> None:
        for name in names:
            self.start(name, 'worker', ADDRESS, '--nthreads', '1', '--no-dashboard')
        wait(lambda: all('Registered to' in self.log(name) for name in names))

    def log(self, name: str) -> str:
        path = self.folder / f'{name}.log'
        return path.read_text() if path.exists() else ''

    def running(self, name: str) -> bool:
        return bool(self._pids(self._space(name)))

    def busy(self, *names: str) -> bool:
        """Whether each of the hosts is in the middle of a run: it is on its disk."""
        return all(any(True for pid in self._pids(self._space(name)) for _ in Path(
            f'/proc/{pid}/root{self.folder}/tmp').glob('*/work/*/*/config.json'))
            for name in names)

    def reproduce(self, results: Path) -> subprocess.Popen:
        """Start `reproduce.py` on the host of the user."""
        return subprocess.Popen(
            ['ip', 'netns', 'exec', self._space('user'),
             *short_report(results, '--dask', ADDRESS)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())


def ended(job: subprocess.Popen) -> Done:
    stdout, stderr = job.communicate(timeout=SECONDS)
    return Done(job.returncode, stdout, stderr)


def wait(condition, job: subprocess.Popen | None = None) -> None:
    """Wait until ``condition`` holds; ``job`` must not end before."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline and (job is None or job.poll() is None), job and ended(job)
        time.sleep(0.05)


@pytest.fixture(scope='module')
def reference(trial_options, tmp_path_factory):
    """The runs, made on this machine."""
    folder = tmp_path_factory.mktemp('reference')
    data = ['--data', trial_options.data] if trial_options.data else []
    subprocess.run(short_report(folder, '--jobs', 2, *data), check=True, env=environment())
    return folder


@pytest.fixture
def hosts(trial_options, tmp_path):
    with Hosts(tmp_path, trial_options.data) as hosts:
        hosts.start_cluster()
        yield hosts
        for name in NAMES:
            print(f'---- {name}\n{hosts.log(name)}')


def problems(results: Path, reference: Path, *dones: Done) -> list[str]:
    """What is wrong with the runs that ``dones`` made together: lost, twice, not the same."""
    said = Counter(line.split(': test accuracy')[0] for done in dones
                   for line in done.stdout.splitlines() if ': test accuracy' in line)
    return [*([f'exit code {dones[-1].code}: {dones[-1].stderr}'] * bool(dones[-1].code)),
            *(f'{job} arrived {said[str(job)]} times' for job in JOBS if said[str(job)] != 1),
            *differing(results, reference, JOBS)]


def test_a_worker_is_cut_off(hosts, reference, finding, tmp_path):
    job = hosts.reproduce(tmp_path / 'results')
    wait(lambda: hosts.busy('worker1'), job)
    hosts.link('worker1', 'down')
    done = ended(job)
    print(done)
    hosts.link('worker1', 'up')
    wait(lambda: not hosts.running('worker1'))
    finding("a worker's host is cut off in the middle of a run", len(JOBS),
            problems(tmp_path / 'results', reference, done))


def test_a_worker_is_killed_and_another_one_started(hosts, reference, finding, tmp_path):
    job = hosts.reproduce(tmp_path / 'results')
    wait(lambda: hosts.busy('worker2'), job)
    hosts.kill('worker2')
    hosts.start_workers('worker3')
    wait(lambda: hosts.busy('worker3'), job)
    done = ended(job)
    print(done)
    finding('a worker is killed in the middle of a run', len(JOBS),
            problems(tmp_path / 'results', reference, done))


def test_the_scheduler_is_cut_off_for_a_moment(hosts, reference, finding, tmp_path):
    job = hosts.reproduce(tmp_path / 'results')
    wait(lambda: hosts.busy('worker1', 'worker2'), job)
    hosts.link('scheduler', 'down')
    time.sleep(SHORT_SECONDS)
    hosts.link('scheduler', 'up')
    done = ended(job)
    print(done)
    finding('the scheduler is cut off for 8 s', len(JOBS),
            problems(tmp_path / 'results', reference, done))


def test_the_scheduler_is_cut_off(hosts, reference, finding, tmp_path):
    job = hosts.reproduce(tmp_path / 'results')
    wait(lambda: hosts.busy('worker1', 'worker2'), job)
    hosts.link('scheduler', 'down')
    done = ended(job)
    print(done)
    wait(lambda: not any(map(hosts.running, ('worker1', 'worker2'))))
    hosts.link('scheduler', 'up')
    hosts.start_workers('worker1', 'worker2')
    again = ended(hosts.reproduce(tmp_path / 'results'))
    finding('the scheduler is cut off until all give it up', len(JOBS),
            problems(tmp_path / 'results', reference, done, again))
