"""Find the data and make what is missing: the work of `scripts/prepare_data.py`."""

from pathlib import Path
from typing import Iterator

from elec576.data.cifar10 import COURSE_NAME, PER_CLASS, read_cifar10_folder
from elec576.data.fetch import complete, fetch
from elec576.data.mnist import MNIST_NAME, read_mnist_folder
from elec576.data.sources import HOLDS, find_folder, look, places
from elec576.errors import UserError


def verify(name: str, folder: Path) -> str:
    """What the set ``name`` (`CIFAR10` or `MNIST_data`) in ``folder`` is.

    Raises:
        UserError: it is not there, not readable, or not bit for bit the set.
    """
    if name == 'CIFAR10':
        wanted, origin = COURSE_NAME, read_cifar10_folder(folder, *PER_CLASS.values())[-1]
    else:
        wanted, origin = MNIST_NAME, read_mnist_folder(folder).origin()
    if origin.name != wanted:
        raise UserError(f'{folder}: the digests are not those of {wanted}; '
                        f'move the folder away and run scripts/prepare_data.py')
    return wanted


def prepare(data: str | None = None, download: bool = True) -> Iterator[str]:
    """Verify both sets, make those that are missing, complete what is incomplete; a line for each.

    They are made in ``data``, else in `$ELEC576_DATA`, else in the cache. Existing files are
    never overwritten, so an interrupted call can be repeated.

    Raises:
        UserError: after both were tried: what is missing or wrong.
    """
    errors = []
    for name in HOLDS:
        try:
            folder, done = (look if download else find_folder)(name, data), 'found'
            if folder is None and not download:
                raise UserError(f'{name}: not found; scripts/prepare_data.py fetches it')
            if folder is None:
                folder, done = fetch(name, places(data)[-1]), 'made'
            elif download and complete(name, folder):
                done = 'completed'
            yield f'{done}: {folder}: {verify(name, folder)}, digests match'
        except UserError as error:
            errors.append(str(error))
    if errors:
        raise UserError('; '.join(errors))
