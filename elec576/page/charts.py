"""What the page's charts draw, as plain values for JSON; every statistic is `comparison`'s.

Six significant digits are kept: more than a chart shows, and as many as the report prints.
"""

import numpy as np

from elec576.claims.conclusions import CELLS
from elec576.claims.numbers import reported
from elec576.comparison.comparison import Comparison
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import LIMIT, summarise
from elec576.comparison.questions import Answer
from elec576.comparison.results import Run
from elec576.experiments import hidden_units_of, settings_of
from elec576.settings import CnnSettings
from elec576.telling.quantities import measured_words, quantity_words
from elec576.telling.words import digits, interval, score_words

DIGITS = 6
EDGE = 6.0  # of the overview: a number with a score farther out is drawn there
PARTS = ('train', 'test')
DOTS = 50  # more runs than this are shown as quantiles


def charts(comparison: Comparison) -> dict:
    """The data of every chart on the page."""
    experiments = comparison.experiments
    return {
        'numbers': [number_mark(key, number) for key, number in enumerate(comparison.numbers)
                    if number.compatible is not None],
        'edge': EDGE, 'limit': short(LIMIT),
        'curves': {name: experiment_curves(comparison, name) for name in experiments},
        'filters': {name: first_filters(comparison.results.of(name)[0]) for name in experiments
                    if isinstance(settings_of(name), CnnSettings)},
        'hidden': hidden_units(comparison),
        'evidence': {answer.question.name: evidence(answer) for answer in comparison.answers},
    }


def short(value: float | None) -> float | int | None:
    """``value`` to `DIGITS` significant digits; whole numbers as integers."""
    if value is None:
        return None
    value = float(f'{value:.{DIGITS}g}')
    return int(value) if value.is_integer() else value


def number_mark(key: int, number: JudgedNumber) -> dict:
    """A reported number on the overview: where, and what hovering says.

    Args:
        key: its place among all numbers, which the table's rows name too.
    """
    value, found, score = number.reported, number.judgement, number.score
    assert score is not None  # only judged numbers are drawn
    words = (f'{value.experiment}, {measured_words(value.quantity, value.step)}\n'
             f'the report: {value.value}\n'
             f'our mean: {digits(found.mean)}, n = {found.n}\n'
             f'interval: {interval(found.low, found.high)}\n{number.verdict}')
    if abs(score) > EDGE:
        words += f', {score_words(score)}'
    return {'key': key, 'experiment': value.experiment, 'compatible': number.compatible,
            'x': short(min(max(score, -EDGE), EDGE)), 'words': words}


def experiment_curves(comparison: Comparison, name: str) -> dict:
    """All seeds' curves of each quantity with mean and band, and the report's points."""
    found: dict = {'end': settings_of(name).steps}
    for quantity in (f'{part}_{kind}' for kind in ('accuracy', 'loss') for part in PARTS):
        drawn = comparison.curves(name, quantity)
        found[quantity] = {
            'steps': drawn.steps.tolist(), 'seeds': list(drawn.seeds),
            'runs': [[short(value) for value in values] for values in drawn.values],
            'mean': [short(value) for value in drawn.mean],
            'band': drawn.band if drawn.band is None else [
                [short(value) for value in limits] for limits in drawn.band],
            'report': [{'step': value.step, 'value': value.number, 'printed': value.value}
                       for value in reported(name)
                       if value.quantity == quantity and value.compared]}
    return found


def first_filters(run: Run) -> dict:
    """The first layer's weights of one run: 32 filters, each 25 weights, row after row."""
    weights = run.filters()[:, :, 0, :]  # [5, 5, 32]
    return {'seed': run.seed, 'size': weights.shape[0],
            'weights': [[short(weight) for weight in weights[:, :, k].ravel()]
                        for k in range(weights.shape[2])]}


def hidden_units(comparison: Comparison) -> dict:
    """Test accuracy and processor time by hidden units, for each cell."""
    found: dict = {'test_accuracy': [], 'cpu_seconds': []}
    for cell, names in CELLS.items():
        for name in names:
            for quantity in found:
                runs = comparison.by_hidden_units(name, quantity)
                if not runs:
                    continue
                values = [run.final(quantity) for run in runs]
                printed = [value.value for value in reported(name) if value.quantity == quantity]
                found[quantity].append({
                    'cell': cell, 'units': hidden_units_of(name), 'experiment': name,
                    'seeds': [run.seed for run in runs],
                    'runs': [short(value) for value in values],
                    'mean': short(summarise(values).mean), 'report': printed})
    return found


def evidence(answer: Answer) -> list[dict]:
    """One chart for each quantity: readings with their runs and interval, the report's numbers."""
    return [{
        'quantity': quantity_words(quantity),
        'labels': [label for label, _ in answer.question.readings],
        'readings': [{'label': reading.label, **_dots(reading.values),
                      'low': short(reading.summary.low), 'high': short(reading.summary.high)}
                     for reading in answer.readings if reading.quantity == quantity],
        'report': [{'experiment': value.experiment, 'value': value.number,
                    'printed': value.value} for value in answer.beside[quantity]],
    } for quantity in answer.question.quantities]


def _dots(values: tuple[float, ...]) -> dict:
    """Each run, or the middles of `DOTS` equal shares of many."""
    quantiles = len(values) > DOTS
    if quantiles:
        values = np.quantile(values, (np.arange(DOTS) + 0.5) / DOTS)
    return {'runs': [short(value) for value in values], 'quantiles': quantiles}
