"""Many runs: which, in what order; failures, dead processes, and a real Dask cluster."""

import dataclasses
import json
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from elec576.runs import many
from elec576.errors import Interrupted, UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS
from elec576.runs.many import Job, Outcome, plan, reproduce
from elec576.runs.rundir import read_settings
from elec576.settings import CnnSettings, RnnSettings

CNN = CnnSettings(steps=12, train_per_class=12, test_per_class=4, eval_every=5, threads=1)
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


def metrics_written(results):
    return {path: path.stat().st_mtime_ns for path in results.glob('runs/*/*/metrics.json')}


@pytest.fixture(scope='module')
def reference(small_data, tmp_path_factory):
    """The results of `JOBS` done one after the other in this process."""
    results = tmp_path_factory.mktemp('reference')
    outcomes = Outcomes()
    reproduce(JOBS, results, str(small_data), 1, outcomes)
    assert [outcome.error for outcome in outcomes] == [None] * len(JOBS)
    return results


def assert_all_done(jobs, outcomes, results, reference):
    """Each job has one outcome, a good one, and its directory is the reference's."""
    assert Counter(outcome.job for outcome in outcomes) == Counter(jobs)
    assert [outcome.error for outcome in outcomes] == [None] * len(jobs)
    for each in jobs:
        run, other = each.directory(results), each.directory(reference)
        assert read_settings(run) == each.settings
        assert run.history.read_bytes() == other.history.read_bytes()
        ours, theirs = (json.loads(place.metrics.read_text()) for place in (run, other))
        assert (ours['test_accuracy'], ours['test_loss']) == (
            theirs['test_accuracy'], theirs['test_loss'])
        assert [path.name for path in run.path.iterdir()
                if path.name.startswith('.unfinished')] == []


def test_plan():
    jobs = plan('all', 2)
    assert len(jobs) == len(set(jobs)) == 46
    assert {each.experiment for each in jobs} == set(EXPERIMENTS)
    assert [each.seed for each in jobs] == [0] * 23 + [1] * 23
    assert all(each.settings == dataclasses.replace(EXPERIMENTS[each.experiment], threads=1,
                                                    seed=each.seed) for each in jobs)
    guesses = [many.rough_seconds(each.settings) for each in jobs[:23]]
    assert guesses == sorted(guesses, reverse=True)
    assert {each.experiment for each in plan('evidence', 1)} == set(EVIDENCE)
    assert len(plan('cnn', 1)) == 11 and len(plan('rnn', 1)) == 12
    assert [each.experiment for each in plan('gru-300, cnn4,cnn4', 1, threads=2)] == [
        'cnn4', 'gru-300']
    for names in ('cnn10', 'cnn4,,rnn-a', ''):
        with pytest.raises(UserError, match='no experiment has this name'):
            plan(names, 1)


def test_expected_seconds_learn_from_finished_runs(tmp_path):
    each = plan('cnn4', 1)[0]
    assert many.expected_seconds(each, tmp_path) == many.rough_seconds(
        each.settings) > 0
    for seed, seconds in enumerate((100, 110, 900)):
        folder = tmp_path / 'runs' / 'cnn4' / f'seed{seed}'
        folder.mkdir(parents=True)
        (folder / 'metrics.json').write_text(
            json.dumps({'test_accuracy': 0.5, 'wall_seconds': seconds}))
    assert many.expected_seconds(each, tmp_path) == 110
    (tmp_path / 'runs' / 'cnn4' / 'seed1' / 'metrics.json').write_text('{')
    with pytest.raises(UserError, match='seed1/metrics.json'):
        many.expected_seconds(each, tmp_path)


def test_words():
    good = {'test_accuracy': 0.5, 'dataset': {'stand_in': False}}
    assert Outcome(JOBS[0], good).words() == 'test accuracy 0.5'
    assert 'STAND-IN' in Outcome(JOBS[0], {**good, 'dataset': {'stand_in': True}}).words()
    assert Outcome(JOBS[0], error='no').words() == 'FAILED'
    assert Outcome(JOBS[0], error='no', interrupted=True).words() == 'interrupted'


def test_failures_are_told_and_the_others_go_on(reference, small_data, tmp_path, monkeypatch):
    """Two processes; a directory of another configuration, and a run whose process dies twice."""
    monkeypatch.setattr(many, 'TRIES', 2)
    stranger = job('small-rnn', 7)
    stranger.directory(tmp_path).path.mkdir(parents=True)
    stranger.directory(tmp_path).config.write_text('{"program": "rnn"}')
    victim = job('long-rnn', 0, iterations=50 * 100000, display_step=100)
    killed = []

    def kill_victims():
        while not done.is_set():
            for pid in children():
                if open_files(pid) & {str(victim.directory(tmp_path).path / '.lock')}:
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            time.sleep(0.1)

    done, outcomes = threading.Event(), Outcomes()
    killer = threading.Thread(target=kill_victims)
    killer.start()
    try:
        reproduce([victim, stranger, *JOBS], tmp_path, str(small_data), 2, outcomes)
    finally:
        done.set()
        killer.join()
    failed = {outcome.job: outcome.error for outcome in outcomes if outcome.error is not None}
    assert failed.keys() == {victim, stranger}
    assert 'another configuration' in failed[stranger]
    assert 'given up' in failed[victim] and len(set(killed)) == many.TRIES
    good = [outcome for outcome in outcomes if outcome.job not in failed]
    assert_all_done(JOBS, good, tmp_path, reference)


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


def test_an_interrupted_run_ends_all_and_can_be_gone_on_with(reference, small_data, tmp_path):
    outcomes = Outcomes()
    real = many.carry_out

    def interrupted(each, results, data):
        if each == JOBS[1]:
            threading.Timer(0.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return real(each, results, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(many, 'carry_out', interrupted)
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with pytest.raises((Interrupted, KeyboardInterrupt)):
                reproduce(JOBS, tmp_path, str(small_data), 1, outcomes)
        finally:
            signal.signal(signal.SIGTERM, before)
    done = metrics_written(tmp_path)
    assert len(done) == 1
    again = Outcomes()
    reproduce(JOBS, tmp_path, str(small_data), 1, again)
    assert_all_done(JOBS, again, tmp_path, reference)
    assert done.items() <= metrics_written(tmp_path).items()  # not run again


def kill_a_busy_worker(cluster):
    """SIGKILL a worker process in the middle of a task; return how many were busy."""
    busy = [worker for worker in cluster.scheduler.workers.values() if worker.processing]
    os.kill(next(nanny.pid for nanny in cluster.workers.values()
                 if nanny.worker_address == busy[0].address), signal.SIGKILL)
    return len(busy)


def test_dask_cluster_of_which_a_worker_is_killed(cluster, reference, small_data, tmp_path):
    busy = []
    outcomes = Outcomes(first=lambda: busy.append(kill_a_busy_worker(cluster)))
    reproduce(JOBS, tmp_path, str(small_data), 1, outcomes, cluster.scheduler_address)
    assert busy and busy[0] >= 1
    assert_all_done(JOBS, outcomes, tmp_path, reference)
    assert sum(outcome.files is not None for outcome in outcomes) == len(JOBS)
    assert [outcome.metrics for outcome in outcomes] == [
        json.loads(outcome.job.directory(tmp_path).metrics.read_text()) for outcome in outcomes]
