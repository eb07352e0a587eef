"""Many runs: which, in what order; failures, dead processes, and a real Dask cluster."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import joblib
import numpy as np
import pytest
from filelock import FileLock
from helpers import REPOSITORY, Killed

from elec576.errors import Interrupted, UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS
from elec576.files import write_whole
from elec576.runs import many
from elec576.runs.many import Job, Outcome, plan, reproduce
from elec576.runs.options import Options
from elec576.runs.recorder import RunRecorder
from elec576.runs.run import run
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings

CNN = CnnSettings(steps=12, train_per_class=12, test_per_class=4, batch_size=10, eval_every=5,
                  threads=1)
RNN = RnnSettings(hidden=8, iterations=50 * 12, eval_every=5, threads=1)


def job(name, seed, settings=RNN, **other):
    return Job(name, seed, dataclasses.replace(settings, seed=seed, **other))


JOBS = [job('small-cnn', 0, CNN), job('small-rnn', 0), job('small-rnn', 1),
        job('small-cnn', 1, CNN)]


class Outcomes(list):
    """Takes outcomes; calls ``first`` after the first one."""

    def __init__(self, first=lambda: None):
        self.first = first

    def __call__(self, outcome):
        self.append(outcome)
        if len(self) == 1:
            self.first()


def collected(results):
    """(experiment, seed) to when the run was finished."""
    tables = {path.parent.name: read_table(path.parent)
              for path in results.glob('runs/*/runs.csv')}
    return {(name, seed): table.metrics(seed)['finished']
            for name, table in tables.items() for seed in table.seeds}


@pytest.fixture(scope='module')
def reference(small_data, tmp_path_factory):
    """The results of `JOBS` done one after the other in this process."""
    results = tmp_path_factory.mktemp('reference')
    outcomes = Outcomes()
    reproduce(JOBS, results, str(small_data), 1, outcomes)
    assert [outcome.error for outcome in outcomes] == [None] * len(JOBS)
    return results


def assert_all_done(jobs, outcomes, results, reference):
    """Each job has one outcome, a good one, and is in the tables once, as in the reference's."""
    assert Counter(outcome.job for outcome in outcomes) == Counter(jobs)
    assert [outcome.error for outcome in outcomes] == [None] * len(jobs)
    for each in jobs:
        ours, theirs = (read_table(folder_of(place, each.experiment))
                        for place in (results, reference))
        assert ours.settings(each.seed) == each.settings
        assert ours.history_of(each.seed).to_csv() == theirs.history_of(each.seed).to_csv()
        assert ours.metrics(each.seed)['test_loss'] == theirs.metrics(each.seed)['test_loss']
        for name in ('test_correct', 'filters'):
            one, other = (getattr(table, name) for table in (ours, theirs))
            assert (one is None) == (other is None)
            assert one is None or np.array_equal(one[ours.seeds.index(each.seed)],
                                                 other[theirs.seeds.index(each.seed)])
        assert not each.directory(results).path.exists()


def test_plan():
    jobs = plan('all', (100, 101))
    assert len(jobs) == len(set(jobs)) == 44
    assert {each.experiment for each in jobs} == set(EXPERIMENTS) - {'cnn-vis'}
    assert [each.seed for each in jobs] == [100] * 22 + [101] * 22
    assert all(each.settings == dataclasses.replace(EXPERIMENTS[each.experiment], threads=1,
                                                    seed=each.seed) for each in jobs)
    guesses = [many.rough_seconds(each.settings) for each in jobs[:22]]
    assert guesses == sorted(guesses, reverse=True)
    assert {each.experiment for each in plan('evidence', [0])} == set(EVIDENCE)
    assert len(plan('cnn', [0])) == 10 and len(plan('rnn', [0])) == 12
    assert [each.experiment for each in plan('gru-300, cnn4,cnn-vis', [0], threads=2)] == [
        'cnn4', 'gru-300']
    for names in ('cnn10', 'cnn4,,rnn-a', ''):
        with pytest.raises(UserError, match='no experiment has this name'):
            plan(names, [0])
    with pytest.raises(UserError, match='--threads 1000000: at most'):
        plan('cnn1', [0], threads=1000000)


