"""The trials as a whole: carry them out, print what they found, keep it."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from pathlib import Path

from tabulate import tabulate

from elec576.files import write_json
from elec576.machine import processor, versions
from elec576.rundir import read_json
from elec576.torture.kills import Kills, kills


def torture(trials: tuple[str, ...], scripts: Path, number_of_kills: int, data: str | None,
            seed: int, out: Path) -> bool:
    """Carry out ``trials``, print tables, write ``out``; True if nothing was lost.

    Trials that ``out`` has from earlier and that are not carried out now stay in it.

    Raises:
        UserError: a trial could not be carried out, or ``out`` holds something else.
    """
    results = read_json(out) if out.exists() else {}
    passed = True
    if 'kills' in trials:
        found = kills(scripts, number_of_kills, data, seed)
        print_kills(found)
        passed &= found.passed
        results['kills'] = {**dataclasses.asdict(found), **_circumstances()}
        write_json(out, results)
    return passed


def _circumstances() -> dict:
    return {'versions': versions('tensorflow', 'numpy'), 'processor': processor(),
            'finished': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')}


def print_kills(found: Kills) -> None:
    """The trial `kills` as a table."""
    rows = []
    for program, settings in found.settings.items():
        runs = [run for run in found.each if run.program == program]
        deaths = [death for run in runs for death in run.deaths]
        rows.append([f'{program}, {settings.get("steps") or settings["iterations"]} '
                     f'{"steps" if "steps" in settings else "iterations"}',
                     len(deaths), len(runs), sum(not run.differing for run in runs),
                     sum(run.records_lost for run in runs)])
    rows.append(['**all**', found.kills, found.runs, found.runs_equal, found.records_lost])
    print(tabulate(rows, ['killed with SIGKILL', 'kills', 'runs', 'runs equal', 'records lost'],
                   tablefmt='github'))
    moments = Counter(death.moment for run in found.each for death in run.deaths)
    print(f'\nOn {found.dataset}. Moments: '
          + ', '.join(f'{number} {name}' for name, number in moments.most_common())
          + f'; {found.kills_within_checkpoint} while a checkpoint was being written, '
          f'{found.kills_within_history} while the history was. Equal means: every byte of the '
          'history and every variable, as in a run that was never killed.')
    for run in found.each:
        if run.differing:
            print(f'NOT EQUAL: {run.program}, killed {len(run.deaths)} times: '
                  f'{", ".join(run.differing)}')
    if found.histories_damaged:
        print(f'After {found.histories_damaged} kills history.csv was damaged.')
