"""The command line: options from a settings dataclass, and exit codes."""

import argparse
import contextlib
import dataclasses
import decimal
import math
import os
import shlex
import signal
import subprocess
import sys
import types
import typing
from pathlib import Path
from typing import Callable, Collection

from elec576 import experiments, one_run
from elec576.errors import Interrupted, UserError, advice
from elec576.runs.options import Options
from elec576.runs.rundir import RunDirectory, read_settings
from elec576.settings import SETTINGS, CnnSettings, RnnSettings, changed, flag_of

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
        # Windows's and the C locale's cannot hold '→', and none can hold a name that is not UTF-8
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
        _discard(sys.stdout)
        code = 141
    except OSError as error:  # a full disk, or a folder without permission
        code = complain(f'{error}; {advice(error)}, and run the same command again', 2)
        try:
            sys.stdout.flush()
        except OSError:
            _discard(sys.stdout)
    sys.exit(code)


def _discard(stream: typing.TextIO) -> None:
    """Discard all further output: Python flushes its streams at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def complain(message: str, code: int) -> int:
    """Print one line on standard error, if it can be written; return ``code``."""
    try:
        print(' '.join(message.split()), file=sys.stderr)
    except OSError:
        _discard(sys.stderr)
    return code


def positive(text: str) -> int:
    """An `argparse` type: a whole number of at least 1."""
    value = whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f'{text}: a whole number of at least 1 is needed')
    return value


def seeds(text: str) -> int:
    """An `argparse` type: how many seeds, at least 1; of more than 10,000 no list is made."""
    value = positive(text)
    if value > 10_000:
        raise argparse.ArgumentTypeError(f'{text}: at most 10000 are made at once')
    return value


def whole(text: str) -> int:
    """An `argparse` type: a whole number, also as 3e5 or 300_000."""
    with contextlib.suppress(decimal.InvalidOperation, ValueError, OverflowError):
        value = decimal.Decimal(text)
        if value == value.to_integral_value() and value.adjusted() < DIGITS:
            return int(value)
    raise argparse.ArgumentTypeError(f'{text}: a whole number is needed')


def folder(text: str) -> Path:
    """An `argparse` type: a folder; `Path` takes an empty name for the working directory."""
    if not text:
        raise argparse.ArgumentTypeError('the name is empty (an unset variable?)')
    return Path(text)


def seconds(text: str) -> float:
    """An `argparse` type: a finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f'{text}: a number of at least 0 is needed')
    return value


def add_settings(parser: argparse.ArgumentParser, kind: type) -> None:
    """One option for each field of the settings class ``kind``; absent when not given."""
    for item in dataclasses.fields(kind):
        _add_setting(parser, kind, item, _setting_help(item))


def _add_setting(parser: argparse._ActionsContainer, kind: type, item: dataclasses.Field,
                 help: str) -> None:
    hint = typing.get_type_hints(kind)[item.name]
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    parser.add_argument(flag_of(item.name), type=whole if hint is int else hint,
                        default=argparse.SUPPRESS, help=help, choices=item.metadata['choices'],
                        metavar=None if item.metadata['choices'] else hint.__name__.upper())


def _setting_help(item: dataclasses.Field) -> str:
    default = _default(item)
    return item.metadata['help'] + (f' ({default})' if default else '')


def _default(item: dataclasses.Field) -> str:
    """Its default in words; empty where the help text has it."""
    return '' if item.default in (dataclasses.MISSING, None) else str(item.default)


def default_results() -> Path:
    """`results/` of the clone that the program lies in, if it does, else of the working directory.

    So the committed runs are found from any working directory.
    """
    clone = Path(sys.argv[0]).resolve().parents[1:2]
    if clone and clone[0] != Path.cwd() and (clone[0] / 'results' / 'runs').is_dir():
        return clone[0] / 'results'
    return Path('results')


def add_results(parser: argparse.ArgumentParser, help: str) -> None:
    """The option for the folder with the runs."""
    parser.add_argument('--results', type=folder, default=default_results(), metavar='DIR',
                        help=f'{help} (results/ of this clone, else of the working directory)')


def add_data(parser: argparse.ArgumentParser, what: str = 'CIFAR10/ or MNIST_data/') -> None:
    """The option for the folder with the data."""
    parser.add_argument('--data', metavar='DIR',
                        help=f'folder that holds {what} (default: $ELEC576_DATA, then the working '
                             'directory, then the cache)')