def test_what_is_outstanding_and_how_long_it_will_take(reference, small_data, tmp_path):
    assert many.outstanding(JOBS, reference, str(small_data)) == {}
    more = [*JOBS, job('small-rnn', 2), job('other-rnn', 0)]
    left = many.outstanding(more, reference, str(small_data))
    median = read_table(folder_of(reference, 'small-rnn')).runs['wall_seconds'].median()
    assert left == {more[-2]: median, more[-1]: many.rough_seconds(RNN)}
    for other, words in (([job('small-rnn', 2, threads=2)], 'threads: 1, not 2'),
                         ([job('small-cnn', 2, CNN, lr=1e-4)], 'lr: 0.001, not 0.0001')):
        with pytest.raises(UserError, match=f'holds runs of another configuration .*{words}'):
            many.outstanding(other, reference, str(small_data))
    with pytest.raises(UserError, match='there is no folder MNIST_data'):
        many.outstanding([job('other-rnn', 0)], reference, str(tmp_path))
    shutil.copytree(small_data, tmp_path / 'data')
    image = tmp_path / 'data' / 'CIFAR10' / 'Test' / '0' / 'Image00000.png'
    image.write_bytes(image.with_name('Image00001.png').read_bytes())
    with pytest.raises(UserError, match='another configuration .*dataset digest'):
        many.outstanding(JOBS, reference, str(tmp_path / 'data'))


def test_how_long_it_takes_is_said_once_it_is_known():
    said = []
    jobs = {job('small-rnn', seed): 100.0 for seed in range(5)}
    pace = many.Pace(jobs, 2, said.append)
    assert said == []
    pace.learn(job('small-rnn', 1), 400.0)  # four times as long as expected; three rounds of two
    pace.learn(job('small-rnn', 0), 1.0)
    assert said == ['these take about 20 min in all, by the first steps on this machine']
    pace = many.Pace(jobs, 8, said.append)
    pace.learn(job('small-rnn', 1), 30.0)  # all at once; not worth a line
    assert len(said) == 1


def test_the_first_steps_tell_how_long_it_takes(small_data, tmp_path, monkeypatch, capfd):
    """A run that is still being made, of which there is a checkpoint."""
    class Unfinished(Exception):
        pass

    def stop_later(jobs, results, *arguments):
        each = jobs[0]
        monkeypatch.setattr(RunRecorder, 'stop_if_requested', stop_after_two)
        with pytest.raises(Unfinished):
            run(each.settings, each.directory(results).path,
                Options(data=str(small_data), checkpoint_seconds=0, progress_bar=False))
        assert each.directory(results).progress()[0] == 1
        known.wait(60)

    def stop_after_two(recorder):
        if recorder.step == 2:
            raise Unfinished

    known = threading.Event()
    learn = many.Pace.learn

    def learn_and_tell(pace, each, seconds):
        learn(pace, each, 3600.0)
        known.set()

    monkeypatch.setattr(many, 'PACE_SECONDS', 0.01)
    monkeypatch.setattr(many.Pace, 'learn', learn_and_tell)
    monkeypatch.setattr(many, 'reproduce', stop_later)
    each = job('small-rnn', 0)
    assert each.directory(tmp_path).progress() is None
    many.make({each: 10.0}, tmp_path, str(small_data), 1, sys.stderr)
    assert 'about 60 min in all' in capfd.readouterr().err


