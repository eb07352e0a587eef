"""Files written whole, and on the disk when the function returns."""

import errno
import os
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from elec576.files import sync, whole_folder, write_array, write_json, write_whole


@pytest.fixture
def calls(monkeypatch):
    """The files and folders that are synced and renamed, in their order."""
    found = []
    real = {name: getattr(os, name) for name in ('fsync', 'replace')}

    def fsync(handle):
        found.append(('sync', os.readlink(f'/proc/self/fd/{handle}')))
        real['fsync'](handle)

    def replace(source, target):
        found.append(('rename', str(target)))
        real['replace'](source, target)

    monkeypatch.setattr(os, 'fsync', fsync)
    monkeypatch.setattr(os, 'replace', replace)
    return found


@pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='needs /proc')
@pytest.mark.parametrize('write, content', [
    (write_whole, 'text'), (write_json, {'a': 1}), (write_array, np.arange(3))])
def test_the_disk_has_the_file_before_its_name_and_then_the_name(write, content, calls, tmp_path):
    write(tmp_path / 'file', content)
    (first, temporary), *rest = calls
    assert first == 'sync' and os.path.basename(temporary).startswith('.unfinished-file-')
    assert rest == [('rename', str(tmp_path / 'file')), ('sync', str(tmp_path))]


@pytest.mark.skipif(not os.path.isdir('/proc/self/fd'), reason='needs /proc')
def test_the_disk_has_all_of_a_folder_before_its_name(calls, tmp_path):
    with whole_folder(tmp_path / 'new') as unfinished:
        (unfinished / 'below').mkdir()
        (unfinished / 'below' / 'file').write_text('text')
    *before, renamed, last = calls
    assert {path for _, path in before} == {
        f'{unfinished}{below}' for below in ('', '/below', '/below/file')}
    assert (renamed, last) == (('rename', str(tmp_path / 'new')), ('sync', str(tmp_path)))


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write_whole(tmp_path / 'file', 'old')
    monkeypatch.setattr(os, 'fsync', lambda handle: (_ for _ in ()).throw(OSError('full')))
    with pytest.raises(OSError, match='full'):
        write_whole(tmp_path / 'file', 'new')
    assert [path.name for path in tmp_path.iterdir()] == ['file']
    assert (tmp_path / 'file').read_text() == 'old'


def refusing(code: int, kind: str):
    """An `os.fsync` that refuses files or folders."""
    def fsync(handle):
        folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if folder == (kind == 'folder'):
            raise OSError(code, os.strerror(code))
    return fsync


def write_both(folder: Path) -> None:
    write_whole(folder / 'file', 'text')
    with whole_folder(folder / 'new') as unfinished:
        (unfinished / 'below').mkdir()
        (unfinished / 'below' / 'file').write_text('text', encoding='utf-8')


@pytest.mark.parametrize('code', [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EPERM])
def test_a_file_system_that_flushes_no_folders(code, monkeypatch, tmp_path):
    monkeypatch.setattr(os, 'fsync', refusing(code, 'folder'))
    write_both(tmp_path)
    assert (tmp_path / 'file').read_text() == (tmp_path / 'new/below/file').read_text() == 'text'


@pytest.mark.parametrize('code', [errno.EINVAL, errno.EACCES, errno.EIO])
def test_a_file_that_cannot_be_flushed_is_an_error(code, monkeypatch, tmp_path):
    monkeypatch.setattr(os, 'fsync', refusing(code, 'file'))
    with pytest.raises(OSError, match=os.strerror(code)):
        write_whole(tmp_path / 'file', 'text')
    with pytest.raises(OSError, match=os.strerror(code)):
        with whole_folder(tmp_path / 'new') as unfinished:
            (unfinished / 'file').write_text('text', encoding='utf-8')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('code', [errno.EIO, errno.ENOSPC])
def test_a_broken_or_full_disk_is_an_error_in_a_folder_too(code, monkeypatch, tmp_path):
    monkeypatch.setattr(os, 'fsync', refusing(code, 'folder'))
    with pytest.raises(OSError, match=os.strerror(code)):
        sync(tmp_path)


def test_windows_opens_no_folder_and_flushes_only_what_is_open_for_writing(monkeypatch, tmp_path):
    fcntl = pytest.importorskip('fcntl')
    real = os.open

    def open_(path, flags, *rest, **more):
        if os.path.isdir(path) and not more.get('dir_fd'):
            raise PermissionError(errno.EACCES, 'Permission denied', os.fspath(path))
        return real(path, flags, *rest, **more)

    def fsync(handle):
        flushed.append(handle)
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, 'Bad file descriptor')

    flushed: list[int] = []
    monkeypatch.setattr(os, 'open', open_)
    monkeypatch.setattr(os, 'fsync', fsync)
    write_both(tmp_path)
    assert len(flushed) == 2  # both files


def in_use(times: int, number: int = 32):
    """An `os.replace` that refuses as Windows does while the target is open, ``times`` times."""
    real, refused = os.replace, []

    def replace(source, target):
        if len(refused) < times:
            refused.append(target)
            error = PermissionError(errno.EACCES, 'in use', str(source))
            error.winerror = number  # type: ignore[attr-defined]
            raise error
        real(source, target)
    return replace


@pytest.mark.parametrize('number', [5, 32])
def test_a_file_that_a_virus_scanner_reads_is_replaced_when_it_is_done(number, monkeypatch,
                                                                       tmp_path):
    monkeypatch.setattr(time, 'sleep', lambda seconds: None)
    monkeypatch.setattr(os, 'replace', in_use(5, number))
    write_whole(tmp_path / 'file', 'text')
    assert [path.read_text() for path in tmp_path.iterdir()] == ['text']


def test_a_file_that_stays_open_is_named_and_what_is_no_such_case_is_not_waited_for(monkeypatch,
                                                                                   tmp_path):
    waited: list[float] = []
    monkeypatch.setattr(time, 'sleep', waited.append)
    write_whole(tmp_path / 'file', 'old')
    monkeypatch.setattr(os, 'replace', in_use(10**6))
    with pytest.raises(PermissionError, match='another program has file open'):
        write_whole(tmp_path / 'file', 'new')
    assert [path.read_text() for path in tmp_path.iterdir()] == ['old'] and 1 < sum(waited) < 10
    waited.clear()
    monkeypatch.setattr(os, 'replace', in_use(1, number=19))  # write-protected medium
    with pytest.raises(PermissionError, match='in use'):
        write_whole(tmp_path / 'file', 'new')
    assert not waited


def test_a_file_system_without_permissions(monkeypatch, tmp_path):
    def chmod(path, mode):
        raise PermissionError(errno.EPERM, 'Operation not permitted')

    monkeypatch.setattr(os, 'chmod', chmod)
    write_whole(tmp_path / 'file', 'text')
    assert (tmp_path / 'file').read_text() == 'text'
