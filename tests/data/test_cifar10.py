"""The loader of the course's folder and its pixel cache, on small made-up trees."""

import hashlib
import os
import shutil

import imageio.v2 as imageio
import numpy as np
import pytest
from PIL import Image

from elec576.data import cifar10
from elec576.data.cifar10 import image_name, read_cifar10_folder, read_image, read_pixels
from elec576.data.rebuild import write_tree
from elec576.data.sets import digest
from elec576.data.size import read_cifar10
from elec576.data.sources import load_cifar10
from elec576.errors import UserError

COUNTS = {'Train': 3, 'Test': 2}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('ELEC576_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture(scope='module')
def pixels():
    rng = np.random.RandomState(0)
    return {part: rng.randint(0, 256, (10, count, 28, 28)).astype(np.uint8)
            for part, count in COUNTS.items()}


@pytest.fixture
def folder(pixels, tmp_path):
    write_tree(pixels, tmp_path / 'CIFAR10')
    return tmp_path / 'CIFAR10'


@pytest.fixture
def decoded(monkeypatch):
    """The files that were really read, not taken from the cache."""
    paths = []
    monkeypatch.setattr(cifar10, 'read_image',
                        lambda path: paths.append(path) or read_image(path))
    return paths


def test_images_are_class_major_and_divided_by_255(folder, pixels):
    train, test, _ = read_cifar10_folder(folder, 3, 1)
    assert train.images.shape == (30, 28, 28, 1) and train.images.dtype == np.float32
    assert test.images.shape == (10, 28, 28, 1)
    for label, number in ((0, 0), (0, 2), (7, 1)):
        image = imageio.imread(folder / f'Train/{label}/Image{number:05d}.png')
        row = 3 * label + number
        assert np.array_equal(train.images[row, :, :, 0],
                              (image.astype(float) / 255).astype(np.float32))
        assert train.labels[row].tolist() == [float(k == label) for k in range(10)]


def test_digest_is_over_the_pixels_used(folder, pixels):
    origin = read_cifar10_folder(folder, 2, 1)[2]
    used = pixels['Train'][:, :2].tobytes() + pixels['Test'][:, :1].tobytes()
    assert origin.digest == hashlib.sha256(used).hexdigest()


def test_name_tells_the_course_from_others(folder, pixels, monkeypatch):
    assert read_cifar10_folder(folder, 3, 2)[2].name == 'CIFAR-10 folder (incomplete, not verified)'
    monkeypatch.setattr(cifar10, 'PER_CLASS', COUNTS)
    assert read_cifar10_folder(folder, 2, 1)[2].name == \
        "CIFAR-10 folder (not the course's pixels)"
    monkeypatch.setattr(cifar10, 'COURSE_DIGESTS',
                        {part: digest(pixels[part]) for part in COUNTS})
    assert read_cifar10_folder(folder, 2, 1)[2].name == 'course CIFAR-10'


def test_images_not_asked_for_need_not_be_there(folder, pixels):
    for label in range(10):
        (folder / image_name('Train', label, 2)).unlink()
        (folder / image_name('Test', label, 1)).write_bytes(b'')
    train, test, _ = read_cifar10_folder(folder, 2, 1)
    assert len(train.images) == 20 and len(test.images) == 10


def as_png(array):
    return lambda path: imageio.imwrite(path, array)


GRAY = np.zeros((28, 28), np.uint8)


def another_pixel_and_no_end(path):
    """As Pillow would decode it silently: it checks no checksum while decoding."""
    imageio.imwrite(path, GRAY, compress_level=0)
    content = bytearray(path.read_bytes())
    content[content.index(b'IDAT') + 20] = 255
    path.write_bytes(content[:-20])  # without the checksums of the pixels, and what follows
    assert imageio.imread(path).any()


@pytest.mark.parametrize('damage, message', [
    (lambda p: p.unlink(), 'No such file'),
    (lambda p: p.write_bytes(b''), 'not a readable PNG'),
    (lambda p: p.write_bytes(b'not an image at all'), 'not a readable PNG'),
    (lambda p: p.write_bytes(p.read_bytes()[:300]), 'not a readable PNG'),
    (another_pixel_and_no_end, 'not a readable PNG'),
    (as_png(np.zeros((32, 28), np.uint8)), '28x32 pixels of'),
    (as_png(np.zeros((28, 28, 3), np.uint8)), 'mode RGB; .* 8 bits of gray'),
    (as_png(np.zeros((28, 28, 4), np.uint8)), 'mode RGBA'),
    (lambda p: Image.fromarray(GRAY).convert('P').save(p), 'mode P'),
    (as_png(np.zeros((28, 28), np.uint16) + 300), 'mode I;16'),
])
def test_bad_images(folder, damage, message):
    path = folder / 'Train/4/Image00001.png'
    damage(path)
    with pytest.raises(UserError, match=message) as error:
        read_cifar10_folder(folder, 2, 1)
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize('train, test, message', [
    (1001, 1, '--train-per-class 1001: .* 1 to 1000'), (1, 101, '--test-per-class 101'),
    (0, 1, '--train-per-class 0'), (1, -1, '--test-per-class -1'),
    (4, 1, r'Train/0/Image00003\.png: No such file'), (1, 3, r'Test/0/Image00002\.png'),
])
def test_more_images_than_there_are(folder, train, test, message):
    with pytest.raises(UserError, match=message):
        load_cifar10(train, test, str(folder.parent))


def lower_case(folder):
    for part in COUNTS:
        (folder / part).rename(folder / f'{part} for now')  # no file system mistakes it for train
        (folder / f'{part} for now').rename(folder / part.lower())


def upper_case(folder):
    for path in folder.glob('*/[0-4]/*.png'):
        path.rename(path.with_suffix('.PNG'))


def twice_unpacked(folder):
    (folder / 'Train').rename(folder.parent / 'Train')
    (folder / 'Train').mkdir()
    (folder.parent / 'Train').rename(folder / 'Train/Train')


def strangers(folder):
    for name in ('.DS_Store', 'Thumbs.db', 'Train/.DS_Store', 'Train/3/._Image00000.png',
                 'Train/3/Thumbs.db', 'Train/3/desktop.ini', '__MACOSX/Train/3/._Image00000.png'):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b'nothing for us')


