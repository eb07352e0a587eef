"""Trial `mutants`: one place of the code is changed; a test that belongs to it must fail.

The changes are Cosmic Ray's (a sign, a number, a comparison, a condition, ...). Places are drawn at
random, and one of the changes of each. Its tests are those named after its module and then those of
its and a neighbouring room, the slow ones too, in a copy of the repository, until one fails.

Some changes cannot be noticed: -2 for the -1 in numpy's `reshape`, a wider bracket around a root,
another start than 0 of a search for the largest of positive numbers, the last for the first of runs
that must agree, an intersection with itself, < for <= between measured numbers, more memory for the
same bits.
"""

import random
import re
import shlex
import shutil
import sys
from glob import glob
from itertools import islice

import pytest
from helpers import REPOSITORY

cosmic_ray = pytest.importorskip('cosmic_ray', reason="pip install -e '.[dev]' installs it")

from cosmic_ray.commands import init  # noqa: E402
from cosmic_ray.mutating import mutate_and_test, mutate_code  # noqa: E402
from cosmic_ray.plugins import get_operator  # noqa: E402
from cosmic_ray.testing import run_tests  # noqa: E402
from cosmic_ray.work_db import WorkDB, use_db  # noqa: E402
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome  # noqa: E402

TESTS = {  # of several rooms together
    ('graphs', 'loops'): ('graphs', 'loops', 'starter/test_details.py'),
    ('claims', 'comparison'): ('test_readme.py', 'claims', 'comparison'),
}
LEFT_OUT = 'core/ReplaceBinaryOperator_BitOr_'  # | stands in annotations, which nothing reads
SECONDS = 900
SCORE = 0.9  # of the changes, some of which change nothing that can be seen


@pytest.mark.slow
@pytest.mark.parametrize('rooms', TESTS, ids=' and '.join)
def test_changes_are_noticed(rooms, in_full, trial_options, record_property, tmp_path, monkeypatch):
    copy = shutil.copytree(REPOSITORY, tmp_path / 'copy', ignore=shutil.ignore_patterns(
        '.*', '__pycache__', '*.egg-info', 'work', 'local'))
    monkeypatch.chdir(copy)
    monkeypatch.setenv('PYTHONDONTWRITEBYTECODE', '1')  # two changes may share a second and a size

    def command(*first: str) -> str:
        tests = [*first, *(f'tests/{name}' for name in TESTS[rooms])]
        return shlex.join([sys.executable, '-m', 'pytest', '-x', '-q', '-m', '', '-n', '0',
                           '-p', 'no:cacheprovider', '--basetemp', str(tmp_path / 'tests'), *tests])

    outcome, output = run_tests(command(), SECONDS)
    assert outcome == TestOutcome.SURVIVED, output  # else everything would look noticed
    shares = []
    for room in rooms:
        survivors, tried = [], 0
        for mutation in drawn(room, trial_options):
            own = sorted(glob(f'tests/{room}/test_*{mutation.module_path.stem}*.py'))
            result = mutate_and_test([mutation], command(*own), SECONDS)
            assert result.worker_outcome == WorkerOutcome.NORMAL, result.output
            tried += 1
            if not result.is_killed:
                before, after = (next(line[1:].strip() for line in result.diff.splitlines()
                                      if re.match(rf'[{sign}](?![{sign}])', line))
                                 for sign in '-+')
                survivors.append(f'{mutation.module_path.name}: `{before}` became `{after}`')
        for name, value in (
                ('what', f'changes of one place in elec576/{room}: a test fails (asked: '
                         f'{SCORE:.0%})'),
                ('tried', tried), ('held', tried - len(survivors)),
                ('note', '; '.join(survivors).replace('|', '/'))):
            record_property(name, value)
        shares.append((tried - len(survivors)) / tried)
    assert min(shares) >= SCORE, shares


def is_python(mutation: MutationSpec) -> bool:
    """Whether the code can be changed so, and then be compiled."""
    operator = get_operator(mutation.operator_name)(**mutation.operator_args)
    try:
        compile(mutate_code(mutation.module_path.read_text(), operator, mutation.occurrence),
                str(mutation.module_path), 'exec')
    except (SyntaxError, AttributeError):  # ** of an unpacking; several exceptions to catch
        return False
    return True


def drawn(room: str, trial_options) -> list[MutationSpec]:
    """Changes of as many places in a room as asked for."""
    places: dict[tuple, list[MutationSpec]] = {}
    modules = sorted(path.relative_to(REPOSITORY)
                     for path in (REPOSITORY / 'elec576' / room).rglob('*.py'))
    with use_db(':memory:', mode=WorkDB.Mode.create) as found:
        init(modules, found, {})
        for item in found.work_items:
            mutation, = item.mutations
            if not mutation.operator_name.startswith(LEFT_OUT):
                places.setdefault((str(mutation.module_path), mutation.start_pos),
                                  []).append(mutation)
    chance = random.Random(trial_options.seed)
    shuffled = (places[place] for place in chance.sample(sorted(places), len(places)))
    possible = ([one for one in changes if is_python(one)] for changes in shuffled)
    return [chance.choice(changes) for changes in islice(filter(None, possible),
                                                         trial_options.mutants)]
