"""A worker process and its parent, and what is timed in it."""

import os
import signal
from pathlib import Path

import pytest
from benchmarks import measure
from benchmarks.roofline import product_of
from benchmarks.worker import Worker, WorkerFailed


@pytest.fixture(scope='module')
def worker():
    with Worker('ours', threads=1) as found:
        yield found


@pytest.mark.slow
def test_it_does_steps_and_says_how_long_they_took(worker):
    few, many = (worker.steps('basic-50', 'train', count) for count in (2, 60))
    assert 0 < few < many
    assert worker.peak_bytes > 50e6
    for variant in ('display', 'evaluate', 'histograms', 'scalars'):
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
def test_the_stages_of_a_start(small_data):
    with Worker('stages', 1, data=str(small_data)) as fresh:
        found = fresh.steps('basic-50', 'stages', 1)
    assert list(found) == ['import TensorFlow', 'our imports', 'data', 'graph', 'initial weights',
                           'first step']
    assert min(found.values()) > 0


@pytest.mark.slow
def test_an_error_is_one_line_and_its_files_go_with_it(worker):
    worker.steps('basic-50', 'checkpoint', 1)
    folder = Path(worker._folder.name)
    assert list(folder.glob('*/step-*/model*'))
    with pytest.raises(WorkerFailed, match='^ours: KeyError: .*no such model') as failure:
        worker.steps('no such model', 'train', 1)
    assert '\n' not in str(failure.value)
    assert not folder.exists()


def test_a_dead_worker_is_one_line():
    with Worker('machine', threads=1) as some:
        some.steps('', 'add 64', 1)
        os.kill(some._process.pid, signal.SIGKILL)
        some._process.join()
        with pytest.raises(WorkerFailed, match='machine: died with exit code -9'):
            some.steps('', 'add 64', 1)
        assert some.steps('', 'add 64', 1) > 0  # by another one


def test_a_slow_worker_is_ended():
    with Worker('machine', threads=1, time_limit=0.01) as slow:
        with pytest.raises(WorkerFailed, match='took more than 0.01 s'):
            slow.steps('', 'add 64', 1)
        assert slow._process is None


@pytest.mark.slow
@pytest.mark.parametrize('way, variant', [
    ('listing', 'listing'), ('torch', 'time first'), ('torch', 'channels last'),
    ('keras', 'train_on_batch'), ('machine', 'product 2 3 4 first')])
def test_every_way_steps(way, variant, small_data):
    if way == 'torch':
        pytest.importorskip('torch')
    model = 'lenet5' if variant == 'channels last' else 'lstm-50'
    assert way in ('listing', 'machine') or variant in measure.variants(way, model)
    with Worker(way, 1, data=str(small_data)) as worker:
        assert worker.steps(model, variant, 1) > 0
