"""The four questions: what is computed from measured numbers, and how it is told."""

import contextlib

import pytest
from benchmarks import listing, peers, roofline, startup, work
from benchmarks.document import document
from benchmarks.floors import Op, Tensor
from benchmarks.rounds import Setup
from benchmarks.worker import WorkerFailed
from fakes import FakeWorker, times

from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS

LENET5_STEP = 'a step of LeNet5, `--eval-every 1`'  # a row
SETUP = Setup(2, rounds=2, seconds=0.1, models=('gru-50',))


def cells(text: str, name: str) -> list[str]:
    """The cells of the first row that begins with ``name``."""
    found = next(line for line in text.splitlines() if line.startswith(f'| {name} '))
    return [cell.strip() for cell in found.split('|')[2:-1]]


def test_the_page_names_commands_machine_and_versions(bench):
    text = document(bench)
    assert text.isascii() and text.count('\n## ') == 4 and 'quick look' not in text
    for question in bench:
        assert (f'`python scripts/bench.py --only {question}`, 1.5 min: a processor, elec576 1, '
                '2026-01-02.') in text
    bench['peers']['quick'] = True
    assert 'quick look' in document(bench)


@pytest.mark.parametrize('question, numbers', [
    ('listing', {}), ('peers', {'steps': {}}), ('roofline', {'lenet5': {'share': {}}}),
    ('startup', {'starts': {}, 'runs': {'cnn1': 1}})])
def test_numbers_of_another_format_are_refused(bench, question, numbers):
    bench[question]['numbers'] = numbers
    with pytest.raises(UserError, match='not what scripts/bench.py writes'):
        document(bench)


def test_seconds_of_a_run(bench):
    found = bench['listing']['numbers']
    assert listing.run_seconds('cnn5', found) == pytest.approx({
        'listing': 7 + 8000 * 0.5, 'ours': 6 + 8000 * 0.05, 'ours avx512': 6 + 8000 * 0.025,
        'tf115': 9 + 8000 * 1.0})
    # 2999 steps, evaluated after 500, 1000, ... 2500
    assert listing.run_seconds('gru-300', found) == pytest.approx({
        'listing': 5 + 2999 * 0.03, 'ours': 4 + 2999 * 0.01 + 5 * 2,
        'ours avx512': 4 + 2999 * 0.005 + 5 * 1, 'tf115': 8 + 2999 * 0.06})


def test_beside_the_listings(bench):
    found = bench['listing']['numbers']
    every, listed = listing.totals(found), listing.totals(found, listing.LISTED)
    assert len(EXPERIMENTS) == 23 and len(listing.LISTED) == 22
    for way, seconds in listing.run_seconds('cnn-mnist', found).items():
        assert every[way] - listed[way] == pytest.approx(seconds)
    text = document(bench)
    assert cells(text, 'all 23')[3] == f'{every["ours avx512"] / 60:.1f} min'
    assert cells(text, 'without')[4:] == [f'{listed["tf115"] / listed["ours"]:.3g}', '12',
                                          f'{listed["listing"] / listed["ours"]:.3g}', '8']
    assert cells(text, LENET5_STEP) == ['', '500 ms', '200 ms', '100 ms', '', '', '2.5', '2']
    # neither 1.15 nor AVX-512, and an aim that is missed
    del found['tf115']
    for row in found['steps'].values():
        del row['ours avx512']
    found['steps'][work.LENET5]['ours']['eval-every 1'] = times(0.4)
    text = document(bench)
    assert cells(text, LENET5_STEP) == ['500 ms', '400 ms', '**1.25**', '2']


def test_every_experiment_is_some_work():
    assert {work.name_of(settings) for settings in EXPERIMENTS.values()} == set(work.OF_THE_REPORT)


def test_beside_peers(bench):
    text = document(bench)
    assert cells(text, 'gru-50') == [
        '40.0 (36.0-48.0)', '200 (180-240)', '5.00', '20.0 (18.0-24.0)', '0.50',
        '20.0 (18.0-24.0)', '30.0 (27.0-36.0)', '1.50', '20.0 (18.0-24.0)', '1.00']
    assert cells(text, 'geometric mean') == ['', '', '2.50', '', '**0.50**', '', '', '1.50', '',
                                             '**1.00**']
    assert ('ours with AVX2: oneDNN AVX2; PyTorch with AVX2: ATen AVX2, MKL AVX2; Keras with AVX2: '
            'oneDNN AVX2; ours with AVX-512: oneDNN AVX-512') in text
    found = bench['peers']['numbers']
    del found['reports']['avx512'], found['steps']['2']
    for ways in found['reports'].values():
        del ways['torch']
    text = document(bench)
    assert len(cells(text, 'gru-50')) == 3
    for words in ('PyTorch was not installed', 'This processor has no AVX-512.', 'need two cores'):
        assert words in text


def test_a_variant_that_fails_is_left_out():
    tried = peers.try_variants(FakeWorker(slow=0.2, broken=None, fast=0.1), 'm',
                               ('slow', 'broken', 'fast'), SETUP)
    assert tried == {'slow': pytest.approx(0.2), 'broken': 'no compiler',
                     'fast': pytest.approx(0.1)}
    assert peers.fastest(tried) == 'fast'
    with pytest.raises(WorkerFailed, match='m: no compiler'):
        peers.try_variants(FakeWorker(broken=None), 'm', ('broken',), SETUP)


