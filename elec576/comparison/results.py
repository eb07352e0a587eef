"""Finished runs, read from `results/runs/<experiment>/seed<k>/` and checked.

A run that is not what its place says (another configuration, damaged, other data than its fellows)
stops the comparison: a table that quietly left it out would be a different table. Runs that are
missing, unfinished, failed or made on the stand-in are left out, and `Results.notices` say so.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import numpy as np

from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, FREE, named
from elec576.loops.history import History
from elec576.claims.numbers import reported
from elec576.claims.questions import QUESTIONS, STATISTICS, layer_and_statistic
from elec576.runs.rundir import RunDirectory, read_json, read_settings
from elec576.settings import CnnSettings, RnnSettings, flag_of, is_number

AGAIN = 'remove the folder and run it again with scripts/reproduce.py'
_METRICS = {  # what a run's metrics hold: kind and, for numbers, range
    'test_accuracy': (0.0, 1.0), 'test_loss': (0.0, math.inf), 'wall_seconds': (0.0, math.inf),
    'cpu_seconds': (0.0, math.inf), 'threads': (1, math.inf), 'processor': str, 'finished': str,
    'dataset': dict, 'versions': dict}


@dataclass(frozen=True)
class Run:
    """A finished run; everything in it has been checked."""

    experiment: str
    seed: int
    settings: CnnSettings | RnnSettings
    history: History
    metrics: dict
    statistics: dict[str, float]  # by quantity, 'h_conv1_mean' and so on; empty for an RNN
    path: Path

    def value(self, quantity: str, step: int) -> float | None:
        """``quantity`` before the update of ``step``, or None if it was not measured there."""
        if quantity in STATISTICS:
            return self.statistics.get(quantity) if step == self.settings.steps else None
        return dict(zip(*self.history.column(quantity))).get(step)

    def filters(self) -> np.ndarray:
        """The first layer's weights after training, float32 [5, 5, 1, 32].

        Raises:
            UserError: the file is missing or holds something else.
        """
        path = self.path / 'filters.npy'
        try:
            filters = np.load(path, allow_pickle=False)
        except Exception as error:  # whatever numpy makes of damaged bytes
            raise UserError(f'{path}: no readable filters ({error}); {AGAIN}') from None
        if filters.shape != (5, 5, 1, 32) or not np.isfinite(filters).all():
            raise UserError(f'{path}: not the 5x5x1x32 numbers of the first layer; {AGAIN}')
        return filters


@dataclass(frozen=True)
class Results:
    """All finished runs by experiment, in the experiments' order, each list by seed."""

    runs: dict[str, tuple[Run, ...]]
    notices: tuple[str, ...]

    def of(self, experiment: str) -> tuple[Run, ...]:
        """The runs of ``experiment``, perhaps none."""
        return self.runs.get(experiment, ())

    def all(self) -> tuple[Run, ...]:
        return tuple(run for runs in self.runs.values() for run in runs)

    def values(self, experiment: str, quantity: str, step: int) -> tuple[float, ...]:
        """``quantity`` at ``step`` in each run of ``experiment``, by seed."""
        return tuple(run.value(quantity, step) for run in self.of(experiment))

    def cpu_seconds(self, experiment: str) -> tuple[float, ...]:
        """The processor time of each run of ``experiment``, by seed."""
        return tuple(float(run.metrics['cpu_seconds']) for run in self.of(experiment))


