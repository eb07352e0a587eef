"""Snapshots: the trained variables at several steps of a run, to show how they evolved.

`--keep-every` asks for them. `<run>/kept/step-<number>/model` holds the trained variables and
nothing else: unlike a checkpoint, it cannot be used to resume training. Under Adam it has a third
of a checkpoint's size.
"""

from pathlib import Path

from elec576.errors import UserError, first_line
from elec576.files import whole_folder
from elec576.runs.checkpoints import save_variables
from elec576.runs.rundir import step_name
from elec576.tf1 import tf


def save(folder: Path, step: int, sess: tf.Session, saver: tf.train.Saver) -> Path:
    """Write what ``saver`` saves, as of ``step`` updates, below ``folder``; return its path.

    An existing step is not written again: a run that resumes from a checkpoint repeats some steps.

    Args:
        saver: of the trained variables, e.g. ``tf.train.Saver(net.trained, max_to_keep=None)``.
    """
    final = folder / step_name(step)
    if not final.exists():
        with whole_folder(final) as unfinished:
            save_variables(unfinished / 'model', sess, saver)
    return final


def restore(snapshot: Path, sess: tf.Session, saver: tf.train.Saver) -> None:
    """Set the trained variables of ``sess`` to what is in ``snapshot``.

    Raises:
        UserError: it is damaged or of another graph.
    """
    try:
        saver.restore(sess, str(snapshot / 'model'))
    except (tf.errors.OpError, ValueError, OSError) as error:
        raise UserError(f'{snapshot}: not of this run ({first_line(error)}); remove the folder'
                        ) from None
