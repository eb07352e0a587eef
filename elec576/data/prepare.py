"""Find the data and make what is missing: the work of `scripts/prepare_data.py`."""

from pathlib import Path
from typing import Iterator

from elec576.data.cifar10 import COURSE_NAME, PER_CLASS, read_cifar10_folder
from elec576.data.fetch import fetch
from elec576.data.mnist import MNIST_NAME, read_mnist_folder
from elec576.data.sources import places
from elec576.errors import UserError

SETS = ('CIFAR10', 'MNIST_data')


def verify(folder: Path) -> str:
    """The name of the set in ``folder`` (called `CIFAR10` or `MNIST_data`).

    Raises:
        UserError: it is not there, not readable, or not bit for bit the set.
    """
    if folder.name == 'CIFAR10':
        wanted, origin = COURSE_NAME, read_cifar10_folder(folder, *PER_CLASS.values())[-1]
    else:
        wanted, origin = MNIST_NAME, read_mnist_folder(folder).origin()
    if origin.name != wanted:
        raise UserError(f'{folder}: the digests are not those of {wanted}; '
                        f'move the folder away and run scripts/prepare_data.py')
    return wanted


def prepare(data: str | None = None, download: bool = True) -> Iterator[str]:
    """Verify both sets, make those that are missing; a line for each.

    They are made in ``data``, else in `$ELEC576_DATA`, else in the cache. Existing files are
    never overwritten, so an interrupted call can be repeated.

    Raises:
        UserError: after both were tried: what is missing or wrong.
    """
    roots, errors = places(data), []
    for name in SETS:
        found = [root / name for root in roots if (root / name).is_dir()]
        try:
            if found:
                yield f'found: {found[0]}: {verify(found[0])}, digests match'
            elif download:
                made = fetch(name, roots[-1])
                yield f'made: {made}: {verify(made)}, digests match'
            else:
                raise UserError(f'{name}: not found')
        except UserError as error:
            errors.append(str(error))
    if errors:
        raise UserError('; '.join(errors))
