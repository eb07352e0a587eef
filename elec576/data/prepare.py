"""Find the data and make what is missing: the work of `scripts/prepare_data.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator

from elec576.data import standin
from elec576.data.cifar10 import COURSE_DIGESTS, COURSE_NAME, PER_CLASS, read_pixels
from elec576.data.fetch import Unavailable, fetch
from elec576.data.mnist import MNIST_DIGEST, MNIST_NAME, read_mnist_folder
from elec576.data.sets import digest
from elec576.data.sources import places
from elec576.errors import UserError

SETS = ('CIFAR10', 'MNIST_data')


def verify(folder: Path) -> str:
    """The name of the set in ``folder`` (called `CIFAR10` or `MNIST_data`).

    Raises:
        UserError: it is not there, not readable, or not bit for bit the set.
    """
    if folder.name == 'CIFAR10':
        pixels = read_pixels(folder, PER_CLASS)
        ok = {part: digest(pixels[part]) for part in PER_CLASS} == COURSE_DIGESTS
        name = COURSE_NAME
    else:
        ok = digest(*read_mnist_folder(folder)) == MNIST_DIGEST
        name = MNIST_NAME
    if not ok:
        raise UserError(f'{folder}: the digests are not those of {name}; '
                        f'move the folder away and run scripts/prepare_data.py')
    return name


def survey(data: str | None = None) -> Iterator[str]:
    """One line for each set at each place where the loaders look, in their order."""
    for place, root in places(data):
        for name in SETS:
            folder = root / name
            try:
                found = f'{verify(folder)}, digests match' if folder.is_dir() else 'not there'
            except UserError as error:
                found = str(error)
            yield f'{place}: {folder}: {found}'


def check(data: str | None = None) -> None:
    """Verify both sets where the loaders find them.

    Raises:
        UserError: after both were looked at: what is missing or wrong.
    """
    def not_there(name: str, root: Path) -> Path:
        raise Unavailable(f'{name}: not found')

    for _ in prepare(data, not_there):
        pass


def prepare(data: str | None = None, get: Callable[[str, Path], Path] = fetch) -> Iterator[str]:
    """Verify both sets, ``get`` those that are missing; a line for each that was made.

    They are made in ``data``, else in `$ELEC576_DATA`, else in the cache. Existing files are
    never overwritten, so an interrupted call can be repeated.

    Raises:
        UserError: after both were tried: what is missing or wrong.
    """
    roots = [root for _, root in places(data)]
    errors, hint = [], ''
    for name in SETS:
        try:
            there = next((root / name for root in roots if (root / name).is_dir()), None)
            if there is not None:
                verify(there)
            else:
                made = get(name, roots[-1])
                yield f'made: {made}: {verify(made)}, digests match'
        except UserError as error:
            errors.append(str(error))
            if isinstance(error, Unavailable):
                hint = ('; until then, runs that name no data folder use the built-in '
                        f'{standin.NAME}')
    if errors:
        raise UserError('; '.join(errors) + hint)
