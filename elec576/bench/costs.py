"""What a run pays for its checkpoints and its TensorBoard events."""

from __future__ import annotations

import dataclasses
import math
from typing import Callable, Sequence

from elec576.bench import work
from elec576.bench.against_listing import TRAIN
from elec576.bench.remote import Worker
from elec576.bench.timing import Summary, interleave, say, steps_for
from elec576.settings import CnnSettings, RnnSettings

# The names of `elec576.bench.ours`, which loads TensorFlow and is therefore not imported here.
CHECKPOINT, HISTOGRAMS, SCALARS = 'checkpoint', 'histograms', 'scalars'
# As `elec576.runs.run` spaces checkpoints: so many seconds, and so many times the last one's cost.
SECONDS_APART, COSTS_APART = 10.0, 100


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 5
    seconds: float = 0.3


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds of one training step and of one saving of each kind; shares of a whole run."""

    step: Summary
    checkpoint: Summary
    histograms: Summary
    scalars: Summary
    checkpoint_share: float
    events_share: float


def shares(settings: CnnSettings | RnnSettings, step: float, checkpoint: float, histograms: float,
           scalars: float) -> tuple[float, float]:
    """The shares of a run's training time that its checkpoints and its events take.

    Args:
        settings: of a run that evaluates and logs as it does unasked.
        step, checkpoint, histograms, scalars: seconds of one.
    """
    training = settings.steps * step
    apart = max(SECONDS_APART, COSTS_APART * checkpoint)
    rows_every, detail_every = (
        (settings.eval_every, settings.log_every) if isinstance(settings, CnnSettings) else
        (settings.display_step, settings.eval_every))
    return (checkpoint * (1 + math.floor(training / apart)) / training,
            (histograms * (1 + settings.steps // detail_every)
             + scalars * (1 + settings.steps // rows_every)) / training)


def measure(models: Sequence[str], threads: int, effort: Effort = Effort(),
            report: Callable[[str], None] = say) -> dict[str, Costs]:
    """Time steps and savings of ``models``, turn by turn."""
    found = {}
    with Worker('elec576', threads) as worker:
        for model in models:
            report(f'{model}: checkpoints and events, {threads} threads')
            turns = {}
            for variant in (TRAIN, CHECKPOINT, HISTOGRAMS, SCALARS):
                worker.steps(model, variant, 1)
                steps = steps_for(effort.seconds, worker.steps(model, variant, 1), least=1)
                turns[variant] = (lambda variant=variant, steps=steps:
                                  worker.steps(model, variant, steps) / steps)
            summaries = [Summary.of(samples)
                         for samples in interleave(turns, effort.rounds).values()]
            found[model] = Costs(*summaries, *shares(
                work.OF_THE_REPORT[model], *(summary.median for summary in summaries)))
            worker.forget()
    return found
