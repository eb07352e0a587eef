"""The experiments' names and settings, against the report's own lists."""

import dataclasses

import pytest

from elec576 import experiments
from elec576.cli import run_parser, settings_from
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, STEP_0
from elec576.settings import CnnSettings, RnnSettings

# the report, 1b: activation, initial weights, optimizer, learning rate, training images, steps
CNN = {
    'cnn1': ('relu', 'truncated-normal', 'adam', 1e-3, 8000, 5000),
    'cnn2': ('tanh', 'truncated-normal', 'adam', 1e-3, 8000, 5000),
    'cnn3': ('tanh', 'truncated-normal', 'adam', 1e-3, 10000, 5000),
    'cnn4': ('relu', 'truncated-normal', 'adam', 1e-4, 8000, 5000),
    'cnn5': ('tanh', 'truncated-normal', 'adam', 1e-3, 8000, 8000),
    'cnn6': ('relu', 'truncated-normal', 'adam', 1e-5, 8000, 5000),
    'cnn7': ('tanh', 'truncated-normal', 'sgd', 1e-3, 8000, 5000),
    'cnn8': ('sigmoid', 'truncated-normal', 'adam', 1e-3, 8000, 5000),
    'cnn9': ('tanh', 'xavier', 'adam', 1e-3, 8000, 5000),
    'cnn-vis': ('relu', 'truncated-normal', 'adam', 1e-4, 8000, 5000),
}
# part 3: cell, hidden units, learning rate, iterations, batch size, steps that the listing takes
RNN = {
    'rnn-a': ('basic', 128, 1e-3, 60000, 100, 599),
    'rnn-b': ('basic', 128, 1e-4, 60000, 100, 599),
    'rnn-c': ('basic', 128, 1e-4, 100000, 50, 1999),
    'rnn-d': ('basic', 128, 1e-3, 150000, 50, 2999),
    **{f'{name}-{hidden}': (cell, hidden, 1e-3, 150000, 50, 2999)
       for name, cell in (('rnn', 'basic'), ('gru', 'gru'), ('lstm', 'lstm'))
       for hidden in (50, 128, 300) if (name, hidden) != ('rnn', 128)},
}


def started(name: str) -> CnnSettings | RnnSettings:
    """What the program runs for `--experiment name`."""
    kind = type(EXPERIMENTS[name])
    return settings_from(run_parser(kind, '').parse_args(['--experiment', name]), kind)


def test_there_are_23():
    assert set(EXPERIMENTS) == {*CNN, 'cnn-mnist', *RNN}
    assert len(EXPERIMENTS) == 23


@pytest.mark.parametrize('name', CNN)
def test_cnn(name):
    ours = started(name)
    assert (ours.act, ours.init, ours.optimizer, ours.lr, 10 * ours.train_per_class,
            ours.steps) == CNN[name]
    assert (ours.dataset, ours.fc_act, ours.bias, ours.batch_size, ours.keep_prob,
            ours.test_per_class) == ('cifar10', 'tanh', 0.1, 50, 0.5, 100)


def test_cnn_on_mnist():
    ours = started('cnn-mnist')
    assert (ours.dataset, ours.act, ours.fc_act, ours.init, ours.optimizer, ours.lr, ours.steps,
            ours.batch_size, ours.keep_prob, ours.bias) == (
        'mnist', 'relu', 'relu', 'truncated-normal', 'adam', 1e-4, 5500, 50, 0.5, 0.1)


@pytest.mark.parametrize('name', RNN)
def test_rnn(name):
    ours = started(name)
    assert (ours.cell, ours.hidden, ours.lr, ours.iterations, ours.batch_size,
            ours.steps) == RNN[name]
    assert (ours.optimizer, ours.display_step) == ('rmsprop', 10)


def test_settings_name_their_experiment_whatever_is_free():
    for name, settings in EXPERIMENTS.items():
        free = dataclasses.replace(settings, seed=7, threads=1, eval_every=1)
        assert experiments.name_of(free) == {'cnn-vis': 'cnn4'}.get(name, name)
    assert experiments.name_of(CnnSettings(lr=2e-3)) is None
    assert experiments.name_of(RnnSettings(hidden=129)) is None
    assert experiments.name_of(EVIDENCE['evidence-bias-0']) is None


def differing(one: CnnSettings, other: CnnSettings) -> set[str]:
    return {name for name, value in vars(one).items() if value != getattr(other, name)}


def test_evidence_differs_from_the_report_in_what_it_asks():
    assert differing(EVIDENCE['evidence-bias-0'], EXPERIMENTS['cnn-vis']) == {'bias'}
    for name in ('evidence-tanh-1e-4', 'evidence-tanh-1e-5'):
        assert differing(EVIDENCE[name], EXPERIMENTS['cnn2']) == {'lr'}


def test_settings_of_step_0_differ_in_what_their_names_say():
    fields = {'fc1': 'fc_act', 'biases': 'bias', 'keep_prob': 'keep_prob', 'Xavier': 'init'}
    for name, settings in STEP_0.items():
        act, _, rest = name.partition(', ')
        assert settings.act == act
        assert differing(settings, STEP_0[act]) == ({fields[rest.split()[0]]} if rest else set())
        if len(rest.split()) == 2:
            assert str(getattr(settings, fields[rest.split()[0]])) in (
                rest.split()[1], f'{rest.split()[1]}.0')
    # one set of images and one batch size for all
    assert len({(each.train_per_class, each.test_per_class, each.batch_size, each.dataset)
                for each in STEP_0.values()}) == 1


@pytest.mark.parametrize('name', ['cnn10', 'CNN1', 'cnn1 ', 'rnn-128', ''])
def test_unknown_name(name):
    with pytest.raises(UserError, match='no experiment has this name; choose one of cnn1, '):
        experiments.settings_of(name)


@pytest.mark.slow
@pytest.mark.parametrize('name', ['cnn3', 'cnn9', 'cnn-mnist', 'rnn-a', 'lstm-300', 'gru-50'])
def test_experiments_start(name, script, real_data, monkeypatch, tmp_path):
    from elec576 import one_run

    lines = []

    def stop_at_second_line(line):
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    program, run = EXPERIMENTS[name].program, one_run.run
    monkeypatch.setattr(one_run, 'run', lambda settings, out, options, echo: run(
        settings, out, options, stop_at_second_line))
    code, _, error = script(f'run_{program}.py', '--experiment', name, '--out', tmp_path / 'run')
    assert code == 130 and 'run the same command again' in error
    assert lines[1].startswith('step 0, training loss' if program == 'cnn' else 'Iter ')
    assert 'STAND-IN' not in ''.join(lines)
