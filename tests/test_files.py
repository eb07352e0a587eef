"""Files written whole, and on the disk when the function returns."""

import os

import numpy as np
import pytest

from elec576.files import whole_folder, write_array, write_json, write_whole


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
