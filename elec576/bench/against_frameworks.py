"""The training step against PyTorch and Keras, and all of them against the machine's sgemm.

All ways of one model take turns. A framework's variants are tried first, and the fastest stands
for it; the product that sets the scale (numpy's or TensorFlow's) is chosen in the same way.
"""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Callable, Iterator, Sequence

from elec576.bench import arithmetic, remote, sgemm, work
from elec576.bench.remote import Worker, WorkerFailed
from elec576.bench.timing import Summary, geometric_mean, interleave, say, steps_for

OURS = 'elec576'
FRAMEWORKS = ('torch', 'keras')
SGEMM = 'sgemm'


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int = 7
    seconds: float = 0.2  # of one way's turn
    tries: int = 3  # turns of each variant before the choice, half as long


@dataclasses.dataclass(frozen=True)
class Measured:
    """One way to train one model; `summary` is seconds of a step."""

    variant: str
    summary: Summary
    tried: dict[str, float | str]  # every variant's median seconds, or why it failed


# One model at one setting: by way, `OURS`, `FRAMEWORKS` and `SGEMM` (whose step is one product).
Row = dict[str, Measured]


class Setting:
    """Workers of every way: ``together`` of each, which make their steps at the same time."""

    def __init__(self, threads: int, together: int):
        self.threads, self.together = threads, together
        self.name = (f'{threads} thread{"s" if threads > 1 else ""}' if together == 1 else
                     f'{together} runs side by side, {threads} thread each')

    def step_seconds(self, workers: Sequence[Worker], model: str, variant: str,
                     steps: int) -> float:
        """Wall seconds per step; of runs side by side, the inverse of their summed speeds."""
        now = workers[:self.together]
        for worker in now:
            worker.send_steps(model, variant, steps)
        return 1 / sum(steps / seconds for seconds in [worker.receive_steps() for worker in now])


def settings(cores: int) -> list[Setting]:
    """One thread, all cores, and two one-thread runs side by side."""
    if cores == 1:
        return [Setting(1, 1)]
    return [Setting(1, 1), Setting(1, 2), Setting(cores, 1)]


@contextlib.contextmanager
def crew(ways: Sequence[str], threads: int, each: int) -> Iterator[dict[str, list[Worker]]]:
    """``each`` workers of every way."""
    with contextlib.ExitStack() as stack:
        yield {way: [stack.enter_context(Worker(way, threads)) for _ in range(each)]
               for way in ways}


def measure(models: Sequence[str], cores: int, effort: Effort = Effort(),
            report: Callable[[str], None] = say) -> tuple[dict[str, dict[str, Row]], dict]:
    """Time all ``models`` at all `settings`.

    Returns:
        rows by setting's name and model; versions of what was timed.
    """
    ways = [OURS, *filter(remote.available, FRAMEWORKS), SGEMM]
    rows: dict[str, dict[str, Row]] = {}
    versions: dict[str, str] = {}
    wanted = settings(cores)
    for threads in sorted({setting.threads for setting in wanted}):
        now = [setting for setting in wanted if setting.threads == threads]
        with crew(ways, threads, max(setting.together for setting in now)) as workers:
            for first, *_ in workers.values():
                versions |= first.versions
            for model in models:
                report(f'{model}, {" and ".join(setting.name for setting in now)}')
                tried = {way: try_variants(workers[way], model, effort) for way in ways}
                for setting in now:
                    rows.setdefault(setting.name, {})[model] = _take_turns(
                        setting, workers, model, tried, effort)
                for way in ways:
                    if way != SGEMM:
                        for worker in workers[way]:
                            with contextlib.suppress(WorkerFailed):
                                worker.forget()
    return rows, versions


def try_variants(workers: list[Worker], model: str, effort: Effort) -> dict[str, float | str]:
    """Every variant's median seconds of a step, or why there is none.

    A worker that fails (a compiler that does not end) is replaced.
    """
    found: dict[str, float | str] = {}
    times: dict[str, Callable[[], float]] = {}
    for variant in workers[0].variants(model):
        try:
            for worker in workers:  # all of them build the model, at the same time
                worker.send_steps(model, variant, 1)
            for worker in workers:
                worker.receive_steps()
            seconds = workers[0].steps(model, variant, 1)
        except WorkerFailed as failure:
            found[variant] = str(failure)
            for worker in workers:
                worker.restart()
            continue
        steps = steps_for(effort.seconds / 2, seconds, least=1)
        times[variant] = (lambda variant=variant, steps=steps:
                          workers[0].steps(model, variant, steps) / steps)
    for variant, samples in interleave(times, effort.tries).items():
        found[variant] = Summary.of(samples).median
    if not times:
        raise WorkerFailed(f'{workers[0].way}, {model}: {found}')
    return found


def fastest(tried: dict[str, float | str]) -> str:
    """The variant with the smallest time."""
    return min((variant for variant, seconds in tried.items() if isinstance(seconds, float)),
               key=tried.__getitem__)


def _take_turns(setting: Setting, workers: dict[str, list[Worker]], model: str,
                tried: dict[str, dict[str, float | str]], effort: Effort) -> Row:
    chosen = {way: fastest(times) for way, times in tried.items()}
    steps = {way: steps_for(effort.seconds, tried[way][variant], least=1)
             for way, variant in chosen.items()}
    turns = interleave({
        way: (lambda way=way: setting.step_seconds(workers[way], model, chosen[way], steps[way]))
        for way in workers}, effort.rounds)
    return {way: Measured(chosen[way], Summary.of(samples), tried[way])
            for way, samples in turns.items()}


def ratio(row: Row, way: str) -> float | None:
    """How many times as fast as ``way`` we are, by the medians."""
    return row[way].summary.median / row[OURS].summary.median if way in row else None


def share_of_sgemm(model: str, row: Row, way: str = OURS) -> float | None:
    """The share of sgemm's arithmetic speed that training by ``way`` reaches."""
    if way not in row:
        return None
    speed = arithmetic.flops_per_second(
        arithmetic.training_step(work.OF_THE_REPORT[model]), row[way].summary.median)
    return speed / sgemm_speed(row)


def sgemm_speed(row: Row) -> float:
    """Floating-point operations per second of the matrix product."""
    return arithmetic.flops_per_second(arithmetic.square_product(sgemm.N),
                                       row[SGEMM].summary.median)


def mean_ratio(rows: dict[str, Row], way: str) -> float | None:
    """The geometric mean of `ratio` over the models."""
    ratios = [ratio(row, way) for row in rows.values()]
    return None if None in ratios else geometric_mean(ratios)
