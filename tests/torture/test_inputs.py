"""Trial `inputs`: damaged files and odd command lines, through the readers of the package.

Real files are written and damaged by Hypothesis, and the reader that a run would use is asked. It
must give the right thing or a `UserError` (one line, exit code 2); nothing else may be raised, no
other numbers may be returned, nothing may be unpickled, started, or written elsewhere. What "right"
means depends on the kind: files with checksums give what was written, text that is not as
the package writes it is refused.
"""

import contextlib
import dataclasses
import gzip
import io
import json
import signal
import sys
from collections import Counter
from pathlib import Path

import damage
import imageio.v2 as imageio
import numpy as np
import pytest
from damage import (
    Trap,
    damaged,
    damaged_csv,
    damaged_gzip,
    damaged_json,
    damaged_npz,
    mostly,
    packed,
)
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from made_up import write_run

from elec576 import cli, one_run
from elec576.comparison.results import read_results
from elec576.data.cache import PixelCache
from elec576.data.cifar10 import read_image
from elec576.data.mnist import read_idx
from elec576.errors import UserError
from elec576.experiments import SAME_RUN, settings_of
from elec576.graphs.rnn import build_rnn, rnn_session
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.runs import checkpoints, many
from elec576.runs.rundir import RunDirectory, config_of, locked, read_metrics, read_settings
from elec576.settings import CnnSettings, RnnSettings, flag_of

SECONDS = 20  # longer than any reader may take
SETTINGS = RnnSettings(hidden=3, iterations=50 * 20, batch_size=10, threads=1)
EXPERIMENT = 'lstm-50'


class Watch:
    """Records what no reader may do: unpickle, start something, write elsewhere."""

    EVENTS = ('pickle.find_class', 'os.system', 'subprocess.Popen', 'os.exec', 'os.posix_spawn',
              'socket.connect')

    def __init__(self):
        self.folders: tuple[str, ...] | None = None  # None: not looking
        self.seen: list[str] = []
        sys.addaudithook(self.look)  # permanently; there is no way to remove one

    def look(self, event: str, arguments: tuple) -> None:
        if self.folders is None:
            return
        if event in self.EVENTS:
            self.seen.append(event)
        elif event == 'open' and isinstance(arguments[1], str) and set(arguments[1]) & set('wax+'):
            if not str(arguments[0]).startswith(self.folders):
                self.seen.append(f'writing {arguments[0]}')


class Hang(BaseException):
    """A reader took longer than `SECONDS`."""


@contextlib.contextmanager
def bounded():
    def late(signum, frame):
        raise Hang

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope='module')
def outcome(tmp_path_factory):
    """What comes of reading something: 'right', 'refused', or how that failed."""
    watch = Watch()

    def outcome_of(read, content) -> str:
        watch.seen.clear()
        try:
            with contextlib.redirect_stderr(io.StringIO()), \
                    contextlib.redirect_stdout(io.StringIO()), bounded():
                watch.folders = (str(tmp_path_factory.getbasetemp()),)
                try:
                    found = 'right' if read(content) else 'wrong'
                finally:
                    watch.folders = None
        except UserError as error:
            found = 'refused' if str(error).strip() else 'refused without a word'
        except Hang:
            found = 'hang'
        except Exception as error:
            found = type(error).__name__
        return f'{found} after {watch.seen[0]}' if watch.seen else found

    return outcome_of


def try_examples(inputs: strategies.SearchStrategy, outcome_of, number: int, first_seed: int,
                 counts: Counter, **more) -> None:
    """Count the outcomes of ``number`` inputs; Hypothesis shows the shortest that fails."""
    @seed(first_seed)
    @settings(max_examples=number, deadline=None, database=None, report_multiple_bugs=False,
              suppress_health_check=list(HealthCheck), **more)
    @given(inputs)
    def try_one(content):
        found = outcome_of(content)
        counts[found] += 1
        assert found in ('right', 'refused')

    try_one()


