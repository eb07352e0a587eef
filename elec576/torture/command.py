"""The trials as a whole: carry them out, print what they found, keep it."""

from __future__ import annotations

import dataclasses
import datetime
import importlib
import re
import sys
import time
from pathlib import Path

from tabulate import tabulate

from elec576.errors import UserError
from elec576.files import write_json
from elec576.machine import processor, versions, versions_text
from elec576.runs.rundir import read_json
from elec576.torture import TRIALS
from elec576.torture.findings import Finding, Orders


def torture(trials: tuple[str, ...], orders: Orders, out: Path) -> bool:
    """Carry out ``trials``, print their table, write ``out``; True if everything held.

    Trials that ``out`` has from earlier and that are not carried out now stay in it. It is written
    after each trial.

    Raises:
        UserError: a trial could not be carried out, or ``out`` holds something else.
    """
    results = read_json(out) if out.exists() else {}
    for name in trials:
        print(f'{name} ...', file=sys.stderr, flush=True)
        began = time.monotonic()
        found = importlib.import_module(f'elec576.torture.{name}').trial(orders)
        results[name] = {
            'findings': [dataclasses.asdict(finding) for finding in found],
            'seconds': round(time.monotonic() - began), 'seed': orders.seed,
            'versions': versions('tensorflow', 'numpy'), 'processor': processor(),
            'finished': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')}
        write_json(out, {name: results[name] for name in (*TRIALS, *results) if name in results})
    print(table({name: results[name] for name in trials}))
    return all(finding.passed for name in trials for finding in findings(results[name], name))


def kept_table(out: Path) -> str:
    """The table of the trials that ``out`` holds, and on what they were carried out.

    Raises:
        UserError: there is no such file, or it holds something else.
    """
    results = read_json(out)
    return f'{table(results)}\n\n{circumstances(results)}'


def table(results: dict) -> str:
    """Trials' findings as a Markdown table, unpadded: the remarks are too long for columns."""
    rows = [[f'**{name}**', finding.what, finding.tried, finding.held, finding.note]
            for name, result in results.items() for finding in findings(result, name)]
    padded = tabulate(rows, ['', 'what', 'tried', 'held', 'remarks'], tablefmt='github')
    return re.sub('-{4,}', '---', re.sub(' {2,}', ' ', padded))


def circumstances(results: dict) -> str:
    """Where, when and with what `results` were found, and how long it took.

    Raises:
        UserError: they do not say.
    """
    alike: dict[str, list[str]] = {}
    try:
        for name, result in results.items():
            found = versions_text(result['versions'])
            where = f'{result["processor"]}, {found}, seed {result["seed"]}'
            alike.setdefault(where, []).append(
                f'{name} {result["seconds"] / 60:.1f} min on {result["finished"][:10]}')
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(f'{name}: no word about where ({error}); carry the trial out again with '
                        f'--only {name}') from None
    return '\n'.join(f'<sub>{where}: {", ".join(trials)}.</sub>'
                     for where, trials in alike.items())


def findings(result: object, name: str) -> list[Finding]:
    """The findings of a trial as `torture` kept them.

    Raises:
        UserError: it is something else.
    """
    try:
        return [Finding(**finding) for finding in result['findings']]
    except (TypeError, KeyError) as error:
        raise UserError(f'{name}: no findings ({error}); carry the trial out again with '
                        f'--only {name}') from None
