"""What settings give before the first update, of many more seeds than whole runs have.

`results/step0.csv` has one row for each of `elec576.experiments.STEP_0` and each seed:
`settings,seed,train_accuracy,train_loss`, in the order of `STEP_0` and then by seed; floats in the
shortest form that reads back exactly. `step0.json` beside it says what decides the bits: settings,
threads, kernels, TensorFlow's version, the data set. `scripts/step0.py` makes both.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

import numpy as np
import pandas as pd

from elec576.comparison.results import Results
from elec576.errors import UserError
from elec576.experiments import STEP_0
from elec576.runs.rundir import read_json
from elec576.runs.tables import read_as_written
from elec576.settings import CnnSettings, RnnSettings

COLUMNS = ('settings', 'seed', 'train_accuracy', 'train_loss')
_DECIDE = ('act', 'fc_act', 'init', 'stddev', 'bias', 'evaluation_keep_prob', 'dataset',
           'batch_size')


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in COLUMNS}).astype({'seed': int})


@dataclass(frozen=True)
class FirstSteps:
    """Step 0 of many seeds.

    Attributes:
        table: `settings`, `seed`, `train_accuracy`, `train_loss`; empty without `step0.csv`.
        dataset: the name of the data set; empty without `step0.csv`.
    """

    table: pd.DataFrame = field(default_factory=_no_rows)
    dataset: str = ''

    @property
    def seeds(self) -> int:
        return self.table['seed'].nunique()

    def rows_of(self, settings: CnnSettings | RnnSettings) -> pd.DataFrame:
        """The rows of the same settings before the first update, or none."""
        names = [name for name, first in STEP_0.items() if isinstance(settings, CnnSettings)
                 and first_step_of(first) == first_step_of(settings)]
        return self.table[self.table['settings'].isin(names)]


def first_step_of(settings: CnnSettings) -> tuple:
    """What a run's first values depend on, besides its seed and its images."""
    return tuple(getattr(settings, name) for name in _DECIDE)


def table_path(results: Path) -> Path:
    return results / 'step0.csv'


def origin_path(results: Path) -> Path:
    return results / 'step0.json'


def read(results: Path, settings: Mapping[str, CnnSettings] = STEP_0) -> pd.DataFrame:
    """The rows of ``results``/step0.csv; none if there is no such file.

    Raises:
        UserError: the file is damaged, or not all settings have the same seeds.
    """
    path = table_path(results)
    if not path.exists():
        return _no_rows()
    try:
        table = read_as_written(path, COLUMNS)
        if not np.isfinite(table.drop(columns='settings')).all(axis=None):
            raise ValueError('not all values are finite numbers')
        if not in_order(table, settings).equals(table):
            raise ValueError('not every settings has the same seeds, once each and in order')
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f'{path}: damaged ({error}); remove it and make it again with '
                        'scripts/step0.py') from None
    return table


def in_order(table: pd.DataFrame, settings: Mapping[str, CnnSettings]) -> pd.DataFrame:
    """The rows of all ``settings`` and seeds in their order; ValueError if there is one twice."""
    rows = pd.MultiIndex.from_product([list(settings), sorted(set(table['seed']))],
                                      names=['settings', 'seed'])
    return table.set_index(rows.names).reindex(rows).reset_index()


def read_first_steps(folder: Path, results: Results) -> FirstSteps:
    """What ``folder`` holds of step 0, if anything.

    Raises:
        UserError: a file is damaged, or the images are not those of the runs.
    """
    table = read(folder)
    if table.empty:
        return FirstSteps()
    path = origin_path(folder)
    dataset = read_json(path).get('dataset')
    if not isinstance(dataset, dict) or not isinstance(dataset.get('name'), str):
        raise UserError(f'{path}: it names no data set; remove it and step0.csv and make them '
                        'again with scripts/step0.py')
    for run in results.all():
        if _same_images(run.settings) and run.metrics['dataset']['digest'] != dataset.get('digest'):
            raise UserError(f'{path}: the data set\'s digest is {dataset.get("digest")}, but '
                            f'{run.metrics["dataset"]["digest"]} in the runs of {run.experiment}; '
                            'compare runs on the same data only')
    return FirstSteps(table, dataset['name'])


def _same_images(settings: CnnSettings | RnnSettings) -> bool:
    """Whether a run's images are those of step 0; a digest is over the images that are used."""
    first = next(iter(STEP_0.values()))
    return all(getattr(settings, name, None) == getattr(first, name)
               for name in ('dataset', 'train_per_class', 'test_per_class'))
