"""A run, from its settings to its finished directory."""

import contextlib
import dataclasses
import datetime
import shutil
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from elec576.data import notice
from elec576.errors import Diverged, UserError, advice, first_line, refuse_unwritable_name
from elec576.files import write_array, write_json
from elec576.loops.history import History
from elec576.loops.program import Measured, program_of
from elec576.machine import Stopwatch, has_instructions, own_bits, processor, say, versions
from elec576.progress import tqdm
from elec576.runs.options import Options
from elec576.runs.rundir import RunDirectory, config_of, locked, read_json, read_metrics
from elec576.settings import CnnSettings, RnnSettings, refuse_too_many_threads

OWN_BITS_NOTICE = ('{}: not known to be an x86-64 processor with AVX2; the bits of this run are '
                   'specific to this machine')


def print_line(line: str) -> None:
    """Print a line of the report without breaking the progress bar."""
    with tqdm.external_write_mode():
        print(line, flush=True)


def run(settings: CnnSettings | RnnSettings, out: Path, options: Options = Options(),
        echo: Callable[[str], None] = print_line) -> dict:
    """Make a run in the directory ``out``, or resume the one that is there.

    Writes `config.json`, `history.csv`, `test_correct.npy` (and for LeNet5 `activations.json` and
    `filters.npy`), then `metrics.json`; and as ``options`` ask, `checkpoint/`, `kept/` and
    `events/`. A run that is finished is not run again.

    Returns:
        What `metrics.json` holds.

    Raises:
        UserError: the settings, the data or the directory cannot be used.
        Diverged: the loss has become NaN or infinite; `failure.json` says so, the history is kept.
        Interrupted: Ctrl-C or SIGTERM; the run is saved and can be resumed.
    """
    refuse_too_many_threads(settings.threads)
    refuse_unwritable_name(out)
    # they load TensorFlow, which takes seconds
    from elec576.runs import checkpoints
    from elec576.runs.recorder import RunRecorder, recording_failure
    from elec576.tf1 import use_kernels

    use_kernels(settings.isa)
    program, directory = program_of(settings), RunDirectory(Path(out))
    inputs = program.load(settings, options.data)
    dataset = dataclasses.asdict(inputs.origin)
    if not has_instructions('avx2'):
        say(OWN_BITS_NOTICE.format(processor()))
    with (_writing(directory), locked(directory, config_of(settings, dataset, options.experiment)),
          _loud(notice(inputs.origin), echo)):
        if directory.failure.exists():
            raise Diverged(f'{directory.path}: {read_json(directory.failure).get("error")}')
        if directory.metrics.exists():
            metrics = read_metrics(directory)
            echo(f'{directory.path}: this run is finished; '
                 f'its test accuracy is {metrics["test_accuracy"]:g}')
            return metrics
        try:
            net = program.build(settings)
        except ValueError as error:  # TensorFlow counts a tensor's elements while it builds
            raise UserError(f'{directory.path}: TensorFlow cannot build this network '
                            f'({first_line(error)})') from None
        with program.session(net, settings.threads) as sess:
            progress = checkpoints.resume(directory.checkpoints, sess, net.saver)
            if progress is None:
                directory.clear()  # left by a process that was killed before its first save
                sess.run(net.initializer)
                progress = checkpoints.Progress(0, 0.0, 0.0, History(program.columns))
            history = progress.history
            with (RunRecorder(directory, net, sess, inputs.test.images, settings, progress,
                              options) as recorder, recording_failure(recorder)):
                for step in program.steps(net, sess, inputs, settings, history, echo,
                                          progress.step):
                    recorder.after(step)
                measured = program.measure(net, sess, inputs, echo)
                recorder.stop_if_requested()  # a signal may come during the last evaluation
                recorder.record_end(test_accuracy=measured.test_accuracy,
                                    test_loss=measured.test_loss)
                if options.keep_checkpoint:
                    recorder.save()
                    checkpoints.keep_newest(directory.checkpoints, 1)
        directory.refuse_if_emptied()
        history.write(directory.history)
        _write_measured(measured, directory)
        metrics = metrics_of(measured, recorder.clock, settings, dataset)
        write_json(directory.metrics, metrics)
        if not options.keep_checkpoint:
            shutil.rmtree(directory.checkpoints, ignore_errors=True)
    return metrics


def metrics_of(measured: Measured, clock: Stopwatch, settings: CnnSettings | RnnSettings,
               dataset: dict) -> dict:
    """What `metrics.json` holds: what was measured, and on what."""
    return {'test_accuracy': float(measured.test_accuracy), 'test_loss': float(measured.test_loss),
            'wall_seconds': clock.wall_seconds, 'cpu_seconds': clock.cpu_seconds,
            'dataset': dataset, 'threads': settings.threads,
            'isa': own_bits().get('isa', settings.isa),
            'versions': versions('tensorflow', 'numpy'), 'processor': processor(),
            'finished': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')}


def _write_measured(measured: Measured, run: RunDirectory) -> None:
    write_array(run.test_correct, np.packbits(measured.test_correct))
    if measured.activations is not None:
        write_json(run.activations, measured.activations)
    if measured.filters is not None:
        write_array(run.filters, measured.filters)


@contextlib.contextmanager
def _loud(line: str | None, echo: Callable[[str], None]) -> Iterator[None]:
    """Say in the first and the last line that the images are not the report's."""
    if line:
        echo(line)
    yield
    if line:
        echo(line)


@contextlib.contextmanager
def _writing(run: RunDirectory) -> Iterator[None]:
    """Say in one line what to do about files that cannot be written and too large a network."""
    from elec576.tf1 import tf

    try:
        yield
    except tf.errors.OpError as error:
        raise UserError(f'{run.path}: TensorFlow cannot compute this run '
                        f'({type(error).__name__}); it may need too much memory') from None
    except BrokenPipeError:  # of the printed lines; none of the run's files is a pipe
        raise
    except OSError as error:
        raise UserError(f'{run.path}: cannot be written ({error.strerror or error}); what was '
                        f'saved before is intact: {advice(error)}, and run the same command '
                        'again to resume') from None
