"""One-thread runs on all cores at the same time, or runs of all cores one after the other."""

from __future__ import annotations

import dataclasses
from typing import Callable, Sequence

from elec576.bench.against_frameworks import OURS, Effort, Setting, crew
from elec576.bench.against_listing import TRAIN
from elec576.bench.timing import Summary, interleave, say, steps_for


@dataclasses.dataclass(frozen=True)
class Pair:
    """Wall seconds per step made, by either way."""

    side_by_side: Summary
    one_after_another: Summary

    @property
    def gain(self) -> float:
        """How many times as fast runs side by side are."""
        return self.one_after_another.median / self.side_by_side.median


def measure(models: Sequence[str], cores: int, effort: Effort = Effort(),
            report: Callable[[str], None] = say) -> dict[str, Pair]:
    """Time ``models`` both ways, turn by turn."""
    pairs = {}
    with crew([OURS], 1, cores) as narrow, crew([OURS], cores, 1) as wide:
        for model in models:
            report(f'{model}, {cores} runs side by side or one after the other')
            ways = {Setting(1, cores): narrow[OURS], Setting(cores, 1): wide[OURS]}
            turns = {}
            for setting, workers in ways.items():
                for worker in workers:
                    worker.steps(model, TRAIN, 1)
                seconds = setting.step_seconds(workers, model, TRAIN, 1)
                steps = steps_for(effort.seconds, seconds, least=1)
                turns[setting] = (lambda setting=setting, workers=workers, steps=steps:
                                  setting.step_seconds(workers, model, TRAIN, steps))
            pairs[model] = Pair(*map(Summary.of, interleave(turns, effort.rounds).values()))
            for worker in (*narrow[OURS], *wide[OURS]):
                worker.forget()
    return pairs
