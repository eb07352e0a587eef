"""How far the package is from TensorFlow 1.15: measured, and `results/TF115.md`.

What `measure` returns is kept as `results/tf115.json`.
"""

import datetime
import statistics
from pathlib import Path

from tabulate import tabulate

from elec576.errors import UserError
from elec576.machine import pinned, processor, versions, versions_text
from elec576.settings import CnnSettings
from tf115 import cases
from tf115.repeat import difference, repeat
from tf115.values import Golden

STEPS = (1, cases.STEPS // 2, cases.STEPS)  # up to which the loss is looked at


def measure(golden: Golden, course: Path | None = None) -> dict:
    """Compute every case with the package and compare it with ``golden``.

    Args:
        course: the folder of the course's data; without it, made-up images only.

    Returns:
        'golden' and 'ours': versions, processor and time of both; 'rows': of each case, how many
        trained variables begin with the same bits and the largest relative difference of the
        training loss up to each of `STEPS`.
    """
    rows = []
    folders = {cases.MADE_UP: None} | ({cases.COURSE: course} if course else {})
    for data, folder in folders.items():
        for name, settings in cases.cases(data).items():
            known = golden.sets[data].cases[name]
            found = difference(known, repeat(settings, folder))
            rows.append({'images': data, 'case': name, 'variables': len(known.initial),
                         'same_bits': len(known.initial) - len(found.initial),
                         'loss': [found.loss(steps) for steps in STEPS]})
    return {'golden': {'versions': dict(golden.versions), 'processor': golden.processor,
                       'finished': golden.finished},
            'ours': {'versions': versions('tensorflow', 'numpy'), 'isa': pinned(),
                     'processor': processor(), 'finished': datetime.datetime.now(
                         datetime.timezone.utc).isoformat(timespec='seconds')},
            'rows': rows}


def document(found: dict) -> str:
    """`results/TF115.md`, from what `measure` returned.

    Raises:
        UserError: it is something else.
    """
    try:
        return _document(found)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f'tf115.json: not what scripts/golden_tf115.py --difference writes '
                        f'({error!r}); run that again') from None


def _document(found: dict) -> str:
    rows = found['rows']
    first, _, last = ([row['loss'][k] for row in rows] for k in range(len(STEPS)))
    same, variables = (sum(row[key] for row in rows) for key in ('same_bits', 'variables'))
    golden, ours = found['golden'], found['ours']
    return '\n\n'.join((
        '# TensorFlow 1.15, the version that the report names',
        f'The two listings of `starter/` run unchanged on TensorFlow '
        f'{golden["versions"]["tensorflow"]}; around them, op seeds are handed out as in '
        'TensorFlow 2, for with 1.15\'s own a seed gives other weights. '
        f'In {len(rows)} cases the package on TensorFlow '
        f'{ours["versions"]["tensorflow"]} begins with the same bits in {same} of {variables} '
        f'trained variables. The first training loss differs by at most {max(first):.1g} of its '
        f'value, which is rounding; training makes it grow, to {statistics.median(last):.1g} '
        f'(median) and at most {max(last):.1g} within {STEPS[-1]} steps. '
        '`tests/tf115/test_golden.py` holds the package to these values, by tolerance: the two '
        'add in different orders and with different instructions.',
        '## Case by case',
        tabulate([[row['images'], _words(row), f'{row["same_bits"]} of {row["variables"]}',
                   *(f'{loss:.1g}' for loss in row['loss'])] for row in rows],
                 ['images', 'case', 'variables with the same first bits', 'first loss',
                  *(f'at most in {steps} steps' for steps in STEPS[1:])],
                 tablefmt='github', disable_numparse=True),
        'Losses: relative difference of the training loss, one thread. Made-up images are noise '
        'that everybody can make again (`scripts/tf115/made_up.py`); "course" is the real data.',
        '## What computed what',
        '\n'.join((f'- TensorFlow 1.15: {versions_text(golden["versions"])}; '
                   f'{golden["processor"]}; {golden["finished"][:10]}.',
                   f'- The package: {versions_text(ours["versions"])}; {ours["isa"]} kernels; '
                   f'{ours["processor"]}; {ours["finished"][:10]}.')),
        '## Again',
        '\n'.join((
            '```bash',
            'python scripts/golden_tf115.py --env ~/tf115 --data DIR  # the golden values',
            'python scripts/golden_tf115.py --difference --data DIR   # this document',
            'python scripts/golden_tf115.py --table                   # it again',
            '```')),
        'The first needs a Python 3.7 (pyenv and uv have one); the others need none.')) + '\n'


def _words(row: dict) -> str:
    cnn = isinstance(cases.cases(row['images'])[row['case']], CnnSettings)
    return f'LeNet5, {row["case"]}' if cnn else row['case']
