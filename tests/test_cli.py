"""Options from the settings, where a run goes, and exit codes."""

import argparse
import contextlib
import dataclasses
import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import REPOSITORY

from elec576 import cli, one_run
from elec576.errors import Interrupted, UserError
from elec576.experiments import EXPERIMENTS
from elec576.runs.rundir import RunDirectory, config_of, read_settings
from elec576.settings import CnnSettings, RnnSettings

OTHER_VALUES = {'act': 'tanh', 'fc_act': 'sigmoid', 'optimizer': 'momentum',
                'init': 'truncated-normal', 'dataset': 'cifar10', 'cell': 'gru',
                'lr': 0.012345678901234567, 'stddev': 0.05, 'bias': -0.25, 'keep_prob': 0.75,
                'eval_keep_prob': 1.0, 'iterations': 777, 'momentum': 0.5, 'isa': 'avx512'}


def parsed(*options, kind=CnnSettings):
    return cli.run_parser(kind, '').parse_args(list(map(str, options)))


def settings(*options, kind=CnnSettings):
    return cli.settings_from(parsed(*options, kind=kind), kind)


def write_config(folder: Path, of) -> Path:
    folder.mkdir(parents=True)
    RunDirectory(folder).config.write_text(json.dumps(config_of(of, {})))
    return folder


@pytest.mark.parametrize('kind', [CnnSettings, RnnSettings])
def test_command_line_config_and_settings_are_one(kind, tmp_path):
    values = {item.name: OTHER_VALUES.get(item.name, 7) for item in dataclasses.fields(kind)}
    options = [part for name, value in values.items()
               for part in ('--' + name.replace('_', '-'), value)]
    given = settings(*options, kind=kind)
    assert dataclasses.asdict(given) == values
    folder = write_config(tmp_path / 'run', given)
    assert json.loads((folder / 'config.json').read_text())['settings'] == values
    assert read_settings(RunDirectory(folder)) == given
    assert settings('--resume', '--out', folder, kind=kind) == given


def test_nothing_given_is_the_default():
    assert settings() == CnnSettings()
    assert settings(kind=RnnSettings) == RnnSettings()


def test_help_has_every_option(capsys):
    for kind in (CnnSettings, RnnSettings):
        with pytest.raises(SystemExit):
            parsed('--help', kind=kind)
        text = capsys.readouterr().out
        for item in dataclasses.fields(kind):
            assert '--' + item.name.replace('_', '-') + ' ' in text


def test_an_experiment_takes_seed_and_the_like_but_nothing_else():
    ours = settings('--experiment', 'cnn4', '--seed', 3, '--threads', 1, '--eval-every', 1,
                    '--lr', 1e-4)
    assert ours == dataclasses.replace(EXPERIMENTS['cnn4'], seed=3, threads=1, eval_every=1)
    with pytest.raises(UserError, match='--lr 0.001: experiment cnn4 has 0.0001'):
        settings('--experiment', 'cnn4', '--lr', 1e-3)
    with pytest.raises(UserError, match='--dataset mnist: experiment cnn1 has cifar10; drop it'):
        settings('--experiment', 'cnn1', '--dataset', 'mnist')
    with pytest.raises(UserError, match='other program; use scripts/run_rnn.py'):
        settings('--experiment', 'gru-300')
    with pytest.raises(UserError, match='other program; use scripts/run_cnn.py'):
        settings('--experiment', 'cnn1', kind=RnnSettings)


def test_resume_takes_the_runs_own_settings(tmp_path):
    ours = CnnSettings(steps=9, seed=4, threads=1)
    folder = write_config(tmp_path / 'run', ours)
    assert settings('--resume', '--out', folder, '--steps', 9) == ours
    for option, value in (('--steps', 10), ('--seed', 5), ('--threads', 2)):
        with pytest.raises(UserError, match=f'{option} {value}: the run in .* has'):
            settings('--resume', '--out', folder, option, value)
    with pytest.raises(UserError, match='other program'):
        settings('--resume', '--out', folder, kind=RnnSettings)
    with pytest.raises(UserError, match='--resume: there is no run in .*nothing; drop it, or name'):
        settings('--resume', '--out', tmp_path / 'nothing')


