"""Trial `hosts`: `reproduce.py --dask` with workers on other hosts, which are cut off or killed.

The scheduler, each worker and the user have a host of their own (see `hosts`): no worker sees the
results or another one's files; its data is a copy on its own disk, or the stand-in. Every run must
arrive once, equal to the one that this machine makes without Dask.
"""

import subprocess
import sys
import time
from collections import Counter

import pytest
from commands import SECONDS, Done, environment
from helpers import REPOSITORY
from hosts import Hosts, impossible
from reproduced import differing
from short_report import SHORT

from elec576.claims.plan import FIRST_SEED
from elec576.runs import many

SEEDS = 3
JOBS = many.plan(','.join(SHORT), range(FIRST_SEED, FIRST_SEED + SEEDS))
NAMES = ('user', 'scheduler', 'worker1', 'worker2', 'worker3')
MOMENT = 8  # seconds; Dask gives up a connection that is silent for 30

pytestmark = pytest.mark.slow


class Cluster(Hosts):
    """A scheduler with two workers, and the user's command."""

    def begin(self) -> None:
        self.start('scheduler', sys.executable, '-m', 'dask', 'scheduler', '--port', '8786')
        self.scheduler = f'tcp://{self.address("scheduler")}:8786'
        self.start_workers('worker1', 'worker2')

    def start_workers(self, *names: str) -> None:
        for name in names:
            self.start(name, sys.executable, '-m', 'dask', 'worker', self.scheduler,
                       '--nthreads', '1', '--no-dashboard')
        wait(lambda: all('Registered to' in self.log(name) for name in names))

    def reproduce(self) -> subprocess.Popen:
        return self.start('user', *reproduce(self.folder / 'results', '--dask', self.scheduler),
                          own_disk=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)

    def busy(self, *names: str) -> bool:
        """Whether each of the workers is in the middle of a run: it is on its disk."""
        return all(self.finds(name, 'tmp/*/work/*/*/config.json') for name in names)


def reproduce(results, *options: object) -> list[str]:
    return [sys.executable, str(REPOSITORY / 'tests' / 'torture' / 'short_report.py'),
            *map(str, ('--seeds', SEEDS, '--results', results, *options))]


def ended(job: subprocess.Popen) -> Done:
    stdout, stderr = job.communicate(timeout=SECONDS)
    return Done(job.returncode, stdout, stderr)


def wait(condition, job: subprocess.Popen | None = None) -> None:
    """Wait until ``condition`` holds; ``job`` must not end before."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert job is None or job.poll() is None, ended(job)
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope='module')
def reference(trial_options, tmp_path_factory):
    """The results of this machine without Dask."""
    folder = tmp_path_factory.mktemp('reference')
    if why := impossible(folder):
        pytest.skip(why)
    data = ['--data', trial_options.data] if trial_options.data else []
    subprocess.run(reproduce(folder, '--jobs', 2, *data), check=True, env=environment())
    return folder


@pytest.fixture
def hosts(trial_options, tmp_path):
    with Cluster(NAMES, tmp_path, trial_options.data) as hosts:
        hosts.begin()
        yield hosts
        for name in NAMES:  # shown if the test fails
            print(f'---- {name}\n{hosts.log(name)}')


def problems(hosts: Cluster, reference, *dones: Done, lost: str = '') -> list[str]:
    """How the runs of the commands ``dones`` are not the reference's, each once.

    Args:
        lost: the worker that the scheduler must have missed.
    """
    arrived = Counter(line.split(': test accuracy')[0] for done in dones
                      for line in done.stdout.splitlines() if ': test accuracy' in line)
    found = [f'{job} arrived {arrived[str(job)]} times' for job in JOBS if arrived[str(job)] != 1]
    if dones[-1].code:
        found.append(f'exit code {dones[-1].code}: {dones[-1].stderr}')
    if lost and f'Remove worker addr: tcp://{hosts.address(lost)}:' not in hosts.log('scheduler'):
        found.append(f'the scheduler does not say that {lost} is lost')
    return found + differing(hosts.folder / 'results', reference, JOBS)


def test_a_worker_is_cut_off(in_full, reference, hosts, finding):
    job = hosts.reproduce()
    wait(lambda: hosts.busy('worker1'), job)
    hosts.link('worker1', 'down')
    done = ended(job)
    hosts.link('worker1', 'up')
    wait(lambda: not hosts.pids('worker1'))
    finding("a worker's host is cut off during a run: another one makes that run", len(JOBS),
            problems(hosts, reference, done, lost='worker1'), 'the worker ends by itself')


def test_a_worker_is_killed(reference, hosts, finding):
    job = hosts.reproduce()
    wait(lambda: hosts.busy('worker2'), job)
    hosts.kill('worker2')
    hosts.start_workers('worker3')
    wait(lambda: hosts.busy('worker3'), job)
    finding('SIGKILL of a worker with its nanny during a run, and a new host joins: it takes part',
            len(JOBS), problems(hosts, reference, ended(job), lost='worker2'))


def test_the_scheduler_is_cut_off_for_a_moment(in_full, reference, hosts, finding):
    job = hosts.reproduce()
    wait(lambda: hosts.busy('worker1', 'worker2'), job)
    hosts.link('scheduler', 'down')
    time.sleep(MOMENT)
    hosts.link('scheduler', 'up')
    finding(f"the scheduler's host is cut off for {MOMENT} s: nothing needs to be run again",
            len(JOBS), problems(hosts, reference, ended(job)))


def test_the_scheduler_is_cut_off(in_full, reference, hosts, finding):
    job = hosts.reproduce()
    wait(lambda: any(hosts.folder.glob('results/runs/*/runs.csv')), job)  # one has arrived
    hosts.link('scheduler', 'down')
    done = ended(job)
    wait(lambda: not hosts.pids('worker1') + hosts.pids('worker2'))
    hosts.link('scheduler', 'up')
    hosts.start_workers('worker1', 'worker2')
    failed = [] if done.refused('lost the scheduler', 'run the same command again') else [str(done)]
    again = ended(hosts.reproduce())
    finding("the scheduler's host is cut off for long: one line, exit code 2; with the workers "
            'started again, the same command makes the rest', len(JOBS),
            failed + problems(hosts, reference, done, again),
            f'{len(done.stdout.splitlines())} had arrived before; the workers end by themselves')
