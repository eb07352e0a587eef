"""Where the runs come from: data, versions, machine and dates."""

from dataclasses import dataclass
from typing import Iterable

from elec576.comparison.results import Results, Run
from elec576.settings import training_images

PACKAGES = {'elec576': 'elec576', 'tensorflow': 'TensorFlow', 'numpy': 'numpy', 'python': 'Python'}


@dataclass(frozen=True)
class Origin:
    """The runs on one set of images; where they differ, all values, separated by semicolons."""

    dataset: str
    digest: str  # SHA-256 over the pixels
    images: int  # for training
    runs: int
    versions: dict[str, str]  # by the names of PACKAGES
    threads: str
    processor: str
    first: str  # the dates on which the first and the last run finished, YYYY-MM-DD
    last: str


def origins(results: Results) -> tuple[Origin, ...]:
    """One for each set of images, in the order of the experiments."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in results.all():
        dataset = run.metrics['dataset']
        groups.setdefault((dataset['name'], dataset['digest']), []).append(run)
    return tuple(_origin(*dataset, runs) for dataset, runs in groups.items())


def _origin(dataset: str, digest: str, runs: list[Run]) -> Origin:
    metrics = [run.metrics for run in runs]
    dates = sorted(found['finished'][:len('2000-01-01')] for found in metrics)
    return Origin(dataset, digest, training_images(runs[0].settings), len(runs),
                  {name: _distinct(found['versions'].get(name, '?') for found in metrics)
                   for name in PACKAGES},
                  _distinct(found['threads'] for found in metrics),
                  _distinct(found['processor'] for found in metrics), dates[0], dates[-1])


def _distinct(values: Iterable[object]) -> str:
    return '; '.join(sorted({str(value) for value in values}))
