"""Each setting's line in the listing is really there."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import REPOSITORY
from made_up import write_runs

from elec576 import listings
from elec576.comparison.comparison import compare
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, settings_of
from elec576.page import origins
from elec576.page.origins import setting_lines, settings_origins
from elec576.settings import CnnSettings, RnnSettings

# what no line of a listing can say, by field: the experiments of which that is so
WITHOUT_A_LINE = {'eval_every': {*EXPERIMENTS, *EVIDENCE}, 'dataset': {'cnn-mnist'},
                  'bias': {'evidence-bias-0'}, 'train_per_class': set(), 'test_per_class': set()}


@pytest.mark.parametrize('name', [*EXPERIMENTS, *EVIDENCE])
def test_every_setting_has_its_line_or_a_known_reason(name):
    settings = settings_of(name)
    listing = (listings.CNN_PROGRAM if isinstance(settings, CnnSettings)
               else listings.RNN_PROGRAM)
    lines = listings.program(listing).read_text().splitlines()
    for item in dataclasses.fields(settings):
        if getattr(settings, item.name) is None:
            continue  # it has no such setting, and none is shown
        found = setting_lines(settings, item.name)
        assert bool(found) == (name not in WITHOUT_A_LINE.get(item.name, ())), item.name
        for line in found:
            assert lines[line.number - 1].strip() == line.text
            assert not line.text.startswith(('parser.', '#'))


@pytest.mark.parametrize('kind', [CnnSettings, RnnSettings])
def test_every_choice_has_a_line(kind):
    for item in dataclasses.fields(kind):
        if item.name == 'dataset' or (kind, item.name) == (RnnSettings, 'optimizer'):
            continue  # the listings know one
        for choice in item.metadata['choices'] or ():
            assert setting_lines(dataclasses.replace(kind(), **{item.name: choice}), item.name)


def test_lines_follow_the_value():
    def text(name, field):
        return ' '.join(line.text for line in setting_lines(settings_of(name), field))

    assert 'GradientDescent' in text('cnn7', 'optimizer') and 'Adam' in text('cnn1', 'optimizer')
    assert 'glorot' in text('cnn9', 'init') and 'truncated_normal' in text('cnn2', 'init')
    assert 'GRUCell' in text('gru-50', 'cell') and 'BasicRNNCell' in text('rnn-a', 'cell')
    assert 'CIFAR10/Test' in text('cnn1', 'dataset')
    assert 'ONEDNN_MAX_CPU_ISA' in text('cnn1', 'isa') and 'args.isa' in text('gru-50', 'isa')
    (momentum,) = setting_lines(CnnSettings(optimizer='momentum'), 'momentum')
    assert 'MomentumOptimizer(lr, 0.9)' in momentum.text


def test_values_are_the_runs_own(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn7', 'cnn-mnist', 'evidence-bias-0'), seeds=2))
    found = {origin.flag: origin for origin in settings_origins(comparison.results.of('cnn7'))}
    assert found['--optimizer'].value == 'sgd' and found['--lr'].value == '0.001'
    assert found['--seed'].value == '100, 101' and found['--threads'].value == '1'
    assert 'before every step' in found['--eval-every'].note
    mnist = {origin.flag: origin for origin in
             settings_origins(comparison.results.of('cnn-mnist'))}
    assert '--train-per-class' not in mnist and "assignment 1's" in mnist['--dataset'].note
    bias = settings_origins(comparison.results.of('evidence-bias-0'))
    assert [origin.note for origin in bias if origin.flag == '--bias'] == ['not in the listing']


def test_each_text_is_part_of_one_line():
    for listing, searched in origins._LISTINGS.values():
        lines = listings.program(listing).read_text().splitlines()
        for text in (text for texts in searched.values() for text in texts):
            assert sum(text in line for line in lines) == 1, text


@pytest.fixture
def other_starter(tmp_path, monkeypatch):
    """A copy of the CNN's listing that a test may change."""
    path = tmp_path / listings.CNN_PROGRAM
    path.write_bytes(listings.program(listings.CNN_PROGRAM).read_bytes())
    monkeypatch.setattr(listings, 'STARTER', tmp_path)
    return path


def test_line_numbers_are_read_not_written(other_starter):
    before = setting_lines(settings_of('cnn1'), 'lr')[0].number
    other_starter.write_text('\n\n' + other_starter.read_text())
    assert setting_lines(settings_of('cnn1'), 'lr')[0].number == before + 2


def test_an_installation_without_listings_says_so(other_starter):
    with pytest.raises(UserError, match='there is no listing'):
        setting_lines(settings_of('gru-50'), 'lr')


def test_an_installation_without_the_repository_has_the_listings(tmp_path):
    pytest.importorskip('setuptools')
    subprocess.run([sys.executable, 'setup.py', '-q', 'build', '--build-base', tmp_path],
                   check=True, cwd=REPOSITORY, capture_output=True)
    done = subprocess.run(
        [sys.executable, '-c', 'from elec576.listings import STARTER; print(STARTER)'],
        check=True, cwd=tmp_path, capture_output=True, encoding='utf-8',
        env={**os.environ, 'PYTHONPATH': str(tmp_path / 'lib')})
    copies = tmp_path / 'lib' / 'elec576' / 'starter'
    assert Path(done.stdout.strip()) == copies
    for name in (listings.CNN_PROGRAM, listings.RNN_PROGRAM):
        assert (copies / name).read_bytes() == (REPOSITORY / 'starter' / name).read_bytes()
