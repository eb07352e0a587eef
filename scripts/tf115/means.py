"""Whole runs: those of the listings on TensorFlow 1.15.5 beside ours, by their means."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from scipy import optimize, stats

from elec576.comparison.prediction import Summary, summarise
from elec576.comparison.results import Results
from elec576.errors import UserError
from elec576.telling.markdown import table
from elec576.telling.words import digits

LEVEL, POWER = 0.05, 0.80
RUNS_FOR_TEST = 3
EXPERIMENTS = ('cnn1', 'gru-128')  # that are trained on 1.15
FOLDER = 'tf115'  # of results/, with their runs


@dataclass(frozen=True)
class WholeRun:
    """A run on TensorFlow 1.15.5, as `results/tf115/<experiment>/seed<k>.json` keeps it."""

    test_accuracy: float
    test_loss: float
    wall_seconds: float
    cpu_seconds: float
    dataset: dict[str, object]
    threads: int
    versions: dict[str, str]
    processor: str
    finished: str
    history: tuple[dict[str, float], ...]


def run_path(results: Path, experiment: str, seed: int) -> Path:
    """The file of a run."""
    return results / FOLDER / experiment / f'seed{seed}.json'


def read_whole_runs(results: Path) -> dict[str, tuple[WholeRun, ...]]:
    """The runs below ``results``/tf115, by experiment; those without any are left out.

    Raises:
        UserError: a file is not what `scripts/golden_tf115.py --train` writes.
    """
    found = {}
    for experiment in EXPERIMENTS:
        paths = sorted(run_path(results, experiment, 0).parent.glob('seed*.json'))
        if paths:
            found[experiment] = tuple(_read(path) for path in paths)
    return found


def _read(path: Path) -> WholeRun:
    try:
        run = WholeRun(**json.loads(path.read_text()))
        if not (0 <= run.test_accuracy <= 1 and run.test_loss >= 0 and run.dataset['digest']):
            raise ValueError('a value out of range')
        return run
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f'{path}: not a run on TensorFlow 1.15 ({error}); remove it and make it '
                        f'again with python scripts/golden_tf115.py --env DIR --train') from None


@dataclass(frozen=True)
class SameMeans:
    """Final test accuracies of one experiment on TensorFlow 1.15.5 and ours.

    Attributes:
        low, high: the 95 % interval of the difference of the means, ours minus 1.15's.
        p: of Welch's t-test of equal means; None with too few runs, as all that follows n.
        detectable: the smallest difference that the test would find in 80 of 100 such comparisons.
    """

    experiment: str
    tf115: Summary
    ours: Summary
    version: str  # of TensorFlow 1
    our_versions: str
    difference: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    detectable: float | None = None


def compare_means(results: Results, folder: Path) -> tuple[SameMeans, ...]:
    """One test for each experiment that both have runs of.

    Args:
        folder: the one with `tf115/`.

    Raises:
        UserError: a run on 1.15 is damaged or was made on other data than ours.
    """
    found = []
    for experiment, theirs in read_whole_runs(folder).items():
        ours = results.of(experiment)
        if not ours:
            continue
        for run in theirs:
            if run.dataset['digest'] != ours[0].metrics['dataset']['digest']:
                raise UserError(f'{folder}: {experiment} on TensorFlow 1.15 was trained on other '
                                f'data than our runs; compare runs on the same data only')
        our_versions = sorted({run.metrics['versions'].get('tensorflow', '?') for run in ours})
        found.append(_same_means(
            experiment, theirs, results.final(experiment, 'test_accuracy'),
            ', '.join(our_versions)))
    return tuple(found)


def _same_means(experiment: str, theirs: tuple[WholeRun, ...], ours: Sequence[float],
                our_versions: str) -> SameMeans:
    values = [run.test_accuracy for run in theirs]
    one, two = summarise(values), summarise(ours)
    assert one.mean is not None and two.mean is not None  # both have runs
    version = ', '.join(sorted({run.versions['tensorflow'] for run in theirs}))
    known = (experiment, one, two, version, our_versions, two.mean - one.mean)
    if (min(one.n, two.n) < RUNS_FOR_TEST or one.sd is None or two.sd is None
            or one.sd == two.sd == 0):
        return SameMeans(*known)
    test = stats.ttest_ind(ours, values, equal_var=False)
    interval = test.confidence_interval(1 - LEVEL)
    return SameMeans(*known, float(interval.low), float(interval.high), float(test.pvalue),
                     detectable_difference(one.sd, one.n, two.sd, two.n))


def detectable_difference(sd1: float, n1: int, sd2: float, n2: int, level: float = LEVEL,
                          power: float = POWER) -> float:
    """The difference of means that Welch's two-sided t-test finds with probability ``power``.

    The test statistic of groups with these spreads follows about a noncentral t distribution with
    Welch's degrees of freedom; the noncentrality that gives ``power`` times the standard error of
    the difference is the answer.
    """
    error = math.sqrt(sd1**2 / n1 + sd2**2 / n2)
    freedom = error**4 / ((sd1**2 / n1)**2 / (n1 - 1) + (sd2**2 / n2)**2 / (n2 - 1))
    limit = stats.t.ppf(1 - level / 2, freedom)

    # what lies beyond the other limit has the wrong sign, and next to no probability
    return error * optimize.brentq(
        lambda shift: stats.nct.sf(limit, freedom, shift) - power, 0.0, 50.0)


def section(found: Sequence[SameMeans]) -> list[str]:
    """The paragraphs of `results/TF115.md` on whole runs; none without any."""
    if not found:
        return []
    rows = [(f'`{means.experiment}`', means.tf115.n, digits(means.tf115.mean),
             digits(means.tf115.sd, 2), means.ours.n, digits(means.ours.mean),
             digits(means.ours.sd, 2), f'{means.difference:+.4f}',
             '–' if means.low is None else f'{means.low:+.4f} … {means.high:+.4f}',
             digits(means.p, 2), digits(means.detectable, 2)) for means in found]
    return [
        '## Whole runs',
        "The listings, trained to the end; the CNN's evaluates rarely there, which draws other "
        'dropout noise. So the distributions of the final test accuracy are compared, not run with '
        'run. Runs of one seed begin with the same weights and batches on both sides; the test '
        'takes them for independent, which can only hide a difference.',
        table(('experiment', 'n, 1.15', 'mean', 'sd', 'n, ours', 'mean', 'sd', 'ours - 1.15',
               '95 % interval', "Welch's p", f'a difference found with {100 * POWER:.0f} %'), rows),
        '\n'.join(f'- {_words(means)}' for means in found)]


def _words(means: SameMeans) -> str:
    """Whether an experiment's mean on TensorFlow 1.15 differs from ours, and how sure that is."""
    start = (f'`{means.experiment}`: mean {digits(means.tf115.mean)} on TensorFlow '
             f'{means.version}, {digits(means.ours.mean)} on {means.our_versions}')
    if means.p is None:
        return f'{start}; too few runs to test.'
    verdict = 'the means differ' if means.p < LEVEL else 'no difference was found'
    return (f'{start}: {verdict} (p = {means.p:.2g}); a true difference of '
            f'{digits(means.detectable, 2)} or more would be found with {100 * POWER:.0f} % '
            f'probability, a smaller one more often missed.')
