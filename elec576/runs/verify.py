"""Repeat committed runs and compare their bytes."""

import tempfile
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

from elec576.errors import UserError
from elec576.loops.history import History
from elec576.machine import pin_kernels
from elec576.runs.many import Job, Outcome, reproduce
from elec576.runs.rundir import differences
from elec576.runs.tables import RunTable, folder_of, read_table


class Verdict(NamedTuple):
    """Whether a repeated run equals the committed one, and if not, how they differ."""

    job: Job
    equal: bool
    words: str

    def __str__(self) -> str:
        return f'{self.job}: {self.words}'


def committed(results: Path, experiments: list[str]) -> dict[str, RunTable]:
    """The tables of those of ``experiments`` that have runs on other data than the stand-in.

    Raises:
        UserError: there are none, or a table is damaged.
    """
    tables = {name: read_table(folder_of(results, name)) for name in experiments}
    tables = {name: table for name, table in tables.items()
              if table is not None and not table.config['dataset']['stand_in']}
    if not tables:
        raise UserError(f'{results / "runs"}: has no runs of these experiments to verify')
    return tables


def choose(tables: dict[str, RunTable], number: int, seed: int | None = None) -> list[Job]:
    """``number`` of the committed runs: the first of each experiment, cheap ones first, and so on.

    Args:
        seed: only runs with it.
    """
    runs = [(place, table.runs['wall_seconds'].median(), name, found)
            for name, table in tables.items() for place, found in enumerate(table.seeds)
            if seed in (None, found)]
    if not runs:
        raise UserError(f'--seed {seed}: none of these experiments has such a run')
    return [Job(name, found, tables[name].settings(found))
            for _, _, name, found in sorted(runs)[:number]]


def verify(jobs: list[Job], tables: dict[str, RunTable], data: str | None, n_jobs: int,
           on_verdict: Callable[[Verdict], None]) -> None:
    """Make ``jobs`` again, each with the committed run's own settings, and compare.

    Compared are the bytes of the history and of which test images are right.

    Args:
        on_verdict: called with each verdict as soon as it is known.
    """
    def judge(outcome: Outcome) -> None:
        job = outcome.job
        if outcome.error is not None:
            on_verdict(Verdict(job, False, f'could not be made again: {outcome.error}'))
        else:
            again = read_table(folder_of(Path(folder), job.experiment))
            assert again is not None  # it has just been collected
            on_verdict(_compare(job, tables[job.experiment], again))

    with tempfile.TemporaryDirectory() as folder:
        reproduce(jobs, Path(folder), data, n_jobs, judge)


def kernels_found(isa: str) -> str:
    """Whether this machine's kernels have the bits known of ``isa``, in words; loads TensorFlow.

    Raises:
        UserError: this process uses other ones.
    """
    from elec576.tf1 import FINGERPRINTS, fingerprint

    pin_kernels(isa)
    found, known = fingerprint(), FINGERPRINTS[isa]
    return (f'kernels: a convolution and a product have the bits known of {isa} ({known})'
            if found == known else 'kernels: a convolution and a product do NOT have the bits '
            f'known of {isa} ({found}, not {known})')


def _compare(job: Job, theirs: RunTable, ours: RunTable) -> Verdict:
    old, new = theirs.history_of(job.seed), ours.history_of(job.seed)
    right = [table.test_correct[table.seeds.index(job.seed)] for table in (theirs, ours)]
    if old.to_csv() == new.to_csv() and np.array_equal(*right):
        return Verdict(job, True, 'equal')
    # differences in configuration, versions and processor
    around = differences(*({**table.config, **{name: table.metrics(job.seed)[name]
                                               for name in ('versions', 'processor')}}
                           for table in (theirs, ours)))
    return Verdict(job, False, f'{_first_difference(old, new)}. ' + (
        f'What else differs (committed, not here): {"; ".join(around)}' if around else
        'Nothing else that is recorded differs'))


def _first_difference(old: History, new: History) -> str:
    for before, after in zip(old.rows, new.rows):
        if differing := differences(before, after):
            return (f'differs from step {before["step"]} on (committed, not here): '
                    f'{"; ".join(differing)}')
    if len(old.rows) != len(new.rows):
        return f'differs: {len(old.rows)} rows of history committed, {len(new.rows)} here'
    return 'differs in which test images are right'