@pytest.fixture
def try_inputs(outcome, finding, trial_options):
    """Read many inputs."""
    def try_all(what: str, inputs: strategies.SearchStrategy, read, whole) -> None:
        assert outcome(read, whole) == 'right'
        counts = Counter()
        try:
            try_examples(inputs, lambda content: outcome(read, content), trial_options.inputs,
                         trial_options.seed, counts)
        finally:
            failed = [name for name in counts.elements() if name not in ('right', 'refused')]
            finding(what, counts.total(), failed,
                    f'{counts["refused"]} refused in one line, {counts["right"]} read rightly')

    return try_all


# ---- files of images

def test_png(try_inputs, tmp_path):
    path, image = tmp_path / 'image.png', np.arange(784).reshape(28, 28).astype(np.uint8)
    imageio.imwrite(path, image)
    whole = path.read_bytes()

    def read(content: bytes) -> bool:
        path.write_bytes(content)
        return np.array_equal(read_image(path), image)

    try_inputs('damaged PNG images', damaged(whole), read, whole)


def idx(array: np.ndarray) -> bytes:
    return np.array([0x800 + array.ndim, *array.shape], '>u4').tobytes() + array.tobytes()


def test_idx(try_inputs, tmp_path):
    path = tmp_path / 'images.gz'
    images = np.random.RandomState(0).randint(0, 256, (20, 28, 28)).astype(np.uint8)
    whole = gzip.compress(idx(images), 1)

    def read(content: bytes) -> bool:
        path.write_bytes(content)  # other pixels are other data, not damage
        return idx(read_idx(path, (28, 28))) == gzip.decompress(content)

    try_inputs('damaged IDX files', damaged_gzip(whole), read, whole)


def test_pixel_cache(try_inputs):
    pixels = np.random.RandomState(0).randint(0, 256, 3000).astype(np.uint8)
    cache = PixelCache('torture')
    cache.save(b'f' * 32, pixels)
    whole = cache.path.read_bytes()

    def read(content: bytes) -> bool:
        cache.path.write_bytes(content)
        found = cache.load(b'f' * 32)
        return found is None or np.array_equal(found, pixels)

    try_inputs('damaged pixel caches', damaged(whole), read, whole)


# ---- checkpoints

@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """The folder of one, and whether what is restored from it is what was saved."""
    folder = tmp_path_factory.mktemp('inputs') / 'checkpoint'
    history = History(RNN_COLUMNS)
    history.record(10, iteration=100, train_accuracy=0.5, train_loss=1.25)
    net = build_rnn(SETTINGS)
    with rnn_session(net, 1) as sess:
        sess.run(net.initializer)
        values = sess.run(net.graph.get_collection('variables'))
        path = checkpoints.save(folder, checkpoints.Progress(10, 1.0, 1.0, history), sess,
                                net.saver)

        def right() -> bool:
            progress = checkpoints.resume(folder, sess, net.saver)
            found = sess.run(net.graph.get_collection('variables'))
            return (all(map(np.array_equal, found, values)) and progress.step == 10
                    and progress.history.rows == history.rows)

        yield path, right


@pytest.fixture
def reader_of(checkpoint):
    """A file of the checkpoint, and what reads it in its place."""
    folder, right = checkpoint
    kept = {}

    def reader(name: str):
        path = folder / name
        kept[path] = path.read_bytes()

        def read(content: bytes) -> bool:
            path.write_bytes(content)
            return right()

        return kept[path], read

    yield reader
    for path, whole in kept.items():
        path.write_bytes(whole)


@pytest.mark.parametrize('name, file, strategy', [
    ('variables', 'model.data-00000-of-00001', damaged), ('index', 'model.index', damaged),
    ('the rest (npz)', 'progress.npz', damaged_npz)])
def test_checkpoint(name, file, strategy, reader_of, try_inputs):
    whole, read = reader_of(file)
    try_inputs(f'damaged checkpoints: {name}', strategy(whole), read, whole)


