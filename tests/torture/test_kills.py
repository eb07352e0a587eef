"""Trial `kills`: SIGKILL at random moments, resumed until done, against a run never killed.

A CNN and an RNN through the real scripts, with real settings but for their length. A run is killed
a few times, each time the same command is run again, and the last one may finish. Nothing may show
that it was ever killed: `==` for every byte of the history and of the other results, and for every
variable, the optimizer's slots included.
"""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from random import Random

import numpy as np
import pytest
import reproduced
from commands import SECONDS, command_of, run_well
from helpers import call
from kill import Moment, killed_at, random_moment
from same_run import begins, differences

from elec576.files import UNFINISHED
from elec576.loops.history import RNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory, read_metrics
from elec576.settings import CnnSettings, RnnSettings

CHECKPOINT_SECONDS = 0.2  # so that many fall into a short run
MOST_KILLS = 5  # of one run
SETTINGS = {
    'LeNet5': CnnSettings(steps=300, eval_every=20, log_every=50),
    # 300 steps of 250 images: an epoch of 55000 ends on the way
    'LSTM': RnnSettings(cell='lstm', hidden=50, iterations=301 * 250, batch_size=250,
                        eval_every=100)}
SHORT = RnnSettings(hidden=5, iterations=50 * 10, eval_every=4, threads=1)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize('name', SETTINGS)
def test_runs(name, trial_options, finding, tmp_path):
    settings, rng = SETTINGS[name], Random(f'{trial_options.seed} {name}')
    number = max(1, trial_options.kills // len(SETTINGS))
    whole = RunDirectory(tmp_path / 'whole')
    began = time.monotonic()
    run_well(command_of(settings, whole.path, trial_options.data))
    seconds = time.monotonic() - began
    runs, kills, failed = 0, Counter(), []
    while kills.total() < number:
        run = RunDirectory(tmp_path / f'run-{runs}')
        words = command_of(settings, run.path, trial_options.data,
                           '--checkpoint-seconds', CHECKPOINT_SECONDS)
        for _ in range(min(number - kills.total(), rng.randint(1, MOST_KILLS))):
            moment = random_moment(run, settings.steps, seconds, rng)
            if not killed_at(moment, words):
                break
            kills[moment.name] += 1
            if not begins(run, whole):
                failed.append(f'{run.path}: history damaged by a kill ({moment.name})')
        run_well(words)
        failed += [f'{run.path}: {what}' for what in differences(run, whole)]
        if not failed:
            shutil.rmtree(run.path)
        runs += 1
    finding(f'SIGKILL of {name} runs ({settings.steps} steps, '
            f'{read_metrics(whole)["dataset"]["name"]}), resumed until done: the same history and '
            'variables', kills.total(), failed, f'{runs} runs, killed ' + ', '.join(
                f'{count} {moment}' for moment, count in kills.most_common()))


def test_reproduce(trial_options, finding, tmp_path):
    """Alternately, the process alone is killed, whose workers live on a little, or all of them."""
    rng, failed = Random(trial_options.seed), []
    reference = tmp_path / 'reference'
    began = time.monotonic()
    assert reproduced.begin(reference).wait(SECONDS) == 0
    seconds = time.monotonic() - began
    number, kills, turns = max(1, trial_options.kills // 5), 0, 0
    while kills < number:
        results = tmp_path / f'results-{turns}'
        for _ in range(min(2, number - kills)):
            job = reproduced.begin(results)
            try:
                job.wait(rng.uniform(0.3, 0.9) * seconds)
                break
            except subprocess.TimeoutExpired:
                (job.kill if kills % 2 else lambda: os.killpg(job.pid, signal.SIGKILL))()
                job.wait()
                kills += 1
        code = reproduced.begin(results).wait(SECONDS)
        failed += [f'exit code {code}'] * (code != 0) + reproduced.differing(results, reference)
        turns += 1
    finding('SIGKILL of reproduce.py with two jobs at any time, alternately with and without its '
            'workers; run again: every run equal to the one never killed', kills, failed)


# ---- that the trial kills, and sees a difference when there is one

@pytest.fixture(scope='module')
def runs(small_data, tmp_path_factory):
    """Two equal runs and one of another seed."""
    folder = tmp_path_factory.mktemp('runs')
    for name, seed in (('one', 0), ('other', 0), ('seed1', 1)):
        settings = dataclasses.replace(SHORT, seed=seed)
        assert call(command_of(settings, folder / name, small_data)).code == 0
    return folder


@pytest.fixture
def pair(runs, tmp_path):
    shutil.copytree(runs, tmp_path / 'runs')
    return tuple(RunDirectory(tmp_path / 'runs' / name) for name in ('one', 'other'))


def test_equal_runs(pair):
    assert differences(*pair) == [] and begins(*pair)


def test_a_lost_record_is_seen(pair):
    run, whole = pair
    lines = run.history.read_text().splitlines(keepends=True)
    run.history.write_text(''.join(lines[:2] + lines[3:]))
    assert differences(run, whole) == ['history.csv'] and not begins(run, whole)
    run.history.write_text(''.join(lines[:-1]))
    assert begins(run, whole)  # as in the middle of a run
    run.history.write_text(''.join(lines)[:-9])
    assert not begins(run, whole)


def test_only_the_end_of_a_run_may_still_add_to_a_row(pair):
    run, whole = pair
    for row, right in ((-1, True), (0, False)):
        partial = History(RNN_COLUMNS, History.read(whole.history).rows)
        del partial.rows[row]['test_loss']
        partial.write(run.history)
        assert begins(run, whole) == right
    partial = History(RNN_COLUMNS, History.read(whole.history).rows)
    partial.rows.append({'step': partial.rows[-1]['step'] + 1})
    partial.write(run.history)
    assert not begins(run, whole)


def test_another_variable_and_another_result_are_seen(pair, runs):
    run, whole = pair
    shutil.rmtree(run.checkpoints)
    shutil.copytree(RunDirectory(runs / 'seed1').checkpoints, run.checkpoints)
    found = differences(run, whole)
    assert 'Variable' in found and any('RMSProp' in name for name in found)
    metrics = json.loads(run.metrics.read_text())
    metrics['test_loss'] = float(np.nextafter(metrics['test_loss'], 1))
    run.metrics.write_text(json.dumps(metrics))
    assert 'test_loss' in differences(run, whole)


def test_a_process_is_killed_at_its_moment(tmp_path):
    def killed(code: str, moment: Moment) -> bool:
        return killed_at(moment, [sys.executable, '-c', code])

    file = tmp_path / 'here'
    began = time.monotonic()
    assert killed(f'import time; open({str(file)!r}, "w"); time.sleep(60)',
                  Moment('some', file.exists, 0.05))
    assert file.exists() and time.monotonic() - began > 0.05
    never = Moment('never', lambda: False, 0)
    assert not killed('print(1)', never)
    with pytest.raises(AssertionError, match='exit code 3: .*oh'):
        killed('import sys; print("oh", file=sys.stderr); sys.exit(3)', never)


def test_moments_are_of_all_kinds_and_wait_for_what_they_say(tmp_path):
    run = RunDirectory(tmp_path)
    (run.checkpoints / 'step-00000001').mkdir(parents=True)  # existed before: not a moment to kill
    rng = Random(0)
    found = [random_moment(run, 99, 5.0, rng) for _ in range(200)]
    assert all(0 <= moment.seconds_later <= 5 for moment in found)

    def reached():
        return {moment.name for moment in found if moment.reached()}

    assert reached() == {'at any time'}
    for number in range(2, 15):
        unfinished = run.checkpoints / f'{UNFINISHED}step-{number:08d}'
        unfinished.mkdir()
        reached()  # looks, as often as something comes up
        os.rename(unfinished, run.checkpoints / f'step-{number:08d}')
        (run.checkpoints / f'step-{number - 1:08d}').rmdir()
    assert reached() == {'at any time', 'in a checkpoint', 'after a checkpoint'}
    (run.path / f'{UNFINISHED}history.csv-1').write_text('')
    assert reached() == {'at any time', 'in a checkpoint', 'after a checkpoint', 'in the history'}
    (run.checkpoints / 'step-00000099').mkdir()
    assert reached() == {moment.name for moment in found}
