"""Finished runs, read from the tables in `results/runs/` and checked against the experiments.

A table that is not what its folder says (another configuration, damaged, other data than the other
tables) stops the comparison: leaving it out silently would change the verdicts. Experiments without
runs, and runs on other images than the report's, are left out, and `Results.notices` say so.
"""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from elec576.claims.numbers import reported
from elec576.data import ORIGINALS
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, NOT_FIXED, SAME_RUN, settings_of
from elec576.loops.history import STATISTICS
from elec576.runs.tables import REMAKE_HINT, RunTable, folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings, flag_of


@dataclass(frozen=True)
class Run:
    """A finished run; everything in it has been checked."""

    experiment: str
    seed: int
    table: RunTable

    @cached_property
    def settings(self) -> CnnSettings | RnnSettings:
        return self.table.settings(self.seed)

    @cached_property
    def metrics(self) -> dict:
        return self.table.metrics(self.seed)

    def measured(self, quantity: str) -> dict[int, float]:
        """What the run gave for ``quantity``, by step; nothing for what it does not measure."""
        return self._measured.get(quantity, {})

    @cached_property
    def _measured(self) -> dict[str, dict[int, float]]:
        history = self.table.history
        own = history[history['seed'] == self.seed].set_index('step')
        found: dict[str, Any] = {str(name): values.dropna().to_dict()
                                 for name, values in own.items()}
        return found | {name: {self.settings.steps: self.final(name)} for name in STATISTICS
                        if name in self.table.runs}

    def final(self, quantity: str) -> float:
        """``quantity`` in the end: `test_accuracy`, `cpu_seconds`, `h_conv1_mean` and so on."""
        return float(self.table.runs[quantity].iloc[self._place])

    def filters(self) -> np.ndarray:
        """The first layer's weights after training, float32 [5, 5, 1, 32]."""
        assert self.table.filters is not None, self.experiment
        return self.table.filters[self._place]

    @property
    def test_correct(self) -> np.ndarray:
        """Which test images are classified right: bool [images, a multiple of 8]."""
        return np.unpackbits(self.table.test_correct[self._place]).astype(bool)

    @property
    def _place(self) -> int:
        return self.table.seeds.index(self.seed)


@dataclass(frozen=True)
class Results:
    """All finished runs by experiment, in the experiments' order, each list by seed."""

    runs: dict[str, tuple[Run, ...]]
    notices: tuple[str, ...]

    def of(self, experiment: str) -> tuple[Run, ...]:
        """The runs of ``experiment``, or none."""
        return self.runs.get(SAME_RUN.get(experiment, experiment), ())

    def all(self) -> tuple[Run, ...]:
        return tuple(run for runs in self.runs.values() for run in runs)

    def timing_processor(self, *experiments: str) -> str | None:
        """The processor whose CPU seconds of ``experiments`` are compared.

        Of those on which each of them has runs, the one with most; None if there is none.
        """
        made = [Counter(run.metrics['processor'] for run in self.of(name)) for name in experiments]
        common = set(made[0]).intersection(*made[1:]) if made else set()
        return max(sorted(common), key=sum(made, Counter()).__getitem__, default=None)

    def final(self, experiment: str, quantity: str, processor: str | None = None
              ) -> tuple[float, ...]:
        """`Run.final` of each run, by seed; on request only of those made on ``processor``."""
        return tuple(run.final(quantity) for run in self.of(experiment)
                     if processor in (None, run.metrics['processor']))


def read_results(folder: Path, allow_empty: bool = False) -> Results:
    """Read and check every experiment's tables below ``folder``/runs.

    Args:
        allow_empty: results without any run are empty, not an error.

    Raises:
        UserError: there is no run on the report's data, or a table is not what its folder says; the
            message names it.
    """
    _reject_unknown_folders(folder / 'runs')
    runs, without, other_data = {}, [], []
    for experiment in EXPERIMENTS | EVIDENCE:
        if experiment in SAME_RUN:
            continue
        place = folder_of(folder, experiment)
        table = read_table(place)
        if table is None:
            without.append(experiment)
        elif table.config['dataset']['name'] not in ORIGINALS:
            other_data.append(f'{experiment} ({table.config["dataset"]["name"]})')
        else:
            _check(experiment, table, place)
            runs[experiment] = tuple(Run(experiment, seed, table) for seed in sorted(table.seeds))
    if not runs and not allow_empty:
        what = ('every run is on other data than the report\'s' if other_data else
                'there are no runs')
        raise UserError(f'{folder / "runs"}: {what}; make some with python scripts/reproduce.py, '
                        'or say where they are with --results DIR')
    notices = [f'Left out, made on other images than the report\'s: {", ".join(other_data)}.'
               ] * bool(other_data)
    notices += [f'No finished run of: {", ".join(without)}.'] * bool(without)
    results = Results(runs, ())
    return dataclasses.replace(results, notices=(*notices, *_differences(results)))


def _reject_unknown_folders(folder: Path) -> None:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in EXPERIMENTS | EVIDENCE and not path.name.startswith('.'):
            raise UserError(f'{path}: not a folder of an experiment; move it away')


def _check(experiment: str, table: RunTable, place: Path) -> None:
    """The settings are the experiment's, and every step that is compared was measured."""
    expected = settings_of(experiment)
    if table.config['program'] != expected.program:
        raise UserError(f'{place}: runs of another program than {experiment}\'s; {REMAKE_HINT}')
    settings = table.settings(seed=0)
    for item in dataclasses.fields(settings):
        ours, theirs = getattr(settings, item.name), getattr(expected, item.name)
        if ours != theirs and item.name not in NOT_FIXED:
            raise UserError(f'{place}: {flag_of(item.name)} {ours}, but {experiment} has {theirs}; '
                            f'{REMAKE_HINT}')
    needed = {(value.quantity, value.step) for value in reported(experiment)
              if value.quantity not in STATISTICS}
    for quantity, step in sorted(needed):
        measured = table.history.loc[table.history['step'] == step, quantity].notna()
        if measured.sum() != len(table.runs):
            raise UserError(f'{place}: not every run has {quantity} at step {step}; {REMAKE_HINT}')


def _differences(results: Results) -> list[str]:
    """Differences between the runs that should not or need not be there."""
    notices = []
    for what, of in (('thread counts', lambda run: run.metrics['threads']),
                     ('instruction sets', lambda run: run.metrics['isa']),
                     ('processors', lambda run: run.metrics['processor']),
                     ('TensorFlow versions', lambda run: run.metrics['versions']['tensorflow']),
                     ('elec576 versions', lambda run: run.metrics['versions']['elec576'])):
        kinds = sorted({str(of(run)) for run in results.all()})
        if len(kinds) > 1:
            notices.append(f'The runs differ in their {what}: {"; ".join(kinds)}.')
    return notices