@pytest.mark.parametrize('name, value', [
    ('step', 9), ('step', 10.0), ('step', np.nan), ('seconds', 1.0), ('history', 3.5)])
def test_an_archive_with_another_array_in_it_is_refused(name, value, checkpoint, reader_of,
                                                        outcome):
    whole, read = reader_of('progress.npz')
    with np.load(io.BytesIO(whole)) as arrays:
        other = packed({**arrays, name: np.asarray(value)})
    assert outcome(read, other) == 'refused'
    assert checkpoint[0].exists()  # the last one is never removed


# ---- files of a run

def test_config(try_inputs, tmp_path):
    run = RunDirectory(tmp_path)
    run.config.write_text(json.dumps(config_of(
        SETTINGS, {'name': 'x', 'digest': 'y', 'stand_in': False})))
    whole = run.config.read_bytes()

    def read(content: bytes) -> bool:
        run.config.write_bytes(content)
        found, asked = read_settings(run), json.loads(content)
        values = dataclasses.asdict(found)
        with locked(run, config_of(found, asked.get('dataset'))):
            pass
        return all(type(values[name]) is type(value) and values[name] == value
                   for name, value in asked['settings'].items() if value is not None)

    try_inputs('damaged config.json', damaged_json(whole), read, whole)


def test_history(try_inputs, tmp_path):
    history, path = History(CNN_COLUMNS), tmp_path / 'history.csv'
    for step in range(0, 100, 5):
        history.record(step, train_accuracy=0.1 + step / 300, train_loss=2.3 / (1 + step))
        if step % 10 == 0:
            history.record(step, test_accuracy=step / 700, test_loss=1 / (1 + step))
    whole = history.to_csv().encode()

    def read(content: bytes) -> bool:
        path.write_bytes(content)  # another number in its place is another history
        return History.read(path).to_csv().encode().rstrip() == content.rstrip()

    try_inputs('damaged history.csv', damaged_csv(whole), read, whole)


def test_metrics(try_inputs, tmp_path):
    run = RunDirectory(tmp_path)
    whole = json.dumps({
        'test_accuracy': 0.9, 'test_loss': 0.4, 'wall_seconds': 3.5, 'cpu_seconds': 3.25,
        'dataset': {'name': 'x', 'stand_in': False}, 'versions': {}, 'processor': 'y',
        'finished': 'z'}).encode()

    def read(content: bytes) -> bool:
        run.metrics.write_bytes(content)
        metrics = read_metrics(run)
        return all(type(metrics[name]) in (int, float)
                   for name in ('test_accuracy', 'wall_seconds'))

    try_inputs('damaged metrics.json, by reproduce.py', damaged_json(whole), read, whole)


@pytest.mark.parametrize('name', ['config.json', 'runs.csv', 'history.csv'])
def test_results(name, try_inputs, tmp_path):
    path = write_run(tmp_path, EXPERIMENT, 0) / name
    whole = path.read_bytes()
    damaged = damaged_json if path.suffix == '.json' else damaged_csv

    def numbers() -> tuple:
        run, = read_results(tmp_path).of(EXPERIMENT)
        steps = settings_of(EXPERIMENT).steps
        return run.metrics['test_accuracy'], run.measured('test_loss')[steps]

    right = numbers()

    def read(content: bytes) -> bool:
        path.write_bytes(content)
        return numbers() == right

    try_inputs(f'damaged {name} of the results, by compare.py', damaged(whole), read, whole)


# ---- command lines

GOOD = ('3', '12', '0.5', 'relu', 'tanh', 'adam', 'sgd', 'gru', 'xavier', 'mnist', 'cnn4')
ODD = ('0', '1', '-1', '2.5', '1e400', 'nan', 'inf', '', ' ', '--', '-', 'x', '٣', '1' * 5000,
       '1e-3', '9' * 30, '../../x', '\0', '\udcff', '--lr', '--steps=3', '--se', '--seed=1', 'cnn1',
       'gru-300', 'relu', '--experiment', '--resume', '@file', '%s', '{0}', '-h1')
