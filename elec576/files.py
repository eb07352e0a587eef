"""Atomic writes: no reader finds half a file, even if a run is killed while it writes.

When a function returns, the file is on the disk, not only in the operating system's cache. After a
power failure there is either the old file or the new one: as far as the file system can promise it,
since not all of them can flush the names in a folder.
"""

import contextlib
import errno
import io
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Iterator

import numpy as np

UNFINISHED = '.unfinished-'  # prefix of the names of incomplete files and folders

# What can go wrong where folders are flushed. Other errors say that they cannot be: Windows opens
# none (EACCES), network and shared drives refuse (EINVAL, ENOTSUP, ...).
DISK_ERRORS = (errno.EIO, errno.ENOSPC, getattr(errno, 'EDQUOT', errno.ENOSPC))
# Windows replaces no file that someone reads (access denied, sharing or lock violation), and virus
# scanners and indexers read every new file; they take milliseconds.
IN_USE = (5, 32, 33)
PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds, before the next try


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
        with contextlib.suppress(OSError):  # some file systems have no permissions
            os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide results from other users
        replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):  # `remove_unfinished` does it later
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
        replace(unfinished, path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder where that can be done, to the disk.

    Raises:
        OSError: a file cannot be flushed; or the disk is full or broken.
    """
    folder = path.is_dir()
    try:
        # Windows flushes only what is open for writing
        handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if not folder or error.errno in DISK_ERRORS:
            raise


def replace(source: str | os.PathLike, target: Path) -> None:
    """`os.replace`, tried again for some seconds while another program has a file open on Windows.

    Raises:
        OSError: it cannot be done.
    """
    for pause in (*PAUSES, None):
        try:
            return os.replace(source, target)
        except PermissionError as error:
            if getattr(error, 'winerror', None) not in IN_USE:
                raise
            if pause is None:
                raise PermissionError(
                    errno.EACCES, f'another program has {target.name} open, or it is '
                    'write-protected; close it there', str(target)) from None
        time.sleep(pause)


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write ``value`` as indented JSON, atomically."""
    write_whole(path, json.dumps(value, indent=2) + '\n')


def write_array(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write ``array`` as .npy, atomically."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_whole(path, buffer.getvalue())


def remove_unfinished(folder: Path) -> None:
    """Remove incomplete files of killed processes in ``folder``; no process may be writing there.

    Not below it: other processes may be writing other runs there.
    """
    for path in list(folder.glob(f'{UNFINISHED}*')):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # pictures are drawn without the lock
