"""The curves of an experiment's seeds with their band, ready to be drawn."""

from dataclasses import dataclass

import numpy as np

from elec576.comparison.prediction import Reference
from elec576.comparison.results import Run


@dataclass(frozen=True)
class Curves:
    """One quantity over training; steps that not every run measured are left out."""

    steps: np.ndarray  # [steps]
    seeds: tuple[int, ...]
    values: np.ndarray  # [seeds, steps]
    mean: np.ndarray  # [steps]
    band: np.ndarray | None  # [2, steps]: 95 % prediction interval; None with too few runs


def curves(runs: tuple[Run, ...], quantity: str) -> Curves:
    """The curves of ``quantity`` in ``runs``, one or more of one experiment.

    The band is the interval by which a number at that step is judged, step by step.
    """
    measured = [run.measured(quantity) for run in runs]
    steps = sorted(set.intersection(*(set(values) for values in measured)))
    values = np.array([[found[step] for step in steps] for found in measured])
    references = [Reference.of(quantity, step, runs) for step in steps]
    band = None
    if references and references[0].enough:
        band = np.array([reference.interval() for reference in references]).T
    return Curves(np.array(steps), tuple(run.seed for run in runs), values, values.mean(axis=0),
                  band)