def read_results(folder: Path) -> Results:
    """Read and check every run below ``folder``/runs.

    Raises:
        UserError: there is no finished run on real data, or a run is not what its place says; the
            message names the file.
    """
    runs, unfinished, failed, stand_in = {}, [], [], []
    for experiment in EXPERIMENTS | EVIDENCE:
        for seed, path in _seeds(folder / 'runs' / experiment):
            directory = RunDirectory(path)
            if directory.failure.exists():
                failed.append(f'{experiment} seed {seed}')
                continue
            if not directory.metrics.exists():
                unfinished.append(f'{experiment} seed {seed}')
                continue
            run = _read_run(experiment, seed, directory)
            if run.metrics['dataset']['stand_in']:
                stand_in.append(f'{experiment} seed {seed}')
            else:
                runs.setdefault(experiment, []).append(run)
    _refuse_strangers(folder / 'runs')
    if not runs:
        what = ('every finished run is on the stand-in data' if stand_in else
                'every run failed' if failed and not unfinished else
                'no run is finished' if unfinished else 'there are no runs')
        raise UserError(f'{folder / "runs"}: {what}; make some with '
                        f'python scripts/reproduce.py, or say where they are with --results DIR')
    results = Results({name: tuple(found) for name, found in runs.items()}, ())
    _check_data(results)
    notices = [f'Left out, made on the stand-in data: {", ".join(stand_in)}.'] * bool(stand_in)
    notices += [f'Left out, not finished: {", ".join(unfinished)}.'] * bool(unfinished)
    notices += [f'Failed, for their loss became NaN or infinite: {", ".join(failed)}.'
                ] * bool(failed)
    return dataclasses.replace(results, notices=(*notices, *_unevenness(results)))


def _seeds(folder: Path) -> Iterable[tuple[int, Path]]:
    """The runs of an experiment, by seed."""
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        match = re.fullmatch(r'seed(0|[1-9]\d*)', path.name)
        if match and path.is_dir():
            found.append((int(match[1]), path))
        elif not path.name.startswith('.'):
            raise UserError(f'{path}: not the folder of a run (seed0, seed1, ...); move it away')
    return sorted(found)


def _refuse_strangers(folder: Path) -> None:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.name not in EXPERIMENTS | EVIDENCE and not path.name.startswith('.'):
                raise UserError(f'{path}: no experiment has this name; move it away')


def _read_run(experiment: str, seed: int, directory: RunDirectory) -> Run:
    try:
        settings = read_settings(directory)
    except UserError as error:
        where = '' if str(directory.config) in str(error) else f'{directory.config}: '
        raise UserError(f'{where}{error}; {AGAIN}') from None
    expected = named(experiment)
    free = {name: getattr(settings, name) for name in FREE if hasattr(settings, name)}
    if type(settings) is not type(expected):
        raise UserError(f'{directory.config}: the configuration of another program than '
                        f'{experiment}\'s; {AGAIN}')
    expected = dataclasses.replace(expected, **free | {'seed': seed})
    for item in dataclasses.fields(settings):
        ours, theirs = getattr(settings, item.name), getattr(expected, item.name)
        if ours != theirs:
            raise UserError(f'{directory.config}: {flag_of(item.name)} {ours}, but {experiment} '
                            f'seed {seed} has {theirs}; {AGAIN}')
    metrics = _read_metrics(directory)
    if metrics['threads'] != settings.threads:
        raise UserError(f'{directory.metrics}: {metrics["threads"]} threads, but config.json says '
                        f'{settings.threads}; {AGAIN}')
    history = History.read(directory.history)
    statistics = {}
    if isinstance(settings, CnnSettings):
        statistics = _read_statistics(directory.path / 'activations.json')
    run = Run(experiment, seed, settings, history, metrics, statistics, directory.path)
    _check_history(run, directory)
    return run


def _read_metrics(directory: RunDirectory) -> dict:
    metrics = read_json(directory.metrics)
    for name, kind in _METRICS.items():
        if name not in metrics:
            raise UserError(f'{directory.metrics}: {name} is missing; {AGAIN}')
        value = metrics[name]
        good = (isinstance(value, kind) if isinstance(kind, type)
                else is_number(value) and kind[0] <= value <= kind[1])
        if not good:
            raise UserError(f'{directory.metrics}: {name} is {value!r}; {AGAIN}')
    for name, kind in (('name', str), ('digest', str), ('stand_in', bool)):
        if not isinstance(metrics['dataset'].get(name), kind):
            raise UserError(f'{directory.metrics}: the data set has no {name}; {AGAIN}')
    return metrics


