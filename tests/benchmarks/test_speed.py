"""The document: what is computed from the measured numbers, and what is committed."""

import json

import pytest
from benchmarks import speed, work
from helpers import REPOSITORY

from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS
from elec576.settings import CnnSettings, RnnSettings


def times(seconds: float) -> dict:
    return {'median': seconds, 'low': 0.9 * seconds, 'high': 1.2 * seconds, 'rounds': 1}


@pytest.fixture
def listing():
    cnn = {'listing': 0.5, **{f'eval-every {n}': 0.05 for n in (1, 10, 100)}, 'train': 0.04}
    rnn = {'listing': 0.03, 'display': 0.01, 'train': 0.009, 'evaluate': 2.0}
    return {'threads': 2,
            'starts': {'cnn listing': times(7.0), 'cnn ours': times(6.0),
                       'rnn listing': times(5.0), 'rnn ours': times(4.0)},
            'steps': {name: {variant: times(seconds) for variant, seconds in
                             (cnn if work.is_cnn(name) else rnn).items()}
                      for name in work.OF_THE_REPORT},
            'tf115': {'steps': {name: times(1.0 if work.is_cnn(name) else 0.06)
                                for name in work.OF_THE_REPORT},
                      'starts': {'cnn': times(9.0), 'rnn': times(8.0)}}}


def cells(text: str, name: str) -> list[str]:
    """The cells of the one row that begins with ``name``."""
    found, = [line for line in text.splitlines() if line.startswith(f'| {name} ')]
    return [cell.strip() for cell in found.split('|')[2:-1]]


def result(numbers: dict, **changed) -> dict:
    return {'machine': {'processor': 'a processor'}, 'isa': 'avx2', 'quick': False, 'minutes': 1.5,
            'versions': {'elec576': '1'}, 'started': '2026-01-02T03:04:05', 'numbers': numbers,
            **changed}


def test_the_committed_document_is_what_its_numbers_say():
    found = json.loads((REPOSITORY / 'results/bench.json').read_text())
    text = speed.document(found)
    assert text == (REPOSITORY / 'results/SPEED.md').read_text()
    assert text.isascii()  # every terminal can print it
    for result in found.values():
        assert result['machine']['processor'] in text and f'{result["isa"]} kernels' in text


def test_seconds_of_a_run(listing):
    assert speed.run_seconds('cnn5', listing) == pytest.approx(
        {'listing': 7 + 8000 * 0.5, 'ours': 6 + 8000 * 0.05, 'tf115': 9 + 8000 * 1.0})
    # 2999 steps, evaluated after 500, 1000, ... 2500
    assert speed.run_seconds('gru-300', listing) == pytest.approx(
        {'listing': 5 + 2999 * 0.03, 'ours': 4 + 2999 * 0.01 + 5 * 2, 'tf115': 8 + 2999 * 0.06})
    del listing['tf115']
    assert set(speed.run_seconds('cnn5', listing)) == {'listing', 'ours'}


def test_the_totals(listing):
    every, listed = speed.totals(listing), speed.totals(listing, speed.LISTED)
    assert len(EXPERIMENTS) == 23 and len(speed.LISTED) == 22
    for way, seconds in speed.run_seconds('cnn-mnist', listing).items():
        assert every[way] - listed[way] == pytest.approx(seconds)
    table, _ = speed.headline(listing)
    assert cells(table, 'without')[3:] == [f'{listed["tf115"] / listed["ours"]:.3g}', '12',
                                           f'{listed["listing"] / listed["ours"]:.3g}', '8']
    assert cells(table, 'a step of LeNet5, `--eval-every 1`') == [
        '', '500 ms', '50.0 ms', '', '', '10', '2']
    del listing['tf115']
    table, _ = speed.headline(listing)
    assert cells(table, 'without')[2:] == [f'{listed["listing"] / listed["ours"]:.3g}', '8']
    assert '1.15' not in speed.document({'listing': result(listing)})
    listing['steps'][work.LENET5]['eval-every 1'] = times(0.4)
    table, _ = speed.headline(listing)
    assert cells(table, 'a step of LeNet5, `--eval-every 1`')[-2:] == ['**1.25**', '2']


def test_where_it_was_measured_is_said(listing):
    text = speed.document({'listing': result(listing), 'jobs': result({}),
                           'isa': result({}, quick=True, minutes=None)})
    assert '- listing (1.5 min), jobs (1.5 min): a processor, avx2 kernels, elec576 1, 2026' in text
    assert '- isa: a processor' in text and 'too few rounds to quote' in text
    assert 'Skipped: this processor has no AVX-512.' in text and 'Skipped: one core.' in text


