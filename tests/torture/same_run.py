"""Whether two runs are the same run, bit for bit."""

from pathlib import Path

import numpy as np

from elec576.errors import UserError
from elec576.loops.history import History
from elec576.runs import checkpoints
from elec576.runs.rundir import RunDirectory, read_metrics

NUMBERS = ('test_accuracy', 'test_loss', 'dataset', 'threads')


def differences(run: RunDirectory, whole: RunDirectory) -> list[str]:
    """The files, variables and final numbers of two finished runs that are not equal."""
    found = [ours.name for ours, theirs in zip(_files(run), _files(whole))
             if _content(ours) != _content(theirs)]
    ours, theirs = read_metrics(run), read_metrics(whole)
    found += [name for name in NUMBERS if ours[name] != theirs[name]]
    ours, theirs = _variables(run), _variables(whole)
    return found + [name for name in sorted(ours.keys() | theirs.keys())
                    if not np.array_equal(ours.get(name), theirs.get(name))]


def _files(run: RunDirectory) -> list[Path]:
    return [run.config, run.history, *(run.path / name for name in (
        'test_correct.npy', 'activations.json', 'filters.npy'))]


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _variables(run: RunDirectory) -> dict[str, np.ndarray]:
    """Those of its last checkpoint, the optimizer's included; none if no checkpoint was kept."""
    newest = checkpoints.latest(run.checkpoints)
    return checkpoints.variables(newest) if newest else {}


def begins(run: RunDirectory, whole: RunDirectory) -> bool:
    """Whether the history on disk, if there is one yet, is the beginning of the whole run's.

    What the end of a run adds to the row of the last step may be missing from it.
    """
    if not run.history.exists():
        return True
    try:
        rows = History.read(run.history).rows
    except UserError:
        return False
    theirs = History.read(whole.history).rows[:len(rows)]
    return rows[:-1] == theirs[:-1] and len(rows) == len(theirs) and (
        not rows or rows[-1].items() <= theirs[-1].items())
