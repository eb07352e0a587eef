"""A worker process and its parent, and what is timed in it."""

import os
import signal
from pathlib import Path

import pytest
from benchmarks import peers
from benchmarks.floors import product_of
from benchmarks.kernels import AVX2, level
from benchmarks.worker import Worker, WorkerFailed, run_script
from helpers import REPOSITORY

from elec576.machine import has_instructions


@pytest.fixture(scope='module')
def worker():
    with Worker('ours', threads=1) as found:
        yield found


@pytest.mark.slow
def test_it_does_steps_and_says_how_long_they_took(worker):
    few, many = (worker.steps('basic-50', 'train', count) for count in (2, 60))
    assert 0 < few < many
    assert worker.peak_bytes > 50e6
    assert worker.reports == {'oneDNN': 'Intel AVX2'}
    for variant in ('display', 'evaluate'):
        assert worker.steps('basic-50', variant, 1) > 0


@pytest.mark.slow
def test_a_timeline_is_a_list_of_operations(worker):
    step, = worker.steps('lstm-50', 'timeline', 1)
    products = [product_of(op) for op in step if product_of(op)]
    # 28 rows forward; the gradient of the weights for each, and of the row and state for each
    assert [products.count(((50, 78, 200), 2 * 50 * 78 * 200)),
            products.count(((78, 50, 200), 2 * 78 * 50 * 200)),
            products.count(((50, 200, 78), 2 * 50 * 200 * 78))] == [28, 28, 27]
    assert sum(op.kind == 'ApplyRMSProp' for op in step) == 4
    assert all(0 <= op.seconds < 60 for op in step) and sum(op.seconds for op in step) > 0


@pytest.mark.slow
def test_an_error_is_one_line_and_its_files_go_with_it(worker):
    worker.steps('basic-50', 'train', 1)
    folder = Path(worker._folder.name)
    assert (folder / 'said.txt').read_text().startswith('onednn_verbose')
    with pytest.raises(WorkerFailed, match='^ours: KeyError: .*no such model') as failure:
        worker.steps('no such model', 'train', 1)
    assert '\n' not in str(failure.value)
    assert not folder.exists()


def test_a_dead_worker_is_one_line():
    with Worker('ours', threads=1) as some:
        some.steps('', 'add 64', 1)
        os.kill(some._process.pid, signal.SIGKILL)
        some._process.join()
        with pytest.raises(WorkerFailed, match='ours: died with exit code -9'):
            some.steps('', 'add 64', 1)
        assert some.steps('', 'add 64', 1) > 0  # by another one


def test_a_slow_worker_is_ended():
    with Worker('ours', threads=1, time_limit=0.01) as slow:
        with pytest.raises(WorkerFailed, match='took more than 0.01 s'):
            slow.steps('', 'add 64', 1)
        assert slow._process is None


@pytest.mark.slow
@pytest.mark.parametrize('way, variant', [
    ('listing', 'listing'), ('torch', 'time first'), ('torch', 'channels last'),
    ('keras', 'train_on_batch')])
def test_every_way_steps(way, variant, small_data):
    if way == 'torch':
        pytest.importorskip('torch')
    model = 'lenet5' if variant == 'channels last' else 'lstm-50'
    assert way == 'listing' or variant in peers.variants(way, model)
    with Worker(way, 1, data=str(small_data)) as worker:
        assert worker.steps(model, variant, 1) > 0


@pytest.mark.slow
def test_the_machine_is_measured_by_calls_of_no_model():
    with Worker('ours', 1) as worker:
        assert worker.steps('', 'product 2 3 4 first', 1) > 0


@pytest.mark.slow
@pytest.mark.parametrize('way, libraries', [
    ('torch', {'ATen', 'oneDNN', 'MKL'}), ('keras', {'oneDNN'})])
def test_a_peer_is_held_whatever_the_environment_says(way, libraries, monkeypatch):
    if way == 'torch':
        pytest.importorskip('torch')
    monkeypatch.setenv('ATEN_CPU_CAPABILITY', 'default')
    monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', 'SSE41')
    with Worker(way, 1) as worker:
        worker.steps('gru-50', peers.variants(way, 'gru-50')[0], 1)
        assert set(worker.reports) == libraries
        assert set(map(level, worker.reports.values())) == {AVX2}


@pytest.mark.slow
@pytest.mark.skipif(not has_instructions('avx512'), reason='without AVX-512 nothing has to be held')
def test_a_peer_that_is_not_held_is_refused(monkeypatch, tmp_path):
    """With a variable that oneDNN does not read, in the place of the one that it does."""
    (tmp_path / 'sitecustomize.py').write_text(
        'import sys\nsys.path.insert(0, "scripts")\n'
        'from benchmarks import kernels\n'
        'kernels.HELD = {"ONEDNN_MAX_ISA": "AVX2"}\n')
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    with Worker('keras', 1) as worker:
        with pytest.raises(WorkerFailed, match='^keras: oneDNN says ".*AVX-512.*" where AVX2 was '
                                               'asked for; the measurement is refused'):
            worker.steps('gru-50', 'train_on_batch', 1)


def test_a_script_that_fails_is_one_line(tmp_path):
    with pytest.raises(WorkerFailed, match='^scripts/run_cnn.py: .*--steps') as failure:
        run_script('scripts/run_cnn.py', '--steps', '-1', data=tmp_path, folder=tmp_path)
    assert '\n' not in str(failure.value)
