"""Trial `inputs`: damaged files and odd command lines, through the readers of the package.

Real files are written, bytes and values of them changed, and the reader that a run would use is
asked. It must give the right thing or a `UserError` (one line, exit code 2); nothing else may be
raised, no other numbers may come of it, nothing may be unpickled, started, or written elsewhere.
What "right" means is each kind's own matter: files with checksums give what was written, text that
is not as the package writes it is refused.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gzip
import io
import json
import signal
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from random import Random
from typing import Callable, Iterator, NamedTuple

import imageio.v2 as imageio
import numpy as np

from elec576 import cli
from elec576.runs import checkpoints, many
from elec576.runs.checkpoints import Progress
from elec576.comparison.results import read_results
from elec576.data.cache import PixelCache
from elec576.data.cifar10 import read_image
from elec576.data.mnist import DataSet, read_idx
from elec576.errors import UserError
from elec576.experiments import named
from elec576.files import write_json
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.graphs.rnn import build_rnn, rnn_session
from elec576.runs.rundir import RunDirectory, claim, config_of, read_metrics, read_settings
from elec576.settings import CnnSettings, RnnSettings, flag_of
from elec576.torture.findings import Finding, Orders
from elec576.torture.finished import EXPERIMENT, write_finished

SECONDS = 20  # longer than any reader may take

Mutate = Callable[[bytes, Random], bytes]


class Kind(NamedTuple):
    """One kind of input: what the package makes of ``content``, and whether that is right.

    Attributes:
        read: takes the content; returns whether what came of it is right.
    """

    name: str
    content: bytes
    mutate: Mutate
    read: Callable[[bytes], bool]


class Hang(BaseException):
    """A reader took longer than `SECONDS`."""


# ---- mutations

def mutate_bytes(content: bytes, rng: Random) -> bytes:
    """Change, cut, repeat, insert or drop some bytes; at times everything."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5, 30))):
        at = rng.randrange(len(data) + 1)
        length = min(rng.choice((1, 2, 4, 8, 64, 1000)), len(data) - at)
        match rng.randrange(7):
            case 0 if length:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            case 1:
                data[at:at + length] = rng.randbytes(length)
            case 2:
                del data[at:at + length]
            case 3:
                data[at:at] = rng.choice((b'\0' * length, b'\xff' * 4, data[at:at + length],
                                          rng.randbytes(length)))
            case 4:
                del data[at:]
            case 5:
                data[at:at + 4] = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1)).to_bytes(
                    4, rng.choice(('big', 'little')))
            case 6 if rng.random() < 0.1:
                data = bytearray(rng.choice((b'', b'\0', rng.randbytes(200), b'\x80\x04.')))
    return bytes(data)


ODD = (None, True, False, 0, -1, 1, 0.5, 1e308, -1e-300, 2**31, 2**63, 2**64, 10**400, '', 'x',
       '../../x', '/etc/passwd', '1', '\0', '\ud800', [], [1], {}, {'x': 1}, float('nan'),
       float('inf'))


def mutate_json(content: bytes, rng: Random) -> bytes:
    """Change, drop or add a value somewhere in a JSON object; sometimes its bytes instead."""
    kind = rng.random()
    if kind < 0.3:
        return mutate_bytes(content, rng)
    if kind < 0.33:
        return b'[' * 100000 if rng.random() < 0.5 else b'{"program":' * 50000
    value = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = value
        while True:
            name = rng.choice(list(place)) if place and rng.random() < 0.95 else 'other'
            if isinstance(place.get(name), dict) and rng.random() < 0.85:
                place = place[name]
                continue
            break
        if rng.random() < 0.2:
            place.pop(name, None)
        else:
            place[name] = copy.deepcopy(rng.choice(ODD))  # a later change may be made within it
    return json.dumps(value).encode()


def mutate_csv(content: bytes, rng: Random) -> bytes:
    """Change a cell, a row or the header of a CSV file; sometimes its bytes instead."""
    if rng.random() < 0.3:
        return mutate_bytes(content, rng)
    rows = [line.split(',') for line in content.decode().splitlines()]
    for _ in range(rng.choice((1, 1, 2, 5))):
        row = rng.choice(rows)
        match rng.randrange(5):
            case 0:
                row[rng.randrange(len(row))] = rng.choice(
                    ('', 'nan', '-', '1_0', ' 1', '1e999', '٣', '"', '1,1', '0x1', '\0', '1.0'))
            case 1:
                del row[rng.randrange(len(row))]
            case 2:
                row.append('1')
            case 3:
                rows.remove(row)
            case 4:
                rows.append(list(row))
        rows = [row for row in rows if row] or [['']]
    return '\n'.join(','.join(row) for row in rows).encode()


