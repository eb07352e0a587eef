"""The command: measure what is asked for, keep the numbers, write the document."""

import argparse
import datetime
import os
import platform
import time
from pathlib import Path

from tf115 import environment

from benchmarks.document import FORMAT, QUESTIONS, document, read
from benchmarks.rounds import Setup, say
from benchmarks.worker import WorkerFailed, available
from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.listings import CNN_PROGRAM, program
from elec576.machine import processor, versions
from elec576.settings import all_cores


def main(description: str) -> None:
    parser = cli.Parser(description=description,
                        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=tuple(QUESTIONS), metavar='QUESTION',
                        help=f'some of {", ".join(QUESTIONS)} (all)')
    parser.add_argument('--quick', action='store_true',
                        help='one short round, to check that it works; do not quote the numbers')
    parser.add_argument('--table', action='store_true',
                        help='measure nothing; write SPEED.md again, and print it')
    parser.add_argument('--results', type=cli.folder, default=Path('results'), metavar='DIR',
                        help='folder for bench.json and SPEED.md (results)')
    parser.add_argument('--tf115', type=cli.folder, metavar='DIR',
                        help='environment with TensorFlow 1.15, for the question "listing"')
    args = parser.parse_args()
    path = args.results / 'bench.json'
    if args.table:
        print(write_document(read(path), args.results), end='')
        return
    questions = tuple(args.only or QUESTIONS)
    if 'listing' in questions:
        program(CNN_PROGRAM)  # fail early if there is none
    tf115 = environment.python_of(args.tf115) if args.tf115 else None
    if not available('torch'):
        say('PyTorch is not installed and left out; pip install -e .[bench] brings it')
    setup = Setup(all_cores(), tf115)
    try:
        measure(questions, setup.quick() if args.quick else setup, args.results)
    except WorkerFailed as failure:
        raise UserError(f'a measurement failed: {failure}; what was measured before is in '
                        f'{path}') from None
    print(args.results / 'SPEED.md')


def measure(questions: tuple[str, ...], setup: Setup, results: Path) -> None:
    """Measure ``questions``; both files are written after each, and keep the other answers.

    Raises:
        UserError: there are other answers, but not in this format. When all questions are asked,
            nothing has to be kept.
        WorkerFailed: a measurement failed.
    """
    path = results / 'bench.json'
    found = {}
    if path.exists():
        try:
            found = read(path)
        except UserError:
            if set(questions) != set(QUESTIONS):
                raise
    for question in questions:
        machine = {'processor': processor(), 'cores': setup.cores, 'system': platform.platform(),
                   'load_before': os.getloadavg()}
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        before = time.perf_counter()
        numbers = QUESTIONS[question].measure(setup)
        found[question] = {
            'machine': machine | {'load_after': os.getloadavg()},
            'versions': versions('tensorflow', 'numpy', 'keras', 'torch'),
            'quick': setup.rounds == 1, 'started': started,
            'minutes': (time.perf_counter() - before) / 60, 'numbers': numbers}
        found = {name: found[name] for name in QUESTIONS if name in found}
        text = write_document(found, results)
        write_json(path, {'format': FORMAT, **found})
        say(f'{question}: {len(text.splitlines())} lines in {results / "SPEED.md"}')


def write_document(found: dict, results: Path) -> str:
    """Write `SPEED.md` into ``results`` and return its text."""
    text = document(found)
    write_whole(results / 'SPEED.md', text)
    return text