def test_no_more_processes_than_runs(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(many, '_here', lambda jobs, results, data, n: asked.append(n) or iter(()))
    reproduce(JOBS[:1], tmp_path, None, 12, Outcomes())
    reproduce([], tmp_path, None, 12, Outcomes())
    assert asked == [1, 1]


def test_kernels_of_one_set_at_a_time(tmp_path):
    with pytest.raises(UserError, match='runs with avx2 and avx512 kernels'):
        reproduce([JOBS[0], job('other', 0, isa='avx512')], tmp_path, None, 2, Outcomes())


def test_a_run_made_elsewhere_is_kept_when_its_lock_is_free(reference, tmp_path, monkeypatch,
                                                           small_data):
    """Another process is doing the same run, and is interrupted later."""
    made = many.carry_out_elsewhere(JOBS[1], str(small_data))
    monkeypatch.setattr(many.dask, 'map_unordered', lambda *_, address: [(JOBS[1], made, None)])
    lock = JOBS[1].directory(tmp_path).path.with_name('.seed0.lock')
    lock.parent.mkdir(parents=True)
    locked, freed = threading.Event(), []

    def be_busy():
        with FileLock(lock):
            locked.set()
            time.sleep(0.5)
            freed.append(True)

    threading.Thread(target=be_busy).start()
    locked.wait()
    outcomes = Outcomes(first=lambda: freed.append('before the outcome'))
    reproduce(JOBS[1:2], tmp_path, None, 1, outcomes, 'tcp://nobody')
    assert freed[0] is True
    assert_all_done(JOBS[1:2], outcomes, tmp_path, reference)


@pytest.mark.parametrize('writes', range(4))
def test_killed_while_a_run_made_elsewhere_is_stored(writes, small_data, tmp_path, monkeypatch):
    """The next command, here or elsewhere, does it."""
    job = JOBS[0]
    made = many.carry_out_elsewhere(job, str(small_data))
    left = writes

    def write(*file):
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        write_whole(*file)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(many, 'write_whole', write)
        many.store(job, made, tmp_path)
    assert many.carry_out(job, tmp_path, str(small_data)).error is None
    assert read_table(folder_of(tmp_path, job.experiment)).seeds == [job.seed]


def test_words():
    good = {'test_accuracy': 0.5, 'dataset': {'stand_in': False}}
    assert Outcome(JOBS[0], good).words() == 'test accuracy 0.5'
    assert 'STAND-IN' in Outcome(JOBS[0], {**good, 'dataset': {'stand_in': True}}).words()
    assert Outcome(JOBS[0], error='no').words() == 'FAILED'
    assert Outcome(JOBS[0], error='no', interrupted=True).words() == 'interrupted'


@pytest.mark.slow
def test_failures_are_reported_and_others_continue(reference, small_data, tmp_path, monkeypatch):
    """Two processes; a directory of another configuration, and a run whose process dies twice."""
    monkeypatch.setattr(many, 'TRIES', 2)
    unknown = job('small-rnn', 7)
    unknown.directory(tmp_path).path.mkdir(parents=True)
    unknown.directory(tmp_path).config.write_text('{"program": "rnn"}')
    dying = job('long-rnn', 0, iterations=50 * 100000, display_step=100)
    killed = []

    def kill_repeatedly():
        while not done.is_set():
            for pid in children():
                if open_files(pid) & {str(dying.directory(tmp_path).path / '.lock')}:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            time.sleep(0.1)

    done, outcomes = threading.Event(), Outcomes()
    killer = threading.Thread(target=kill_repeatedly)
    killer.start()
    try:
        reproduce([dying, unknown, *JOBS], tmp_path, str(small_data), 2, outcomes)
    finally:
        done.set()
        killer.join()
    failed = {outcome.job: outcome.error for outcome in outcomes if outcome.error is not None}
    assert failed.keys() == {dying, unknown}
    assert 'another configuration' in failed[unknown]
    assert 'given up' in failed[dying] and len(set(killed)) == many.TRIES
    good = [outcome for outcome in outcomes if outcome.job not in failed]
    assert_all_done(JOBS, good, tmp_path, reference)


def test_no_run_is_given_up_for_what_another_one_did(tmp_path, monkeypatch):
    """The one that kills its process always takes the one beside it along."""
    killer = JOBS[0]

    def pool(n_jobs, **_):
        def carry_out(tasks):
            jobs = [arguments[0] for _, arguments, _ in tasks]
            if killer in jobs:
                raise BrokenProcessPool('a process died')
            return (Outcome(each, {}) for each in jobs)
        return carry_out

    monkeypatch.setattr(joblib, 'Parallel', pool)
    outcomes = Outcomes()
    reproduce(JOBS, tmp_path, None, 2, outcomes)
    assert Counter(outcome.job for outcome in outcomes) == Counter(JOBS)
    assert {outcome.job for outcome in outcomes if outcome.error} == {killer}


def children():
    """Processes of this one, and theirs."""
    tree = {}
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            tree.setdefault(int(stat.read_text().rpartition(')')[2].split()[1]), []).append(
                int(stat.parent.name))
        except (OSError, ValueError):
            continue
    found, queue = [], [os.getpid()]
    while queue:
        queue += (below := tree.get(queue.pop(), []))
        found += below
    return found


def open_files(pid):
    found = set()
    for link in Path(f'/proc/{pid}/fd').glob('*'):
        try:
            found.add(os.readlink(link))
        except OSError:
            continue
    return found


def test_an_interrupted_run_ends_all_and_can_be_resumed(reference, small_data, tmp_path):
    outcomes = Outcomes()
    real = many.carry_out

    def interrupted(each, results, data):
        if each == JOBS[1]:
            signal.raise_signal(signal.SIGTERM)
        return real(each, results, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many, 'carry_out', interrupted)
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with pytest.raises((Interrupted, KeyboardInterrupt)):
                reproduce(JOBS, tmp_path, str(small_data), 1, outcomes)
        finally:
            signal.signal(signal.SIGTERM, before)
    done = collected(tmp_path)
    assert len(done) == 1
    again = Outcomes()
    reproduce(JOBS, tmp_path, str(small_data), 1, again)
    assert_all_done(JOBS, again, tmp_path, reference)
    assert done.items() <= collected(tmp_path).items()  # not run again


@pytest.mark.slow
def test_ctrl_c_ends_with_its_own_line(small_data, tmp_path):
    """Workers are ended with the parent; nothing of theirs is left to be warned of."""
    command = [sys.executable, REPOSITORY / 'scripts' / 'check.py', '--cell', 'gru', '--iterations',
               50 * 100000, '--claim', 'test_loss=1', '--seeds', 3, '--data', small_data,
               '--results', tmp_path]
    process = subprocess.Popen(
        list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True,
        # a shell's background jobs ignore it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    while process.poll() is None and not list(tmp_path.rglob('step-*/progress.npz')):
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130 and 'leaked' not in error
    assert 'run the same command again to resume' in error.splitlines()[-1]


def kill_a_busy_worker(cluster):
    """SIGKILL a worker process in the middle of a task; return how many were busy."""
    busy = [worker for worker in cluster.scheduler.workers.values() if worker.processing]
    os.kill(next(nanny.pid for nanny in cluster.workers.values()
                 if nanny.worker_address == busy[0].address), signal.SIGKILL)
    return len(busy)


@pytest.mark.slow
def test_dask_cluster_of_which_a_worker_is_killed(cluster, reference, small_data, tmp_path):
    busy = []
    outcomes = Outcomes(first=lambda: busy.append(kill_a_busy_worker(cluster)))
    reproduce(JOBS, tmp_path, str(small_data), 1, outcomes, cluster.scheduler_address)
    assert busy and busy[0] >= 1
    assert_all_done(JOBS, outcomes, tmp_path, reference)
    assert sum(outcome.files is not None for outcome in outcomes) == len(JOBS)
    for outcome in outcomes:
        table = read_table(folder_of(tmp_path, outcome.job.experiment))
        assert table.metrics(outcome.job.seed) == outcome.metrics
