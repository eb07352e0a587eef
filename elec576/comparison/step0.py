"""What settings give before the first update, of many more seeds than whole runs have.

`results/step0.csv` has a row for each seed of each of `elec576.experiments.STEP_0`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from elec576.errors import UserError
from elec576.experiments import STEP_0
from elec576.loops.history import CNN_COLUMNS, History
from elec576.settings import CnnSettings, RnnSettings

COLUMNS = ['settings', 'seed', 'train_accuracy', 'train_loss']
# what a run's first values depend on
_DECIDE = ('act', 'fc_act', 'init', 'bias', 'keep_prob', 'dataset', 'batch_size')


@dataclass(frozen=True)
class Start:
    """A network before its first update, as a run whose history is this one row."""

    seed: int
    settings: CnnSettings
    history: History
    statistics: dict = field(default_factory=dict)


def read_step0(folder: Path) -> dict[str, tuple[Start, ...]]:
    """`folder`/step0.csv by the names of its settings; nothing where there is no such file.

    Raises:
        UserError: it is damaged.
    """
    path = folder / 'step0.csv'
    if not path.exists():
        return {}
    try:
        table = pd.read_csv(path)
        if list(table.columns) != COLUMNS or set(table['settings']) - set(STEP_0):
            raise ValueError(f'it should have the columns {", ".join(COLUMNS)} and settings of '
                             f'elec576.experiments.STEP_0')
        table = table.astype({'seed': int, 'train_accuracy': float, 'train_loss': float})
        if table.isna().any().any():
            raise ValueError('a value is missing')
    except (ValueError, OSError) as error:
        raise UserError(f'{path}: {error}; make it again with scripts/step0.py') from None
    return starts_by_settings(table)


def starts_by_settings(table: pd.DataFrame) -> dict[str, tuple[Start, ...]]:
    """The rows of a table with `COLUMNS`, by the names of their settings."""
    return {name: tuple(
        Start(int(row.seed), STEP_0[name], History(CNN_COLUMNS, [
            {'step': 0, 'train_accuracy': row.train_accuracy, 'train_loss': row.train_loss}]))
        for row in rows.itertuples()) for name, rows in table.groupby('settings', sort=False)}


def starts_of(settings: CnnSettings | RnnSettings, step0: dict[str, tuple[Start, ...]]
              ) -> tuple[Start, ...]:
    """The starts of a run's settings, whatever else it is trained with; perhaps none."""
    if isinstance(settings, CnnSettings):
        for name, starts in step0.items():
            if all(getattr(settings, item) == getattr(STEP_0[name], item) for item in _DECIDE):
                return starts
    return ()
