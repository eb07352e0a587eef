"""From a fresh process to the first training step, and the memory that training takes."""

from __future__ import annotations

import dataclasses
import time
from typing import Callable, Sequence

from elec576.bench import remote
from elec576.bench.against_frameworks import FRAMEWORKS, OURS
from elec576.bench.remote import Worker
from elec576.bench.timing import Summary, interleave, say


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    starts: int = 3
    steps: int = 20  # after which the memory is looked at


@dataclasses.dataclass(frozen=True)
class Start:
    """One way to start one model."""

    first_step: Summary  # seconds from the start of the process
    peak_bytes: Summary  # largest resident set


def measure(models: Sequence[str], threads: int, effort: Effort = Effort(),
            report: Callable[[str], None] = say) -> dict[str, dict[str, Start]]:
    """By model and way. The frameworks start in the variant that needs no compiler."""
    ways = [OURS, *filter(remote.available, FRAMEWORKS)]
    found = {}
    for model in models:
        report(f'{model}: start-up and memory')
        peaks: dict[str, list[float]] = {way: [] for way in ways}

        def start(way: str) -> float:
            before = time.perf_counter()
            with Worker(way, threads) as worker:
                variant = worker.variants(model)[0]
                worker.steps(model, variant, 1)
                seconds = time.perf_counter() - before
                worker.steps(model, variant, effort.steps)
                peaks[way].append(worker.peak_bytes)
            return seconds

        seconds = interleave({way: (lambda way=way: start(way)) for way in ways}, effort.starts)
        found[model] = {way: Start(Summary.of(seconds[way]), Summary.of(peaks[way]))
                        for way in ways}
    return found
