"""A run's directory: its configuration, its lock, its results.

`config.json` is written first and identifies the run; `metrics.json` is written last and marks it
as finished.
"""

import contextlib
import json
import re
import shutil
from pathlib import Path
from typing import Iterator

import numpy as np
from filelock import FileLock, Timeout

from elec576.errors import Busy, UserError, first_line
from elec576.files import remove_unfinished, write_json
from elec576.machine import own_bits, versions
from elec576.settings import SETTINGS, CnnSettings, RnnSettings, as_config, is_number

# in `metrics.json`
NUMBERS = ('test_accuracy', 'test_loss', 'wall_seconds', 'cpu_seconds')
FACTS = {'dataset': dict, 'versions': dict, 'processor': str, 'finished': str}


class RunDirectory:
    """The paths of all files of a run."""

    def __init__(self, path: Path):
        self.path = path
        self.config = path / 'config.json'
        self.history = path / 'history.csv'
        self.metrics = path / 'metrics.json'
        self.failure = path / 'failure.json'  # why the run cannot finish; most runs have none
        self.test_correct = path / 'test_correct.npy'
        self.activations = path / 'activations.json'
        self.filters = path / 'filters.npy'
        self.curves = path / 'curves.png'
        self.filters_picture = path / 'filters.png'
        self.checkpoints = path / 'checkpoint'
        self.kept = path / 'kept'
        self.events = path / 'events'

    @property
    def contents(self) -> tuple[Path, ...]:
        """Everything but the configuration; first the metrics, which say that it is finished."""
        return (self.metrics, self.history, self.failure, self.test_correct, self.activations,
                self.filters, self.curves, self.filters_picture, self.checkpoints, self.kept,
                self.events)

    def progress(self) -> tuple[int, float] | None:
        """The steps made until the newest checkpoint, and their seconds; None without one."""
        try:
            _, newest = max(steps_in(self.checkpoints).items())
            with np.load(newest / 'progress.npz', allow_pickle=False) as arrays:
                return arrays['step'].item(), arrays['seconds'][0].item()
        except Exception:  # it may just be removed; and damaged bytes raise many types
            return None

    def clear(self) -> None:
        """Remove all but the configuration: the run starts at its first step."""
        for path in self.contents:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def refuse_if_emptied(self) -> None:
        """Raise UserError if the configuration is gone: a run must not continue without it."""
        if not self.config.exists():
            raise UserError(f'{self.path}: was removed or emptied during the run; leave it '
                            'alone and run the same command again, which starts over')


def step_name(step: int) -> str:
    """The name of the folder with what was saved after ``step`` updates."""
    return f'step-{step:08d}'


def steps_in(folder: Path) -> dict[int, Path]:
    """The folders in ``folder`` that are named so, by step, in order."""
    found = {int(path.name.removeprefix('step-')): path for path in folder.glob('step-*')
             if re.fullmatch(r'step-[0-9]{8,}', path.name) and path.is_dir()}
    return dict(sorted(found.items()))


def config_of(settings: CnnSettings | RnnSettings, dataset: dict,
              experiment: str | None = None) -> dict:
    """What `config.json` holds: what the run was started as, and all that decides its bits.

    The program, every setting, TensorFlow's version, the data set's name and digest; and where
    the bits are not those of every processor with AVX2, whose they are: the processor's, or those
    of one process (`elec576.machine.own_bits`).
    """
    return {'program': settings.program, 'experiment': experiment,
            'settings': as_config(settings), **software_and_processor(),
            'dataset': dataset}


def software_and_processor() -> dict:
    """What decides bits besides settings and data, by the names that it has in `config.json`."""
    return {'tensorflow': versions('tensorflow').get('tensorflow'), **own_bits()}


def read_json(path: Path) -> dict:
    """Read a JSON object.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        value = json.loads(path.read_text(encoding='utf-8'))
    except FileNotFoundError:
        raise UserError(f'{path}: no such file') from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f'{path}: not readable as JSON ({error}); restore it, or remove the '
                        f'folder that it is in') from None
    if not isinstance(value, dict):
        raise UserError(f'{path}: not a JSON object')
    return value


def read_array(path: Path, first: int | None = None) -> np.ndarray:
    """Read an array; only its ``first`` entries on request.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        return np.load(path, allow_pickle=False)[:first]
    except Exception as error:  # numpy raises many types for damaged bytes
        raise UserError(f'{path}: not readable as an array ({first_line(error)}); restore it, or '
                        'remove the folder that it is in') from None


def read_settings(run: RunDirectory) -> CnnSettings | RnnSettings:
    """The settings in a run's `config.json`.

    Raises:
        UserError: there is no run, or its configuration is damaged.
    """
    config = read_json(run.config)
    try:
        return SETTINGS[config['program']](**config['settings'])
    except (KeyError, TypeError) as error:
        raise UserError(f'{run.config}: not the configuration of a run ({error})') from None


def read_metrics(run: RunDirectory) -> dict:
    """What a finished run measured, and on what: `NUMBERS` and `FACTS` at least.

    Raises:
        UserError: the run is not finished, or its metrics are damaged.
    """
    metrics = read_json(run.metrics)
    missing = [name for name in NUMBERS if not is_number(metrics.get(name))]
    missing += [name for name, kind in FACTS.items() if not isinstance(metrics.get(name), kind)]
    if not missing:
        missing = [f'dataset {name}' for name in ('name', 'stand_in')
                   if name not in metrics['dataset']]
    if missing:
        raise UserError(f'{run.metrics}: no {missing[0]} in it; remove {run.path} and run it again')
    return metrics


@contextlib.contextmanager
def locked(run: RunDirectory, config: dict) -> Iterator[None]:
    """Lock a run's directory for ``config`` while the context lasts.

    Raises:
        Busy: the folder is in use.
        UserError: the folder cannot be written, or holds another configuration.
    """
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(run.path / '.lock', timeout=0).acquire()
    except Timeout:
        raise Busy(f'{run.path}: another process is writing this run; '
                   'wait for it or give another folder') from None
    except OSError as error:
        raise UserError(f'{run.path}: cannot be written ({error.strerror}); '
                        'give another folder') from None
    with lock:
        if run.config.exists():
            differing = differences(read_json(run.config), config)
            if differing:
                raise UserError(f'{run.path}: holds a run of another configuration '
                                f'({"; ".join(differing)}); move it away or give '
                                'another folder')
        else:
            for found in run.contents:
                if found.exists():
                    raise UserError(f'{run.path}: holds {found.name} of an unknown configuration '
                                    f'({run.config.name} is gone); move it '
                                    'away or give another folder')
            write_json(run.config, config)
        for folder in (run.path, run.checkpoints, run.kept):
            remove_unfinished(folder)
        yield


def differences(old: dict, new: dict) -> list[str]:
    """What differs between two configurations, as `name: old, not new`."""
    def flat(value: dict, prefix: str = '') -> dict:
        items: dict = {}
        for name, part in value.items():
            items.update(flat(part, f'{name} ') if isinstance(part, dict) else
                         {prefix.replace('settings ', '') + name: part})
        return items

    old, new = flat(old), flat(new)
    return [f'{name}: {old.get(name)}, not {new.get(name)}'
            for name in sorted(old | new) if old.get(name) != new.get(name)]
