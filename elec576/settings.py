"""The settings of a run: one dataclass per program.

The command line, a run's `config.json` and the experiments' names all come from these two classes.
Each field's metadata holds its help text and, where there are some, its choices.
"""

import dataclasses
import math
import os
from dataclasses import dataclass, field
from typing import Any, ClassVar, Mapping

import numpy as np

from elec576.errors import UserError
from elec576.machine import ISAS

OPTIMIZERS = ('adam', 'sgd', 'momentum', 'rmsprop', 'adagrad')


def all_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def is_number(value: object) -> bool:
    """Whether ``value`` is a finite number that a float can hold; True and False are not."""
    try:
        return (isinstance(value, (int, float)) and not isinstance(value, bool)
                and math.isfinite(value))
    except OverflowError:
        return False


def setting(default, help: str, choices: tuple[str, ...] | None = None, least: int | None = None,
            later: bool = False):
    """A dataclass field with metadata for the command line and the validation.

    Args:
        later: there are `config.json` files that are older than the setting (see `as_config`).
    """
    metadata = {'help': help, 'choices': choices, 'least': least, 'later': later}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


class Settings:
    """What both programs' settings share: validation of every field against its metadata.

    Raises:
        UserError: a value is of the wrong kind, out of range or not among the choices.
    """

    def __post_init__(self):
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None and item.default is None:
                continue
            flag = flag_of(item.name)
            choices, least = item.metadata['choices'], item.metadata['least']
            if choices is not None:
                if value not in choices:
                    raise UserError(f'{flag} {value}: choose one of {", ".join(choices)}')
            elif least is not None:
                if isinstance(value, bool) or not isinstance(value, int) or value < least:
                    raise UserError(f'{flag} {value}: a whole number of at least {least} is needed')
                if value >= 2**31:  # limit of numpy's seeds and TensorFlow's options and shapes
                    raise UserError(f'{flag} {value}: a whole number below 2147483648 is needed')
            elif not is_number(value):
                raise UserError(f'{flag} {value}: a finite number is needed')
        if self.lr <= 0:
            raise UserError(f'--lr {self.lr}: a number above 0 is needed')
        if self.optimizer != 'momentum' and self.momentum is not None:
            raise UserError(f'--momentum: {self.optimizer} has none; drop it, or use '
                            '--optimizer momentum')
        if self.optimizer == 'momentum' and self.momentum is None:
            object.__setattr__(self, 'momentum', 0.9)
        if self.momentum is not None and self.momentum < 0:
            raise UserError(f'--momentum {self.momentum}: a number of at least 0 is needed')


@dataclass(frozen=True)
class CnnSettings(Settings):
    """Part 1b: LeNet5. The defaults are the report's run 1; `steps` is its `step_size`."""

    program: ClassVar[str] = 'cnn'

    act: str = setting('relu', 'activation of the two convolutional layers',
                       ('relu', 'tanh', 'sigmoid'))
    fc_act: str = setting('tanh', 'activation of the first fully connected layer',
                          ('tanh', 'relu', 'sigmoid'))
    optimizer: str = setting('adam', 'optimizer', OPTIMIZERS)
    lr: float = setting(1e-3, 'learning rate')
    momentum: float | None = setting(None, 'momentum of the momentum optimizer (0.9)')
    init: str = setting('truncated-normal', 'initial weights', ('truncated-normal', 'xavier'))
    stddev: float | None = setting(
        None, 'standard deviation of the truncated-normal initial weights (0.1)', later=True)
    bias: float = setting(0.1, 'initial biases')
    steps: int = setting(5000, 'training steps', least=1)
    train_per_class: int | None = setting(
        None, 'training images per class (800; MNIST is always used whole)', least=1)
    test_per_class: int | None = setting(
        None, 'test images per class (100; MNIST is always used whole)', least=1)
    batch_size: int = setting(50, 'images per step', least=1)
    keep_prob: float = setting(0.5, 'share of fc1 that dropout keeps during training')
    eval_keep_prob: float | None = setting(
        None, 'the same, when a training batch is evaluated (as --keep-prob); 1: no dropout',
        later=True)
    dataset: str = setting('cifar10', 'data set', ('cifar10', 'mnist'))
    eval_every: int = setting(
        100, 'steps between evaluations; 1 gives the dense curves of the report, 0 none', least=0)
    log_every: int = setting(1000, 'steps between printed lines; 0: none', least=0)
    seed: int = setting(0, 'random seed, which decides everything', least=0)
    threads: int = setting(all_cores, 'threads (all cores); changes the last bits', least=1)
    isa: str = setting('avx2', 'instruction set to compute with; with avx2, all x86-64 processors '
                       'give the same bits', tuple(ISAS))

    def __post_init__(self):
        per_class = {'train_per_class': 800, 'test_per_class': 100}
        for name, default in per_class.items():
            if self.dataset == 'mnist' and getattr(self, name) is not None:
                raise UserError(f'{flag_of(name)}: MNIST is always used whole; drop it')
            if self.dataset == 'cifar10' and getattr(self, name) is None:
                object.__setattr__(self, name, default)
        super().__post_init__()
        for name in ('keep_prob', 'eval_keep_prob'):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise UserError(f'{flag_of(name)} {value}: a number above 0, at most 1, is needed')
        if self.stddev is not None and self.stddev < 0:
            raise UserError(f'--stddev {self.stddev}: a number of at least 0 is needed')
        if self.init != 'truncated-normal' and self.stddev is not None:
            raise UserError(f'--stddev: {self.init} has its own; drop one of the two')
        for name, listed in {'stddev': 0.1, 'eval_keep_prob': self.keep_prob}.items():
            if getattr(self, name) == listed:
                object.__setattr__(self, name, None)  # one way to say it

    @property
    def evaluation_keep_prob(self) -> float:
        """What dropout keeps when a training batch is evaluated."""
        return self.keep_prob if self.eval_keep_prob is None else self.eval_keep_prob

    @property
    def per_class(self) -> tuple[int, int]:
        """How many images of each class CIFAR-10 is cut down to: training, test."""
        assert self.train_per_class is not None and self.test_per_class is not None, 'MNIST'
        return self.train_per_class, self.test_per_class


