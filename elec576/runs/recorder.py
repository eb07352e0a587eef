"""What a run does besides training: progress, snapshots, events, checkpoints, stopping."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import Iterator

import numpy as np

from elec576.errors import Diverged, Interrupted
from elec576.files import write_json
from elec576.machine import Stopwatch
from elec576.progress import progress_bar
from elec576.runs import checkpoints, snapshots
from elec576.runs.checkpoints import Progress
from elec576.runs.events import Events
from elec576.runs.options import Options, seconds_to_next_checkpoint
from elec576.runs.rundir import RunDirectory
from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf


class RunRecorder:
    """Records a run in its directory while it is trained: call ``after`` after every step.

    A context manager: inside it, Ctrl-C and SIGTERM save and end the run at the next step.

    Args:
        test_images: as they are fed; events show activations on some of them.
        progress: where the run stands; ``sess`` has its variables.

    Attributes:
        history: the run's history so far.
        clock: the run's time, including that of earlier processes.
    """

    def __init__(self, run: RunDirectory, net, sess: tf.Session, test_images: np.ndarray,
                 settings: CnnSettings | RnnSettings, progress: Progress, options: Options):
        self.run, self.net, self.sess, self.options = run, net, sess, options
        self.step, self.history = progress.step, progress.history
        self.clock = Stopwatch(progress.wall_seconds, progress.cpu_seconds)
        self._stop_requested = False
        if options.keep_every:
            with net.graph.as_default():
                self._snapshot_saver = tf.train.Saver(net.trained, max_to_keep=None)
        self._events = Events(run.events, net, sess, test_images, self.step) \
            if options.events else None
        self._rows_in_events = len(self.history.rows)
        # LeNet5's histograms are slow: write them with the report's lines
        self._histograms_every = getattr(settings, 'log_every', settings.eval_every)
        disable = None if options.progress_bar is None else not options.progress_bar
        self._bar = progress_bar(disable, total=settings.steps, initial=self.step, unit='step',
                                 leave=False)
        self._next_checkpoint = self.clock.wall_seconds + self._seconds_to_next(cost=0.0)
        self._take_snapshot()
        if self._events and not self.step:
            self._events.histograms(0)

    def __enter__(self) -> RunRecorder:
        def request(signum, frame):
            self._stop_requested = True

        in_main_thread = threading.current_thread() is threading.main_thread()
        self._handlers = {number: signal.signal(number, request)
                          for number in (signal.SIGINT, signal.SIGTERM) if in_main_thread}
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._bar.close()
            if self._events:
                self._events.close()  # on a full disk it cannot be
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def after(self, step: int) -> None:
        """Update the run's directory after ``step`` updates.

        Raises:
            Interrupted: Ctrl-C or SIGTERM was received; the run is saved.
            UserError: the run's directory has been removed.
            OSError: it cannot be written.
        """
        self.step = step
        self._bar.update()
        self._take_snapshot()
        self.write_events()
        if self._events and self._histograms_every and step % self._histograms_every == 0:
            self._events.histograms(step)
        self.stop_if_requested()
        if self.clock.wall_seconds >= self._next_checkpoint:
            self.save()

    def stop_if_requested(self) -> None:
        """Save and raise Interrupted if Ctrl-C or SIGTERM was received."""
        if self._stop_requested:
            self.save()
            raise Interrupted(f'interrupted after step {self.step}; saved in {self.run.path}')

    def save(self) -> None:
        """Write a checkpoint and the history so far."""
        self.run.refuse_if_emptied()
        if self._events:
            self._events.flush()  # a process that resumes from here does not write them again
        before = self.clock.wall_seconds
        checkpoints.save(
            self.run.checkpoints,
            Progress(self.step, before, self.clock.cpu_seconds, self.history),
            self.sess, self.net.saver)
        self.history.write(self.run.history)
        after = self.clock.wall_seconds
        self._next_checkpoint = after + self._seconds_to_next(cost=after - before)

    def write_events(self) -> None:
        """Write the history's new rows."""
        if self._events:
            for row in self.history.rows[self._rows_in_events:]:
                self._events.scalars(row)
        self._rows_in_events = len(self.history.rows)

    def record_end(self, **tested: float | np.floating) -> None:
        """Add the final test values to the history; its row may exist already."""
        last = self.history.rows[-1] if self.history.rows else {}
        shown = last.get('step') == self.step and tested.keys() <= last.keys()
        self.history.record(self.step, **tested)
        if self._events and not shown:
            self._events.scalars({'step': self.step, **tested})

    def _take_snapshot(self) -> None:
        if self.options.keep_every and self.step % self.options.keep_every == 0:
            snapshots.save(self.run.kept, self.step, self.sess, self._snapshot_saver)

    def _seconds_to_next(self, cost: float) -> float:
        """Seconds until the next checkpoint is due, if the last one took ``cost`` seconds."""
        if self.options.checkpoint_seconds is not None:
            return self.options.checkpoint_seconds
        return seconds_to_next_checkpoint(cost)


@contextlib.contextmanager
def recording_failure(recorder: RunRecorder) -> Iterator[None]:
    """Save the history of a run that diverges, and why it cannot finish."""
    try:
        yield
    except Diverged as divergence:
        recorder.write_events()
        recorder.run.refuse_if_emptied()
        recorder.history.write(recorder.run.history)
        write_json(recorder.run.failure, {'step': recorder.history.rows[-1]['step'],
                                          'error': str(divergence)})
        raise Diverged(f'{recorder.run.path}: {divergence}') from None