def _read_statistics(path: Path) -> dict[str, float]:
    layers = read_json(path)
    statistics = {}
    for quantity in STATISTICS:
        layer, statistic = layer_and_statistic(quantity)
        part = layers.get(layer)
        value = part.get(statistic) if isinstance(part, dict) else None
        if not is_number(value):
            raise UserError(f'{path}: {layer} {statistic} is {value!r}; {AGAIN}')
        statistics[quantity] = float(value)
    return statistics


def _check_history(run: Run, directory: RunDirectory) -> None:
    """The history ends as the metrics say, is of numbers, and has every step that is compared."""
    steps = [row['step'] for row in run.history.rows]
    if steps != sorted(set(steps)):
        raise UserError(f'{directory.history}: the steps do not ascend; {AGAIN}')
    if not all(math.isfinite(value) for row in run.history.rows for value in row.values()):
        raise UserError(f'{directory.history}: not all values are finite numbers; {AGAIN}')
    for quantity in ('test_accuracy', 'test_loss'):
        last = run.value(quantity, run.settings.steps)
        if last != run.metrics[quantity]:
            raise UserError(f'{directory.history}: {quantity} after {run.settings.steps} steps is '
                            f'{last}, but metrics.json says {run.metrics[quantity]}; {AGAIN}')
    needed = [(value.quantity, value.step) for value in reported(run.experiment)]
    needed += [(quantity, question.step) for question in QUESTIONS
               for _, experiment in question.readings if experiment == run.experiment
               for quantity in question.quantities]
    for quantity, step in needed:
        if run.value(quantity, step) is None:
            raise UserError(f'{directory.history}: no {quantity} at step {step}; {AGAIN}')


def _check_data(results: Results) -> None:
    """Runs of the same images have one digest; a digest is over the images that a run uses."""
    digests: dict = {}
    names: dict = {}
    for run in results.all():
        kind = getattr(run.settings, 'dataset', 'mnist')
        counts = (getattr(run.settings, 'train_per_class', None),
                  getattr(run.settings, 'test_per_class', None))
        dataset = run.metrics['dataset']
        for known, key, what in ((digests, (kind, *counts), 'digest'), (names, kind, 'name')):
            first = known.setdefault(key, run)
            if dataset[what] != first.metrics['dataset'][what]:
                raise UserError(f'{RunDirectory(run.path).metrics}: the data set\'s {what} is '
                                f'{dataset[what]}, but {first.metrics["dataset"][what]} in '
                                f'{first.path}; compare runs on the same data only')


def _unevenness(results: Results) -> list[str]:
    """What a reader should know: seeds that others have, experiments without runs, differences."""
    notices = []
    parts: dict[object, list[str]] = {}
    for name, settings in (EXPERIMENTS | EVIDENCE).items():
        parts.setdefault((type(settings), settings.steps == 1), []).append(name)
    missing, without = [], []
    for names in parts.values():
        seeds = {run.seed for name in names for run in results.of(name)}
        for name in names:
            own = {run.seed for run in results.of(name)}
            if not own:
                without.append(name)
            missing += [f'{name} seed {seed}' for seed in sorted(seeds - own) if own]
    notices += [f'No finished run of: {", ".join(without)}.'] * bool(without)
    notices += [f'Missing, though others of their part have it: {", ".join(missing)}.'
                ] * bool(missing)
    for what, of in (('thread counts', lambda run: run.metrics['threads']),
                     ('processors', lambda run: run.metrics['processor']),
                     ('TensorFlow versions', lambda run: run.metrics['versions'].get('tensorflow')),
                     ('elec576 versions', lambda run: run.metrics['versions'].get('elec576'))):
        kinds = sorted({str(of(run)) for run in results.all()})
        if len(kinds) > 1:
            notices.append(f'The runs differ in their {what}: {"; ".join(kinds)}.')
    return notices