CHANGES = [lower_case, upper_case, twice_unpacked, strangers]


@pytest.mark.parametrize('changes', [[change] for change in CHANGES] + [CHANGES],
                         ids=lambda changes: changes[0].__name__ if len(changes) == 1 else 'all')
def test_folders_as_people_have_them(folder, pixels, changes, monkeypatch, decoded):
    monkeypatch.setattr(cifar10, 'PER_CLASS', COUNTS)
    for change in changes[::-1]:
        change(folder)
    for expected_reads in (50, 0):
        decoded.clear()
        read = read_pixels(folder, COUNTS)
        assert all(np.array_equal(read[part], pixels[part]) for part in COUNTS)
        assert len(decoded) == expected_reads
    assert cifar10.holds(folder) and not cifar10.missing(folder)
    train_images, *_, test_labels = read_cifar10(folder)
    assert len(train_images) == 30 and len(test_labels) == 20


def test_no_folder_is_listed_while_names_are_the_courses(folder, monkeypatch):
    """Looking at 11,000 files costs one call of the system for each."""
    monkeypatch.setattr(cifar10, 'listing', lambda folder: pytest.fail(f'{folder} was listed'))
    read_pixels(folder, COUNTS)


@pytest.mark.parametrize('name, advice', [
    ('Train/0/Image00002.png', 'prepare_data.py brings it, or ask for fewer images per class$'),
    ('Train/5/Image00000.png', 'prepare_data.py brings it$')])
def test_advice_on_a_missing_image(folder, name, advice):
    (folder / name).unlink()
    with pytest.raises(UserError, match=f'{name}: No such file.*{advice}'):
        read_pixels(folder, COUNTS)


