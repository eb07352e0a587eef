"""The report's listings: `starter/`."""

from pathlib import Path

import elec576
from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings, flag_of

CNN_PROGRAM, RNN_PROGRAM = 'trainCifarStarterCode.py', 'lstmMNISTStarterCode.py'
# an installation without its repository has a copy (setup.py)
_REPOSITORYS, _COPY = (folder / 'starter' for folder in Path(elec576.__file__).parents[1::-1])
STARTER = _REPOSITORYS if (_REPOSITORYS / CNN_PROGRAM).exists() else _COPY

_CNN_OPTIONS = ('act', 'fc_act', 'optimizer', 'lr', 'init', 'stddev', 'steps', 'train_per_class',
                'test_per_class', 'batch_size', 'keep_prob', 'eval_keep_prob', 'seed', 'threads',
                'isa')
_RNN_OPTIONS = ('cell', 'hidden', 'lr', 'iterations', 'batch_size', 'display_step', 'seed',
                'threads', 'isa')


def program(name: str) -> Path:
    """The path of a listing.

    Raises:
        UserError: it is not there.
    """
    path = STARTER / name
    if not path.exists():
        raise UserError(f'{path}: there is no listing; install the package again')
    return path


def command(settings: CnnSettings | RnnSettings) -> tuple[str, list[str]]:
    """The name of the listing that computes what ``settings`` ask for, and its options.

    Raises:
        ValueError: the listings have no such setting (biases, momentum, MNIST for the CNN, another
            optimizer for the RNN).
    """
    if isinstance(settings, CnnSettings):
        name, options, fixed = CNN_PROGRAM, _CNN_OPTIONS, {'bias': 0.1, 'dataset': 'cifar10'}
    else:
        name, options, fixed = RNN_PROGRAM, _RNN_OPTIONS, {'optimizer': 'rmsprop'}
    if settings.momentum not in (None, 0.9):
        raise ValueError('the listing has momentum 0.9 only')
    for setting, value in fixed.items():
        if getattr(settings, setting) != value:
            raise ValueError(f'the listing has {setting} {value} only')
    return name, [part for option in options if getattr(settings, option) is not None
                  for part in (flag_of(option), str(getattr(settings, option)))]
