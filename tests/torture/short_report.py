"""`reproduce.py` on two experiments cut short, one of each program: short_report.py OPTION ..."""

import runpy
import sys

from helpers import REPOSITORY

from elec576 import experiments
from elec576.settings import CnnSettings, RnnSettings

SHORT = {
    'cnn1': CnnSettings(steps=60, eval_every=20, train_per_class=50, test_per_class=20),
    'rnn-a': RnnSettings(hidden=128, iterations=50 * 500, eval_every=100),
}

if __name__ == '__main__':
    experiments.EXPERIMENTS.update(SHORT)
    sys.argv[1:1] = ['--only', ','.join(SHORT)]
    runpy.run_path(str(REPOSITORY / 'scripts' / 'reproduce.py'), run_name='__main__')
