"""What the report's 23 experiments take, one seed, one after another: computed, not run.

A run is `fixed + steps x step` and, for the recurrent networks, what its evaluations on the test
set take. The listing's way evaluates inside its step (CNN), or twice at the end (RNN). `fixed` is
what a run of a single step takes from the command line to the end.
"""

from __future__ import annotations

import dataclasses
from typing import Mapping

from elec576.bench import work
from elec576.bench.against_listing import DISPLAY, EVALUATE, LISTING, Row
from elec576.bench.timing import Summary
from elec576.experiments import EXPERIMENTS
from elec576.settings import CnnSettings


@dataclasses.dataclass(frozen=True)
class Way:
    """One experiment done in one way."""

    fixed: float  # seconds
    steps: int
    step: float  # seconds
    evaluations: int = 0  # on the test set, besides the steps
    evaluation: float = 0.0  # seconds

    @property
    def seconds(self) -> float:
        return self.fixed + self.steps * self.step + self.evaluations * self.evaluation

    def __str__(self) -> str:
        evaluations = (f' + {self.evaluations} x {1000 * self.evaluation:.0f} ms'
                       if self.evaluations else '')
        return f'{self.fixed:.1f} s + {self.steps} x {1000 * self.step:.1f} ms{evaluations}'


def arithmetic(rows: Mapping[str, Row], fixed: Mapping[str, Summary]
               ) -> dict[str, tuple[Way, Way]]:
    """Every experiment's two ways: the listing's and ours, which evaluates as it does unasked.

    Args:
        rows: `against_listing.measure` of every name in `work.OF_THE_REPORT`.
        fixed: `against_listing.measure_whole_starts`.
    """
    ways = {}
    for name, settings in EXPERIMENTS.items():
        row = {variant: summary.median for variant, summary in rows[work.name_of(settings)].items()}
        if isinstance(settings, CnnSettings):
            ways[name] = (
                Way(fixed['cnn listing'].median, settings.steps, row[LISTING]),
                Way(fixed['cnn elec576'].median, settings.steps,
                    row[f'eval-every {settings.eval_every}']))
        else:
            evaluations = settings.steps // settings.eval_every
            ways[name] = (
                Way(fixed['rnn listing'].median, settings.steps, row[LISTING]),
                Way(fixed['rnn elec576'].median, settings.steps, row[DISPLAY],
                    evaluations, row[EVALUATE]))
    return ways


def total(ways: Mapping[str, tuple[Way, Way]]) -> tuple[float, float]:
    """Seconds of all experiments, the listing's way and ours."""
    listing, ours = zip(*ways.values())
    return sum(way.seconds for way in listing), sum(way.seconds for way in ours)


def of_the_listings(ways: Mapping[str, tuple[Way, Way]]) -> dict[str, tuple[Way, Way]]:
    """Without `cnn-mnist`: its program was assignment 1's, which the report does not print.

    Were it the listing, it would evaluate twice on MNIST's 10000 test images at every step.
    """
    return {name: pair for name, pair in ways.items()
            if work.name_of(EXPERIMENTS[name]) != work.LENET5_MNIST}
