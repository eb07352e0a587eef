"""The runs of `elec576.claims.readings`: other programs that could have printed a log.

`results/readings.csv` has one row for each of these runs and each step that was measured:
`reading,seed` and then the columns of LeNet5's history; floats in the shortest form that reads back
exactly. `readings.json` beside it says what decides the bits: threads, kernels, TensorFlow's
version, and for each reading its settings, its change of the listing and its data.
`scripts/readings.py` makes both.
"""

from pathlib import Path

import pandas as pd

from elec576.errors import UserError
from elec576.loops.history import CNN_COLUMNS
from elec576.runs.tables import read_as_written

COLUMNS = ('reading', 'seed', *CNN_COLUMNS)


def table_path(results: Path) -> Path:
    return results / 'readings.csv'


def origin_path(results: Path) -> Path:
    return results / 'readings.json'


def read(results: Path) -> pd.DataFrame:
    """The rows of ``results``/readings.csv; none if there is no such file.

    Raises:
        UserError: the file is damaged.
    """
    path = table_path(results)
    if not path.exists():
        return pd.DataFrame({name: [] for name in COLUMNS}).astype({'seed': int, 'step': int})
    try:
        return read_as_written(path, COLUMNS)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f'{path}: damaged ({error}); remove it and make it again with '
                        'scripts/readings.py') from None
