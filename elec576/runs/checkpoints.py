"""Checkpoints: everything that a run needs to resume, written atomically.

A checkpoint is a folder `step-<number>` with the `Saver`'s files, and in `progress.npz` the step,
the seconds and the history so far. It is written under a temporary name and renamed, and only then
are older ones removed: a run killed at any moment finds either the old one or the new one. During a
run, the one before the newest is kept too, in case the newest is damaged later; all parts have
checksums, so that damage is detected. Random numbers need no state: the batches of the steps done
are drawn again, in seconds, and the offset of the dropout noise in its stream follows from the step
(`lenet5.dropout_offsets`).
"""

import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from elec576.errors import UserError, first_line
from elec576.files import whole_folder
from elec576.loops.history import History
from elec576.machine import say
from elec576.runs.rundir import step_name, steps_in
from elec576.tf1 import tf


class Progress(NamedTuple):
    """The state of a run, besides its TensorFlow variables."""

    step: int  # updates made
    wall_seconds: float
    cpu_seconds: float
    history: History


def save(folder: Path, progress: Progress, sess: tf.Session, saver: tf.train.Saver) -> Path:
    """Write a checkpoint below ``folder``, keep the one before it, and return its path."""
    final = folder / step_name(progress.step)
    if final.exists():
        return final
    with whole_folder(final) as unfinished:
        save_variables(unfinished / 'model', sess, saver)
        np.savez(unfinished / 'progress.npz', step=progress.step,
                 seconds=[progress.wall_seconds, progress.cpu_seconds],
                 history=np.frombuffer(progress.history.to_csv().encode(), np.uint8))
    keep_newest(folder, 2)
    return final


def save_variables(path: Path, sess: tf.Session, saver: tf.train.Saver) -> None:
    """Write what ``saver`` saves to the files that begin with ``path``.

    Raises:
        OSError: they cannot be written.
    """
    try:
        saver.save(sess, str(path), write_meta_graph=False, write_state=False)
    except (tf.errors.OpError, ValueError) as error:  # ValueError: the folder is gone
        raise OSError(first_line(error)) from None


def whole(folder: Path) -> list[Path]:
    """The complete checkpoints below ``folder``, the newest first."""
    return [*reversed(steps_in(folder).values())]


def latest(folder: Path) -> Path | None:
    """The newest complete checkpoint below ``folder``, or None."""
    return next(iter(whole(folder)), None)


def keep_newest(folder: Path, number: int) -> None:
    """Remove all checkpoints but the newest ``number``."""
    for path in whole(folder)[number:]:
        shutil.rmtree(path)


def resume(folder: Path, sess: tf.Session, saver: tf.train.Saver) -> Progress | None:
    """`restore` the newest checkpoint below ``folder`` that is not damaged.

    Damaged ones are reported on standard error, and removed if an intact one is found. Returns None
    if there is no checkpoint at all.

    Raises:
        UserError: there are checkpoints, but all are damaged.
    """
    errors: dict[Path, UserError] = {}
    for checkpoint in whole(folder):
        try:
            progress = restore(checkpoint, sess, saver)
        except UserError as error:
            errors[checkpoint] = error
            continue
        for damaged, error in errors.items():
            say(f'{error}; resuming from {checkpoint.name}')
            shutil.rmtree(damaged)
        return progress
    for error in errors.values():
        raise UserError(f'{error}; remove {folder} to start over')
    return None


def restore(checkpoint: Path, sess: tf.Session, saver: tf.train.Saver) -> Progress:
    """Restore the variables of ``sess`` from ``checkpoint`` and return the rest.

    Raises:
        UserError: the checkpoint is damaged or belongs to another graph.
    """
    try:
        saver.restore(sess, str(checkpoint / 'model'))
        with np.load(checkpoint / 'progress.npz', allow_pickle=False) as arrays:
            step = arrays['step'].item()
            wall_seconds, cpu_seconds = map(float, arrays['seconds'])
            if checkpoint.name != step_name(step):
                raise ValueError(f'it is of step {step}')
            history = History.from_csv(arrays['history'].tobytes().decode())
            return Progress(step, wall_seconds, cpu_seconds, history)
    except Exception as error:  # damaged bytes: TensorFlow, zipfile and numpy raise many types
        raise UserError(f'{checkpoint}: not a checkpoint of this run ({first_line(error)})'
                        ) from None


def variables(checkpoint: Path) -> dict[str, np.ndarray]:
    """Every variable in ``checkpoint`` by its name, the optimizer's slots included."""
    reader = tf.train.load_checkpoint(str(checkpoint / 'model'))
    return {name: reader.get_tensor(name) for name in sorted(reader.get_variable_to_shape_map())}
