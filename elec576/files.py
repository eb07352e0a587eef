"""Atomic writes: no reader finds half a file, even if a run is killed while it writes.

When a function returns, the file is on the disk, not only in the operating system's cache. After a
power failure there is either the old file or the new one.
"""

import contextlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Iterator

import numpy as np

UNFINISHED = '.unfinished-'  # prefix of the names of incomplete files and folders


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
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide results from other users
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync(path.parent)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A temporary folder to fill; it is renamed to ``path``, which is new, only if nothing fails.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = path.with_name(UNFINISHED + path.name)
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a process that was killed
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        for item in (*unfinished.rglob('*'), unfinished):
            sync(item)
        os.replace(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write ``value`` as indented JSON, atomically."""
    write_whole(path, json.dumps(value, indent=2) + '\n')


def write_array(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write ``array`` as .npy, atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_whole(path, buffer.getvalue())


def remove_unfinished(folder: Path) -> None:
    """Remove incomplete files of killed processes below ``folder``; no process may be writing."""
    for path in list(folder.rglob(f'{UNFINISHED}*')):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # it may have been inside such a folder
