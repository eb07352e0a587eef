"""The report's listings as their author ran them: on TensorFlow 1.15.5, where it is installed.

They run in an environment of their own (`scripts/golden_tf115.py --env DIR` makes it), one after
another and not in turns with the others, so compare them on a quiet machine.
"""

from __future__ import annotations

import dataclasses
import subprocess
import time
from pathlib import Path
from typing import Callable, Sequence

from elec576.bench import work
from elec576.bench.against_listing import Effort
from elec576.bench.timing import Summary, say
from elec576.bench.whole_report import Way
from elec576.experiments import EXPERIMENTS
from elec576.golden.environment import clean_environment, run_listing
from elec576.listings import command, program
from elec576.settings import CnnSettings

WARM_UP = 2  # steps, which are not counted
TEST_IMAGES_A_ROUND = 4000  # that a round of the CNN's listing evaluates at least


@dataclasses.dataclass(frozen=True)
class OnTf115:
    """Seconds: of a step by the name of its work, and of runs of one step, 'cnn' and 'rnn'."""

    steps: dict[str, Summary]
    starts: dict[str, Summary]


def measure_all(python: Path, threads: int, data: Path, effort: Effort = Effort()) -> OnTf115:
    """Both, for all work of the report.

    Args:
        python: of the environment with TensorFlow 1.15.5.
        data: a folder for the listings, see `elec576.bench.against_listing.made_up_data`.

    Raises:
        UserError: a listing failed.
    """
    return OnTf115(measure(python, list(work.OF_THE_REPORT), threads, data, effort),
                   measure_whole_starts(python, threads, data, effort))


def measure(python: Path, models: Sequence[str], threads: int, data: Path,
            effort: Effort = Effort(), report: Callable[[str], None] = say) -> dict[str, Summary]:
    """Seconds of a step of the listing on 1.15.5; a round is the mean of its steps.

    Raises:
        UserError: a listing failed.
    """
    found = {}
    for model in models:
        report(f'{model}, the listing on TensorFlow 1.15, {threads} threads')
        cnn = isinstance(work.OF_THE_REPORT[model], CnnSettings)
        in_round = -(-TEST_IMAGES_A_ROUND // (2 * work.sizes(model).test)) if cnn else 10
        steps = WARM_UP + effort.rounds * in_round
        raw = run_listing(python, work.as_listed(model, threads, steps), data)
        clock = raw['updated'][WARM_UP:]  # the first entry is the initialisation
        found[model] = Summary.of([(end - start) / in_round for start, end in zip(
            clock[::in_round], clock[in_round::in_round])])
    return found


def measure_whole_starts(python: Path, threads: int, data: Path, effort: Effort = Effort()
                         ) -> dict[str, Summary]:
    """Seconds of the listings with a single step, from start to end: 'cnn' and 'rnn'."""
    def run(model: str) -> float:
        name, options = command(work.as_listed(model, threads, steps=1))
        before = time.perf_counter()
        subprocess.run([python, program(name), *options, '--data', data], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**clean_environment(threads), 'MPLBACKEND': 'Agg'})
        return time.perf_counter() - before

    return {kind: Summary.of([run(model) for _ in range(effort.starts)])
            for kind, model in (('cnn', work.LENET5), ('rnn', 'basic-128'))}


def arithmetic(found: OnTf115) -> dict[str, Way]:
    """Every experiment of the report as its author ran it.

    The RNN's two evaluations at the end are left out, which favours 1.15 a little.
    """
    return {name: Way(found.starts['cnn' if isinstance(settings, CnnSettings) else 'rnn'].median,
                      settings.steps, found.steps[work.name_of(settings)].median)
            for name, settings in EXPERIMENTS.items()}
