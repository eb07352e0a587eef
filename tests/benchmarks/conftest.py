"""Made-up answers to all four questions, in round numbers."""

import pytest
from benchmarks import listing, work
from fakes import times


def _listing() -> dict:
    steps = {}
    for model, settings in work.OF_THE_REPORT.items():
        variants = ({listing.as_run(settings): times(0.05), 'eval-every 1': times(0.2)}
                    if work.is_cnn(model) else {'display': times(0.01), 'evaluate': times(2.0)})
        wide = {name: times(found['median'] / 2) for name, found in variants.items()}
        steps[model] = {'listing': {'listing': times(0.5 if work.is_cnn(model) else 0.03)},
                        'ours': variants, 'ours avx512': wide}
    return {'threads': 2, 'steps': steps,
            'starts': {'cnn listing': times(7.0), 'cnn ours': times(6.0),
                       'rnn listing': times(5.0), 'rnn ours': times(4.0)},
            'tf115': {'steps': {name: times(1.0 if work.is_cnn(name) else 0.06)
                                for name in work.OF_THE_REPORT},
                      'starts': {'cnn': times(9.0), 'rnn': times(8.0)}}}


def _peers() -> dict:
    def way(seconds: float) -> dict:
        return {'variant': 'v', 'tried': {'v': seconds}, **times(seconds)}

    models = {model: {'avx2': {'ours': way(0.04), 'torch': way(seconds), 'keras': way(0.02)},
                      'avx512': {'ours': way(0.02), 'torch': way(0.03), 'keras': way(0.02)}}
              for model, seconds in (('lenet5', 0.05), ('gru-50', 0.2))}
    said = {'avx2': 'Intel AVX2', 'avx512': 'Intel AVX-512 with AVX512BW'}
    return {'steps': {'1': models, '2': models},
            'reports': {isa: {'ours': {'oneDNN': words}, 'torch': {'ATen': words, 'MKL': words},
                              'keras': {'oneDNN': words}} for isa, words in said.items()}}


def _roofline() -> dict:
    def kind(seconds: float, floor: float) -> dict:
        return {'count': 3, 'seconds': seconds, 'flops': 5e6, 'bytes': 2e6, 'floor': floor}

    share = {'low': 0.6, 'median': 0.66, 'high': 0.7, 'rounds': 3}
    row = {'step': 0.01, 'share': share, 'outside': {**share, 'median': 0.09}, 'products': {},
           'bandwidth': {}, 'kinds': {'MatMul': kind(0.006, 0.0055), 'AddN': kind(0.003, 0.001),
                                      'Tanh': kind(1e-4, 1e-4)}}
    return {'lenet5': row, 'lstm-128': row}


def _startup() -> dict:
    return {'starts': {'lenet5': {way: {'first_step': times(4.0), 'peak_bytes': times(8e8)}
                                  for way in ('ours', 'torch', 'keras')}},
            'runs': {'TensorFlow imported, no run': {'peak_bytes': 6e8},
                     'cnn1': {'peak_bytes': 1e9, 'imports': times(0.2)},
                     'cnn-mnist': {'peak_bytes': 1.0001e9, 'imports': times(0.25)}}}


@pytest.fixture
def bench() -> dict:
    """What `bench.json` holds, by question."""
    numbers = {'listing': _listing(), 'peers': _peers(), 'roofline': _roofline(),
               'startup': _startup()}
    return {question: {'machine': {'processor': 'a processor'}, 'quick': False, 'minutes': 1.5,
                       'versions': {'elec576': '1'}, 'started': '2026-01-02T03:04:05',
                       'numbers': found} for question, found in numbers.items()}
