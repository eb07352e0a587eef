"""Trial `endurance`: the memory of a process that keeps running.

What is measured is the memory that the process holds, not its peak: after some and after many steps
of one run, and after some and after many runs in one process.
"""

import subprocess
import sys

import psutil
import pytest
from commands import command_of, environment
from helpers import REPOSITORY

from elec576.settings import CnnSettings, RnnSettings

SLACK = 1.02  # allocators never hold exactly the same


def measured(words: list[str], lines: tuple[str, ...]) -> list[float]:
    """What a process holds, in MB, each time it prints a line that begins with one of ``lines``."""
    found = []
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True,
                          env=environment()) as job:
        for line in job.stdout:
            if line.startswith(lines):
                found.append(psutil.Process(job.pid).memory_info().rss / 1e6)
    assert job.returncode == 0, words
    return found


@pytest.mark.slow
@pytest.mark.parametrize('network', ['LeNet5', 'basic RNN'])
def test_many_steps(network, in_full, finding, small_data, tmp_path):
    few, many = 300, 3000
    if network == 'LeNet5':
        settings = CnnSettings(steps=many + 1, batch_size=5, train_per_class=12, test_per_class=4,
                               log_every=few, eval_every=few, threads=1)
        lines = f'step {few}, training loss', f'step {many}, training loss'
    else:
        settings = RnnSettings(hidden=8, batch_size=10, iterations=(many + 1) * 10 + 1,
                               display_step=few, eval_every=few, threads=1)
        lines = f'Iter {few * 10}, ', f'Iter {many * 10}, '
    before, after = measured(command_of(settings, tmp_path / 'run', small_data, '--no-events'),
                             lines)
    said = f'{before:.0f} MB, then {after:.0f} MB'
    finding(f'memory of a {network} run after {many} steps as after {few}', 1,
            [] if after <= before * SLACK else [said], said)


@pytest.mark.slow
def test_many_runs(in_full, finding, small_data, tmp_path):
    # after some runs, what TensorFlow and matplotlib keep for good has been allotted
    some, many = 10, 30
    after = measured([sys.executable, REPOSITORY / 'tests' / 'torture' / 'many_runs.py',
                      small_data, tmp_path, many], ('run ',))
    growth = (after[-1] - after[some - 1]) / (many - some)
    said = (f'{after[0]:.0f} MB after one, {after[some - 1]:.0f} MB after {some}, '
            f'{after[-1]:.0f} MB after {many}: {growth:.1f} MB a run; the first runs allot what '
            'TensorFlow and matplotlib keep for good')
    finding(f'memory after {many} runs in one process as after {some}', 1,
            [] if after[-1] <= after[some - 1] * SLACK else [said], said)


def test_growth_is_seen():
    before, after = measured([sys.executable, '-uc', 'import time\n' 'kept = []\n'
                              'for size in (1, 50_000_000):\n'
                              '    kept.append(b"x" * size)\n'
                              '    print("run")\n'
                              '    time.sleep(1)'], ('run',))
    assert 40 < after - before < 60
