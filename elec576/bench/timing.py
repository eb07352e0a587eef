"""Rounds, medians and ranges."""

from __future__ import annotations

import dataclasses
import math
import statistics
import sys
import time
from typing import Callable, Hashable, TypeVar

Key = TypeVar('Key', bound=Hashable)

PAUSE = 0.02  # seconds in which the threads of the one before go to sleep


@dataclasses.dataclass(frozen=True)
class Summary:
    """Seconds of one step (or one call), over all rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, samples: list[float]) -> Summary:
        return cls(statistics.median(samples), min(samples), max(samples), len(samples))


def interleave(calls: dict[Key, Callable[[], float]], rounds: int,
               pause: float = PAUSE) -> dict[Key, list[float]]:
    """Call A B C A B C ...; what each returned, round by round.

    Every other round goes backwards, so that nobody always follows the same one.
    """
    samples: dict[Key, list[float]] = {key: [] for key in calls}
    for turn in range(rounds):
        for key in reversed(calls) if turn % 2 else calls:
            time.sleep(pause)
            samples[key].append(calls[key]())
    return samples


def timed_calls(call: Callable[[], object], count: int) -> float:
    """Wall seconds of ``count`` calls, after an untimed one."""
    call()
    before = time.perf_counter()
    for _ in range(count):
        call()
    return time.perf_counter() - before


def steps_for(seconds: float, step_seconds: float, least: int = 2) -> int:
    """How many steps take about ``seconds``."""
    return max(least, math.ceil(seconds / step_seconds))


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(math.log(value) for value in values))


def say(line: str) -> None:
    """Progress, on standard error."""
    print(f'[{time.strftime("%H:%M:%S")}] {line}', file=sys.stderr, flush=True)
