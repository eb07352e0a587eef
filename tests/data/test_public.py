"""The way of a user with a network, on the real images: from Keras's archives to a run's bits.

Only the address that Keras asks, and the digest that it expects of the archives, are exchanged.
"""

import contextlib
import hashlib
import io
import os
import pickle
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from download_server import Server, npz
from helpers import REPOSITORY

from elec576.data import cifar10, fetch, rebuild
from elec576.data.cifar10 import COURSE_DIGESTS, PER_CLASS, read_pixels
from elec576.data.mnist import MNIST_DIGEST, read_mnist_folder
from elec576.data.resize import resize_matrix
from elec576.data.sets import digest
from elec576.errors import UserError

SETS = ('CIFAR10', 'MNIST_data')


@pytest.fixture(scope='module')
def public(real_data):
    """CIFAR-10 as Keras returns it: ours first of each class, classes mixed, then others."""
    path = real_data / 'cifar10_public/first.npz'
    if not path.is_file():
        pytest.skip('there are no originals')
    with np.load(path) as originals:
        return tuple(in_public_order(originals[part.lower()], per_class)
                     for part, per_class in (('Train', 5000), ('Test', 1000)))


def in_public_order(taken, per_class):
    """Images [10 * per_class, 32, 32, 3] and classes [.., 1]: ``taken`` [10, n, ...], and more."""
    rng = np.random.RandomState(0)
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), per_class))
    images = np.empty((len(labels), *taken.shape[2:]), np.uint8)
    for label, of_class in enumerate(taken):
        others = 255 - np.resize(of_class, (per_class - len(of_class), *of_class.shape[1:]))
        images[labels == label] = np.concatenate([of_class, others])
    return images, labels[:, np.newaxis]


def test_all_11000_images_are_the_courses(public, real_data):
    pixels = rebuild.course_pixels(*public)
    rebuild.check_course_digests(pixels)
    course = read_pixels(real_data / 'CIFAR10', PER_CLASS)
    assert all(np.array_equal(pixels[part], course[part]) for part in PER_CLASS)
    assert sum(part.size for part in pixels.values()) == 8_624_000


def test_what_is_said_about_halves(public):
    """How many there are, how far off they come out, and that the seven are among them."""
    matrix = resize_matrix(32, 28)
    below = {}  # how far below the nearest k + 0.5; negative is above it
    for part, (images, labels) in zip(PER_CLASS, public):
        taken = images[rebuild.course_positions(labels.ravel(), PER_CLASS[part])]
        below[part] = 0.5 - (matrix @ (taken @ rebuild.LUMINANCE) @ matrix.T) % 1
    halves = {(part, *map(int, where)) for part in PER_CLASS
              for where in np.argwhere(np.abs(below[part]) < 1e-12)}
    assert len(halves) == 59 and len({where[:3] for where in halves}) == 19
    assert set(rebuild.ROUNDED_DOWN) <= halves
    assert max(below[where[0]][where[1:]] for where in halves) < 3e-13
    assert min(gap[gap > 1e-12].min() for gap in below.values()) > 1.6e-7


def others_first(real):
    """Each class's last images in place of its first."""
    return lambda labels, count: len(labels) - 1 - real(labels[::-1], count)


@pytest.mark.parametrize('name, change', [
    *(('ROUNDED_DOWN', lambda real, left_out=i: real[:left_out] + real[left_out + 1:])
      for i in range(len(rebuild.ROUNDED_DOWN))),
    ('ROUNDED_DOWN', lambda real: real + (('Test', 9, 99, 14, 14),)),
    ('ROUNDED_DOWN', lambda real: real[:-1] + (('Test', 8, 10, 27, 10),)),
    ('HALF_TOLERANCE', lambda real: 0),
    ('HALF_TOLERANCE', lambda real: -real),
    ('HALF_TOLERANCE', lambda real: 1e-6),
    ('LUMINANCE', lambda real: np.array([0.299, 0.587, 0.114])),
    ('LUMINANCE', lambda real: real[::-1]),
    ('PER_CLASS', lambda real: {**real, 'Train': 999}),
    ('PER_CLASS', lambda real: {**real, 'Train': 1001}),
    ('PER_CLASS', lambda real: {**real, 'Test': 99}),
    ('course_positions', lambda real: lambda *args: np.roll(real(*args), -1, axis=1)),
    ('course_positions', lambda real: lambda *args: real(*args)[::-1]),
    ('course_positions', others_first),
])
def test_any_other_recipe_is_refused(name, change, public, monkeypatch):
    monkeypatch.setattr(rebuild, name, change(getattr(rebuild, name)))
    with pytest.raises(UserError, match="not the course's"):
        rebuild.check_course_digests(rebuild.course_pixels(*public))


@pytest.fixture(scope='module')
def archives(public, real_data):
    """What the two hosts send, as bytes."""
    def batch(images, labels):
        return pickle.dumps({b'labels': labels.ravel().tolist(),
                             b'data': images.transpose(0, 3, 1, 2).reshape(len(images), -1)})

    (images, labels), test = public
    batches = {f'data_batch_{i + 1}': batch(images[10000 * i:][:10000], labels[10000 * i:][:10000])
               for i in range(5)}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode='w:gz', compresslevel=1) as tar:
        for name, content in {**batches, 'test_batch': batch(*test)}.items():
            member = tarfile.TarInfo(f'cifar-10-batches-py/{name}')
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return {'CIFAR10': file.getvalue(),
            'MNIST_data': npz(read_mnist_folder(real_data / 'MNIST_data'))}


