"""The exact commands that repeat an experiment's runs."""

import contextlib
import dataclasses
import shlex

from elec576.claims.plan import FIRST_SEED
from elec576.comparison.results import Run
from elec576.experiments import NOT_FIXED, settings_of
from elec576.listings import command as listing_command
from elec576.settings import flag_of

ELSEWHERE = 'results/local/again'  # in results/, reproduce.py skips finished runs


def rerun_commands(runs: tuple[Run, ...]) -> dict[str, str]:
    """What there is to repeat of ``runs``, one or more of one experiment, with its command.

    All of them, if `reproduce.py` made them, which varies seed and threads only; the first; and
    the first in the listing, if that has such settings.
    """
    first, last = runs[0], max(run.seed for run in runs)
    usual, threads = settings_of(first.experiment), first.settings.threads
    commands = {}
    if first.seed >= FIRST_SEED and all(
            run.settings == dataclasses.replace(usual, seed=run.seed, threads=threads)
            for run in runs):
        what = f'Seeds {FIRST_SEED} to {last}' if last > FIRST_SEED else f'Seed {last}'
        commands[what] = _join(
            'scripts/reproduce.py', '--only', first.experiment, '--seeds', last - FIRST_SEED + 1,
            '--threads', threads, '--results', ELSEWHERE)
    options = ['--experiment', first.experiment]
    for name in NOT_FIXED:
        value = getattr(first.settings, name, None)
        if value is not None and (name in ('seed', 'threads') or value != getattr(usual, name)):
            options += [flag_of(name), value]
    commands[f'Seed {first.seed} alone'] = _join(f'scripts/run_{usual.program}.py', *options)
    with contextlib.suppress(ValueError):
        listing, options = listing_command(first.settings)
        commands[f'Seed {first.seed} with the listing itself'] = _join(
            f'starter/{listing}', *options)
    return commands


def _join(*parts: object) -> str:
    return shlex.join(['python', *map(str, parts)])