@pytest.fixture
def crowd(monkeypatch):
    """Peers whose steps take 0.1 s, ours 0.05 s; what each says of its instruction set."""
    made = {}

    @contextlib.contextmanager
    def crew(ways, threads, each):
        for way, isa in ways:
            made[way, isa] = [FakeWorker(**dict.fromkeys(
                peers.variants(way, 'gru-50'), 0.05 if way == 'ours' else 0.1))
                for _ in range(each)]
            for worker in made[way, isa]:
                worker.reports = {'oneDNN': isa}
        yield made

    monkeypatch.setattr(peers, 'crew', crew)
    monkeypatch.setattr(peers, 'available', lambda way: True)
    monkeypatch.setattr(peers, 'has_instructions', lambda isa: True)
    return made


def test_ours_and_peers_meet_at_equal_instruction_sets(crowd):
    found = peers.measure(SETUP)
    assert set(crowd) == {(way, isa) for way in ('ours', 'torch', 'keras')
                          for isa in ('avx2', 'avx512')}
    for width, isa in (('1', 'avx2'), ('2', 'avx512')):
        row = found['steps'][width]['gru-50'][isa]
        assert row['torch']['median'] / row['ours']['median'] == pytest.approx(2)
    assert found['steps']['2']['gru-50']['avx2']['ours']['median'] == pytest.approx(0.025)
    assert found['reports']['avx2']['keras'] == {'oneDNN': 'avx2'}


def test_who_says_nothing_is_refused(crowd, monkeypatch):
    crew = peers.crew

    @contextlib.contextmanager
    def silent(*asked):
        with crew(*asked) as workers:
            workers['torch', 'avx2'][1].reports = {}
            yield workers

    monkeypatch.setattr(peers, 'crew', silent)
    with pytest.raises(WorkerFailed, match='torch: no library says what it computes with'):
        peers.measure(SETUP)


def test_the_roofline(bench):
    text = document({'roofline': bench['roofline']})
    assert cells(text, 'lenet5') == ['10.0', '6.60', '**66.0%**', '60%-70%', '85%', '**9.0%**',
                                     '5%', 'AddN 2.00, MatMul 0.50, Tanh 0.00']
    assert cells(text, 'lstm-128')[2:7] == ['66.0%', '60%-70%', '60%', '9.0%', '25%']


def test_a_round_is_against_its_own_floors():
    """A call costs 1 s besides; the product's best layout takes 2 s more, 10 operations each."""
    seconds = {'step': 8.0, 'product 1 1 1 plain': 1.0, 'product 1 1 1 first': 1.5,
               'product 2 5 1 plain': 4.0, 'product 2 5 1 first': 3.0,
               f'add {roofline.NOTHING}': 1.0,
               **{f'add {size}': 1.0 + size / 1e3 for size in roofline.WORKING_SETS}}
    product = Op('MatMul', 5.0, (Tensor((2, 5)), Tensor((5, 1))), (Tensor((2, 1)),))
    found = roofline.against_floors([[product, product]], [(2, 5, 1)], seconds)
    assert found['products'] == {'2 5 1': 10.0} and found['step'] == 8.0
    assert found['bandwidth'] == {size: pytest.approx(1.5e3) for size in roofline.WORKING_SETS}
    assert found['kinds']['MatMul']['floor'] == 4.0 and found['share'] == 0.5
    assert found['outside'] == 1 - 10 / 8


PRINTED = '''import time: self [us] | cumulative | imported package
import time:       100 |        100 |   numpy
import time:     20000 |      20100 |     sklearn.base
import time:      3000 |      23100 | elec576.cli
import time:       500 |        500 | tensorflow.python.ops.rnn_cell
step 0, training accuracy 0.1
import time:    900000 |     900000 | matplotlib.pyplot
'''


def test_our_imports_are_those_before_training_that_tensorflow_lacks():
    assert startup.import_times(PRINTED)['sklearn.base'] == 0.02
    assert startup.our_imports(PRINTED, {'numpy'}) == pytest.approx(0.023)
    assert startup.our_imports(PRINTED.replace('step 0', 'Iter 500'), set()) == pytest.approx(
        0.0231)


def test_start_and_memory(bench):
    text = document({'startup': bench['startup']})
    assert cells(text, 'lenet5, PyTorch') == ['4.00 (3.60-4.80)', '800']
    assert cells(text, 'cnn1') == ['0.20 (0.18-0.24)', '1000', '']
    assert cells(text, 'cnn-mnist') == ['0.25 (0.23-0.30)', '**1001**', '1000']
    assert cells(text, 'TensorFlow imported, no run') == ['', '600', '']


@pytest.mark.slow
def test_peers_and_roofline_are_measured():
    """Real processes: one model, one round."""
    setup = Setup(2).quick()._replace(models=('basic-50',))
    found = peers.measure(setup)
    text = '\n'.join(peers.section(found))
    assert 'oneDNN AVX2' in text and len(cells(text, 'basic-50')) >= 3
    row = roofline.measure(setup)['basic-50']
    assert row['kinds']['MatMul']['floor'] > 0 and 0 < row['share']['median'] < 1.5


@pytest.mark.slow
def test_the_listing_and_the_start_are_measured(small_data, monkeypatch):
    setup = Setup(1).quick()
    found = listing._steps('basic-50', setup, small_data)
    assert set(found) >= {'listing', 'ours'} and found['ours']['evaluate']['median'] > 0
    monkeypatch.setattr(startup, 'SHORTENED', {'rnn': (
        'scripts/run_rnn.py', '--hidden', '8', '--iterations', '201', '--display-step', '1')})
    monkeypatch.setattr(work, 'MNIST_TRAIN', 1000)
    run = startup._runs(setup)['rnn']
    assert run['peak_bytes'] > 1e8 and 0.01 < run['imports']['median'] < 600
