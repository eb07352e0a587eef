"""Downloads, with Keras's answer made up: laid out whole, or not at all."""

import socket
import sys
import threading

import numpy as np
import pytest

from elec576.data import cifar10, fetch, mnist, prepare, rebuild
from elec576.data.mnist import Mnist, read_mnist_folder
from elec576.data.sets import digest
from elec576.errors import UserError

COUNTS = {'Train': 3, 'Test': 2}


@pytest.fixture(autouse=True)
def world(tmp_path, monkeypatch):
    """A network that answers, an empty cache and an empty working directory."""
    monkeypatch.delenv('ELEC576_DATA', raising=False)
    monkeypatch.setenv('ELEC576_CACHE', str(tmp_path / 'cache'))
    monkeypatch.setenv('KERAS_HOME', str(tmp_path / 'keras'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fetch, 'reachable', lambda host: True)


@pytest.fixture
def public(monkeypatch):
    """A small public set of each kind, taken for the real ones; yields the names asked for."""
    rng = np.random.RandomState(0)
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), 4))[:, np.newaxis]
    images = rng.randint(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    digits = Mnist(rng.randint(0, 256, (12, 28, 28)).astype(np.uint8),
                   rng.randint(0, 10, 12).astype(np.uint8),
                   rng.randint(0, 256, (5, 28, 28)).astype(np.uint8),
                   rng.randint(0, 10, 5).astype(np.uint8))
    sets = {'CIFAR10': ((images, labels), (images, labels)),
            'MNIST_data': (tuple(digits[:2]), tuple(digits[2:]))}
    for module in (cifar10, rebuild, prepare):
        monkeypatch.setattr(module, 'PER_CLASS', COUNTS)
    monkeypatch.setattr(rebuild, 'ROUNDED_DOWN', ())
    course = {part: digest(pixels)
              for part, pixels in rebuild.course_pixels(*sets['CIFAR10']).items()}
    for module in (cifar10, rebuild):
        monkeypatch.setattr(module, 'COURSE_DIGESTS', course)
    for module in (mnist, fetch):
        monkeypatch.setattr(module, 'MNIST_DIGEST', digest(*digits))
    monkeypatch.setattr(mnist, 'VALIDATION_SIZE', 2)
    asked = []
    monkeypatch.setattr(fetch, 'load_public', lambda name: asked.append(name) or sets[name])
    return asked


def test_both_sets_are_made_once(public, tmp_path):
    lines = list(prepare.prepare())
    assert [line.split(': ')[0::2] for line in lines] == [
        ['made', 'course CIFAR-10, digests match'], ['made', 'MNIST, digests match']]
    assert (tmp_path / 'cache/CIFAR10/Train/9/Image00002.png').is_file()
    assert len(read_mnist_folder(tmp_path / 'cache/MNIST_data').train_images) == 12
    again = list(prepare.prepare(download=False))
    assert again == [line.replace('made', 'found', 1) for line in lines]
    assert list(prepare.prepare()) == again and public == ['CIFAR10', 'MNIST_data']


def test_named_folder_is_filled(public, tmp_path, monkeypatch):
    list(prepare.prepare(str(tmp_path / 'mine')))
    assert (tmp_path / 'mine/CIFAR10').is_dir() and not (tmp_path / 'cache/CIFAR10').exists()
    monkeypatch.setenv('ELEC576_DATA', str(tmp_path / 'other'))
    list(prepare.prepare())
    assert (tmp_path / 'other/MNIST_data').is_dir()


def test_wrong_contents_leave_nothing(public, tmp_path, monkeypatch):
    monkeypatch.setattr(rebuild, 'COURSE_DIGESTS', {'Train': '0' * 64, 'Test': '0' * 64})
    monkeypatch.setattr(fetch, 'MNIST_DIGEST', '0' * 64)
    with pytest.raises(UserError, match="not the course's .* not the original MNIST"):
        list(prepare.prepare())
    assert not [path for path in (tmp_path / 'cache').iterdir() if path.suffix != '.lock']


def test_interrupted_writing_leaves_nothing_and_can_be_repeated(public, tmp_path, monkeypatch):
    real = rebuild.Image.fromarray
    written = iter(range(100))

    def interrupted(image):
        if next(written) == 20:
            raise KeyboardInterrupt
        return real(image)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rebuild.Image, 'fromarray', interrupted)
        fetch.fetch('CIFAR10', tmp_path / 'cache')
    assert not list((tmp_path / 'cache').rglob('*.png'))
    (tmp_path / 'cache/.unfinished-CIFAR10/left by a kill').mkdir(parents=True)
    made = fetch.fetch('CIFAR10', tmp_path / 'cache')
    assert prepare.verify('CIFAR10', made) == 'course CIFAR-10'