@pytest.mark.parametrize('files, there', [
    ([], 'it is empty'), (['.DS_Store', '__MACOSX/x'], 'it is empty'),
    (['Train.zip', 'Test.zip'], 'it holds Test.zip, Train.zip'),
    (['Train/airplane/1.png'], 'it holds Train'),
    (list('abcdefg'), 'it holds a, b, c, d, e, ...')])
def test_a_folder_without_images_says_what_it_holds(tmp_path, files, there):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(UserError) as error:
        read_pixels(tmp_path, COUNTS)
    assert f'Train/0/Image00000.png: No such file or directory ({tmp_path}: {there})' \
        in str(error.value)


def test_a_name_that_is_not_utf_8(folder, pixels, tmp_path):
    other = os.fsdecode(os.fsencode(tmp_path) + b'/bad\xff name')
    try:
        shutil.copytree(folder, other)
    except OSError:
        pytest.skip('no such names on this file system')
    for _ in range(2):
        assert np.array_equal(read_pixels(other, COUNTS)['Test'], pixels['Test'])


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match='no such folder'):
        read_cifar10_folder(tmp_path / 'absent', 1, 1)


def test_second_reading_comes_from_the_cache(folder, pixels, decoded):
    for expected_reads in (50, 0):
        decoded.clear()
        read = read_pixels(folder, COUNTS)
        assert all(np.array_equal(read[part], pixels[part]) for part in COUNTS)
        assert len(decoded) == expected_reads


@pytest.mark.parametrize('keep_time', [False, True])
def test_a_changed_image_is_read_again(folder, keep_time):
    path = folder / image_name('Test', 9, 1)
    imageio.imwrite(path, GRAY + 1, compress_level=0)  # so that both files have one size
    read_pixels(folder, COUNTS)
    before = path.stat()
    imageio.imwrite(path, GRAY + 2, compress_level=0)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
    assert (read_pixels(folder, COUNTS)['Test'][9, 1] == 2).all()


def test_an_image_gone_since_is_missed(folder):
    read_pixels(folder, COUNTS)
    (folder / image_name('Train', 0, 0)).unlink()
    with pytest.raises(UserError, match='No such file'):
        read_pixels(folder, COUNTS)


@pytest.mark.parametrize('damage', [
    lambda content: content[:-1], lambda content: content + b'x', lambda content: b'',
    lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    lambda content: bytes(64) + content[64:],
])
def test_a_corrupt_cache_is_rebuilt(folder, pixels, cache, decoded, damage):
    read_pixels(folder, COUNTS)
    [path] = cache.rglob('pixels/*')
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    decoded.clear()
    assert np.array_equal(read_pixels(folder, COUNTS)['Train'], pixels['Train'])
    assert len(decoded) == 50 and path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(folder, pixels, cache):
    cache.write_text('a file where the folder should be')
    assert np.array_equal(read_pixels(folder, COUNTS)['Test'], pixels['Test'])


def test_folders_do_not_share_a_cache(folder, pixels, tmp_path, decoded):
    read_pixels(folder, COUNTS)
    other = tmp_path / 'other'
    shutil.copytree(folder, other)  # copies the times, too
    imageio.imwrite(other / image_name('Test', 0, 0), GRAY)
    assert (read_pixels(other, COUNTS)['Test'][0, 0] == 0).all()
    decoded.clear()
    assert np.array_equal(read_pixels(folder, COUNTS)['Test'], pixels['Test'])
    assert not decoded


def test_the_course(real_data):
    train, test, origin = read_cifar10_folder(real_data / 'CIFAR10', 800, 100)
    assert origin.name == 'course CIFAR-10' and not origin.stand_in
    assert train.images.shape == (8000, 28, 28, 1) and test.images.shape == (1000, 28, 28, 1)
    image = imageio.imread(real_data / 'CIFAR10/Train/3/Image00799.png')
    assert np.array_equal(train.images[3199, :, :, 0],
                          (image.astype(float) / 255).astype(np.float32))
    assert train.labels.sum(axis=0).tolist() == [800] * 10
