"""The package on the TensorFlow that is installed against the listings on TensorFlow 1.15.5.

Initial variables and dropout masks are compared by their bits, both come from the same generator by
the same operations. Losses cannot be: today's TensorFlow sums in another order and by other
instructions, so the first loss is off by a few roundings (6e-8), and training amplifies it.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import REPOSITORY
from tf115 import cases
from tf115.document import document, measure
from tf115.environment import DRIVER, clean_environment, run_listing
from tf115.made_up import made_up_digest, write_made_up
from tf115.record import command_text, values_of
from tf115.repeat import Difference, difference, masks, repeat
from tf115.values import digits, read_golden, write_golden

from elec576.errors import UserError
from elec576.graphs import lenet5, rnn
from elec576.graphs.layers import next_op_seeds
from elec576.settings import CnnSettings
from elec576.tf1 import rnn_cell

STEPS, CLOSE = 10, 1e-5
# Where a step is large for what it changes (relu on weights of standard deviation 0.1, Adam at
# 1e-3, whose first updates are as large as the rate even where the gradient is rounding alone), the
# roundings of the first steps have grown past 1e-5 before the tenth.
FEW_STEPS, LESS_CLOSE = 3, 1e-3
GOLDEN = read_golden()
FEW = ('relu-truncated-normal-adam', 'tanh-xavier-sgd', 'gru')


def grows_fast(settings) -> bool:
    return isinstance(settings, CnnSettings) and settings.init == 'truncated-normal' and (
        settings.act == 'relu' or (settings.optimizer, settings.lr) == ('adam', 1e-3))


def noticed(found: Difference, settings) -> set[str]:
    """What of ``found`` is more than rounding: 'initial' (bits), 'loss'."""
    if grows_fast(settings):
        close = found.loss(FEW_STEPS) <= CLOSE and found.loss(STEPS) <= LESS_CLOSE
    else:
        close = found.loss(STEPS) <= CLOSE
    return ({'initial'} if found.initial else set()) | (set() if close else {'loss'})


def compare(name: str, data: str = cases.MADE_UP, course: Path | None = None, steps: int = STEPS,
            **changed) -> Difference:
    """A golden case against the package with its settings, some of them ``changed``."""
    settings = cases.shortened(cases.cases(data)[name], steps)
    ours = repeat(dataclasses.replace(settings, **changed), course)
    return difference(GOLDEN.sets[data].cases[name], ours)


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=[] if name in FEW else pytest.mark.slow)
    for name in cases.cases(cases.MADE_UP)])
def test_the_same_as_tensorflow_1_15(name):
    found = compare(name)
    assert noticed(found, cases.cases(cases.MADE_UP)[name]) == set()
    assert found.loss(1) < 5e-7
    # 1/50 would be one image of a batch told otherwise
    assert found.relative['train_accuracy'][:STEPS].max() < 1e-6


def test_the_same_dropout_masks_as_tensorflow_1_15():
    for data, found in GOLDEN.sets.items():
        assert len(found.masks) == len(set(found.masks)) == 3 * cases.MASK_STEPS
        assert masks(cases.masks_settings(data)) == found.masks


@pytest.mark.slow
@pytest.mark.parametrize('name', cases.cases(cases.COURSE))
def test_the_same_as_tensorflow_1_15_on_the_real_data(name, real_data):
    sparing = {} if name in cases.CELLS else {'eval_every': 0, 'log_every': 1}
    found = compare(name, cases.COURSE, real_data, **sparing)
    assert noticed(found, cases.cases(cases.COURSE)[name]) == set()


def shifted(make):
    """``make``, but an op seed is lost before it."""
    def wrong(*args):
        next_op_seeds()
        return make(*args)
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize('name, changed, expected', [
    ('relu-truncated-normal-sgd', {'seed': 1}, {'initial', 'loss'}),
    ('relu-truncated-normal-sgd', {'bias': 0.0}, {'initial', 'loss'}),
    ('relu-truncated-normal-adam', {'bias': 0.1001}, {'initial', 'loss'}),
    ('tanh-truncated-normal-sgd', {'init': 'xavier'}, {'initial', 'loss'}),
    ('tanh-xavier-adam', {'init': 'truncated-normal'}, {'initial', 'loss'}),
    ('sigmoid-xavier-sgd', {'act': 'tanh'}, {'loss'}),
    ('relu-adam-1e-3', {'fc_act': 'relu'}, {'loss'}),
    ('relu-adam-1e-3', {'lr': 1.01e-3}, {'loss'}),
    ('relu-truncated-normal-sgd', {'optimizer': 'momentum'}, {'loss'}),
    ('relu-truncated-normal-sgd', {'keep_prob': 0.51}, {'loss'}),
    ('gru', {'lr': 1.01e-3}, {'loss'}),
], ids=lambda value: str(sorted(value) if isinstance(value, set) else value))
def test_wrong_settings_are_noticed(name, changed, expected):
    found = compare(name, steps=3, **changed)  # momentum shows in the third
    assert noticed(found, cases.cases(cases.MADE_UP)[name]) == expected


@pytest.mark.slow
def test_wrong_op_seeds_are_noticed(monkeypatch):
    settings = cases.cases(cases.MADE_UP)['relu-truncated-normal-sgd']
    with monkeypatch.context() as wrong:  # dropout gets W_fc2's, W_fc2 the one after
        wrong.setattr(lenet5, 'next_op_seeds', shifted(next_op_seeds))
        found = compare('relu-truncated-normal-sgd', steps=1)
        assert found.initial == (6,) and noticed(found, settings) == {'initial', 'loss'}
        ours = masks(cases.masks_settings(cases.MADE_UP))
        assert not set(ours) & set(GOLDEN.sets[cases.MADE_UP].masks)
    with monkeypatch.context() as wrong:  # dropout alone is wrong, and its masks show it
        wrong.setattr(lenet5, 'next_op_seeds', lambda: (next_op_seeds()[0], 7))
        found = compare('relu-truncated-normal-sgd', steps=1)
        assert noticed(found, settings) == {'loss'}
    with monkeypatch.context() as wrong:
        wrong.setattr(lenet5, 'weight_variable', shifted(lenet5.weight_variable))
        assert compare('relu-xavier-adam', steps=1).initial == (0, 2, 4, 6)
    with monkeypatch.context() as wrong:
        wrong.setitem(rnn.CELLS, 'gru', shifted(rnn_cell.GRUCell))
        found = compare('gru', steps=1)
        assert found.initial == (2, 4)  # the two kernels; the biases are constant


@pytest.mark.slow
def test_a_wrong_forget_bias_is_noticed(monkeypatch):
    monkeypatch.setitem(rnn.CELLS, 'lstm', lambda nHidden: rnn_cell.BasicLSTMCell(
        nHidden, forget_bias=0.99))
    assert noticed(compare('lstm', steps=2), cases.cases(cases.MADE_UP)['lstm']) == {'loss'}


def test_the_golden_values_are_of_these_cases_and_images():
    assert GOLDEN.versions['tensorflow'] == '1.15.5'
    assert GOLDEN.versions['python'].startswith('3.7.')
    assert GOLDEN.sets[cases.MADE_UP].digest == made_up_digest()
    for data, found in GOLDEN.sets.items():
        assert found.commands == {name: command_text(settings)
                                  for name, settings in cases.cases(data).items()}
        for name, settings in cases.cases(data).items():
            columns = found.cases[name].columns
            assert len(columns['train_loss']) == settings.steps
            assert all(np.isfinite(column).all() for column in columns.values())


def test_the_file_reads_back(tmp_path):
    write_golden(GOLDEN, tmp_path / 'again.json')
    again = read_golden(tmp_path / 'again.json')
    for data, found in GOLDEN.sets.items():
        for name, values in found.cases.items():
            assert difference(values, again.sets[data].cases[name]).loss(cases.MANY_STEPS) == 0
    assert np.array_equal(np.array(digits([1 / 3, 1e-7]).split(), np.float32),
                          np.array([1 / 3, 1e-7], np.float32))
    (tmp_path / 'again.json').write_text('{"versions": {}}')
    with pytest.raises(UserError, match='again.json: no readable golden values'):
        read_golden(tmp_path / 'again.json')


def test_the_driver_stands_alone():
    compile(DRIVER.read_text(), DRIVER.name, 'exec', dont_inherit=True)
    assert 'elec576' not in [line.split()[1].split('.')[0] for line in
                             DRIVER.read_text().splitlines()
                             if line.startswith(('import ', 'from '))]


@pytest.mark.slow
def test_the_driver_changes_no_bit(tmp_path):
    """Under the TensorFlow that is installed the listing in the driver is the package."""
    write_made_up(tmp_path)
    settings = cases.shortened(cases.cases(cases.MADE_UP)['basic'], 3)
    raw = run_listing(Path(sys.executable), settings, tmp_path)
    assert raw['op_seeds'] == [0, 1, 2]
    found = difference(values_of(raw), repeat(settings))
    assert found.initial == () and found.loss(3) == 0
    settings = cases.masks_settings(cases.MADE_UP)
    raw = run_listing(Path(sys.executable), settings, tmp_path, mask_steps=settings.steps)
    assert raw['op_seeds'] == [0, 1, 2, 3, 4]
    found = difference(values_of(raw), repeat(settings))
    assert found.initial == () and found.loss(settings.steps) == 0
    assert [mask['step'] for mask in raw['masks']] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert tuple(mask['sha256'] for mask in raw['masks']) == masks(settings)
    assert len(raw['updated']) == 1 + settings.steps  # the initialisation is the first


@pytest.mark.parametrize('isa', ['avx2', 'avx512'])
def test_a_listing_in_the_driver_computes_with_the_kernels_that_it_asks_for(isa, monkeypatch):
    """It can ask only when TensorFlow is loaded already: its environment asks before."""
    monkeypatch.setenv('ONEDNN_MAX_CPU_ISA', 'SSE41')
    monkeypatch.setenv('TF2_BEHAVIOR', '1')
    found = clean_environment(3, isa)
    assert found['TF_ENABLE_ONEDNN_OPTS'] == '1' and 'TF2_BEHAVIOR' not in found
    assert found['ONEDNN_MAX_CPU_ISA'] == {'avx2': 'AVX2', 'avx512': 'AVX512_CORE'}[isa]


def test_the_document_is_what_its_numbers_say():
    """What is committed is made again from its own numbers by today's code."""
    found = json.loads((REPOSITORY / 'results/tf115.json').read_text())
    assert document(found) == (REPOSITORY / 'results/TF115.md').read_text('utf-8')
    assert [row['case'] for row in found['rows']] == [
        name for data in GOLDEN.sets for name in cases.cases(data)]
    assert found['golden']['versions'] == GOLDEN.versions
    row = next(row for row in found['rows'] if row['case'] == 'gru')
    row.update(same_bits=5, loss=[3e-4, 4e-4, 0.25])
    text = document(found)
    assert 'value, which is rounding' in text and 'differs by at most 0.0003' in text
    assert '| 5 of 6 ' in text and '| 0.25 ' not in text and '| 0.2 ' in text
    with pytest.raises(UserError, match='not what scripts/golden_tf115.py --difference writes'):
        document({'rows': []})


@pytest.mark.slow
def test_the_difference_is_measured(monkeypatch):
    some = {'gru': cases.shortened(cases.cases(cases.MADE_UP)['gru'], 2)}
    monkeypatch.setattr(cases, 'cases', lambda data: some)
    found = measure(GOLDEN)
    row, = found['rows']
    assert (row['same_bits'], row['variables']) == (6, 6)
    assert max(row['loss']) == row['loss'][-1] <= CLOSE
    assert found['ours']['isa'] == 'avx2'


def test_what_cannot_be_done_is_one_line(script, tmp_path):
    (tmp_path / 'other').touch()
    for options, words in (
            ([], '--env DIR is needed'),
            (['--env', tmp_path], 'there is something else'),
            (['--env', tmp_path / 'new', '--difference', '--table'], 'not allowed with'),
            (['--env', tmp_path / 'new', '--python', sys.executable], 'not a Python 3.7')):
        code, out, err = script('golden_tf115.py', *options)
        assert (code, out) == (2, '') and words in err and err.count('\n') == 1
    code, _, err = script('bench.py', '--only', 'listing', '--tf115', tmp_path / 'new',
                          '--results', tmp_path)
    assert code == 2 and 'make it with python scripts/golden_tf115.py --env' in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ['other']
