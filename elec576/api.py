"""The entrance from Python and notebooks: what `import elec576` offers.

Everything here calls what the scripts call. Nothing here loads TensorFlow before a run begins.
"""

from __future__ import annotations

import contextlib
import dataclasses
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

import numpy as np
import pandas as pd

from elec576 import experiments, one_run
from elec576.data import DataOrigin, notice
from elec576.errors import Interrupted, UserError
from elec576.loops.history import History
from elec576.runs.options import Options
from elec576.runs.run import print_line
from elec576.runs.rundir import RunDirectory, read_array, read_json, read_metrics, read_settings
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings, changed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ['CnnSettings', 'Committed', 'FinishedRun', 'RnnSettings', 'check', 'committed',
           'open_run', 'run']


class FinishedRun:
    """A finished run, read from its folder.

    Args:
        path: the folder, as `run` or a script left it.

    Attributes:
        path: the folder.
        settings: `CnnSettings` or `RnnSettings`.
        experiment: the name of the report's experiment that it is, or None.
        test_accuracy: of the trained network on the test set, from 0 to 1.
        test_loss: its cross entropy there.

    Raises:
        UserError: there is no run, it is not finished, or its files are damaged.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._directory = RunDirectory(self.path.absolute())  # a notebook may change its folder
        if not self._directory.config.exists():
            raise UserError(f'{path}: there is no run in this folder')
        if self._directory.failure.exists():
            raise UserError(f'{path}: {read_json(self._directory.failure).get("error")}')
        if not self._directory.metrics.exists():
            raise UserError(f'{path}: this run is not finished; call elec576.run with its settings '
                            'to resume it')
        config, metrics = read_json(self._directory.config), read_metrics(self._directory)
        self.settings = read_settings(self._directory)
        self.experiment: str | None = config.get('experiment')
        self.test_accuracy: float = metrics['test_accuracy']
        self.test_loss: float = metrics['test_loss']
        self._stand_in = f'STAND-IN DATA ({metrics["dataset"]["name"]}), ' * bool(
            metrics['dataset']['stand_in'])

    @cached_property
    def history(self) -> pd.DataFrame:
        """What was measured during training, a row a step.

        The columns are `step` (for a recurrent net also `iteration`), `train_accuracy`,
        `train_loss` (of the step's batch), `test_accuracy` and `test_loss`; NaN where a value was
        not measured.
        """
        found = History.read(self._directory.history)
        table = pd.DataFrame(found.rows, columns=list(found.columns))
        return table.astype({'iteration': 'Int64'}) if 'iteration' in table else table

    @cached_property
    def filters(self) -> np.ndarray | None:
        """LeNet5: the first layer's weights after training, float32 [5, 5, 1, 32]; else None."""
        return read_array(self._directory.filters) if self._is_cnn else None

    @cached_property
    def activations(self) -> pd.DataFrame | None:
        """LeNet5: part 1c's statistics on the test set; for a recurrent net None.

        A row a convolutional layer, `h_conv1` and `h_conv2`; the columns are `mean`,
        `standard_deviation` and `variance`.
        """
        if not self._is_cnn:
            return None
        return pd.DataFrame.from_dict(read_json(self._directory.activations), orient='index')

    def plot(self) -> Figure:
        """The report's figure: accuracy and cross entropy by step, on the batches and the test set.

        Black marks are the numbers that the report prints, if this is one of its experiments (on
        its images). A notebook shows the figure; `plot().savefig(path)` writes it.
        """
        from elec576.pictures.run import curves

        return curves(self._directory)

    @property
    def _is_cnn(self) -> bool:
        return isinstance(self.settings, CnnSettings)

    def __repr__(self) -> str:
        name = self.experiment or experiments.folder_name(self.settings)
        return (f'<run {name}, seed {self.settings.seed}: {self._stand_in}test accuracy '
                f'{self.test_accuracy:.4g}, test loss {self.test_loss:.4g}, in {self.path}>')


class Committed(NamedTuple):
    """The committed runs of an experiment.

    Attributes:
        runs: a row a run: `seed`, `test_accuracy`, `test_loss`, seconds, versions, processor; for
            LeNet5 also the statistics of part 1c.
        history: a row a measurement: `seed`, and the columns of `FinishedRun.history`.
    """

    runs: pd.DataFrame
    history: pd.DataFrame


def run(experiment: str | CnnSettings | RnnSettings, *, out: str | Path | None = None,
        data: str | Path | None = None, events: bool = True, keep_every: int = 0,
        verbose: bool = True, **settings: object) -> FinishedRun:
    """Make a run, resume the one that was interrupted, or open the one that is finished.

    It is the run that `scripts/run_cnn.py` and `scripts/run_rnn.py` make, in the same folder and
    with the same bits. Interrupting it (Ctrl-C, or a notebook's stop button) saves it.

    Args:
        experiment: one of the report's experiments by its name, such as 'cnn1' or 'gru-50', or
            settings of one's own.
        out: the run's folder; `results/local/<experiment>/seed<k>` below the working directory if
            None.
        data: the folder that holds `CIFAR10/` or `MNIST_data/`; if None, `$ELEC576_DATA`, else the
            working directory, the cache, a download, or a stand-in, which says so.
        events: write TensorBoard's event files.
        keep_every: save the weights every so many steps, for `scripts/visualize.py`; 0: never.
        verbose: print the report's lines, and show a progress bar.
        **settings: what differs from ``experiment``, by the names in `CnnSettings` or
            `RnnSettings`; ``seed`` for instance.

    Returns:
        The finished run, with its `history`, `test_accuracy`, `test_loss`, `filters`,
        `activations`, `settings`, `path` and `plot()`: see `elec576.api.FinishedRun`.

    Raises:
        UserError: the settings, the data or the folder cannot be used, or the loss has become NaN.
        Interrupted: it was interrupted; the same call resumes it.

    Example:
        >>> run = elec576.run('gru-50', iterations=3000, seed=1)
        >>> run.history.tail(1)
        >>> run.plot()
    """
    chosen = _settings_of(experiment, settings)
    name = experiment if isinstance(experiment, str) and experiments.name_of(
        chosen, {experiment: experiments.settings_of(experiment)}) else None
    if out is not None and not str(out):
        raise UserError("out='': the name of a folder is needed")
    folder = one_run.default_out(chosen, name) if out is None else Path(out)
    options = Options(data=None if data is None else str(data), experiment=name, events=events,
                      keep_every=keep_every, progress_bar=None if verbose else False)
    with _resumable():
        metrics = one_run.make_run(chosen, folder, options,
                                   print_line if verbose else lambda line: None)
    if not verbose and (loud := notice(DataOrigin(**metrics['dataset']))):
        print_line(loud)
    return FinishedRun(folder)


def open_run(path: str | Path) -> FinishedRun:
    """Open a finished run.

    Args:
        path: its folder.

    Raises:
        UserError: there is no run, it is not finished, or its files are damaged.

    Example:
        >>> elec576.open_run('results/local/cnn1/seed0').test_accuracy
    """
    return FinishedRun(path)


def committed(experiment: str) -> Committed:
    """The committed runs of an experiment, which `results/REPORT.md` is about.

    They are those of the clone that this package is in, whatever the working directory is.

    Args:
        experiment: its name; `cnn-vis` is the run `cnn4`.

    Returns:
        Two tables, ``runs`` and ``history``.

    Raises:
        UserError: no experiment has this name, or there are no committed runs.

    Example:
        >>> runs, history = elec576.committed('cnn1')
        >>> runs['test_accuracy'].describe()
        >>> history.groupby('step')['test_loss'].mean().plot()
    """
    experiments.settings_of(experiment)
    results = _committed_results()
    if results is None:
        raise UserError('no committed runs are installed with elec576; clone its repository and '
                        'install it from there with: pip install -e .')
    table = read_table(folder_of(results, experiments.SAME_RUN.get(experiment, experiment)))
    if table is None:
        raise UserError(f'{experiment}: there are no committed runs of it in {results}')
    return Committed(table.runs, table.history)


def check(experiment: str | CnnSettings | RnnSettings,
          claims: Mapping[str, float | str] | None = None, *, seeds: int = 8,
          data: str | Path | None = None, **more: float | str) -> pd.DataFrame:
    """Is a number plausible? Whether runs of some settings give it, as `scripts/check.py` does.

    The committed runs answer where the settings are an experiment's. Other runs are made, one
    thread each, in `results/local/check/` of the clone, else of the working directory, and kept for
    the next time.

    Args:
        experiment: its name, or settings.
        claims: the numbers by quantity, or by ``'quantity@step'``; a text such as ``'0.980'`` keeps
            the digits that tell how it was rounded.
        seeds: how many runs to judge by, at least. Where they are made, there will be up to 20
            while a claim lies outside or near the edge of their interval.
        data: as for `run`.
        **more: further claims by quantity: the columns of `FinishedRun.history`, or part 1c's
            `h_conv1_mean` and so on.

    Returns:
        A row a claim: `quantity`, `step` (missing: at the end), `value`, `verdict` ('inside',
        'outside' the 95 % prediction interval, or 'too few runs'), the interval's ends `low` and
        `high`, then of the runs `n`, `mean`, `sd` and what they are, `source`; `also`: the
        experiments in whose intervals a value that is outside lies.

    Raises:
        UserError: a claim makes no sense, or there is nothing to judge it by.
        Interrupted: runs were being made; the same call goes on.

    Example:
        >>> elec576.check('cnn1', {'train_loss@1000': 1.08}, test_accuracy=0.49)
    """
    from elec576.checking.answers import committed as judged_by_committed
    from elec576.checking.answers import judge, own
    from elec576.checking.claims import Asked, parse, refuse_unmeasurable
    from elec576.comparison.first_steps import read_first_steps
    from elec576.comparison.prediction import SEEDS_FOR_INTERVAL
    from elec576.comparison.results import read_results

    settings = dataclasses.replace(_settings_of(experiment, {}), threads=1)
    asked = [Asked(settings, parse(f'{quantity}={value}'))
             for quantity, value in {**(claims or {}), **more}.items()]
    if not asked:
        raise UserError('there is nothing to check; give a number, such as test_accuracy=0.49')
    for one in asked:
        refuse_unmeasurable(one)
    folder, data = _committed_results() or Path('results'), None if data is None else str(data)
    results = read_results(folder, allow_empty=True)
    first_steps = read_first_steps(folder, results)
    found, left = judged_by_committed(asked, results, first_steps, seeds, data)
    if left and seeds < SEEDS_FOR_INTERVAL:
        raise UserError(f'seeds={seeds}: an interval needs {SEEDS_FOR_INTERVAL} or more')
    with _resumable():
        found |= own(left, folder / 'local' / 'check', seeds, data)
    rows = []
    for (_, claim), by, judged, others in judge(asked, found, results, first_steps):
        rows.append({
            'quantity': claim.quantity, 'step': claim.step, 'value': claim.number,
            'verdict': {True: 'inside', False: 'outside', None: 'too few runs'}[judged.compatible],
            'low': judged.low, 'high': judged.high, 'n': judged.n, 'mean': judged.mean,
            'sd': judged.sd,
            'source': 'committed runs' if by.data is None else f'own runs, {by.data}',
            'also': ', '.join(name for name, fits in (others or {}).items() if fits)})
    return pd.DataFrame(rows).astype({'step': 'Int64'})


def _committed_results() -> Path | None:
    """`results/` of the clone that this package is in."""
    results = Path(__file__).resolve().parents[1] / 'results'
    return results if (results / 'runs').is_dir() else None


def _settings_of(experiment: str | CnnSettings | RnnSettings, changes: Mapping[str, object]
                 ) -> CnnSettings | RnnSettings:
    """``experiment``'s settings with ``changes``."""
    base = experiments.settings_of(experiment) if isinstance(experiment, str) else experiment
    if not isinstance(base, (CnnSettings, RnnSettings)):
        raise UserError(f'{base!r}: neither the name of an experiment nor CnnSettings(...) or '
                        'RnnSettings(...)')
    names = [item.name for item in dataclasses.fields(base)]
    for name in changes:
        if name not in names:
            raise UserError(f'{name}: {type(base).__name__} has no such setting; it has '
                            f'{", ".join(names)}')
    return changed(base, {name: value.item() if isinstance(value, np.generic) else value
                          for name, value in changes.items()})


@contextlib.contextmanager
def _resumable() -> Iterator[None]:
    """Make an interruption one line that says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted('interrupted; the same call goes on from what is saved') from None
    except Interrupted as interruption:
        raise Interrupted(f'{interruption}; the same call resumes it') from None
