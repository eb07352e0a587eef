"""Test what a run must survive, on the real scripts and readers, and report what failed.

    python scripts/torture.py
    python scripts/torture.py --only kills inputs --kills 100
    python scripts/torture.py --table

The trials are the tests in tests/torture/, in full size. A table of what they found goes to
standard output, pytest's own output to standard error, all of it to results/reliability.json and
results/RELIABILITY.md. Exit code 1 if anything failed.
"""

import argparse
import datetime
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator
from xml.etree import ElementTree

from tabulate import tabulate

from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.machine import processor, versions, versions_text
from elec576.runs.rundir import read_json

REPOSITORY = Path(__file__).resolve().parents[1]
TRIALS = ('kills', 'disk', 'inputs', 'nan', 'concurrency', 'hosts', 'download', 'determinism',
          'processors', 'platforms', 'endurance', 'mutants')
HEAD = '''# Reliability

What the runs must survive, and how often they did: `python scripts/torture.py` tries it on any
machine, with `--kills`, `--inputs` and `--pythons` as much as one likes. Each trial is
`tests/torture/test_<trial>.py`, whose first lines say what it does.'''


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=TRIALS, default=TRIALS,
                        metavar='TRIAL', help=f'some of {", ".join(TRIALS)} (all)')
    parser.add_argument('--kills', type=cli.positive, default=20, metavar='N',
                        help='how often to kill a run (20: a few minutes)')
    parser.add_argument('--inputs', type=cli.positive, default=300, metavar='N',
                        help='damaged inputs of each kind (300)')
    parser.add_argument('--mutants', type=cli.positive, default=25, metavar='N',
                        help='changes of the code in each of four rooms (25: an hour)')
    parser.add_argument('--seed', type=cli.whole, default=0, metavar='N',
                        help='of the moments to kill at and of the damage (0)')
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/ for the kills; the other trials '
                             'make their own')
    parser.add_argument('--pythons', nargs='+', type=Path, default=(), metavar='PROGRAM',
                        help='interpreters of other environments, for determinism')
    parser.add_argument('--table', action='store_true',
                        help='print the table of earlier findings; run no trial')
    parser.add_argument('--out', type=Path, default=Path('results/reliability.json'),
                        metavar='FILE', help='RELIABILITY.md is written beside it')
    args = parser.parse_args()
    if args.table:
        print(document(read_json(args.out)))
        return 0

    options = ['--full', '--kills', args.kills, '--inputs', args.inputs,
               '--mutants', args.mutants, '--seed', args.seed,
               *(['--data', Path(args.data).absolute()] if args.data else []),
               *(['--pythons', *(python.absolute() for python in args.pythons)]
                 if args.pythons else [])]
    results = read_json(args.out) if args.out.exists() else {}
    for name in args.only:
        print(f'{name} ...', file=sys.stderr, flush=True)
        began = time.monotonic()
        results[name] = {
            'findings': list(findings(name, options)),
            'seconds': round(time.monotonic() - began), 'seed': args.seed,
            'versions': versions('tensorflow', 'numpy'), 'processor': processor(),
            'finished': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')}
        results = {name: results[name] for name in (*TRIALS, *results) if name in results}
        text = document(results)  # before anything is written: it may reject what the file held
        write_json(args.out, results)
        write_whole(args.out.with_name('RELIABILITY.md'), f'{HEAD}\n\n{text}\n')
    print(table({name: results[name] for name in args.only}))
    return int(any(finding['held'] < finding['tried'] for name in args.only
                   for finding in results[name]['findings']))


def findings(name: str, options: list) -> Iterator[dict]:
    """Run a trial; what its tests recorded, and a row for each that failed or was skipped.

    Raises:
        UserError: it could not be run.
    """
    with tempfile.TemporaryDirectory(prefix='elec576-torture-') as folder:
        report = Path(folder) / 'report.xml'
        # most are about processes and time, and have the machine for themselves
        processes = ['-n', 'auto', '--dist', 'load'] if name == 'mutants' else ['-n', '0']
        command = [sys.executable, '-m', 'pytest', '-m', '', *processes, '-p', 'no:cacheprovider',
                   '--basetemp', Path(folder) / 'tests', '--junitxml', report,
                   '-o', 'junit_family=xunit1',
                   REPOSITORY / 'tests' / 'torture' / f'test_{name}.py', *options]
        done = subprocess.run(list(map(str, command)), stdout=sys.stderr)
        if done.returncode not in (0, 1):
            raise UserError(f'{name}: pytest ended with exit code {done.returncode}; '
                            "pip install -e '.[test]' installs what it needs")
        tests = list(ElementTree.parse(report).iter('testcase'))
    for test in tests:
        recorded: dict[str, list[str]] = {}
        for item in test.iter('property'):
            recorded.setdefault(item.get('name'), []).append(item.get('value'))
        found = [{'what': what, 'tried': int(tried), 'held': int(held), 'note': note}
                 for what, tried, held, note in zip(*map(
                     recorded.get, ('what', 'tried', 'held', 'note')))] if recorded else []
        yield from found
        bad = next((part for part in test if part.tag in ('failure', 'error', 'skipped')), None)
        if bad is not None and all(one['held'] == one['tried'] for one in found):
            note = ' '.join(bad.get('message', '').split()).replace('|', '/')
            yield {'what': test.get('name').replace('_', ' '), 'held': 0,
                   'tried': int(bad.tag != 'skipped'), 'note': f'{bad.tag}: {note}'}


def document(results: dict) -> str:
    """How much held, the table of all trials, and where, when and with what they were run.

    Raises:
        UserError: ``results`` is something else.
    """
    rows = table(results)
    try:
        sums = {name: [sum(finding[part] for finding in result['findings'])
                       for part in ('held', 'tried')] for name, result in results.items()}
    except TypeError as error:
        raise UserError(f'findings that are no numbers ({error}); run the trials again') from None
    noticed = sums.pop('mutants', None)
    held, tried = map(sum, zip(*sums.values())) if sums else (0, 0)
    trials = ', '.join(f'{name} {those:,} of {all_:,}' for name, (those, all_) in sums.items())
    text = f'**{held:,} of {tried:,} attempts held**: {trials}.'
    if noticed:
        rooms = len(results['mutants']['findings'])
        text += (f' Of {noticed[1]} changes of the code in {rooms} of its rooms, tests notice '
                 f'{noticed[0]}.')
    return f'{text}\n\n{rows}\n\n{circumstances(results)}'


def table(results: dict) -> str:
    """Trials' findings as a Markdown table, unpadded: the remarks are too long for columns.

    Raises:
        UserError: ``results`` is something else.
    """
    rows = []
    for name, result in results.items():
        try:
            rows += [[f'**{name}**', *(finding[part] for part in ('what', 'tried', 'held', 'note'))]
                     for finding in result['findings']]
        except (TypeError, KeyError) as error:
            raise UserError(f'{name}: no findings ({error}); run the trial again with '
                            f'--only {name}') from None
    padded = tabulate(rows, ['', 'what', 'tried', 'held', 'remarks'], tablefmt='github')
    return re.sub('-{4,}', '---', re.sub(' {2,}', ' ', padded))


def circumstances(results: dict) -> str:
    """Where, when and with what ``results`` were found, and how long it took.

    Raises:
        UserError: they do not say so.
    """
    alike: dict[str, list[str]] = {}
    try:
        for name, result in results.items():
            found = versions_text(result['versions'])
            where = f'{result["processor"]}, {found}, seed {result["seed"]}'
            alike.setdefault(where, []).append(
                f'{name} {result["seconds"] / 60:.1f} min on {result["finished"][:10]}')
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(f'{name}: where it was run is not recorded ({error}); run it again with '
                        f'--only {name}') from None
    return '\n'.join(f'<sub>{where}: {", ".join(trials)}.</sub>'
                     for where, trials in alike.items())


if __name__ == '__main__':
    cli.main_guard(main)