def test_a_wrong_folder_is_never_overwritten(public, tmp_path):
    list(prepare.prepare(str(tmp_path / 'elsewhere')))
    images = tmp_path / 'elsewhere/CIFAR10/Test'
    (images / '0/Image00000.png').write_bytes((images / '1/Image00000.png').read_bytes())
    before = {path: path.read_bytes() for path in images.rglob('*.png')}
    for download in (False, True):
        with pytest.raises(UserError, match='digests are not those of course CIFAR-10; move'):
            list(prepare.prepare(str(tmp_path / 'elsewhere'), download))
    (images / '1/Image00000.png').unlink()  # nothing is added to what is another set
    with pytest.raises(UserError, match='Test/1/Image00000.png is missing, and other files there '
                                        'are not those of the set; move the folder away'):
        list(prepare.prepare(str(tmp_path / 'elsewhere')))
    after = {path: path.read_bytes() for path in images.rglob('*.png')}
    assert after == {path: before[path] for path in after} and len(after) == len(before) - 1


def test_an_empty_folder_is_filled(public, tmp_path):
    for name in ('CIFAR10', 'MNIST_data'):
        (tmp_path / name).mkdir()
    assert [line.split(': ')[:2] for line in prepare.prepare()] == [
        ['completed', 'CIFAR10'], ['completed', 'MNIST_data']]
    assert not (tmp_path / 'cache/CIFAR10').exists()
    assert len(list((tmp_path / 'CIFAR10').rglob('*.png'))) == 50
    assert [line.split(': ')[0] for line in prepare.prepare()] == ['found', 'found']


def test_what_is_missing_is_brought_into_the_form_that_is_there(public, tmp_path):
    list(prepare.prepare('.'))
    (tmp_path / 'CIFAR10').rename(tmp_path / 'outer')
    (tmp_path / 'CIFAR10').mkdir()
    (tmp_path / 'outer').rename(tmp_path / 'CIFAR10/CIFAR10')
    images = tmp_path / 'CIFAR10/CIFAR10/train'
    (tmp_path / 'CIFAR10/CIFAR10/Train').rename(images)
    for path in (images / '3').iterdir():
        path.unlink()
    (images / '3').rmdir()
    (images / '0/Image00000.png').unlink()
    raw = tmp_path / 'MNIST/raw'
    raw.parent.mkdir()
    (tmp_path / 'MNIST_data').rename(raw)
    labels = raw / 't10k-labels-idx1-ubyte.gz'
    labels.rename(labels.with_suffix(''))
    (raw / 't10k-images-idx3-ubyte.gz').unlink()
    def written(path):  # reading changes the other times
        status = path.stat()
        return status.st_ino, status.st_size, status.st_mtime_ns

    kept = {path: written(path) for path in tmp_path.rglob('*') if path.is_file()
            and path.suffix != '.lock'}
    with pytest.raises(UserError, match='Image00000.png: No such file.*; .*t10k-images-idx3-ubyte'
                                        '.gz is missing; scripts/prepare_data.py brings it'):
        list(prepare.prepare('.', download=False))
    assert list(prepare.prepare('.')) == [
        'completed: CIFAR10/CIFAR10: course CIFAR-10, digests match',
        'completed: MNIST/raw: MNIST, digests match']
    assert len(list(images.glob('3/*.png'))) == 3 and not labels.exists()
    assert kept == {path: written(path) for path in kept}
    assert not list(tmp_path.rglob('.unfinished*'))


def test_what_is_missing_and_cannot_be_brought(public, tmp_path, monkeypatch):
    list(prepare.prepare('.'))
    (tmp_path / 'MNIST_data/t10k-images-idx3-ubyte.gz').unlink()
    (tmp_path / 'CIFAR10/Test/0/Image00001.png').unlink()
    (tmp_path / 'CIFAR10/Test/1/Image00001.png').unlink()
    monkeypatch.setattr(fetch, 'reachable', lambda host: False)
    with pytest.raises(UserError) as error:
        list(prepare.prepare('.'))
    assert str(error.value) == (
        'CIFAR10: Test/0/Image00001.png and 1 more are missing, and there is no connection to '
        'www.cs.toronto.edu; MNIST_data: t10k-images-idx3-ubyte.gz is missing, and there is no '
        'connection to storage.googleapis.com')