def mutate_idx(content: bytes, rng: Random) -> bytes:
    """Damage a gzip file, or what is in it and pack it again."""
    if rng.random() < 0.4:
        return mutate_bytes(content, rng)
    return gzip.compress(mutate_bytes(gzip.decompress(content), rng), 1)


def mutate_npz(content: bytes, rng: Random) -> bytes:
    """Damage an archive, or put another array (an object to unpickle, too) in place of one."""
    if rng.random() < 0.5:
        return mutate_bytes(content, rng)
    with np.load(io.BytesIO(content)) as arrays:
        arrays = dict(arrays)
    name = rng.choice(list(arrays))
    odd = [np.array([_Trap()], object), np.array(-1), np.array(np.nan), np.empty(0),
           np.array('x'), np.zeros((3, 3)), np.array([1e300] * 624),
           np.array(np.datetime64('now')), np.full(300, 10**9)]
    arrays[name] = odd[rng.randrange(len(odd))]
    if rng.random() < 0.2:
        del arrays[name]
    if rng.random() < 0.1:
        arrays['../../escaped'] = np.array(1)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


class _Trap:
    """What gives itself away when it is unpickled."""

    def __reduce__(self):
        return print, ('unpickled',)


# ---- the kinds

@contextlib.contextmanager
def kinds(folder: Path) -> Iterator[list[Kind]]:
    """All kinds, on files in ``folder``."""
    rng = np.random.RandomState(0)
    settings = RnnSettings(hidden=3, iterations=50 * 20, batch_size=10, threads=1)
    net = build_rnn(settings)
    with rnn_session(net, 1) as sess:
        sess.run(net.initializer)
        yield [_png(folder, rng), _idx(folder, rng), _cache(rng),
               *_checkpoint(folder, net, sess), _config(folder, settings), _history(folder),
               _metrics(folder), *_results(folder), *_command_lines()]


def _file(folder: Path, name: str) -> Callable[[bytes], Path]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(content: bytes) -> Path:
        path.write_bytes(content)
        return path

    return write


def _png(folder: Path, rng: np.random.RandomState) -> Kind:
    image = rng.randint(0, 256, (28, 28)).astype(np.uint8)
    path = folder / 'image.png'
    imageio.imwrite(path, image)
    write = _file(folder, 'mutated.png')
    return Kind('PNG images', path.read_bytes(), mutate_bytes,
                lambda content: np.array_equal(read_image(write(content)), image))


def _idx(folder: Path, rng: np.random.RandomState) -> Kind:
    images = rng.randint(0, 256, (20, 28, 28)).astype(np.uint8)
    content = np.array([0x803, *images.shape], '>u4').tobytes() + images.tobytes()
    write = _file(folder, 'images.gz')

    def right(content: bytes) -> bool:
        found = read_idx(write(content), 3)  # other pixels are other data, not damage
        return gzip.decompress(content) == np.array(
            [0x803, *found.shape], '>u4').tobytes() + found.tobytes()

    return Kind('IDX files', gzip.compress(content, 1), mutate_idx, right)


def _cache(rng: np.random.RandomState) -> Kind:
    pixels = rng.randint(0, 256, 3000).astype(np.uint8)
    cache = PixelCache('torture')
    cache.save(b'f' * 32, pixels)

    def right(content: bytes) -> bool:
        cache.path.write_bytes(content)
        found = cache.load(b'f' * 32, len(pixels))
        return found is None or np.array_equal(found, pixels)

    return Kind('pixel caches', cache.path.read_bytes(), mutate_bytes, right)


