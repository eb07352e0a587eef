"""The same command twice, each time in a process of its own."""

from pathlib import Path

from elec576.settings import RnnSettings
from elec576.torture import determinism as trial

SCRIPTS = Path(__file__).resolve().parents[2] / 'scripts'
SHORT = RnnSettings(cell='gru', hidden=4, iterations=50 * 11, display_step=1, eval_every=5,
                    threads=2)


def test_the_same_command_twice(tmp_path):
    found, = trial.findings(tmp_path, SCRIPTS, (), 2, {'GRU': ('run_rnn.py', SHORT)})
    assert (found.tried, found.held) == (2, 2)
