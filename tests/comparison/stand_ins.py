"""Runs in memory with what a test says that they gave; nothing is read or written."""

import dataclasses
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

import numpy as np

from elec576.claims.plan import EVALUATIONS_APART, FIRST_SEED, LAST_EVALUATIONS
from elec576.comparison.results import Results
from elec576.experiments import settings_of
from elec576.settings import CnnSettings


@dataclass
class StandIn:
    """What the comparison asks of a run."""

    seed: int
    settings: object
    values: dict[str, dict[int, float]]  # by quantity and step
    metrics: dict = field(default_factory=dict)
    test_correct: ClassVar[np.ndarray] = np.ones(8, bool)  # of every run: nothing to add

    def measured(self, quantity: str) -> dict[int, float]:
        return self.values.get(quantity, {})


class StandIns:
    """What the comparison asks of results: the runs of an experiment."""

    def __init__(self, **runs):
        self.runs = {name.replace('_', '-'): tuple(found) for name, found in runs.items()}

    def of(self, experiment: str) -> tuple[StandIn, ...]:
        return self.runs.get(experiment, ())

    def final(self, experiment: str, quantity: str, processor: str | None = None
              ) -> tuple[float, ...]:
        return tuple(run.metrics[quantity] for run in self.of(experiment)
                     if processor in (None, run.metrics['processor']))

    timing_processor = Results.timing_processor


def run(name: str, seed: int, accuracy: float, cpu_seconds: float = 100.0, processor: str = 'one',
        threads: int = 1, final: float | None = None) -> StandIn:
    """A run of ``name`` whose compared accuracy is ``accuracy``.

    Args:
        final: the accuracy at the last step, if it is another one.
    """
    settings = _settings(name)
    final = accuracy if final is None else final
    values = {}
    if isinstance(settings, CnnSettings):
        others = (LAST_EVALUATIONS * accuracy - final) / (LAST_EVALUATIONS - 1)
        values = {settings.steps - back * EVALUATIONS_APART: others
                  for back in range(LAST_EVALUATIONS - 1, 0, -1)}
    return StandIn(seed, settings, {'test_accuracy': {**values, settings.steps: final}},
                   {'test_accuracy': final, 'cpu_seconds': cpu_seconds, 'processor': processor,
                    'threads': threads})


@cache
def _settings(name: str):
    return dataclasses.replace(settings_of(name), threads=1)


def runs(name: str, accuracies, first: int = FIRST_SEED, **more) -> list[StandIn]:
    """A run for each of ``accuracies``, at seeds from ``first`` on."""
    return [run(name, first + k, accuracy, **more) for k, accuracy in enumerate(accuracies)]