class Hosts:
    """A server for each set; `answers` says what each one does with a request."""

    def __init__(self, servers):
        self.servers = servers
        self.answers = dict.fromkeys(SETS, 'good')
        self.asked = []

    def hook(self, name, real):
        """Keras's `get_file` for one of the sets."""
        def get_file(fname, origin, file_hash, **how):
            assert origin.startswith(f'https://{fetch.HOSTS[name]}/')
            server = self.servers[name]
            return real(fname, origin=server.url(self.answers[name]),
                        file_hash=hashlib.sha256(server.content).hexdigest(),
                        cache_dir=os.environ['KERAS_HOME'], **how)
        return get_file

    def reachable(self, host):
        name = next(name for name in SETS if fetch.HOSTS[name] == host)
        self.asked.append(name)
        return self.answers[name] != 'no network'


@pytest.fixture
def hosts(archives, tmp_path, monkeypatch):
    """Hosts that send the real bytes, an empty cache, and a working directory elsewhere."""
    from elec576.tf1 import tf

    (tmp_path / 'elsewhere').mkdir()
    monkeypatch.chdir(tmp_path / 'elsewhere')
    monkeypatch.delenv('ELEC576_DATA')
    monkeypatch.setenv('ELEC576_CACHE', str(tmp_path / 'cache'))
    (tmp_path / 'keras').mkdir()
    monkeypatch.setenv('KERAS_HOME', str(tmp_path / 'keras'))
    with contextlib.ExitStack() as stack:
        hosts = Hosts({name: stack.enter_context(Server(content, b'').running())
                       for name, content in archives.items()})
        for name, module in zip(SETS, (tf.keras.datasets.cifar10, tf.keras.datasets.mnist)):
            keras = sys.modules[module.load_data.__module__]
            monkeypatch.setattr(keras, 'get_file', hosts.hook(name, keras.get_file))
        monkeypatch.setattr(fetch, 'reachable', hosts.reachable)
        monkeypatch.setattr(fetch, 'STALL_SECONDS', 3)
        yield hosts


def verified(folder):
    """Whether ``folder`` holds both sets, bit for bit, read afresh from its files."""
    pixels = {part: np.stack([[cifar10.read_image(folder / 'CIFAR10' / cifar10.image_name(
                  part, label, number)) for number in range(count)] for label in range(10)])
              for part, count in PER_CLASS.items()}
    assert sum(path.is_file() for path in (folder / 'CIFAR10').rglob('*')) == 11000
    return ({part: digest(images) for part, images in pixels.items()} == COURSE_DIGESTS
            and digest(*read_mnist_folder(folder / 'MNIST_data')) == MNIST_DIGEST)


@pytest.mark.slow
def test_prepare_then_run(hosts, tmp_path, real_data, script):
    """An empty cache is filled; a run on it has the bits of one on the course's own folder."""
    code, out, err = script('prepare_data.py')
    assert code == 0, err
    assert [line.rpartition(': ')[2] for line in out.splitlines() if line.startswith('made')] \
        == ['course CIFAR-10, digests match', 'MNIST, digests match']
    assert verified(tmp_path / 'cache') and hosts.asked == list(SETS)

    # again, with nothing to ask
    hosts.answers = dict.fromkeys(SETS, 'no network')
    assert script('prepare_data.py')[0] == 0 and script('prepare_data.py', '--check')[0] == 0
    assert hosts.asked == list(SETS)

    histories = []
    for name, options in (('made', []), ('course', ['--data', real_data])):
        done = subprocess.run(
            [sys.executable, REPOSITORY / 'scripts/run_cnn.py', '--act', 'relu', '--lr', '1e-3',
             '--steps', '20', '--threads', '1', '--out', tmp_path / name, *options],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert 'stand-in' not in done.stdout + done.stderr
        histories.append((tmp_path / name / 'history.csv').read_bytes())
    assert histories[0] == histories[1] and histories[0].count(b'\n') > 1


@pytest.mark.slow
def test_failures_leave_nothing_and_can_be_repeated(hosts, tmp_path, script):
    for answers in (('cut off', 'a web page'), ('a web page', 'cut off'),
                    ('stalled', 'wrong bytes'), ('wrong bytes', 'stalled')):
        hosts.answers = dict(zip(SETS, answers))
        code, out, err = script('prepare_data.py')
        assert code == 2 and 'made' not in out and 'Traceback' not in err
        assert err.splitlines()[-1].count('the download failed') == 2
        assert not list((tmp_path / 'cache').glob('[!.]*'))
    hosts.answers = dict.fromkeys(SETS, 'redirected')
    code, _, err = script('prepare_data.py')
    assert code == 0, err

    # what Keras keeps is enough, without a network
    hosts.answers = dict.fromkeys(SETS, 'no network')
    for name in SETS:
        (tmp_path / 'cache' / name).rename(tmp_path / name)
    code, _, err = script('prepare_data.py')
    assert code == 0, err
    assert verified(tmp_path / 'cache')


@pytest.mark.slow
def test_keras_may_be_set_to_colors_first(hosts, public):
    from elec576.tf1 import tf

    before = tf.keras.backend.image_data_format()
    tf.keras.backend.set_image_data_format('channels_first')
    try:
        found = fetch.load_public('CIFAR10')
    finally:
        tf.keras.backend.set_image_data_format(before)
    assert all(np.array_equal(ours, theirs) for part, expected in zip(found, public)
               for ours, theirs in zip(part, expected))
