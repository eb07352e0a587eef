"""The finished runs of an experiment as tables: `results/runs/<experiment>/`.

* `config.json`: the settings that all its runs share, TensorFlow's version, the data set.
* `runs.csv`: one row per run, in the order in which they were collected.
* `history.csv`: one row per measurement; `seed` and then the columns of a run's own history.
* `test_correct.npy`, `filters.npy`: the runs' arrays, stacked in the order of `runs.csv`.

A run is collected from its folder under a lock: first the other files, then `runs.csv`, then the
folder is removed. A process killed in between leaves the run in its folder, and perhaps rows of it
that `runs.csv` does not have; those are ignored, and the next collection writes them again.
"""

import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock

from elec576.errors import UserError
from elec576.files import remove_unfinished, write_array, write_json, write_whole
from elec576.loops.history import COLUMNS_OF, STATISTICS, History, layer_and_statistic
from elec576.runs.rundir import (
    NUMBERS,
    RunDirectory,
    differences,
    read_array,
    read_json,
    read_metrics,
)
from elec576.settings import SETTINGS, CnnSettings, RnnSettings, as_config, is_number

REMAKE_HINT = 'restore it, or remove its folder and make the runs again with scripts/reproduce.py'
PACKAGES = ('elec576', 'python', 'tensorflow', 'numpy')
KINDS: dict[str, Any] = {  # of columns that hold no floats
    'seed': int, 'step': int, 'iteration': 'Int64',  # whole numbers, but empty in a last row
    **dict.fromkeys((*PACKAGES, 'processor', 'finished', 'settings', 'reading'), str)}
COLUMNS = ('seed', *NUMBERS, *PACKAGES, 'processor', 'finished')


@dataclass(frozen=True)
class RunTable:
    """The finished runs of an experiment.

    Attributes:
        config: as in a run's `config.json`, without the seed.
        runs: [n] rows, one per run, with `COLUMNS` and for LeNet5 the `STATISTICS`.
        history: `seed` and the columns of a run's history; what was not measured is NaN.
        test_correct: uint8 [n, images / 8], `numpy.packbits` of which test images are right.
        filters: float32 [n, 5, 5, 1, 32]; None for a recurrent network.
    """

    config: dict
    runs: pd.DataFrame
    history: pd.DataFrame
    test_correct: np.ndarray
    filters: np.ndarray | None

    @property
    def seeds(self) -> list[int]:
        return self.runs['seed'].tolist()

    def settings(self, seed: int) -> CnnSettings | RnnSettings:
        """The settings of the run with ``seed``."""
        return SETTINGS[self.config['program']](**self.config['settings'], seed=seed)

    def metrics(self, seed: int) -> dict[str, Any]:
        """What the run's `metrics.json` held."""
        row = self.runs.iloc[self.seeds.index(seed)]
        settings = self.config['settings']
        return {**{name: float(row[name]) for name in NUMBERS},
                'dataset': self.config['dataset'], 'threads': settings['threads'],
                'isa': self.config.get('isa', settings['isa']),
                'versions': {name: row[name] for name in PACKAGES},
                'processor': row['processor'], 'finished': row['finished']}

    def history_of(self, seed: int) -> History:
        """The run's history."""
        found = self.history[self.history['seed'] == seed].iloc[:, 1:]
        return History(tuple(found.columns), [
            {str(name): value for name, value in row.items() if not pd.isna(value)}
            for row in found.to_dict('records')])


def folder_of(results: Path, experiment: str) -> Path:
    """Where an experiment's tables are."""
    return results / 'runs' / experiment


def shared(config: dict) -> dict:
    """A run's configuration without the seed: what all runs of an experiment share."""
    settings = {name: value for name, value in config['settings'].items() if name != 'seed'}
    return {**config, 'settings': settings}


def read_table(folder: Path) -> RunTable | None:
    """Read and check an experiment's tables; None if no run has been collected.

    Raises:
        UserError: a file is missing or damaged, or they contradict each other.
    """
    if not (folder / 'runs.csv').exists():
        return None
    config = read_json(folder / 'config.json')
    try:
        known = SETTINGS[config['program']](**config['settings'], seed=0)
        if config['settings'].keys() != as_config(known).keys() - {'seed'}:
            raise KeyError('settings are missing')
        config['dataset']['name'], config['dataset']['digest'], config['dataset']['stand_in']
    except (KeyError, TypeError, UserError) as error:
        raise UserError(f'{folder / "config.json"}: not the settings of an experiment ({error}); '
                        f'{REMAKE_HINT}') from None
    cnn = known.program == 'cnn'
    runs = _read_csv(folder / 'runs.csv', (*COLUMNS, *STATISTICS) if cnn else COLUMNS)
    history = _read_csv(folder / 'history.csv', ('seed', *COLUMNS_OF[known.program]))
    history = history[history['seed'].isin(runs['seed'])].reset_index(drop=True)
    arrays = {name: read_array(folder / f'{name}.npy', len(runs))
              for name in ('test_correct', 'filters') if cnn or name != 'filters'}
    table = RunTable(config, runs, history, arrays['test_correct'], arrays.get('filters'))
    problem = _problem(table, known.steps)
    if problem:
        raise UserError(f'{folder}: {problem}; {REMAKE_HINT}')
    return table