def test_resume_without_a_run_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    args = parsed('--resume', '--lr', 1e-3)
    with pytest.raises(UserError, match='--resume: there is no run in results/local/cnn1/seed0'):
        cli.make_run(args, cli.settings_from(args, CnnSettings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('damage', ['', '{', '[]', '{}', '{"program": "cnn"}',
                                    '{"program": "mlp", "settings": {}}',
                                    '{"program": "cnn", "settings": {"layers": 3}}',
                                    '{"program": "cnn", "settings": {"lr": "fast"}}',
                                    '{"program": "cnn", "settings": {"steps": null}}',
                                    '{"program": "cnn", "settings": 3}'])
def test_resume_from_a_damaged_configuration(damage, tmp_path):
    (tmp_path / 'config.json').write_text(damage)
    with pytest.raises(UserError):
        settings('--resume', '--out', tmp_path)


def test_where_a_run_goes():
    def out(*options, kind=CnnSettings):
        args = parsed(*options, kind=kind)
        return str(one_run.default_out(cli.settings_from(args, kind), args.experiment))

    assert out('--act', 'relu', '--lr', 1e-3) == 'results/local/cnn1/seed0'
    assert out('--act', 'tanh', '--seed', 2) == 'results/local/cnn2/seed2'
    assert out('--experiment', 'cnn-vis') == 'results/local/cnn-vis/seed0'
    assert out('--cell', 'gru', '--hidden', 300, kind=RnnSettings) == 'results/local/gru-300/seed0'
    assert out('--steps', 7, '--lr', 0.01) == 'results/local/cnn-lr=0.01-steps=7/seed0'
    assert out('--hidden', 7, kind=RnnSettings) == 'results/local/rnn-hidden=7/seed0'


@pytest.mark.parametrize('text, value', [
    ('300000', 300000), ('3e5', 300000), ('3E+5', 300000), ('1.5e3', 1500), ('300_000', 300000)])
def test_whole_numbers_as_people_write_them(text, value):
    found = settings('--iterations', text, kind=RnnSettings).iterations
    assert found == value and type(found) is int
    assert parsed('--keep-every', text).keep_every == value


@pytest.mark.parametrize('text', ['3.5', '3e-1', 'nan', 'inf', '1e400', '1e999999999', 'x', ''])
def test_no_whole_numbers(text):
    for option in ('--steps', '--keep-every'):
        with pytest.raises(UserError, match=f'{option}: {text}: a whole number is needed'):
            parsed(option, text)


def test_an_empty_name_is_no_folder():
    with pytest.raises(UserError, match='--out: the name is empty'):
        parsed('--out', '')


def test_no_list_of_a_billion_seeds():
    assert cli.seeds('1e4') == 10000
    with pytest.raises(argparse.ArgumentTypeError, match='10001: at most 10000'):
        cli.seeds('10001')


@pytest.mark.parametrize('platform, line', [
    ('linux', r"python 'scripts\run_cnn.py' --out 'my runs'"),
    ('win32', r'python scripts\run_cnn.py --out "my runs"')])
def test_a_command_as_its_shell_takes_it(platform, line, monkeypatch):
    monkeypatch.setattr(sys, 'platform', platform)
    assert cli.joined(['python', r'scripts\run_cnn.py', '--out', 'my runs']) == line


@pytest.mark.parametrize('text, value', [('0', 0.0), ('2.5', 2.5), ('1e2', 100.0)])
def test_checkpoint_seconds(text, value):
    assert parsed('--checkpoint-seconds', text).checkpoint_seconds == value
    assert parsed().checkpoint_seconds is None


@pytest.fixture
def guarded(capfd):
    """Run a function under `main_guard`: the exit code and the lines on standard error."""
    before = signal.getsignal(signal.SIGTERM)

    def run(main):
        with pytest.raises(SystemExit) as end:
            cli.main_guard(main)
        return end.value.code, capfd.readouterr().err.splitlines()

    yield run
    signal.signal(signal.SIGTERM, before)


def raising(error):
    def main():
        raise error
    return main


def test_exit_codes(guarded):
    assert guarded(lambda: None) == (0, [])
    assert guarded(lambda: 1) == (1, [])
    assert guarded(raising(UserError('wrong:\n  do this'))) == (2, ['wrong: do this'])
    assert guarded(raising(Interrupted('go on'))) == (130, ['go on'])
    code, lines = guarded(raising(KeyboardInterrupt()))
    assert code == 130 and len(lines) == 1 and 'same command again' in lines[0]


def test_sigterm_is_an_interruption_before_a_run_has_started_too(guarded):
    code, lines = guarded(lambda: signal.raise_signal(signal.SIGTERM))
    assert code == 130 and len(lines) == 1


def test_a_closed_pipe_is_no_error(guarded, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, 'w', buffering=1) as gone:
        monkeypatch.setattr(sys, 'stdout', gone)
        assert guarded(lambda: print('line')) == (141, [])
        monkeypatch.undo()


def test_a_full_disk_is_one_line(guarded, monkeypatch):
    code, lines = guarded(raising(OSError(errno.ENOSPC, 'No space left on device', 'a table')))
    assert code == 2 and len(lines) == 1
    assert "No space left on device: 'a table'" in lines[0] and 'free disk space' in lines[0]
    if os.path.exists('/dev/full'):
        found = []
        with contextlib.suppress(OSError), open('/dev/full', 'w') as full:  # it cannot be closed
            monkeypatch.setattr(sys, 'stdout', full)
            found += guarded(lambda: print('line'))
        monkeypatch.undo()
        code, lines = found
        assert code == 2 and len(lines) == 1


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs /dev/full')
def test_the_exit_code_is_there_where_its_line_cannot_be(tmp_path):
    with open('/dev/full', 'w') as full:
        done = subprocess.run([sys.executable, REPOSITORY / 'scripts' / 'run_cnn.py', '--lr', '0'],
                              stderr=full, cwd=tmp_path)
    assert done.returncode == 2


def test_too_long_a_name_is_no_full_disk(guarded, tmp_path):
    code, (line,) = guarded(lambda: (tmp_path / ('x' * 300)).mkdir())
    assert code == 2 and 'shorter name' in line and 'disk' not in line


@pytest.mark.parametrize('encoding', ['cp1252', 'ascii', 'utf-8'])
def test_a_terminal_that_cannot_hold_a_character(encoding, guarded, monkeypatch):
    screen = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(screen, encoding))
    found = guarded(lambda: print('a → b, bad\udcff name'))
    shown = screen.getvalue().decode(encoding)
    monkeypatch.undo()
    assert found == (0, [])
    assert shown.split() == ['a', '→' if encoding == 'utf-8' else '?', 'b,', 'bad?', 'name']


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        cli.main_guard(raising(ZeroDivisionError()))
