"""Text alternatives: what each chart shows, in words."""

from elec576.claims.conclusions import CELLS
from elec576.claims.numbers import reported
from elec576.comparison.comparison import Comparison
from elec576.comparison.estimates import Summary, summarise
from elec576.comparison.evidence import Answer
from elec576.comparison.results import Run
from elec576.experiments import hidden_units_of
from elec576.page.charts import PARTS
from elec576.telling.words import count_words, digits, interval, quantity_words


def numbers_words(comparison: Comparison) -> str:
    """The overview of all numbers."""
    outside = [number for number in comparison.numbers if number.compatible is False]
    judged = sum(number.compatible is not None for number in comparison.numbers)
    names = ', '.join(dict.fromkeys(number.reported.experiment for number in outside))
    return (f"The report's {judged} judged numbers by experiment, each on the "
            f'scale of its own 95 % prediction interval from -1 to 1; {len(outside)} are not '
            f'compatible{" (" + names + ")" if names else ""}. The table below holds every value.')


def curves_words(experiment: str, runs: tuple[Run, ...], kind: str) -> str:
    """The curves of ``kind`` 'accuracy' or 'loss'."""
    sentences = []
    for part in PARTS:
        measured = [list(run.measured(f'{part}_{kind}').items()) for run in runs]
        first, last = (summarise([values[end][1] for values in measured]) for end in (0, -1))
        sentences.append(
            f'{part} {kind} goes from {_mean_and_range(first)} at step {measured[0][0][0]} to '
            f'{_mean_and_range(last)} at step {measured[0][-1][0]}')
    points = sum(value.quantity.endswith(kind) and value.compared
                 for value in reported(experiment))
    return (f'{kind.capitalize()} of {experiment} over training, '
            f'{count_words([len(runs)], "seed")}: {"; ".join(sentences)}. '
            + (f'The report prints {count_words([points], "point")} of it.' if points else
               'The report prints none of it.'))


def filters_words(experiment: str, run: Run) -> str:
    """The first layer's filters."""
    weights = run.filters()
    return (f'The 32 filters of the first layer after training, {experiment} seed {run.seed}, '
            f'5 by 5 weights each, as grey cells, each filter on a scale of its own from black '
            f'(lowest) to white (highest). All weights lie from {digits(float(weights.min()))} to '
            f'{digits(float(weights.max()))}.')


def hidden_words(comparison: Comparison, quantity: str) -> str:
    """A quantity against hidden units."""
    results = comparison.results
    parts = []
    for cell, names in CELLS.items():
        means = [f'{digits(summarise(results.final(name, quantity)).mean)} '
                 f'({hidden_units_of(name)} units)'
                 for name in names if results.comparable(name, quantity)]
        if means:
            parts.append(f'{cell} {", ".join(means)}')
    return f'Mean {quantity_words(quantity)} by hidden units: {"; ".join(parts)}.'


def evidence_words(answer: Answer, quantity: str) -> str:
    """The readings of one quantity beside the report's numbers."""
    readings = '; '.join(
        f'{reading.label}: mean {digits(reading.summary.mean)}, 95 % prediction interval '
        f'{interval(reading.summary.low, reading.summary.high)}'
        for reading in answer.readings if reading.quantity == quantity)
    printed = ', '.join(value.value for value in answer.beside[quantity])
    return f'{quantity_words(quantity)}: {readings}. The report prints {printed}.'


def _mean_and_range(found: Summary) -> str:
    if found.n == 1:
        return digits(found.mean)
    return f'{digits(found.mean)} ({digits(found.lowest)} to {digits(found.highest)})'
