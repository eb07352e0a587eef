"""Checkpoints: everything that decides how a run goes on, written whole.

A checkpoint is a folder `step-<number>` with the `Saver`'s files, the batch source's state and the
history so far. It is written under a temporary name and renamed, and only then are older ones
removed: a run killed at any moment finds either the old one or the new one. The dropout noise needs
no state of its own; its place in the stream follows from the step (`lenet5.dropout_offsets`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from elec576.errors import UserError
from elec576.history import History
from elec576.tf1 import tf

UNFINISHED = '.unfinished-'


class Progress(NamedTuple):
    """Where a run stands, besides its TensorFlow variables."""

    step: int  # updates made
    wall_seconds: float
    cpu_seconds: float
    history: History
    batches: dict[str, np.ndarray]  # the state of the shuffler or the data set


def save(folder: Path, progress: Progress, sess: tf.Session, saver: tf.train.Saver) -> Path:
    """Write a checkpoint below ``folder`` and remove the older ones; return its path."""
    final = folder / f'step-{progress.step:08d}'
    if final.exists():
        return final
    folder.mkdir(parents=True, exist_ok=True)
    older = [path for path in folder.iterdir() if path.name.startswith('step-')]
    unfinished = folder / (UNFINISHED + final.name)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    saver.save(sess, str(unfinished / 'model'), write_meta_graph=False, write_state=False)
    np.savez(unfinished / 'progress.npz', step=progress.step,
             seconds=[progress.wall_seconds, progress.cpu_seconds],
             **{f'batches_{name}': value for name, value in progress.batches.items()})
    progress.history.write(unfinished / 'history.csv')
    os.replace(unfinished, final)
    for path in older:
        shutil.rmtree(path)
    return final


def latest(folder: Path) -> Path | None:
    """The newest whole checkpoint below ``folder``, or None."""
    if not folder.is_dir():
        return None
    return max((path for path in folder.iterdir() if path.name.startswith('step-')),
               key=lambda path: path.name, default=None)


def remove(folder: Path) -> None:
    """Remove all checkpoints."""
    shutil.rmtree(folder, ignore_errors=True)


def restore(checkpoint: Path, sess: tf.Session, saver: tf.train.Saver) -> Progress:
    """Restore the variables of ``sess`` from ``checkpoint`` and return the rest.

    Raises:
        UserError: the checkpoint is damaged or belongs to another graph.
    """
    try:
        saver.restore(sess, str(checkpoint / 'model'))
        with np.load(checkpoint / 'progress.npz') as arrays:
            wall_seconds, cpu_seconds = arrays['seconds']
            batches = {name.removeprefix('batches_'): arrays[name]
                       for name in arrays.files if name.startswith('batches_')}
            step = int(arrays['step'])
    except (tf.errors.OpError, ValueError, OSError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f'{checkpoint}: not a checkpoint of this run ({reason}); '
                        'remove the folder to start over') from None
    return Progress(step, float(wall_seconds), float(cpu_seconds),
                    History.read(checkpoint / 'history.csv'), batches)
