"""Many short runs in one process, LeNet5 and RNN by turns: many_runs.py DATA OUT NUMBER."""

import gc
import sys
import time
from pathlib import Path

from commands import command_of
from helpers import call

from elec576.settings import CnnSettings, RnnSettings

data, out, number = sys.argv[1:]
for seed in range(int(number)):
    if seed % 2:
        settings = CnnSettings(steps=3, train_per_class=12, test_per_class=4, seed=seed, threads=1)
    else:
        settings = RnnSettings(hidden=8, batch_size=10, iterations=51, seed=seed, threads=1)
    done = call(command_of(settings, Path(out, str(seed)), data, '--no-events'))
    assert done.code == 0, done
    gc.collect()
    print(f'run {seed}', flush=True)
    time.sleep(0.2)  # while who reads this measures
