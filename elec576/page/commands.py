"""The exact commands that make an experiment's runs again."""

from __future__ import annotations

import ast
import dataclasses
import shlex
from dataclasses import dataclass

from elec576.comparison.results import Run
from elec576.experiments import FREE, named
from elec576.listings import CNN_PROGRAM, RNN_PROGRAM, program
from elec576.settings import CnnSettings, flag_of

ELSEWHERE = 'results/local/again'  # reproduce.py never repeats what is finished in its own place


@dataclass(frozen=True)
class Command:
    """A command, to be given in the repository, and what it makes."""

    what: str
    text: str


def rerun_commands(runs: tuple[Run, ...]) -> tuple[Command, ...]:
    """The commands for ``runs``, one or more of one experiment: all, the first, in the listing."""
    first = runs[0]
    return tuple(command for command in (_all_seeds(runs), _one_run(first), _in_listing(first))
                 if command is not None)


def _all_seeds(runs: tuple[Run, ...]) -> Command | None:
    """None if the runs were not made by `reproduce.py`, which varies seed and threads only."""
    first = runs[0]
    usual = named(first.experiment)
    for run in runs:
        if dataclasses.replace(usual, seed=run.seed, threads=first.settings.threads) \
                != run.settings:
            return None
    seeds = max(run.seed for run in runs) + 1
    return Command(f'Seeds 0 to {seeds - 1}' if seeds > 1 else 'Seed 0', _join(
        'scripts/reproduce.py', '--only', first.experiment, '--seeds', seeds, '--threads',
        first.settings.threads, '--results', ELSEWHERE))


def _one_run(run: Run) -> Command:
    usual = named(run.experiment)
    options = ['--experiment', run.experiment]
    for name in FREE:
        value = getattr(run.settings, name, None)
        if value is not None and (name in ('seed', 'threads') or value != getattr(usual, name)):
            options += [flag_of(name), value]
    script = 'run_cnn' if isinstance(run.settings, CnnSettings) else 'run_rnn'
    return Command(f'Seed {run.seed} alone', _join(f'scripts/{script}.py', *options))


def _in_listing(run: Run) -> Command | None:
    """None if the listing cannot make this run: it has no such setting."""
    settings = run.settings
    listing = CNN_PROGRAM if isinstance(settings, CnnSettings) else RNN_PROGRAM
    if getattr(settings, 'dataset', 'cifar10') != 'cifar10':
        return None
    if getattr(settings, 'bias', 0.1) != 0.1 or \
            not isinstance(settings, CnnSettings) and settings.optimizer != 'rmsprop':
        return None
    known = _options(listing)
    options = [part for item in dataclasses.fields(settings) if flag_of(item.name) in known
               for part in (flag_of(item.name), getattr(settings, item.name))]
    return Command(f'Seed {run.seed} with the listing itself', _join(f'starter/{listing}',
                                                                     *options))


def _options(listing: str) -> set[str]:
    """The flags that a listing's `parser.add_argument` lines name."""
    tree = ast.parse(program(listing).read_text(encoding='utf-8'))
    return {call.args[0].value for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            and call.func.attr == 'add_argument'}


def _join(*parts: object) -> str:
    return shlex.join(['python', *map(str, parts)])
