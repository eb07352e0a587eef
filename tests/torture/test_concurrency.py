"""Several processes at once, on what needs no TensorFlow; and runs that another process is at."""

import dataclasses
import threading

from elec576.runs import many
from elec576.data.sets import digest
from elec576.runs.many import Job, reproduce
from elec576.runs.rundir import claim
from elec576.settings import RnnSettings
from elec576.torture import concurrency as trial
from elec576.torture import process
from tf115.made_up import cifar10_pixels, mnist_pixels

RNN = RnnSettings(hidden=4, iterations=50 * 5, eval_every=5, threads=1)


def test_on_one_cache_and_on_one_download(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, 'HEAD_START', 1.0)
    process.small_data(tmp_path / 'data')
    read = trial.many(tmp_path, 'pixels', tmp_path / 'data' / 'CIFAR10',
                      digest(*cifar10_pixels().values()), 2, 'read')
    assert (read.tried, read.held) == (2, 2)
    fetched = trial.many(tmp_path, 'fetch', tmp_path, digest(*mnist_pixels()), 2, 'fetch')
    assert (fetched.tried, fetched.held, fetched.note) == (2, 2, '1 download')


def test_a_run_that_another_process_is_at_is_waited_for(small_data, tmp_path, monkeypatch):
    monkeypatch.setattr(many, 'BUSY_SECONDS', 0.05)
    jobs = [Job('rnn-a', seed, dataclasses.replace(RNN, seed=seed)) for seed in range(2)]
    outcomes, claimed, go_on = [], threading.Event(), threading.Event()

    def somebody_else():
        run = jobs[0].directory(tmp_path)
        with claim(run, {}):
            run.config.unlink()
            claimed.set()
            go_on.wait(60)

    def on_outcome(outcome):
        outcomes.append(outcome)
        if outcome.job == jobs[1]:
            go_on.set()

    other = threading.Thread(target=somebody_else)
    other.start()
    claimed.wait()
    reproduce(jobs, tmp_path, str(small_data), 1, on_outcome)
    other.join()
    assert [outcome.job.seed for outcome in outcomes] == [0, 1, 0]
    assert outcomes[0].busy and 'waiting' in outcomes[0].words()
    assert [outcome.error for outcome in outcomes[1:]] == [None, None]
    assert jobs[0].directory(tmp_path).metrics.exists()


def test_a_process_that_is_refused_is_told_from_others():
    class Done:
        returncode, stderr = 2, 'no: do this\n'

    assert process.refused(Done, 'do this')
    assert not process.refused(Done, 'do that')
    Done.stderr += 'more\n'
    assert not process.refused(Done, 'do this')
