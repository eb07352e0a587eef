"""`results/SPEED.md`, one page, from the numbers of `results/bench.json`."""

import json
from pathlib import Path
from types import ModuleType

from benchmarks import listing, peers, roofline, startup
from elec576.errors import UserError
from elec576.machine import versions_text

FORMAT = 2  # of bench.json; what was written before says none
QUESTIONS: dict[str, ModuleType] = {
    'listing': listing, 'peers': peers, 'roofline': roofline, 'startup': startup}


def read(path: Path) -> dict:
    """What was measured, by question.

    Raises:
        UserError: there is no such file, or an older scripts/bench.py or something else wrote it.
    """
    try:
        found = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise UserError(f'{path}: no such file; python scripts/bench.py measures and writes it'
                        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f'{path}: not readable as JSON ({error}); remove it and measure again'
                        ) from None
    if not isinstance(found, dict) or found.pop('format', None) != FORMAT:
        raise UserError(f'{path}: not what this scripts/bench.py writes (an older one may have); '
                        'measure again: python scripts/bench.py')
    return found


def document(found: dict) -> str:
    """The whole page, ASCII, so that every terminal can print it.

    Args:
        found: by question, 'numbers' and what they were measured on (`command.measure`).

    Raises:
        UserError: it is something else.
    """
    try:
        parts = ['# Speed',
                 'Made by `python scripts/bench.py`, all numbers in `bench.json`. A time is the '
                 'median (smallest-largest) of rounds in which all that are compared take turns: '
                 'compare within a table only, for a machine\'s speed changes within minutes. '
                 'Bold misses its aim.']
        for name, question in QUESTIONS.items():
            if name in found:
                parts += [*question.section(found[name]['numbers']), _origin(name, found[name])]
        return '\n\n'.join(parts) + '\n'
    except (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise UserError(f'bench.json: not what scripts/bench.py writes ({error!r}); remove it and '
                        'measure again') from None


def _origin(name: str, found: dict) -> str:
    """The command, the machine and the versions that a question was answered with."""
    return (f'`python scripts/bench.py --only {name}`, {found["minutes"]:.1f} min: '
            f'{found["machine"]["processor"]}, {versions_text(found["versions"])}, '
            f'{found["started"][:10]}.'
            + ' **A quick look: too few rounds to quote.**' * found['quick'])
