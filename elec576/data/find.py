"""Where a data set lies among people's folders: unpacked twice, in other case, a level off.

Only known names are looked for, so strangers' files (`.DS_Store`, `._Image00000.png`, `__MACOSX`)
are never read.
"""

import os
from pathlib import Path
from typing import Callable, Iterator

# The folders, in lower case, inside which each set may lie; torchvision keeps it in MNIST/raw.
FOLDERS = {'CIFAR10': ('cifar10',), 'MNIST_data': ('mnist_data', 'mnist', 'raw')}
LEVELS = 4  # how deep: MNIST_data/MNIST_data/MNIST/raw
ARCHIVES = ('.zip', '.tar', '.tar.gz', '.tgz', '.7z', '.rar')
STRANGERS = ('.', '__macosx', 'thumbs.db', 'desktop.ini')  # what systems add by themselves
SHOWN = 5  # names of what is in a folder

Holds = Callable[[Path], bool]


def names(folder: str | os.PathLike) -> list[str]:
    """The names in ``folder``, sorted; none if it cannot be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def listing(folder: str | os.PathLike) -> dict[str, str]:
    """The names in ``folder`` by their lower-case forms."""
    return {name.lower(): name for name in reversed(names(folder))}


def spelled(folder: str | os.PathLike, name: str,
            listing: Callable[[str], dict[str, str]] = listing) -> str:
    """The path in ``folder`` that is ``name`` (with /) whatever its case, or would be.

    A folder inside another of the same name (`Train/Train`) stands for both.

    Args:
        listing: another one may remember what it has listed.
    """
    path = os.fspath(folder)
    *folders, file = name.split('/')
    for part in folders:
        path = os.path.join(path, listing(path).get(part.lower(), part))
        while inner := listing(path).get(part.lower()):
            path = os.path.join(path, inner)
    return os.path.join(path, listing(path).get(file.lower(), file))


def locate(name: str, root: Path, holds: Holds, named: bool) -> Path | None:
    """The first folder in or at ``root`` that ``holds`` the set ``name``, or None.

    Args:
        named: the user has named ``root``, so it may itself be the set's folder.
    """
    level, folders = [root], [root / name]
    for _ in range(LEVELS):
        level = [folder / inner for known in FOLDERS[name] for folder in level
                 for inner in names(folder) if inner.lower() == known]
        folders += level
    return next((folder for folder in folders + [root] * named if holds(folder)), None)


def advice(name: str, root: Path, holds: Holds) -> str:
    """What to do about a named ``root`` without the set ``name``: a half-sentence."""
    if not os.path.isdir(root):
        seen = '' if root.is_absolute() else f' (seen from {Path.cwd()})'
        return f'it is no folder{seen}; correct the path or drop it'
    for other in _around(root):
        if found := locate(name, other, holds, named=True):
            return f'but {found} is one: name {other}'
    for file in names(root):
        if file.lower().startswith(FOLDERS[name]) and file.lower().endswith(ARCHIVES):
            return f'but {file} is: unpack it'
    return f'{contents(root)}; correct the path or drop it'


def contents(folder: str | os.PathLike) -> str:
    """What is in ``folder``, in a few words."""
    try:
        os.listdir(folder)
    except OSError as error:
        return f'it cannot be read ({error.strerror or error})'
    there = [name for name in names(folder) if not name.lower().startswith(STRANGERS)]
    if not there:
        return 'it is empty'
    return 'it holds ' + ', '.join(there[:SHOWN]) + (', ...' if len(there) > SHOWN else '')


def _around(root: Path) -> Iterator[Path]:
    """The two folders above ``root``, and those in it."""
    yield from root.resolve().parents[:2]
    for name in names(root):
        if not name.lower().startswith(STRANGERS) and os.path.isdir(root / name):
            yield root / name
