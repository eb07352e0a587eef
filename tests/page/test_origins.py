"""Each setting's lines of the listing are really there."""

import dataclasses

import pytest
from made_up import write_runs

from elec576 import listings
from elec576.comparison.comparison import compare
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, named
from elec576.page.origins import LISTINGS, setting_lines, settings_origins

NO_OPTIONS = {'eval_every', 'dataset', 'bias', 'momentum'}  # of the listings


@pytest.mark.parametrize('name', [*EXPERIMENTS, *EVIDENCE])
def test_every_setting_has_its_lines(name):
    settings = named(name)
    lines = listings.program(LISTINGS[settings.program]).read_text().splitlines()
    none = NO_OPTIONS | {'optimizer'} if settings.program == 'rnn' else NO_OPTIONS
    for item in dataclasses.fields(settings):
        found = setting_lines(settings, item.name)
        assert bool(found) == (item.name not in none), item.name
        for number, text in found:
            assert lines[number - 1].strip() == text and not text.startswith(('parser.', '#'))


def test_lines_follow_the_value():
    def text(name, field):
        return ' '.join(line for _, line in setting_lines(named(name), field))

    assert 'GradientDescent' in text('cnn7', 'optimizer') and 'Adam' in text('cnn1', 'optimizer')
    assert 'Adam' not in text('cnn7', 'optimizer') and 'h_conv2' in text('cnn1', 'act')
    assert 'h_fc1' in text('cnn1', 'fc_act') and 'h_conv' not in text('cnn1', 'fc_act')
    assert 'ONEDNN_MAX_CPU_ISA' in text('cnn1', 'isa') and 'args.isa' in text('gru-50', 'isa')


def test_values_are_the_runs_own(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn7', 'cnn-mnist'), seeds=2))
    found = {origin.flag: origin for origin in settings_origins(comparison.results.of('cnn7'))}
    assert found['--optimizer'].value == 'sgd' and found['--lr'].value == '0.001'
    assert found['--seed'].value == '100, 101' and found['--threads'].value == '1'
    assert found['--eval-every'].lines == () and '--momentum' not in found
    mnist = {origin.flag: origin for origin in
             settings_origins(comparison.results.of('cnn-mnist'))}
    assert '--train-per-class' not in mnist and mnist['--dataset'].lines == ()


@pytest.fixture
def other_starter(tmp_path, monkeypatch):
    """A copy of the CNN's listing that a test may change."""
    path = tmp_path / listings.CNN_PROGRAM
    path.write_bytes(listings.program(listings.CNN_PROGRAM).read_bytes())
    monkeypatch.setattr(listings, 'STARTER', tmp_path)
    return path


def test_line_numbers_are_read_not_written(other_starter):
    before, _ = setting_lines(named('cnn1'), 'lr')[0]
    other_starter.write_text('\n\n' + other_starter.read_text())
    assert setting_lines(named('cnn1'), 'lr')[0][0] == before + 2


def test_an_installation_without_listings_says_so(other_starter):
    with pytest.raises(UserError, match='there is no listing'):
        setting_lines(named('gru-50'), 'lr')
