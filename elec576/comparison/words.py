"""How settings, quantities and numbers are written, in text and pictures alike."""

from __future__ import annotations

import math
from typing import Iterable

from elec576.comparison.results import Results, Run
from elec576.comparison.tf115 import LEVEL, POWER, SameMeans
from elec576.experiments import named
from elec576.claims.questions import layer_and_statistic
from elec576.settings import CnnSettings, RnnSettings


def quantity_words(quantity: str) -> str:
    """'train_accuracy' as 'train accuracy', 'h_conv1_mean' as 'h_conv1 mean'."""
    if quantity.startswith('h_conv'):
        layer, statistic = layer_and_statistic(quantity)
        return f'{layer} {statistic.replace("_", " ")}'
    return 'processor seconds' if quantity == 'cpu_seconds' else quantity.replace('_', ' ')


def measured_words(quantity: str, step: int) -> str:
    """A quantity with its step, where the step is not simply the end."""
    words = quantity_words(quantity)
    return f'{words}, step {step}' if quantity.startswith('train_') else words


def digits(value: float | None, significant: int = 4) -> str:
    """``value`` to some significant digits; a dash for none."""
    return '–' if value is None else f'{value:.{significant}g}'


def interval(low: float | None, high: float | None) -> str:
    """'low … high', or why there is no interval."""
    return 'too few seeds' if low is None else f'{digits(low)} … {digits(high)}'


def likelihood_words(relative: float | None) -> str:
    """A relative likelihood; far out it is an extrapolation, whose digits mean nothing."""
    return '< 1e-6' if relative is not None and relative < 1e-6 else digits(relative, 2)


def distance_words(distance: float) -> str:
    """A number's distance from our mean, as `JudgedNumber.standardised` measures it."""
    if math.isinf(distance):
        return 'not the value that all our runs gave'
    return f'{distance:+.1f} half intervals from our mean'


def seed_words(runs: tuple[Run, ...]) -> str:
    """'5 seeds (0–4)', '3 seeds (0, 2, 3)'."""
    seeds = [run.seed for run in runs]
    together = len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1))
    which = f'{seeds[0]}–{seeds[-1]}' if together else ', '.join(map(str, seeds))
    return f'{count_words([len(seeds)], "seed")} ({which})'


def count_words(counts: Iterable[int], thing: str) -> str:
    """'1 seed', '5 seeds' or '5–10 seeds': a number of things, or the range of several."""
    counts = set(counts)
    number = '–'.join(map(str, dict.fromkeys((min(counts), max(counts)))))
    return f'{number} {thing}{"s" * (counts != {1})}'


def seeds_by_program(results: Results, experiments: Iterable[str]) -> str:
    """'5 seeds of 11 CNN experiments and 10 seeds of 12 RNN experiments'; empty without any."""
    counts: dict[type, list[int]] = {CnnSettings: [], RnnSettings: []}
    for name in experiments:
        counts[type(named(name))].append(len(results.of(name)))
    return ' and '.join(
        f'{count_words(found, "seed")} of {count_words([len(found)], f"{what} experiment")}'
        for found, what in zip(counts.values(), ('CNN', 'RNN')) if found)


def data_words(runs: tuple[Run, ...]) -> str:
    """The names of the runs' data sets."""
    return ', '.join(sorted({run.metrics['dataset']['name'] for run in runs}))


def same_means_words(means: SameMeans) -> str:
    """Whether an experiment's mean on TensorFlow 1.15 differs from ours, and how sure that is."""
    start = (f'`{means.experiment}`: mean {digits(means.tf115.mean)} on TensorFlow '
             f'{means.version}, {digits(means.ours.mean)} on {means.our_versions}')
    if means.p is None:
        return f'{start}; too few runs to test.'
    verdict = 'the means differ' if means.p < LEVEL else 'no difference was found'
    return (f'{start}: {verdict} (p = {means.p:.2g}); a true difference of '
            f'{digits(means.detectable, 2)} or more would be found with {100 * POWER:.0f} % '
            f'probability, a smaller one more often missed.')
