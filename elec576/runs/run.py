"""From settings to a finished run's directory: data, graph, session, loop, checkpoints, results."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import io
import signal
import sys
import threading
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
from tqdm import tqdm

from elec576.loops import cnn as cnn_loop, rnn as rnn_loop
from elec576.runs import checkpoints, kept
from elec576.runs.checkpoints import Progress
from elec576.data import DataOrigin, load_cifar10, load_mnist, load_mnist_images
from elec576.errors import Diverged, Interrupted, UserError
from elec576.runs.events import Events
from elec576.files import write_json, write_whole
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.graphs.lenet5 import build_lenet5, lenet5_session
from elec576.machine import Stopwatch, has_instructions, pin_kernels, processor, versions
from elec576.pictures.curves import draw_curves
from elec576.pictures.filters import draw_filters
from elec576.graphs.rnn import build_rnn, nInput, nSteps, rnn_session
from elec576.runs.rundir import RunDirectory, claim, config_of, read_json, read_metrics
from elec576.settings import CnnSettings, RnnSettings, describe
from elec576.data.shuffler import BatchShuffler
from elec576.tf1 import tf

# A checkpoint is due when this many times the last one's cost has passed: about 1 % of the run.
CHECKPOINT_COSTS_APART = 100
CHECKPOINT_SECONDS_APART = 10.0

STAND_IN_NOTICE = ('*** STAND-IN DATA: scikit-learn digits, not the report\'s images. '
                   'Nothing here compares with the report. ***')


@dataclasses.dataclass(frozen=True)
class Options:
    """How a run is carried out; none of this changes a computed number."""

    data: str | None = None
    experiment: str | None = None  # the name under which the run was begun
    keep_checkpoint: bool = True  # leave the last checkpoint behind for later looks at the network
    checkpoint_seconds: float | None = None  # between checkpoints; None: about 1 % of the run
    keep_every: int = 0  # steps between keeping the trained variables for good; 0: never
    events: bool = False  # write TensorBoard event files
    pictures: bool = True
    progress_bar: bool | None = None  # None: when standard error is a terminal


class _Sitting:
    """One process's share of a run: its clock, its progress bar, its checkpoints."""

    def __init__(self, run: RunDirectory, graph, sess: tf.Session, history: History, batches,
                 settings: CnnSettings | RnnSettings, test_images: np.ndarray, options: Options):
        self.run, self.graph, self.sess = run, graph, sess
        self.history, self.batches = history, batches
        self.start = 0
        self.clock = Stopwatch()
        self.stop_requested = False
        self.checkpoint_seconds = options.checkpoint_seconds
        progress = checkpoints.resume(run.checkpoints, sess, graph.saver)
        if progress is None:
            sess.run(graph.initializer)
        else:
            self.start = progress.step
            self.history.rows = progress.history.rows
            self.batches.restore(progress.batches)
            self.clock = Stopwatch(progress.wall_seconds, progress.cpu_seconds)
        self.keep_every = options.keep_every
        if self.keep_every:
            with graph.graph.as_default():
                self.kept_saver = tf.train.Saver(graph.trained, max_to_keep=None)
        self.events = Events(run.events, graph, sess, test_images, self.start) \
            if options.events else None
        self.rows_in_events = len(self.history.rows)
        # LeNet5's histograms take a while: they come with the report's lines
        self.histograms_every = getattr(settings, 'log_every', settings.eval_every)
        disable = None if options.progress_bar is None else not options.progress_bar
        self.bar = tqdm(total=settings.steps, initial=self.start, unit='step', file=sys.stderr,
                        disable=disable, dynamic_ncols=True, leave=False)
        self.step = self.start
        self.keep_if_asked()
        if not self.start:
            self.write_histograms()
        self.next_checkpoint = self.clock.wall_seconds + self.seconds_to_next(cost=0.0)

    def after_step(self, step: int) -> None:
        self.step = step
        self.bar.update()
        self.keep_if_asked()
        self.write_scalars()
        if self.histograms_every and step % self.histograms_every == 0:
            self.write_histograms()
        self.stop_if_requested()
        if self.clock.wall_seconds >= self.next_checkpoint:
            self.save()

    def stop_if_requested(self) -> None:
        if self.stop_requested:
            self.save()
            raise Interrupted(f'interrupted after step {self.step}; saved in {self.run.path}')

    def save(self) -> None:
        self.run.refuse_if_emptied()
        before = self.clock.wall_seconds
        checkpoints.save(
            self.run.checkpoints,
            Progress(self.step, before, self.clock.cpu_seconds, self.history,
                     self.batches.state()),
            self.sess, self.graph.saver)
        self.history.write(self.run.history)
        after = self.clock.wall_seconds
        self.next_checkpoint = after + self.seconds_to_next(cost=after - before)

    def keep_if_asked(self) -> None:
        if self.keep_every and self.step % self.keep_every == 0:
            kept.keep(self.run.path, self.step, self.sess, self.kept_saver)

    def write_scalars(self) -> None:
        if self.events:
            for row in self.history.rows[self.rows_in_events:]:
                self.events.scalars(row)
            self.rows_in_events = len(self.history.rows)

    def write_histograms(self) -> None:
        if self.events:
            self.events.histograms(self.step)

    def seconds_to_next(self, cost: float) -> float:
        """Seconds until another checkpoint is due, the last one having taken ``cost`` seconds."""
        if self.checkpoint_seconds is not None:
            return self.checkpoint_seconds
        return max(CHECKPOINT_SECONDS_APART, CHECKPOINT_COSTS_APART * cost)

    @contextlib.contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM end the run at the next step, saved."""
        def request(signum, frame):
            self.stop_requested = True

        in_main_thread = threading.current_thread() is threading.main_thread()
        earlier = {number: signal.signal(number, request)
                   for number in (signal.SIGINT, signal.SIGTERM) if in_main_thread}
        try:
            yield
        finally:
            self.bar.close()
            if self.events:
                self.events.close()
            for number, handler in earlier.items():
                signal.signal(number, handler)


def _echo(line: str) -> None:
    """Print a line of the report without tearing the progress bar apart."""
    with tqdm.external_write_mode():
        print(line, flush=True)


def run_cnn(settings: CnnSettings, out: Path, options: Options = Options(),
            echo: Callable[[str], None] = _echo) -> dict:
    """Carry out (or go on with) a run of part 1b in the directory ``out``; return its metrics.

    Writes `config.json`, `history.csv`, `metrics.json`, `test_correct.npy`, `activations.json` and
    `filters.npy`; where asked for, `filters.png`, `curves.png`, `checkpoint/` and `events/`.

    Raises:
        UserError: the data or the directory cannot be used.
        Diverged: the loss has become NaN or infinite; `failure.json` says so, the history is kept.
        Interrupted: Ctrl-C or SIGTERM; the run is saved and can be gone on with.
    """
    if settings.dataset == 'mnist':
        train, test, origin = load_mnist_images(options.data)
    else:
        train, test, origin = load_cifar10(settings.train_per_class, settings.test_per_class,
                                           options.data)
    batches = BatchShuffler(len(train.images), settings.batch_size, settings.seed)

    def train_and_measure(net, sitting) -> tuple[dict, Callable[[], None]]:
        sess = sitting.sess
        cnn_loop.train_cnn(net, sess, train, test, settings, batches, sitting.history, echo,
                           sitting.after_step, sitting.start)
        test_accuracy, test_loss, correct = cnn_loop.evaluate(net, sess, test)
        echo('test accuracy %g' % test_accuracy)
        statistics = cnn_loop.activation_statistics(net, sess, test)
        filters = sess.run(net.W_conv1)

        def write_extras() -> None:
            _write_array(run.path / 'test_correct.npy', np.packbits(correct))
            write_json(run.path / 'activations.json', statistics)
            _write_array(run.path / 'filters.npy', filters)
            if options.pictures:
                draw_filters(filters, run.path / 'filters.png', _title(settings, origin))

        return {'test_accuracy': test_accuracy, 'test_loss': test_loss}, write_extras

    run = RunDirectory(Path(out))
    return _carry_out(run, settings, origin, batches, test.images, CNN_COLUMNS, build_lenet5,
                      lenet5_session, train_and_measure, options, echo)


def run_rnn(settings: RnnSettings, out: Path, options: Options = Options(),
            echo: Callable[[str], None] = _echo) -> dict:
    """Carry out (or go on with) a run of part 3 in the directory ``out``; return its metrics.

    Writes `config.json`, `history.csv`, `metrics.json` and `test_correct.npy`; where asked for,
    `curves.png`, `checkpoint/` and `events/`.

    Raises: as `run_cnn`.
    """
    mnist, origin = load_mnist(options.data, np.random.RandomState(settings.seed))

    def train_and_measure(net, sitting) -> tuple[dict, Callable[[], None]]:
        rnn_loop.train_rnn(net, sitting.sess, mnist.train, mnist.test, settings, sitting.history,
                           echo, sitting.after_step, sitting.start)
        echo('Optimization finished')
        test_accuracy, test_loss, correct = rnn_loop.evaluate(net, sitting.sess, mnist.test)
        echo('Testing Accuracy: ' + str(test_accuracy))
        echo('Testing loss: ' + str(test_loss))

        def write_extras() -> None:
            _write_array(run.path / 'test_correct.npy', np.packbits(correct))

        return {'test_accuracy': test_accuracy, 'test_loss': test_loss}, write_extras

    run = RunDirectory(Path(out))
    rows = mnist.test.images.reshape(-1, nSteps, nInput)
    return _carry_out(run, settings, origin, mnist.train, rows, RNN_COLUMNS, build_rnn,
                      rnn_session, train_and_measure, options, echo)


def _carry_out(run: RunDirectory, settings, origin: DataOrigin, batches, test_images, columns,
               build, open_session, train_and_measure, options: Options,
               echo: Callable[[str], None]) -> dict:
    pin_kernels(settings.isa)
    if not has_instructions('avx2'):
        print(f'{processor()}: not an x86-64 processor with AVX2, as far as can be seen; the bits '
              'of this run are this machine\'s own', file=sys.stderr)
    dataset = dataclasses.asdict(origin)
    if origin.stand_in:
        echo(STAND_IN_NOTICE)
    with _writing(run), claim(run, config_of(settings, dataset, options.experiment)):
        if run.failure.exists():
            raise Diverged(f'{run.path}: {read_json(run.failure).get("error")}')
        if run.metrics.exists():
            metrics = read_metrics(run)
            echo(f'{run.path}: this run is finished; '
                 f'its test accuracy is {metrics["test_accuracy"]:g}')
        else:
            net = build(settings)
            with open_session(net, settings.threads) as sess:
                sitting = _Sitting(run, net, sess, History(columns), batches, settings,
                                   test_images, options)
                with sitting.stoppable(), _failing(run, sitting):
                    results, write_extras = train_and_measure(net, sitting)
                    sitting.stop_if_requested()  # by a signal during the last evaluation
                    sitting.history.record(settings.steps, **results)
                    sitting.write_scalars()
                clock = sitting.clock
                metrics = {
                    **{name: float(value) for name, value in results.items()},
                    'wall_seconds': clock.wall_seconds, 'cpu_seconds': clock.cpu_seconds,
                    'dataset': dataset, 'threads': settings.threads, 'isa': settings.isa,
                    'versions': versions('tensorflow', 'numpy'), 'processor': processor(),
                    'finished': datetime.datetime.now(datetime.timezone.utc)
                    .isoformat(timespec='seconds')}
                if options.keep_checkpoint:
                    sitting.save()
                    checkpoints.keep_newest(run.checkpoints, 1)
                run.refuse_if_emptied()
                sitting.history.write(run.history)
            if options.pictures:
                draw_curves(sitting.history, run.path / 'curves.png', _title(settings, origin))
            write_extras()
            write_json(run.metrics, metrics)
            if not options.keep_checkpoint:
                checkpoints.remove(run.checkpoints)
    if origin.stand_in:
        echo(STAND_IN_NOTICE)
    return metrics


@contextlib.contextmanager
def _writing(run: RunDirectory) -> Iterator[None]:
    """Say in one line what to do about files that cannot be written."""
    try:
        yield
    except BrokenPipeError:  # of the printed lines; none of the run's files is a pipe
        raise
    except OSError as error:
        raise UserError(f'{run.path}: cannot be written ({error.strerror or error}); what was '
                        'saved before is whole: make room, or give leave to write, and run the '
                        'same command again to go on') from None


@contextlib.contextmanager
def _failing(run: RunDirectory, sitting: _Sitting) -> Iterator[None]:
    """Keep the history of a run that has diverged, and why it will never be finished."""
    try:
        yield
    except Diverged as divergence:
        sitting.write_scalars()
        run.refuse_if_emptied()
        sitting.history.write(run.history)
        write_json(run.failure, {'step': sitting.history.rows[-1]['step'],
                                 'error': str(divergence)})
        raise Diverged(f'{run.path}: {divergence}') from None


def _title(settings: CnnSettings | RnnSettings, origin: DataOrigin) -> str:
    """A picture's title: the settings in the report's words, and the data if it is a stand-in."""
    title = f'{describe(settings)}, seed {settings.seed}'
    return f'STAND-IN DATA ({origin.name})\n{title}' if origin.stand_in else title


def _write_array(path: Path, array: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    write_whole(path, buffer.getvalue())