ANYTHING = strategies.sampled_from(ODD) | strategies.text(max_size=6)


@pytest.mark.parametrize('kind, script', [(CnnSettings, 'run_cnn.py'),
                                          (RnnSettings, 'run_rnn.py')])
def test_command_lines(kind, script, try_inputs):
    flags = [flag_of(item.name) for item in dataclasses.fields(kind)] + [
        '--experiment', '--data', '--out', '--resume', '--checkpoint-seconds', '--keep-every']
    option = strategies.tuples(strategies.sampled_from(flags),
                               mostly(strategies.sampled_from(GOOD), ANYTHING))
    lines = strategies.lists(mostly(option, ANYTHING.map(lambda word: (word,))), max_size=4).map(
        lambda parts: [word for part in parts for word in part])

    def read(words: list[str]) -> bool:
        try:
            args = cli.run_parser(kind, '').parse_args(words)
        except SystemExit as end:
            return end.code == 0  # --help
        found = cli.settings_from(args, kind)
        one_run.default_out(found, args.experiment)
        asked = {item.name: getattr(args, item.name) for item in dataclasses.fields(kind)
                 if hasattr(args, item.name)}
        return found == (kind(**asked) if args.experiment is None else
                         dataclasses.replace(settings_of(args.experiment), **asked))

    try_inputs(f'command lines of {script}', lines, read, [])


def test_names(try_inputs):
    words = mostly(strategies.sampled_from(['cnn1', 'all', 'evidence', 'rnn', 'gru-50']), ANYTHING)

    def read(only: str) -> bool:
        asked = {SAME_RUN.get(name, name) for part in only.split(',')
                 for name in many.GROUPS.get(part.strip(), [part.strip()])}
        return {(job.experiment, job.seed) for job in many.plan(only, [3])} == {
            (name, 3) for name in asked}

    try_inputs('names given to reproduce.py', strategies.lists(words, max_size=4).map(','.join),
               read, 'cnn1')


# ---- that the trial sees what fails

@pytest.mark.parametrize('read, found', [
    (lambda content: True, 'right'), (lambda content: False, 'wrong'),
    (lambda content: 1 / 0, 'ZeroDivisionError'),
    (lambda content: np.load(io.BytesIO(content), allow_pickle=True),
     'ValueError after pickle.find_class'),  # an array's truth value, once unpickled
    (lambda content: open('/dev/null', 'w') is None, 'wrong after writing /dev/null')])
def test_what_fails_is_seen(read, found, outcome):
    file = io.BytesIO()
    np.save(file, np.array([Trap(), 1], object), allow_pickle=True)
    assert outcome(read, file.getvalue()) == found


def test_a_hang_is_seen(outcome, monkeypatch):
    monkeypatch.setitem(globals(), 'SECONDS', 1)

    def read(content):
        while True:
            pass

    assert outcome(read, b'') == 'hang'


@pytest.mark.parametrize('name, whole', [
    ('damaged', b'some bytes'), ('damaged_gzip', gzip.compress(b'some bytes', mtime=0)),
    ('damaged_json', b'{"a": {"b": 1}}'), ('damaged_csv', b'a,b\n1,2\n'),
    ('damaged_npz', packed({'a': np.arange(3)}))], ids=lambda value: str(value)[:12])
def test_a_reader_that_is_wrong_about_damage_is_seen(name, whole, outcome):
    counts = Counter()
    with pytest.raises(AssertionError):
        try_examples(getattr(damage, name)(whole),
                     lambda content: outcome(lambda it: it == whole, content), 20, 0, counts,
                     phases=[Phase.generate])
    assert counts['wrong']


def test_a_gzip_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr('elec576.data.mnist.MOST_BYTES', 1000)
    path: Path = tmp_path / 'images.gz'
    path.write_bytes(gzip.compress(idx(np.zeros((1000, 28, 28), np.uint8))))
    with pytest.raises(UserError, match='cut short or damaged'):
        read_idx(path, (28, 28))
