"""Makes the golden values: the listings, run on TensorFlow 1.15.5."""

import datetime
import tempfile
from pathlib import Path
from typing import Callable

import numpy as np

from elec576.listings import command
from elec576.machine import processor
from elec576.settings import CnnSettings, RnnSettings
from tf115 import cases
from tf115.environment import run_listing
from tf115.made_up import made_up_digest, write_made_up
from tf115.values import Golden, GoldenSet, Values

# how many steps of these columns are kept; of the training loss, all
KEPT = {'train_accuracy': 20, 'test_accuracy': 20, 'test_loss': 20}


def record(python: Path, course: Path | None, say: Callable[[str], None]) -> Golden:
    """Run every case with ``python``, on the made-up images and, if given, on the course's.

    Raises: as `tf115.environment.run_listing`.
    """
    with tempfile.TemporaryDirectory(prefix='elec576-made-up-') as folder:
        write_made_up(Path(folder))
        versions, made_up = _record_set(python, cases.MADE_UP, Path(folder), made_up_digest(), say)
    sets = {cases.MADE_UP: made_up}
    if course is not None:
        _, sets[cases.COURSE] = _record_set(python, cases.COURSE, course, '', say)
    return Golden(versions, processor(), datetime.datetime.now(datetime.timezone.utc).isoformat(
        timespec='seconds'), sets)


def _record_set(python: Path, data: str, folder: Path, digest: str, say: Callable[[str], None]
                ) -> tuple[dict[str, str], GoldenSet]:
    found, commands, versions = {}, {}, {}
    for name, settings in cases.cases(data).items():
        say(f'TensorFlow 1.15, {data} images: {name}')
        raw = run_listing(python, settings, folder)
        versions = raw['versions']
        found[name], commands[name] = values_of(raw), command_text(settings)
    masks = run_listing(python, cases.masks_settings(data), folder, mask_steps=cases.MASK_STEPS)
    return versions, GoldenSet(digest, tuple(mask['sha256'] for mask in masks['masks']), found,
                               commands)


def command_text(settings: CnnSettings | RnnSettings) -> str:
    """The listing's name with its options, but for the data and the kernels.

    TensorFlow 1.15 ignores all variables with which a listing chooses kernels.
    """
    name, options = command(settings)
    kernels = options.index('--isa')
    return ' '.join([name, *options[:kernels], *options[kernels + 2:]])


def values_of(raw: dict) -> Values:
    """What the driver wrote, without what golden values do not hold (what is of the end alone)."""
    columns = {name: np.array(numbers, np.float32)[:KEPT.get(name)]
               for name, numbers in raw['listing'].items()
               if name.startswith(('train_', 'test_')) and isinstance(numbers, list)}
    return Values(tuple(variable['sha256'] for variable in raw['initial']), columns)