def _checkpoint(folder: Path, net, sess) -> list[Kind]:
    batches = DataSet(np.zeros((300, 784), np.float32), np.zeros((300, 10)),
                      np.random.RandomState(0))
    batches.next_batch(10)
    history = History(RNN_COLUMNS)
    history.record(10, iteration=100, train_accuracy=0.5, train_loss=1.25)
    place = folder / 'checkpoint'
    step = checkpoints.save(place, Progress(10, 1.0, 1.0, history, batches.state()), sess,
                            net.saver)
    values = sess.run(net.graph.get_collection('variables'))
    state = batches.state()

    def kind(name: str, file: str, mutate: Mutate) -> Kind:
        whole = (step / file).read_bytes()

        def right(content: bytes) -> bool:
            (step / file).write_bytes(content)
            try:
                progress = checkpoints.resume(place, sess, net.saver)
                batches.restore(progress.batches)
            finally:
                (step / file).write_bytes(whole)
            found = sess.run(net.graph.get_collection('variables'))
            ours = batches.state()
            return (all(map(np.array_equal, found, values)) and progress.step == 10
                    and progress.history.rows == history.rows
                    and all(np.array_equal(ours[name], state[name]) for name in state))

        return Kind(name, whole, mutate, right)

    return [kind('checkpoints: variables', 'model.data-00000-of-00001', mutate_bytes),
            kind('checkpoints: index', 'model.index', mutate_bytes),
            kind('checkpoints: the rest (npz)', 'progress.npz', mutate_npz)]


def _config(folder: Path, settings: RnnSettings) -> Kind:
    run = RunDirectory(folder / 'run')
    dataset = {'name': 'x', 'digest': 'y', 'stand_in': False}
    config = config_of(settings, dataset)
    write_json(run.config, config)
    content = run.config.read_bytes()

    def right(content: bytes) -> bool:
        run.config.write_bytes(content)
        found = read_settings(run)
        asked = json.loads(content)['settings']
        values = dataclasses.asdict(found)
        with claim(run, config_of(found, json.loads(content).get('dataset'))):
            pass
        return all(type(values[name]) is type(value) and values[name] == value
                   for name, value in asked.items() if value is not None)

    return Kind('config.json', content, mutate_json, right)


def _history(folder: Path) -> Kind:
    history = History(CNN_COLUMNS)
    for step in range(0, 100, 5):
        history.record(step, train_accuracy=0.1 + step / 300, train_loss=2.3 / (1 + step))
        if step % 10 == 0:
            history.record(step, test_accuracy=step / 700, test_loss=1 / (1 + step))
    write = _file(folder, 'history.csv')

    def right(content: bytes) -> bool:
        found = History.read(write(content))  # another number in its place is another history
        return found.to_csv().encode().rstrip() == content.rstrip()

    return Kind('history.csv', history.to_csv().encode(), mutate_csv, right)


def _metrics(folder: Path) -> Kind:
    run = RunDirectory(folder / 'metrics')
    run.path.mkdir()

    def right(content: bytes) -> bool:
        run.metrics.write_bytes(content)
        metrics = read_metrics(run)
        return all(type(metrics[name]) in (int, float)
                   for name in ('test_accuracy', 'wall_seconds'))

    return Kind('metrics.json, by reproduce.py',
                json.dumps({'test_accuracy': 0.9, 'test_loss': 0.4, 'wall_seconds': 3.5,
                            'dataset': {'stand_in': False}}).encode(), mutate_json, right)


def _results(folder: Path) -> list[Kind]:
    """What compare.py reads, each file of a run in turn."""
    results = folder / 'results'
    run = write_finished(results, 0)
    steps = named(EXPERIMENT).steps

    def kind(path: Path, mutate: Mutate) -> Kind:
        whole = path.read_bytes()

        def right(content: bytes) -> bool:
            path.write_bytes(content)
            try:
                found, = read_results(results).of(EXPERIMENT)
            finally:
                path.write_bytes(whole)
            return (found.metrics['test_accuracy'], found.metrics['threads'],
                    found.value('test_loss', steps)) == (0.5, 1, 1.0)

        return Kind(f'{path.name}, by compare.py', whole, mutate, right)

    return [kind(run.config, mutate_json), kind(run.metrics, mutate_json)]