@dataclass(frozen=True)
class RnnSettings(Settings):
    """Part 3: a recurrent cell on MNIST rows. `iterations` counts samples, as in the listing."""

    program: ClassVar[str] = 'rnn'

    cell: str = setting('basic', 'recurrent cell', ('basic', 'lstm', 'gru'))
    hidden: int = setting(128, 'hidden units', least=1)
    lr: float = setting(1e-3, 'learning rate')
    iterations: int = setting(150000, 'samples to train on: steps are made while step * batch '
                              'size is below it', least=1)
    batch_size: int = setting(50, 'images per step', least=1)
    display_step: int = setting(10, 'steps between printed lines', least=1)
    eval_every: int = setting(
        500, 'steps between evaluations on the test set; 0: only at the end', least=0)
    optimizer: str = setting('rmsprop', 'optimizer', OPTIMIZERS)
    momentum: float | None = setting(None, 'momentum of the momentum optimizer (0.9)')
    seed: int = setting(0, 'random seed, which decides everything', least=0)
    threads: int = setting(all_cores, 'threads (all cores); changes the last bits', least=1)
    isa: str = setting('avx2', 'instruction set to compute with; with avx2, all x86-64 processors '
                       'give the same bits', tuple(ISAS))

    @property
    def steps(self) -> int:
        """How many steps the listing's `while step * batchSize < trainingIters`, from 1, takes."""
        return (self.iterations - 1) // self.batch_size

    def __post_init__(self):
        super().__post_init__()
        if self.steps < 1:
            raise UserError(f'--iterations {self.iterations}: more than one batch '
                            f'({self.batch_size}) is needed')
        if self.batch_size > 55000:
            raise UserError(f'--batch-size {self.batch_size}: there are only 55000 training images')


def changed(settings: CnnSettings | RnnSettings, changes: Mapping[str, Any]
            ) -> CnnSettings | RnnSettings:
    """``settings`` with ``changes``; what depends on a changed setting is set again.

    Raises:
        UserError: they are not valid.
    """
    deciding = {name: getattr(settings, name) for name in ('dataset', 'optimizer')
                if hasattr(settings, name)}
    standard = type(settings)(**deciding)
    own = {item.name: getattr(settings, item.name) for item in dataclasses.fields(settings)
           if getattr(settings, item.name) != getattr(standard, item.name)}
    return type(settings)(**{**deciding, **own, **changes})


def refuse_too_many_threads(threads: int) -> None:
    """Raise UserError for more threads than the machine can use or hold in memory."""
    most = 4 * all_cores()
    if threads > most:
        raise UserError(f'--threads {threads}: at most {most} are allowed on this machine, four '
                        'times its cores')


SETTINGS: dict[str, type[CnnSettings] | type[RnnSettings]] = {
    kind.program: kind for kind in (CnnSettings, RnnSettings)}


def flag_of(name: str) -> str:
    """The command-line flag of a field."""
    return '--' + name.replace('_', '-')


def as_config(settings: CnnSettings | RnnSettings) -> dict[str, object]:
    """The settings as `config.json` holds them.

    A setting that came later than the first of these files is left out where it has its default,
    so that old files and new ones are the same.
    """
    return {item.name: getattr(settings, item.name) for item in dataclasses.fields(settings)
            if not (item.metadata['later'] and getattr(settings, item.name) == item.default)}


def describe(settings: CnnSettings | RnnSettings) -> str:
    """The settings in the report's words."""
    rate = np.format_float_scientific(settings.lr, trim='-', exp_digits=1)  # 1e-3, as it writes
    if isinstance(settings, RnnSettings):
        optimizer = f'{_optimizer_words(settings)} ' * (settings.optimizer != 'rmsprop')
        return (f'{settings.cell} cell, {settings.hidden} hidden units, {optimizer}{rate}, '
                f'{settings.iterations} iterations, batch {settings.batch_size}')
    parts = [settings.act, 'Xavier' * (settings.init == 'xavier'),
             f'fc1 {settings.fc_act}' * (settings.fc_act != 'tanh'),
             '' if settings.stddev is None else f'standard deviation {settings.stddev:g}',
             f'biases {settings.bias:g}' * (settings.bias != 0.1),
             f'keep_prob {settings.keep_prob:g}' * (settings.keep_prob != 0.5),
             '' if settings.eval_keep_prob is None else
             f'evaluated with keep_prob {settings.eval_keep_prob:g}',
             f'{_optimizer_words(settings)} {rate}',
             'MNIST' if settings.dataset == 'mnist' else f'{training_images(settings)} samples',
             f'{settings.steps} iterations',
             f'batch {settings.batch_size}' * (settings.batch_size != 50)]
    return ', '.join(part for part in parts if part)


def _optimizer_words(settings: CnnSettings | RnnSettings) -> str:
    own = settings.momentum not in (None, 0.9)
    return f'{settings.optimizer} {settings.momentum:g}' if own else settings.optimizer


def training_images(settings: CnnSettings | RnnSettings) -> int:
    """The number of training images."""
    per_class = getattr(settings, 'train_per_class', None)
    return 10 * per_class if per_class else 55000  # MNIST is used whole
