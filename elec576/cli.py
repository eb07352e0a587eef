"""The command line: options from a settings dataclass, and exit codes."""

import argparse
import contextlib
import dataclasses
import decimal
import math
import os
import signal
import sys
import types
import typing
from pathlib import Path
from typing import Callable

from elec576 import experiments
from elec576.errors import Interrupted, UserError, advice
from elec576.runs.rundir import RunDirectory, read_settings
from elec576.settings import SETTINGS, CnnSettings, RnnSettings, flag_of

DIGITS = 100  # a whole number of more is no option, and would take all memory


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` that reports an error in one line."""

    def error(self, message: str):
        raise UserError(f'{message}; {self.prog} --help lists the options')


def main_guard(main: Callable[[], int | None]) -> None:
    """Run ``main`` and exit with the project's exit codes.

    0 done; 2 bad usage or input, one line on standard error; 130 interrupted, by SIGTERM too; 141
    the reader of standard output has gone.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in ('stdout', 'stderr'):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, 'w', encoding='utf-8'))
    with contextlib.suppress(AttributeError):  # a notebook's or a test's has an encoding of its own
        # Windows's and the C locale's cannot hold '→', nor any a name that is not UTF-8
        sys.stdout.reconfigure(errors='replace')  # type: ignore[union-attr]
    try:
        code = main() or 0
        sys.stdout.flush()
    except UserError as error:
        code = complain(str(error), 2)
    except Interrupted as interruption:
        code = complain(str(interruption), 130)
    except KeyboardInterrupt:
        code = complain('interrupted; run the same command again to resume', 130)
    except BrokenPipeError:  # the reader of our output has exited, e.g. `| head`
        _discard_output()
        code = 141
    except OSError as error:  # a full disk, or a folder without permission
        code = complain(f'{error}; {advice(error)}, and run the same command again', 2)
        try:
            sys.stdout.flush()
        except OSError:
            _discard_output()
    sys.exit(code)


def _discard_output() -> None:
    """Discard all further output: Python flushes standard output at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str, code: int) -> int:
    """Print one line on standard error; return ``code``."""
    print(' '.join(message.split()), file=sys.stderr)
    return code


def positive(text: str) -> int:
    """An `argparse` type: a whole number of at least 1."""
    value = whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'{text}: a whole number of at least 1 is needed')
    return value


def whole(text: str) -> int:
    """An `argparse` type: a whole number, also as 3e5 or 300_000."""
    with contextlib.suppress(decimal.InvalidOperation, ValueError, OverflowError):
        value = decimal.Decimal(text)
        if value == value.to_integral_value() and value.adjusted() < DIGITS:
            return int(value)
    raise argparse.ArgumentTypeError(f'{text}: a whole number is needed')


def seconds(text: str) -> float:
    """An `argparse` type: a finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f'{text}: a number of at least 0 is needed')
    return value


def add_settings(parser: argparse.ArgumentParser, *kinds: type) -> None:
    """One option for each field of the settings classes ``kinds``; absent when not given."""
    found: dict[str, dict[type, dataclasses.Field]] = {}
    for kind in kinds:
        for item in dataclasses.fields(kind):
            found.setdefault(item.name, {})[kind] = item
    for name, items in found.items():
        kind, item = next(iter(items.items()))
        hint = typing.get_type_hints(kind)[name]
        if isinstance(hint, types.UnionType):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        defaults = dict.fromkeys(str(each.default) for each in items.values()
                                 if each.default not in (dataclasses.MISSING, None))
        parser.add_argument(flag_of(name), type=whole if hint is int else hint,
                            default=argparse.SUPPRESS, choices=item.metadata['choices'],
                            help=item.metadata['help'] + f' ({"; ".join(defaults)})' * bool(
                                defaults),
                            metavar=None if item.metadata['choices'] else hint.__name__.upper())


def run_parser(kind: type, description: str) -> Parser:
    """The parser of a program that makes one run: its settings and its options."""
    parser = Parser(description=description)
    add_settings(parser, kind)
    parser.add_argument('--experiment', metavar='NAME',
                        help="one of the report's experiments, by its name")
    parser.add_argument('--data', metavar='DIR',
                        help='folder that holds CIFAR10/ or MNIST_data/ (default: $ELEC576_DATA, '
                             'then the working directory, then the cache)')
    parser.add_argument('--out', metavar='DIR', type=Path,
                        help='the run\'s directory (results/local/...)')
    parser.add_argument('--resume', action='store_true',
                        help='resume the run that is there; with --out alone, under its settings')
    parser.add_argument('--checkpoint-seconds', metavar='S', type=seconds,
                        help='seconds between checkpoints (default: 10, or more, so that '
                             'saving takes about 1 %% of the time)')
    parser.add_argument('--keep-every', metavar='STEPS', type=positive, default=0,
                        help='save the weights every STEPS steps, for scripts/visualize.py')
    parser.add_argument('--no-events', dest='events', action='store_false',
                        help='write no TensorBoard event files')
    return parser


def run_to_resume(out: Path) -> RunDirectory:
    """The run in ``out``.

    Raises:
        UserError: there is none.
    """
    run = RunDirectory(out)
    if not run.config.exists():
        raise UserError(f'--resume: there is no run in {out}; drop it, or name the folder with '
                        '--out DIR')
    return run


def settings_from(args: argparse.Namespace, kind: type) -> CnnSettings | RnnSettings:
    """The settings that the command line asks for.

    Raises:
        UserError: they contradict `--experiment` or the run to resume, or are not valid.
    """
    given = {item.name: getattr(args, item.name) for item in dataclasses.fields(kind)
             if hasattr(args, item.name)}
    if args.experiment is not None:
        base, source = experiments.settings_of(args.experiment), f'experiment {args.experiment}'
        free = experiments.NOT_FIXED
    elif args.resume and args.out:
        base, source, free = read_settings(run_to_resume(args.out)), f'the run in {args.out}', ()
    else:
        return kind(**given)
    if not isinstance(base, kind):
        raise UserError(f'{source} belongs to the other program; use scripts/run_{base.program}.py')
    for name, value in given.items():
        if name not in free and value != getattr(base, name):
            raise UserError(f'{flag_of(name)} {value}: {source} has {getattr(base, name)}; '
                            f'drop one of the two')
    return dataclasses.replace(base, **given)


def add_settings_of_either(parser: argparse.ArgumentParser) -> None:
    """Both programs' settings as options, for `settings_of_either`."""
    add_settings(parser, *SETTINGS.values())
    parser.add_argument('--experiment', metavar='NAME',
                        help="one of the report's experiments, by its name")
    parser.set_defaults(resume=False)


def given_settings(args: argparse.Namespace) -> list[str]:
    """The settings of either program that the command line gives, by the fields' names."""
    names = dict.fromkeys(item.name for kind in SETTINGS.values()
                          for item in dataclasses.fields(kind))
    return [name for name in names if hasattr(args, name)]


def settings_of_either(args: argparse.Namespace) -> CnnSettings | RnnSettings:
    """The settings that the command line asks for, of the program that has all of them.

    Raises:
        UserError: the program cannot be told; and as `settings_from`.
    """
    fields = {kind: {item.name for item in dataclasses.fields(kind)} for kind in SETTINGS.values()}
    given = given_settings(args)
    deciding = [name for name in given if sum(name in names for names in fields.values()) == 1]
    if args.experiment is not None:
        kind = type(experiments.settings_of(args.experiment))
        source = f'experiment {args.experiment}'
    elif deciding:
        kind = next(kind for kind, names in fields.items() if deciding[0] in names)
        source = f'the program that has {flag_of(deciding[0])}'
    else:
        raise UserError('LeNet5 or a recurrent net? give --experiment NAME or an option that only '
                        'one of the two programs has, such as --act or --cell')
    for name in given:
        if name not in fields[kind]:
            raise UserError(f'{flag_of(name)}: {source} has no such setting; drop one of the two')
    return settings_from(args, kind)