def _command_lines() -> list[Kind]:
    words = ('0', '1', '-1', '2.5', '1e400', 'nan', 'inf', '', ' ', '--', '-', 'x', '٣', '1' * 5000,
             '1e-3', '9' * 30, '../../x', '\0', '\udcff', '--lr', '--steps=3', '--se', '--seed=1',
             'cnn1', 'gru-300', 'relu', '--experiment', '--resume', '@file', '%s', '{0}', '-h1')

    good = ('3', '12', '0.5', 'relu', 'tanh', 'adam', 'sgd', 'gru', 'xavier', 'mnist', 'cnn4')

    def mutate(options: list[str]) -> Mutate:
        def line(rng: Random) -> Iterator[str]:
            for _ in range(rng.randrange(4)):
                yield rng.choice(options)
                yield rng.choice(good if rng.random() < 0.7 else words)
            if rng.random() < 0.3:
                yield rng.choice(words)

        return lambda content, rng: '\n'.join(line(rng)).encode(errors='surrogateescape')

    def kind(name: str, options: list[str], parse: Callable[[list[str]], bool]) -> Kind:
        def right(content: bytes) -> bool:
            try:
                line = content.decode(errors='surrogateescape')
                return parse(line.split('\n') if line else [])
            except SystemExit as end:
                return end.code == 0  # --help

        return Kind(name, b'', mutate(options), right)

    def program(settings_kind: type) -> Callable[[list[str]], bool]:
        def parse(words: list[str]) -> bool:
            args = cli.run_parser(settings_kind, '').parse_args(words)
            settings = cli.settings_from(args, settings_kind)
            cli.default_out(settings, args.experiment)
            return dataclasses.replace(settings) == settings
        return parse

    def flags(settings_kind: type) -> list[str]:
        return [flag_of(item.name) for item in dataclasses.fields(settings_kind)] + [
            '--experiment', '--data', '--out', '--resume', '--checkpoint-seconds', '--keep-every']

    return [kind('command lines of run_cnn.py', flags(CnnSettings), program(CnnSettings)),
            kind('command lines of run_rnn.py', flags(RnnSettings), program(RnnSettings)),
            kind('names given to reproduce.py', ['cnn1', 'all', 'evidence', 'rnn', 'gru-50'],
                 lambda words: all(job.seed == 0 for job in many.plan(
                     ','.join(words[::2]), 1)))]


# ---- the trial

class _Watch:
    """Notes what no reader has any business to do: unpickle, start something, write elsewhere."""

    installed: _Watch | None = None
    EVENTS = ('pickle.find_class', 'os.system', 'subprocess.Popen', 'os.exec', 'os.posix_spawn',
              'socket.connect')

    def __init__(self):
        self.folders: tuple[str, ...] | None = None  # None: not looking
        self.seen: list[str] = []
        sys.addaudithook(self.look)  # for good; there is no way to remove one

    def look(self, event: str, arguments: tuple) -> None:
        if self.folders is None:
            return
        if event in self.EVENTS:
            self.seen.append(event)
        elif event == 'open' and isinstance(arguments[1], str) and set(arguments[1]) & set('wax+'):
            if not str(arguments[0]).startswith(self.folders):
                self.seen.append(f'writing {arguments[0]}')

    @classmethod
    def one(cls) -> _Watch:
        cls.installed = cls.installed or cls()
        return cls.installed


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    def late(signum, frame):
        raise Hang

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(kind: Kind, content: bytes, folder: Path) -> str:
    """What came of ``content``: 'right', 'refused', or how it fell.

    Args:
        folder: where a reader may write.
    """
    watch = _Watch.one()
    watch.seen.clear()
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()), \
                _bounded():
            watch.folders = (str(folder), str(PixelCache('torture').path.parent))
            try:
                found = 'right' if kind.read(content) else 'wrong'
            finally:
                watch.folders = None
    except UserError as error:
        found = 'refused' if str(error).strip() else 'refused without a word'
    except Hang:
        found = 'hang'
    except Exception as error:
        found = type(error).__name__
    return f'{found} after {watch.seen[0]}' if watch.seen else found


def trial(orders: Orders) -> list[Finding]:
    """Mutate every kind ``orders.inputs`` times."""
    with tempfile.TemporaryDirectory(prefix='elec576-inputs-') as folder:
        return list(_findings(Path(folder), orders.inputs, orders.seed))


def _findings(folder: Path, number: int, seed: int) -> Iterator[Finding]:
    with kinds(folder) as every:
        for kind in every:
            rng = Random(f'{seed} {kind.name}')
            assert not kind.content or outcome(kind, kind.content, folder) == 'right', kind.name
            counts = Counter(outcome(kind, kind.mutate(kind.content, rng), folder)
                             for _ in range(number))
            fallen = {name: count for name, count in counts.items()
                      if name not in ('right', 'refused')}
            yield Finding(f'mutated {kind.name}' if kind.content else kind.name, number,
                          number - sum(fallen.values()),
                          f'{counts["refused"]} refused in one line, {counts["right"]} read rightly'
                          + ''.join(f'; {count} {name}' for name, count in fallen.items()))
