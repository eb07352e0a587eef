"""Golden values: what a listing computed, and the file that keeps them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from elec576.errors import UserError
from elec576.files import write_json

GOLDEN = Path(__file__).with_name('tf115.json')


@dataclass(frozen=True)
class Values:
    """What one case computed.

    Attributes:
        initial: SHA-256 of every trained variable before training, in the order of creation.
        columns: by name ('train_loss', ...), float32 [steps].
    """

    initial: tuple[str, ...]
    columns: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class GoldenSet:
    """The golden values on one set of images.

    Attributes:
        digest: SHA-256 over the images (empty where the listing reads the course's).
        masks: SHA-256 of the masks of dropout that drop anything, in the order of their use.
        commands: by case, the listing's name with its options.
    """

    digest: str
    masks: tuple[str, ...]
    cases: Mapping[str, Values]
    commands: Mapping[str, str]


@dataclass(frozen=True)
class Golden:
    """All golden values, and what they were computed with."""

    versions: Mapping[str, str]
    processor: str
    finished: str
    sets: Mapping[str, GoldenSet] = field(default_factory=dict)


def digits(values: Sequence[float]) -> str:
    """float32 numbers as text that reads back exactly; one line keeps the file small."""
    return ' '.join(str(value) for value in np.asarray(values, np.float32))


def write_golden(golden: Golden, path: Path = GOLDEN) -> None:
    """Keep ``golden`` as JSON."""
    write_json(path, {
        'versions': dict(golden.versions), 'processor': golden.processor,
        'finished': golden.finished,
        'sets': {name: _set_content(found) for name, found in golden.sets.items()}})


def _set_content(found: GoldenSet) -> dict:
    return {'digest': found.digest, 'masks': list(found.masks), 'cases': {
        case: {'command': found.commands[case], 'initial': list(values.initial),
               **{name: digits(numbers) for name, numbers in values.columns.items()}}
        for case, values in found.cases.items()}}


def read_golden(path: Path = GOLDEN) -> Golden:
    """Read what `write_golden` wrote.

    Raises:
        UserError: there is no such file, or it holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        return Golden(
            content['versions'], content['processor'], content['finished'],
            {name: GoldenSet(
                found['digest'], tuple(found['masks']),
                {case: _values(values) for case, values in found['cases'].items()},
                {case: values['command'] for case, values in found['cases'].items()})
             for name, found in content['sets'].items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f'{path}: no readable golden values ({error!r}); make them with '
                        f'python scripts/golden_tf115.py --env DIR') from None


def _values(content: dict) -> Values:
    columns = {name: np.array(text.split(), np.float32) for name, text in content.items()
               if name not in ('command', 'initial')}
    return Values(tuple(content['initial']), columns)
