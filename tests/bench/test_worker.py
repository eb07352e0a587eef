"""A worker process and its parent."""

import pytest

from elec576.bench import against_frameworks, work
from elec576.bench.against_frameworks import Effort, Measured
from elec576.bench.remote import Worker, WorkerFailed
from elec576.bench.timing import Summary


@pytest.fixture(scope='module')
def worker():
    with Worker('elec576', threads=1) as found:
        yield found


def test_it_does_steps_and_says_how_long_they_took(worker):
    assert 'tensorflow' in worker.versions
    assert worker.variants('basic-50') == ['train']
    few, many = (worker.steps('basic-50', 'train', count) for count in (2, 40))
    assert 0 < few < many
    assert worker.peak_bytes > 50e6
    assert worker.steps('basic-50', 'display', 10) > 0
    worker.forget()


def test_an_error_is_told_and_survived(worker):
    with pytest.raises(WorkerFailed, match='KeyError'):
        worker.steps('no such model', 'train', 1)
    assert worker.variants('lenet5') == ['train']


def test_a_dead_worker_is_told_and_can_be_restarted():
    with Worker('elec576', threads=1, environment={'PYTHONHOME': '/nowhere'}) as broken:
        with pytest.raises(WorkerFailed, match='ended with'):
            broken.variants('lenet5')


def test_a_slow_worker_is_ended():
    with Worker('elec576', threads=1, time_limit=0.01) as slow:
        with pytest.raises(WorkerFailed, match='more than 0.01 s'):
            slow.variants('lenet5')


def test_side_by_side_speeds_add_up():
    class Fake:
        def __init__(self, seconds):
            self.seconds = seconds

        def send_steps(self, model, variant, steps):
            self.steps = steps

        def receive_steps(self):
            return self.seconds * self.steps

    one, two = against_frameworks.Setting(1, 1), against_frameworks.Setting(1, 2)
    pair = [Fake(0.1), Fake(0.1)]
    assert one.step_seconds(pair, 'm', 'v', 4) == pytest.approx(0.1)
    assert two.step_seconds(pair, 'm', 'v', 4) == pytest.approx(0.05)


def test_a_variant_that_fails_is_left_out():
    class Fake:
        way = 'fake'
        restarted = 0

        def variants(self, model):
            return ['slow', 'broken', 'fast']

        def send_steps(self, model, variant, count):
            self.asked = variant, count

        def receive_steps(self):
            variant, count = self.asked
            if variant == 'broken':
                raise WorkerFailed('no compiler')
            return count * {'slow': 0.2, 'fast': 0.1}[variant]

        def steps(self, *asked):
            self.send_steps(*asked)
            return self.receive_steps()

        def restart(self):
            self.restarted += 1

    worker = Fake()
    tried = against_frameworks.try_variants([worker], 'm', Effort(tries=1))
    assert tried == {'slow': pytest.approx(0.2), 'broken': 'no compiler',
                     'fast': pytest.approx(0.1)}
    assert against_frameworks.fastest(tried) == 'fast'
    assert worker.restarted == 1


def test_ratio_and_share():
    def measured(seconds):
        return Measured('', Summary(seconds, seconds, seconds, 1), {})

    row = {'elec576': measured(0.04), 'torch': measured(0.05), 'sgemm': measured(0.1)}
    assert against_frameworks.ratio(row, 'torch') == pytest.approx(1.25)
    assert against_frameworks.ratio(row, 'keras') is None
    assert against_frameworks.mean_ratio({'a': row, 'b': row}, 'torch') == pytest.approx(1.25)
    # 2051 of 8590 million multiply-adds in 0.4 of the time
    share = 2050.97e6 / 2048**3 / 0.4
    assert against_frameworks.share_of_sgemm('lenet5', row) == pytest.approx(share, rel=1e-3)


def test_the_settings():
    assert [setting.name for setting in against_frameworks.settings(2)] == [
        '1 thread', '2 runs side by side, 1 thread each', '2 threads']
    assert [setting.name for setting in against_frameworks.settings(1)] == ['1 thread']


def test_every_model_can_be_built_by_pytorch_and_steps():
    pytest.importorskip('torch')
    from elec576.bench import in_torch
    for model in ('lenet5', 'lstm-50'):
        for variant in in_torch.variants(model)[:2]:
            assert in_torch.start(model, variant, 1)(1) > 0
    assert set(work.WORK) == {'lenet5', *(f'{cell}-{hidden}' for cell in work.CELLS
                                          for hidden in work.HIDDEN)}
