"""The curves of an experiment's seeds with their band, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from elec576.comparison.results import Run
from elec576.comparison.statistics import possible_range, summarise


@dataclass(frozen=True)
class Curves:
    """One quantity over training; steps that not every run measured are left out."""

    steps: np.ndarray  # [steps]
    seeds: tuple[int, ...]
    values: np.ndarray  # [seeds, steps]
    mean: np.ndarray  # [steps]
    band: np.ndarray | None  # [2, steps]: 95 % prediction interval; None with too few runs


def curves(runs: tuple[Run, ...], quantity: str) -> Curves:
    """The curves of ``quantity`` in ``runs``, one or more of one experiment."""
    columns = [dict(zip(*run.history.column(quantity))) for run in runs]
    steps = sorted(set.intersection(*(set(column) for column in columns)))
    values = np.array([[column[step] for step in steps] for column in columns])
    summaries = [summarise(values[:, k], possible_range(quantity)) for k in range(len(steps))]
    band = None
    if summaries and summaries[0].low is not None:
        band = np.array([[summary.low for summary in summaries],
                         [summary.high for summary in summaries]])
    return Curves(np.array(steps), tuple(run.seed for run in runs), values,
                  np.array([summary.mean for summary in summaries]), band)
