"""The command: measure what is asked for, keep the numbers, write the document."""

import argparse
import datetime
import os
import platform
import time
from pathlib import Path

from tf115 import environment

from benchmarks.measure import ITEMS, QUICK, Effort, say
from benchmarks.speed import document
from benchmarks.worker import WorkerFailed, available
from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.listings import CNN_PROGRAM, program
from elec576.machine import processor, versions
from elec576.runs.rundir import read_json
from elec576.settings import all_cores

ISA = 'avx2'  # of ours and the listings, by default


def main(description: str) -> None:
    parser = cli.Parser(description=description,
                        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=tuple(ITEMS), metavar='ITEM',
                        default=tuple(ITEMS), help=f'some of {", ".join(ITEMS)} (all)')
    parser.add_argument('--quick', action='store_true',
                        help='few rounds, to check that it works; do not quote the numbers')
    parser.add_argument('--table', action='store_true',
                        help='measure nothing; write SPEED.md again, and print it')
    parser.add_argument('--results', type=Path, default=Path('results'), metavar='DIR',
                        help='folder for bench.json and SPEED.md (results)')
    parser.add_argument('--tf115', type=Path, metavar='DIR',
                        help='environment with TensorFlow 1.15, for the item "listing"')
    args = parser.parse_args()
    path = args.results / 'bench.json'
    if args.table:
        print(write_document(read_json(path), args.results), end='')
        return
    if 'listing' in args.only:
        program(CNN_PROGRAM)  # fail early if there is none
    tf115 = environment.python_of(args.tf115) if args.tf115 else None
    if not available('torch'):
        say('PyTorch is not installed and left out; pip install -e .[bench] brings it')
    try:
        measure(args.only, QUICK if args.quick else Effort(), args.results, tf115)
    except WorkerFailed as failure:
        raise UserError(f'a measurement failed: {failure}; what was measured before is in '
                        f'{path}') from None
    print(args.results / 'SPEED.md')


def measure(items: tuple[str, ...], effort: Effort, results: Path, tf115: Path | None) -> None:
    """Measure ``items``; both files are written after each, and keep the other items."""
    path = results / 'bench.json'
    found = read_json(path) if path.exists() else {}
    for item in items:
        machine = {'processor': processor(), 'cores': all_cores(), 'system': platform.platform(),
                   'load_before': os.getloadavg()}
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        before = time.perf_counter()
        numbers = ITEMS[item](effort, all_cores(), tf115)
        found[item] = {
            'machine': machine | {'load_after': os.getloadavg()}, 'isa': ISA,
            'versions': versions('tensorflow', 'numpy', 'keras', 'torch'),
            'quick': effort == QUICK, 'started': started,
            'minutes': (time.perf_counter() - before) / 60, 'numbers': numbers}
        found = {name: found[name] for name in ITEMS if name in found}
        text = write_document(found, results)
        write_json(path, found)
        say(f'{item}: {len(text.splitlines())} lines in {results / "SPEED.md"}')


def write_document(found: dict, results: Path) -> str:
    """Write `SPEED.md` into ``results``; its text, ASCII, so that every terminal prints it."""
    text = document(found)
    write_whole(results / 'SPEED.md', text)
    return text