def test_a_damaged_file_is_named_before_anything_is_added(public, tmp_path):
    list(prepare.prepare('.'))
    (tmp_path / 'MNIST_data/t10k-images-idx3-ubyte.gz').write_bytes(b'<html>')
    (tmp_path / 'MNIST_data/t10k-labels-idx1-ubyte.gz').unlink()
    (tmp_path / 'CIFAR10/Test/0/Image00001.png').write_bytes(b'')
    with pytest.raises(UserError, match='Image00001.png: not a readable PNG image .*; remove it, '
                                        'and scripts/prepare_data.py .*; .*t10k-images-idx3-ubyte'
                                        '.gz: is a web page, .*; remove it, and scripts/prepare'):
        list(prepare.prepare('.'))
    (tmp_path / 'MNIST_data/t10k-images-idx3-ubyte.gz').unlink()  # as the line says
    (tmp_path / 'CIFAR10/Test/0/Image00001.png').unlink()
    assert [line.split(': ')[0] for line in prepare.prepare('.')] == ['completed', 'completed']


def test_no_network(public, monkeypatch):
    monkeypatch.setattr(fetch, 'reachable', lambda host: False)
    with pytest.raises(UserError) as error:
        list(prepare.prepare())
    message = str(error.value)
    assert '\n' not in message and message.count('no connection') == 2 and not public
    assert message.startswith('CIFAR10: not found, and there is no connection to www.cs.toronto')
    with pytest.raises(UserError, match='CIFAR10: not found; .* MNIST_data: not found; .*fetches'):
        list(prepare.prepare(download=False))


def test_what_keras_has_needs_no_network(public, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, 'reachable', lambda host: False)
    (tmp_path / 'keras/datasets').mkdir(parents=True)
    (tmp_path / 'keras/datasets/mnist.npz').touch()
    fetch.fetch('MNIST_data', tmp_path / 'cache')
    assert public == ['MNIST_data']


def test_failed_download(tmp_path, monkeypatch):
    def fail(name):
        assert socket.getdefaulttimeout() == fetch.STALL_SECONDS
        print('Downloading data')
        raise Exception('URL fetch failure: 403')

    before = socket.getdefaulttimeout()
    monkeypatch.setattr(fetch, 'load_public', fail)
    with pytest.raises(UserError, match='URL fetch failure: 403'):
        fetch.fetch('CIFAR10', tmp_path)
    assert socket.getdefaulttimeout() == before


def test_kerass_progress_is_not_the_runs_output(public, tmp_path, monkeypatch, capsys):
    real = fetch.load_public
    monkeypatch.setattr(fetch, 'load_public', lambda name: print('Downloading') or real(name))
    fetch.fetch('MNIST_data', tmp_path)
    captured = capsys.readouterr()
    assert captured.out == '' and 'Downloading' in captured.err


def test_without_a_standard_error(public, tmp_path, monkeypatch):
    """As under Windows's pythonw: Keras writes to standard output itself."""
    real = fetch.load_public
    monkeypatch.setattr(fetch, 'load_public',
                        lambda name: sys.stdout.write('Downloading') and real(name))
    monkeypatch.setattr(sys, 'stderr', None)
    for name in ('CIFAR10', 'MNIST_data'):
        assert fetch.fetch(name, tmp_path) == tmp_path / name


def test_unwritable_target(public, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='cannot be written'):
        fetch.fetch('MNIST_data', tmp_path / 'file')


class TestReachable:
    @pytest.fixture(autouse=True)
    def real(self, monkeypatch):
        monkeypatch.undo()  # the autouse fixture's answer
        monkeypatch.setattr(fetch.urllib.request, 'getproxies', lambda: {})
        monkeypatch.setattr(fetch, 'CONNECT_SECONDS', 0.2)

    def test_bounded_when_the_name_is_not_resolved(self, monkeypatch):
        released, ended = threading.Event(), threading.Event()

        def hang(*_):
            released.wait(60)
            ended.set()
            raise OSError
        monkeypatch.setattr(fetch.socket, 'create_connection', hang)
        assert not fetch.reachable('example.org')
        assert not ended.is_set()  # the answer came while the name was still being resolved
        released.set()

    def test_refused(self, monkeypatch):
        def refuse(*_):
            raise ConnectionRefusedError
        monkeypatch.setattr(fetch.socket, 'create_connection', refuse)
        assert not fetch.reachable('example.org')

    def test_goes_through_the_proxy(self, monkeypatch):
        monkeypatch.setattr(fetch.urllib.request, 'proxy_bypass', lambda host: False)
        with socket.create_server(('127.0.0.1', 0)) as server:
            port = server.getsockname()[1]
            monkeypatch.setattr(fetch.urllib.request, 'getproxies',
                                lambda: {'https': f'http://127.0.0.1:{port}'})
            assert fetch.reachable('host.invalid')
            monkeypatch.setattr(fetch.urllib.request, 'getproxies',
                                lambda: {'https': 'http://127.0.0.1:port'})
            assert not fetch.reachable('host.invalid')
            monkeypatch.setattr(fetch.urllib.request, 'getproxies',
                                lambda: {'https': 'http://[::1'})
            assert not fetch.reachable('host.invalid')
