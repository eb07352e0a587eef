"""Files written whole: a reader, or a run killed at any moment, never meets half a file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

UNFINISHED = '.unfinished-'  # how the names of what is not yet whole begin


def write_whole(path: str | os.PathLike, content: str | bytes) -> None:
    """Write ``content`` under a temporary name beside ``path``, then rename it into place.

    Raises:
        OSError: the folder cannot be written; nothing under ``path`` has changed.
    """
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f'{UNFINISHED}{path.name}-', dir=path.parent)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide results from other users
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write ``value`` as indented JSON, whole."""
    write_whole(path, json.dumps(value, indent=2) + '\n')


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left unfinished below ``folder``; nobody may be writing."""
    for path in list(folder.rglob(f'{UNFINISHED}*')):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # it may have been inside such a folder
