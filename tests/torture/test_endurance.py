"""Memory: that growth would be seen, and that a short run has none."""

import pytest

from elec576.torture import endurance as trial


def test_memory_is_seen_to_grow():
    before = trial.memory()
    ballast = bytearray(b'x' * 50_000_000)
    assert trial.memory() - before > 40 and ballast


def test_growth_is_a_fall(monkeypatch):
    monkeypatch.setattr(trial, 'measured', lambda *arguments: [700.0, 720.0])
    assert trial.after_steps('out', 'data', 300, 3000, 'LeNet5').held == 0


@pytest.mark.parametrize('network', ['LeNet5', 'basic RNN'])
def test_a_short_run(network, small_data, tmp_path):
    found = trial.after_steps(tmp_path / 'run', str(small_data), 30, 120, network)
    assert found.held == 1, found.note