def run_parser(kind: type, description: str) -> Parser:
    """The parser of a program that makes one run: its settings and its options."""
    parser = Parser(description=description)
    add_settings(parser, kind)
    parser.add_argument('--experiment', metavar='NAME',
                        help="one of the report's experiments, by its name")
    add_data(parser)
    parser.add_argument('--out', metavar='DIR', type=folder,
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


def make_run(args: argparse.Namespace, settings: CnnSettings | RnnSettings) -> None:
    """`elec576.one_run.make_run` as ``args`` (of `run_parser`) ask for.

    Raises:
        UserError: there is no run to resume.
        Interrupted: with the command that resumes the run.
        Others: as `elec576.runs.run.run`.
    """
    out = args.out or one_run.default_out(settings, args.experiment)
    if args.resume:
        run_to_resume(out)
    try:
        one_run.make_run(settings, out, Options(
            data=args.data, experiment=args.experiment, events=args.events,
            checkpoint_seconds=args.checkpoint_seconds, keep_every=args.keep_every))
    except Interrupted as interruption:
        command = ['python', sys.argv[0], '--resume', '--out', str(out)]
        command += ['--data', args.data] if args.data else []
        if args.checkpoint_seconds is not None:
            command += ['--checkpoint-seconds', str(args.checkpoint_seconds)]
        command += ['--keep-every', str(args.keep_every)] if args.keep_every else []
        command += [] if args.events else ['--no-events']
        raise Interrupted(f'{interruption}; resume with: {joined(command)}') from None


def joined(command: list[str]) -> str:
    """``command`` as it is typed in this system's shell."""
    return (subprocess.list2cmdline if sys.platform == 'win32' else shlex.join)(command)


def settings_from(args: argparse.Namespace, kind: type,
                  free: Collection[str] = experiments.NOT_FIXED) -> CnnSettings | RnnSettings:
    """The settings that the command line asks for.

    Args:
        free: settings that may differ from those of `--experiment`.

    Raises:
        UserError: they contradict `--experiment` or the run to resume, or are not valid.
    """
    given = {item.name: getattr(args, item.name) for item in dataclasses.fields(kind)
             if hasattr(args, item.name)}
    if args.experiment is not None:
        base, source = experiments.settings_of(args.experiment), f'experiment {args.experiment}'
    elif args.resume and args.out:
        base, source, free = read_settings(run_to_resume(args.out)), f'the run in {args.out}', ()
    else:
        return kind(**given)
    if not isinstance(base, kind):
        raise UserError(f'{source} belongs to the other program; use scripts/run_{base.program}.py')
    asked = changed(base, given)
    for name, value in given.items():
        if name not in free and getattr(asked, name) != getattr(base, name):
            theirs = getattr(base, name)
            advice = (f'or --experiment, and name every setting: {options_of(asked)}'
                      if args.experiment is not None else 'or resume without it')
            raise UserError(f'{flag_of(name)} {value}: {source} has '
                            f'{"its default" if theirs is None else theirs}; drop it, {advice}')
    return asked


def options_of(settings: CnnSettings | RnnSettings) -> str:
    """The options that give ``settings``: those that are not at their default, but at least one."""
    standard, decisive = type(settings)(), {'cnn': 'act', 'rnn': 'cell'}[settings.program]
    values = {item.name: getattr(settings, item.name) for item in dataclasses.fields(settings)}
    return ' '.join(f'{flag_of(name)} {value}' for name, value in values.items()
                    if name == decisive or value not in (None, getattr(standard, name)))


# what the settings of both programs mean where runs are made of either
_OF_EITHER = {
    'seed': 'random seed of the first run (0); the others follow it',
    'threads': 'threads of each run (1), as many runs at a time as the cores allow; changes the '
               'last bits'}


def add_settings_of_either(parser: argparse.ArgumentParser) -> None:
    """Both programs' settings as options, by program, for `settings_of_either`."""
    fields = {kind: {item.name: item for item in dataclasses.fields(kind)}
              for kind in SETTINGS.values()}
    cnn, rnn = fields.values()
    either = parser.add_argument_group('settings of the run, of either program')
    either.add_argument('--experiment', metavar='NAME',
                        help="one of the report's experiments, by its name; it has all settings "
                             'below but those of seed, threads, kernels and evaluations')
    groups = {'cnn': parser.add_argument_group('settings of LeNet5 (scripts/run_cnn.py)'),
              'rnn': parser.add_argument_group('settings of a recurrent net (scripts/run_rnn.py)')}
    for kind, items in fields.items():
        for name, item in items.items():
            if not (name in cnn and name in rnn):
                _add_setting(groups[kind.program], kind, item, _setting_help(item))
            elif kind is CnnSettings:
                _add_setting(either, kind, item, _OF_EITHER.get(name) or _help_of_both(
                    item, rnn[name]))
    parser.set_defaults(resume=False)


def _help_of_both(cnn: dataclasses.Field, rnn: dataclasses.Field) -> str:
    if cnn.metadata['help'] != rnn.metadata['help']:
        return f'LeNet5: {_setting_help(cnn)}; recurrent net: {_setting_help(rnn)}'
    if _default(cnn) == _default(rnn):
        return _setting_help(cnn)
    return (f'{cnn.metadata["help"]} ({_default(cnn)} for LeNet5, {_default(rnn)} for a recurrent '
            'net)')


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
    # how training batches are evaluated changes no other number of an experiment
    return settings_from(args, kind, (*experiments.NOT_FIXED, 'eval_keep_prob'))
