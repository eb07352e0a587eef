"""The report's experiments by name, and those that test what the report does not say."""

import dataclasses
from typing import Collection, Mapping

from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings

EXPERIMENTS: dict[str, CnnSettings | RnnSettings] = {
    # part 1b, the report's list of nine
    'cnn1': CnnSettings(act='relu', lr=1e-3),
    'cnn2': CnnSettings(act='tanh', lr=1e-3),
    'cnn3': CnnSettings(act='tanh', lr=1e-3, train_per_class=1000),
    'cnn4': CnnSettings(act='relu', lr=1e-4),
    'cnn5': CnnSettings(act='tanh', lr=1e-3, steps=8000),
    'cnn6': CnnSettings(act='relu', lr=1e-5),
    'cnn7': CnnSettings(act='tanh', lr=1e-3, optimizer='sgd'),
    'cnn8': CnnSettings(act='sigmoid', lr=1e-3),
    'cnn9': CnnSettings(act='tanh', lr=1e-3, init='xavier'),
    # part 1c
    'cnn-vis': CnnSettings(act='relu', lr=1e-4),
    # part 3c: assignment 1's network
    'cnn-mnist': CnnSettings(dataset='mnist', fc_act='relu', lr=1e-4, steps=5500),
    # part 3a
    'rnn-a': RnnSettings(lr=1e-3, iterations=60000, batch_size=100),
    'rnn-b': RnnSettings(lr=1e-4, iterations=60000, batch_size=100),
    'rnn-c': RnnSettings(lr=1e-4, iterations=100000, batch_size=50),
    'rnn-d': RnnSettings(lr=1e-3, iterations=150000, batch_size=50),
    # part 3b
    'lstm-128': RnnSettings(cell='lstm', hidden=128),
    'gru-128': RnnSettings(cell='gru', hidden=128),
    'rnn-50': RnnSettings(cell='basic', hidden=50),
    'rnn-300': RnnSettings(cell='basic', hidden=300),
    'gru-50': RnnSettings(cell='gru', hidden=50),
    'gru-300': RnnSettings(cell='gru', hidden=300),
    'lstm-50': RnnSettings(cell='lstm', hidden=50),
    'lstm-300': RnnSettings(cell='lstm', hidden=300),
}

# Whole runs that the report did not make: other initial biases in part 1c's run, and the learning
# rates that its sentence compares "using tanh" (its runs are relu).
EVIDENCE: dict[str, CnnSettings] = {
    'evidence-bias-0': CnnSettings(act='relu', lr=1e-4, bias=0.0),
    'evidence-tanh-1e-4': CnnSettings(act='tanh', lr=1e-4),
    'evidence-tanh-1e-5': CnnSettings(act='tanh', lr=1e-5),
}

# Readings of what the report does not say. A run's first loss distinguishes them:
# `scripts/step0.py`.
STEP_0: dict[str, CnnSettings] = {
    'relu': CnnSettings(act='relu'),
    'tanh': CnnSettings(act='tanh'),
    'sigmoid': CnnSettings(act='sigmoid'),
    'relu, fc1 relu': CnnSettings(act='relu', fc_act='relu'),
    'sigmoid, fc1 sigmoid': CnnSettings(act='sigmoid', fc_act='sigmoid'),
    'tanh, Xavier': CnnSettings(act='tanh', init='xavier'),
    'relu, biases 0': CnnSettings(act='relu', bias=0.0),
    'relu, biases 0.5': CnnSettings(act='relu', bias=0.5),
    'relu, keep_prob 0.75': CnnSettings(act='relu', keep_prob=0.75),
    'relu, keep_prob 1': CnnSettings(act='relu', keep_prob=1.0),
}

# Part 1c's run is the same as run 4: it has no runs of its own.
SAME_RUN = {'cnn-vis': 'cnn4'}

# Settings that an experiment does not fix: they decide which run it is, how fast, or what is shown.
NOT_FIXED = ('seed', 'threads', 'isa', 'eval_every', 'log_every', 'display_step')


def settings_of(name: str) -> CnnSettings | RnnSettings:
    """The settings of an experiment.

    Raises:
        UserError: no experiment has this name.
    """
    try:
        return (EXPERIMENTS | EVIDENCE)[name]
    except KeyError:
        raise UserError(f'{name or "(nothing)"}: no experiment has this name; choose one of '
                        f'{", ".join(EXPERIMENTS)}, {", ".join(EVIDENCE)}') from None


def hidden_units_of(name: str) -> int:
    """The hidden units of a recurrent network's experiment."""
    settings = settings_of(name)
    assert isinstance(settings, RnnSettings), name
    return settings.hidden


def name_of(settings: CnnSettings | RnnSettings,
            among: Mapping[str, CnnSettings | RnnSettings] = EXPERIMENTS) -> str | None:
    """The experiment (of the report's) that ``settings`` are (whatever its seed), or None.

    `cnn4` and `cnn-vis` have the same settings; the first is named.
    """
    free = {name: getattr(settings, name) for name in NOT_FIXED if hasattr(settings, name)}
    for name, fixed in among.items():
        if type(fixed) is type(settings) and dataclasses.replace(fixed, **free) == settings:
            return name
    return None


def folder_name(settings: CnnSettings | RnnSettings, experiment: str | None = None,
                free: Collection[str] = NOT_FIXED) -> str:
    """A name for runs of ``settings``: the experiment, or the program, and how they differ from it.

    Args:
        free: settings that the name leaves out.
    """
    name = experiment or name_of(settings)
    standard = settings_of(name) if name else type(settings)()
    standard = dataclasses.replace(standard, threads=1)  # not as many as this machine has cores
    return '-'.join([name or settings.program] + [
        f'{item.name}={getattr(settings, item.name)}' for item in dataclasses.fields(settings)
        if item.name not in free
        and getattr(settings, item.name) != getattr(standard, item.name)])
