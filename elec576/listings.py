"""Where the report's listings stand: `starter/`, which only the repository holds."""

from __future__ import annotations

from pathlib import Path

import elec576
from elec576.errors import UserError

STARTER = Path(elec576.__file__).parents[1] / 'starter'
CNN_PROGRAM, RNN_PROGRAM = 'trainCifarStarterCode.py', 'lstmMNISTStarterCode.py'


def program(name: str) -> Path:
    """The path of a listing.

    Raises:
        UserError: the listings are not part of an installation without its repository.
    """
    path = STARTER / name
    if not path.exists():
        raise UserError(f'{path}: there is no listing; run this in the repository '
                        f'(pip install -e .)')
    return path
