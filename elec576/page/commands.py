"""The exact commands that repeat an experiment's runs."""

from __future__ import annotations

import dataclasses
import shlex
from dataclasses import dataclass

from elec576.claims.plan import FIRST_SEED
from elec576.comparison.results import Run
from elec576.experiments import FREE, named
from elec576.listings import command as listing_command
from elec576.settings import CnnSettings, flag_of

ELSEWHERE = 'results/local/again'  # in results/, reproduce.py skips finished runs


@dataclass(frozen=True)
class Command:
    """A command, to be run in the repository, and what it makes."""

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
    if first.seed < FIRST_SEED:
        return None
    usual = named(first.experiment)
    for run in runs:
        if dataclasses.replace(usual, seed=run.seed, threads=first.settings.threads) \
                != run.settings:
            return None
    last = max(run.seed for run in runs)
    return Command(f'Seeds {FIRST_SEED} to {last}' if last > FIRST_SEED else f'Seed {last}', _join(
        'scripts/reproduce.py', '--only', first.experiment, '--seeds', last - FIRST_SEED + 1,
        '--threads', first.settings.threads, '--results', ELSEWHERE))


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
    try:
        listing, options = listing_command(run.settings)
    except ValueError:
        return None
    return Command(f'Seed {run.seed} with the listing itself',
                   _join(f'starter/{listing}', *options))


def _join(*parts: object) -> str:
    return shlex.join(['python', *map(str, parts)])