def csv_text(table: pd.DataFrame) -> str:
    """As CSV; floats in the shortest form that reads back exactly."""
    return table.to_csv(index=False, lineterminator='\n')


def read_as_written(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A file of `csv_text`.

    Raises:
        OSError: there is no such file.
        ValueError, TypeError, OverflowError: it is not as `csv_text` writes it.
    """
    text = path.read_text(encoding='utf-8')
    # pandas's own floats are exact in some versions only
    floats = dict.fromkeys(set(columns) - set(KINDS), lambda cell: float(cell or 'nan'))
    with np.errstate(invalid='ignore'):  # numpy warns before pandas refuses
        found = pd.read_csv(io.StringIO(text), converters=floats, dtype=KINDS)
    if tuple(found.columns) != columns or csv_text(found) != text:
        raise ValueError('it is not as it was written')
    return found


def _read_csv(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    try:
        return read_as_written(path, columns)
    except (OSError, ValueError, TypeError, OverflowError) as error:
        raise UserError(f'{path}: not readable as CSV ({error}); {REMAKE_HINT}') from None


def _problem(table: RunTable, steps: int) -> str | None:
    """What is wrong with a table, in words."""
    runs, history = table.runs, table.history
    if runs.empty or runs.isna().any(axis=None):
        return 'a value is missing in runs.csv'
    if any(np.isinf(found.select_dtypes('number').astype(float)).any(axis=None)
           for found in (runs, history)):
        return 'its tables have infinite values'
    if not runs['seed'].is_unique or not runs['test_accuracy'].between(0, 1).all():
        return 'runs.csv has a seed twice, or an accuracy outside 0 and 1'
    if not history.groupby('seed')['step'].apply(
            lambda found: found.is_monotonic_increasing and found.is_unique).all():
        return 'the steps in history.csv are not increasing'
    last = history[history['step'] == steps].set_index('seed').reindex(runs['seed'])
    for name in ('test_accuracy', 'test_loss'):
        if not (last[name].to_numpy() == runs[name].to_numpy()).all():
            return f'{name} in runs.csv is not that of the last step in history.csv'
    for name, shape in (('test_correct', table.test_correct.shape[1:]), ('filters', (5, 5, 1, 32))):
        array = getattr(table, name)
        if array is not None and (array.shape != (len(runs), *shape)
                                  or not np.isfinite(array).all()):
            return f'{name}.npy does not match runs.csv'
    return None


def collect(run: RunDirectory, results: Path) -> None:
    """Move a finished run from its folder into its experiment's tables.

    Raises:
        UserError: the run is not finished, is damaged, or has another configuration than the runs
            that are there.
        OSError: the tables cannot be written; nothing is lost.
    """
    config = read_json(run.config)
    seed, folder = config['settings']['seed'], folder_of(results, config['experiment'])
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / '.lock'):
        remove_unfinished(folder)
        table = read_table(folder)
        refuse_other(folder, table, shared(config))
        if table is None or seed not in table.seeds:
            _append(table, run, shared(config), seed, folder)
    shutil.rmtree(run.path)


def refuse_other(folder: Path, table: RunTable | None, config: dict) -> None:
    """Raise UserError if the runs in ``folder`` have another configuration than ``config``."""
    differing = differences(table.config, config) if table else []
    if differing:
        raise UserError(f'{folder}: holds runs of another configuration ({"; ".join(differing)}); '
                        'give another --results, or move it away')


def _append(table: RunTable | None, run: RunDirectory, config: dict, seed: int,
            folder: Path) -> None:
    metrics = read_metrics(run)
    row = {'seed': seed, **{name: metrics[name] for name in NUMBERS},
           **{name: metrics['versions'].get(name) for name in PACKAGES},
           'processor': metrics['processor'], 'finished': metrics['finished']}
    arrays = {'test_correct': read_array(run.test_correct)}
    if run.filters.exists():
        statistics = read_json(run.activations)
        for quantity in STATISTICS:
            layer, statistic = layer_and_statistic(quantity)
            found = statistics.get(layer)
            if not isinstance(found, dict) or not is_number(found.get(statistic)):
                raise UserError(f'{run.activations}: no {statistic} of {layer} in it; remove '
                                f'{run.path} and run it again')
            row[quantity] = found[statistic]
        arrays['filters'] = read_array(run.filters)
    history = History.read(run.history)
    runs = pd.DataFrame([row])
    rows = pd.DataFrame(history.rows, columns=['seed', *history.columns]).assign(seed=seed)
    if 'iteration' in rows:
        rows['iteration'] = rows['iteration'].astype('Int64')
    if table is None:
        write_json(folder / 'config.json', config)
    else:
        runs = pd.concat([table.runs, runs], ignore_index=True)
        rows = pd.concat([table.history, rows], ignore_index=True)
    for name, array in arrays.items():
        before = [] if table is None else getattr(table, name)
        write_array(folder / f'{name}.npy', np.stack([*before, array]))
    write_whole(folder / 'history.csv', csv_text(rows))
    write_whole(folder / 'runs.csv', csv_text(runs))