def test_something_else_is_no_bench():
    with pytest.raises(UserError, match='not what scripts/bench.py writes'):
        speed.document({'listing': 3})


@pytest.mark.parametrize('settings, step, checkpoint, histograms, expected', [
    # 5000 x 0.04 s = 200 s: a checkpoint of 0.05 s every 10 s; 6 histograms, 51 rows of scalars
    (CnnSettings(), 0.04, 0.05, 0.5, (21 * 0.05 / 200, (6 * 0.5 + 51 * 0.001) / 200)),
    # 2999 x 0.01 s = 29.99 s: a slow checkpoint of 0.2 s comes every 20 s
    (RnnSettings(), 0.01, 0.2, 0.1, (2 * 0.2 / 29.99, (6 * 0.1 + 300 * 0.001) / 29.99))])
def test_shares_of_a_run(settings, step, checkpoint, histograms, expected):
    assert speed.shares(settings, {'train': step, 'checkpoint': checkpoint,
                                   'histograms': histograms, 'scalars': 0.001}
                        ) == pytest.approx(expected)


def test_frameworks():
    row = {'ours': 0.04, 'torch': 0.05}
    row = {way: {'variant': 'v', 'tried': {}, **times(seconds)} for way, seconds in row.items()}
    text = speed.document({'frameworks': result({'1 thread': {'lenet5': row}})})
    assert cells(text, 'lenet5') == ['40.0 (36.0-48.0)', '50.0 (45.0-60.0) v', '1.25']
    assert cells(text, 'geometric mean') == ['', '', '1.25']
    del row['torch']
    assert 'PyTorch was not installed' in speed.document(
        {'frameworks': result({'1 thread': {'lenet5': row}})})


def kind(seconds: float, floor: float) -> dict:
    return {'count': 3, 'seconds': seconds, 'flops': 5e6, 'bytes': 2e6, 'floor': floor}


def test_the_roofline():
    kinds = {'MatMul': kind(0.006, 0.0055), 'AddN': kind(0.003, 0.001), 'Tanh': kind(1e-4, 1e-4)}
    share = {'low': 0.6, 'median': 0.66, 'high': 0.7, 'rounds': 3}
    row = {'step': 0.01, 'share': share, 'outside': {**share, 'median': 0.09}, 'kinds': kinds,
           'products': {}, 'bandwidth': {}}
    text = speed.document({'roofline': result({'lenet5': row, 'lstm-128': row})})
    cnn, lstm = (line.split('|')[2:-1] for line in text.splitlines()
                 if line.startswith(('| lenet5 ', '| lstm-128 ')) and 'AddN 2.00' in line)
    assert [cell.strip() for cell in cnn] == [
        '10.0', '6.60', '**66.0%**', '60%-70%', '85%', '**9.0%**', '5%',
        'AddN 2.00, MatMul 0.50, Tanh 0.00']
    assert [cell.strip() for cell in lstm][2:7] == ['66.0%', '60%-70%', '60%', '9.0%', '25%']
    assert [[cell.strip() for cell in line.split('|')[2:-1]] for line in text.splitlines()
            if line.startswith('| lstm-128 ')][1:] == [
        ['MatMul', '3', '6.00', '5.0', '2.00', '5.50', '92%'],
        ['AddN', '3', '3.00', '5.0', '2.00', '1.00', '33%']]  # Tanh is too small for a row
    assert ('of 10.0 ms, 3 products take 6.00 ms (floors 5.50), 6 other operations take 3.10 ms '
            '(floors 1.10), and 0.90 ms pass between them' in text)


def test_stages_and_peaks():
    stages = {'Python': times(0.5), 'all': times(4.0)}
    text = speed.document({'runs': result({
        'stages': {'lenet5': stages, 'lstm-128': stages},
        'peak_bytes': {'cnn1': 5e8, 'cnn-mnist': 7.001e8}})})
    assert cells(text, 'all') == ['4.00 (3.60-4.80)'] * 2
    assert cells(text, 'cnn-mnist') == ['**701**', '700'] and cells(text, 'cnn1') == ['500', '']


@pytest.mark.parametrize('item, numbers', [('roofline', {'lenet5': {'step': {}}}), ('runs', {}),
                                           ('startup', {'stages': {}, 'peak_bytes': {'cnn1': 1}})])
def test_trials_of_another_format_are_refused(item, numbers):
    with pytest.raises(UserError, match='not what scripts/bench.py writes'):
        speed.document({item: result(numbers)})
