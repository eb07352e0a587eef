"""The trial `inputs`, short, by hypothesis: that it finds what falls, and that nothing does."""

import gzip
import io
import json
from random import Random

import imageio.v2 as imageio
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from elec576 import cli
from elec576.runs import checkpoints
from elec576.data.cifar10 import read_image
from elec576.data.mnist import read_idx
from elec576.errors import UserError
from elec576.loops.history import CNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory, read_metrics, read_settings
from elec576.settings import CnnSettings, RnnSettings, is_number
from elec576.torture import inputs

JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
    | strategies.text(max_size=5),
    lambda part: strategies.lists(part, max_size=3)
    | strategies.dictionaries(strategies.text(max_size=5), part, max_size=3), max_leaves=6)
quick = settings(max_examples=60, deadline=None, database=None, derandomize=True,
                 suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope='module')
def kinds(tmp_path_factory):
    folder = tmp_path_factory.mktemp('inputs')
    with inputs.kinds(folder) as every:
        yield folder, every


def test_no_kind_of_input_falls(kinds):
    folder, every = kinds
    for kind in every:
        rng = Random(kind.name)
        for _ in range(12):
            content = kind.mutate(kind.content, rng)
            assert inputs.outcome(kind, content, folder) in ('right', 'refused'), (kind.name,
                                                                                   content)


@pytest.mark.parametrize('read, found', [
    (lambda content: True, 'right'), (lambda content: False, 'wrong'),
    (lambda content: 1 / 0, 'ZeroDivisionError'),
    (lambda content: np.load(io.BytesIO(content), allow_pickle=True),
     'ValueError after pickle.find_class'),  # an array's truth value, once unpickled
    (lambda content: open('/dev/null', 'w') is None, 'wrong after writing /dev/null')])
def test_what_falls_is_seen(read, found, tmp_path):
    file = io.BytesIO()
    np.save(file, np.array([inputs._Trap(), 1], object), allow_pickle=True)
    kind = inputs.Kind('made up', file.getvalue(), inputs.mutate_bytes, read)
    assert inputs.outcome(kind, file.getvalue(), tmp_path) == found


def test_a_hang_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, 'SECONDS', 1)

    def read(content):
        while True:
            pass

    assert inputs.outcome(inputs.Kind('x', b'', inputs.mutate_bytes, read), b'', tmp_path) == 'hang'


@quick
@given(strategies.binary(max_size=100), strategies.integers(0, 400))
def test_images(tmp_path, damage, at):
    image = np.arange(784, dtype=np.uint8).reshape(28, 28)
    path = tmp_path / 'image.png'
    imageio.imwrite(path, image)
    content = path.read_bytes()
    path.write_bytes(content[:at] + damage + content[at + len(damage):])
    try:
        assert np.array_equal(read_image(path), image)
    except UserError as error:
        assert str(path) in str(error)


@quick
@given(strategies.binary(max_size=60))
def test_idx(tmp_path, content):
    path = tmp_path / 'labels.gz'
    path.write_bytes(gzip.compress(content))
    try:
        found = read_idx(path, 1)
        assert content == b'\0\0\x08\x01' + len(found).to_bytes(4, 'big') + found.tobytes()
    except UserError as error:
        assert str(path) in str(error)


def test_a_gzip_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr('elec576.data.mnist.MOST_BYTES', 1000)
    (tmp_path / 'images.gz').write_bytes(gzip.compress(
        np.array([0x803, 1000, 28, 28], '>u4').tobytes() + bytes(784000)))
    with pytest.raises(UserError, match='cut short or damaged'):
        read_idx(tmp_path / 'images.gz', 3)


@quick
@given(JSON)
def test_json_files(tmp_path, value):
    run = RunDirectory(tmp_path)
    text = json.dumps(value)
    for path, read in ((run.config, read_settings), (run.metrics, read_metrics)):
        path.write_text(text)
        with pytest.raises(UserError, match=path.name):
            read(run)


@quick
@given(strategies.sampled_from(['lr', 'hidden', 'seed', 'threads', 'cell', 'iterations']), JSON)
def test_settings_are_of_their_kind_or_refused(name, value):
    try:
        made = RnnSettings(**{name: value})
    except UserError:
        return
    assert value == getattr(made, name) and not isinstance(value, bool)
    assert isinstance(value, str) or is_number(value)


@quick
@given(strategies.text(alphabet='step,train_accuracy\n0123456789.-e"naif\r', max_size=60))
def test_histories(text):
    text = ','.join(CNN_COLUMNS) + '\n' + text
    try:
        assert History.from_csv(text).to_csv() == text
    except ValueError:
        pass


@quick
@given(strategies.lists(strategies.sampled_from(
    ['--lr', '--steps', '--seed', '--act', '--keep-every', '--out', '--experiment', '--resume'])
    | strategies.text(max_size=6), max_size=6))
def test_command_lines(words):
    try:
        args = cli.run_parser(CnnSettings, '').parse_args(words)
        assert isinstance(cli.settings_from(args, CnnSettings), CnnSettings)
    except UserError as error:
        assert str(error)
    except SystemExit as end:
        assert end.code == 0


@pytest.mark.parametrize('name, value', [
    ('step', 9), ('step', np.nan), ('seconds', 1.0), ('history', 3.5), ('batches_order', [1, 1]),
    ('batches_keys', np.zeros(3)), ('batches_position', 'x'), ('batches_index_in_epoch', -1)])
def test_an_archive_with_another_array_in_it_is_refused(kinds, name, value):
    folder, every = kinds
    kind = next(kind for kind in every if 'npz' in kind.name)
    with np.load(io.BytesIO(kind.content)) as arrays:
        arrays = {**arrays, name: np.asarray(value)}
    file = io.BytesIO()
    np.savez(file, **arrays)
    assert inputs.outcome(kind, file.getvalue(), folder) == 'refused'
    assert checkpoints.latest(folder / 'checkpoint') is not None  # the last one is never removed
