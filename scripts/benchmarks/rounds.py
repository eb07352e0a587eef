"""Turns: what is compared is measured round by round, A B C, then C B A, and so on.

A summary is the median, the smallest and the largest of so many rounds: {'median', 'low', 'high',
'rounds'}. Of `turn`, these are seconds per step: two rounds of 0.04 s and 0.06 s give
{'median': 0.05, 'low': 0.04, 'high': 0.06, 'rounds': 2}.
"""

import contextlib
import math
import statistics
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple

from benchmarks import work
from benchmarks.worker import Worker

PAUSE = 0.02  # seconds in which the threads of the one before go to sleep


class Setup(NamedTuple):
    """How much to measure, and on what.

    Attributes:
        tf115: a Python with TensorFlow 1.15, or None.
        seconds: of a turn, at least.
        models: that are compared with peers and with the limit.
    """

    cores: int
    tf115: Path | None = None
    rounds: int = 7
    seconds: float = 0.3
    models: tuple[str, ...] = tuple(work.WORK)

    @property
    def starts(self) -> int:
        """How often a fresh process is started."""
        return max(1, self.rounds // 2)

    def quick(self) -> 'Setup':
        """One short round of few models: it shows that all works, and no more."""
        return self._replace(rounds=1, seconds=0.02, models=(work.LENET5, 'lstm-50'))


def say(line: str) -> None:
    """Progress, on standard error."""
    print(f'[{time.strftime("%H:%M:%S")}] {line}', file=sys.stderr, flush=True)


def summary(samples: list[float]) -> dict:
    return {'median': statistics.median(samples), 'low': min(samples), 'high': max(samples),
            'rounds': len(samples)}


def samples(turns: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each of ``turns`` returns, round by round; every other round is reversed, so that none
    always follows the same one.
    """
    found = {name: [] for name in turns}
    for number in range(rounds):
        for name in reversed(turns) if number % 2 else turns:
            time.sleep(PAUSE)
            found[name].append(turns[name]())
    return found


def in_turns(turns: dict[str, Callable[[], float]], rounds: int) -> dict[str, dict]:
    """Summaries of what `samples` gives."""
    return {name: summary(found) for name, found in samples(turns, rounds).items()}


def together(workers: list[Worker], model: str, variant: str, steps: int) -> float:
    """Wall seconds per step made; of workers side by side, the inverse of their summed speeds."""
    for worker in workers:
        worker.begin(model, variant, steps)
    return 1 / sum([steps / worker.end() for worker in workers])


def turn(workers: list[Worker], model: str, variant: str, seconds: float, multiple: int = 1
         ) -> Callable[[], float]:
    """A turn of about so many ``seconds``, whole multiples of ``multiple`` steps: each turn has its
    due share of the evaluations.
    """
    # the first steps, and the first evaluation in or right after them, prepare the graph
    together(workers, model, variant, min(multiple, 10) + 1)
    step = together(workers, model, variant, 1)
    steps = multiple * max(1, math.ceil(seconds / (step * multiple)))
    return lambda: together(workers, model, variant, steps)


@contextlib.contextmanager
def crew(ways: tuple[tuple[str, str], ...], threads: int, each: int):
    """``each`` workers of every way and instruction set, as lists by both."""
    with contextlib.ExitStack() as stack:
        yield {(way, isa): [stack.enter_context(Worker(way, threads, isa)) for _ in range(each)]
               for way, isa in ways}
