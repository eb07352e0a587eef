"""Which pictures a comparison has: their files and what they show, in words.

Text refers to them, `elec576.pictures.comparison` draws them.
"""

from dataclasses import dataclass

from elec576.claims.conclusions import CELLS
from elec576.comparison.comparison import Comparison
from elec576.comparison.prediction import LIMIT, summarise
from elec576.comparison.results import Run
from elec576.experiments import EXPERIMENTS, settings_of
from elec576.settings import CnnSettings, describe
from elec576.telling.words import count_words, data_words, digits, range_words, seed_words

FILTERS_EXPERIMENT = 'cnn-vis'  # its first seed
CURVES = tuple(name for name, settings in EXPERIMENTS.items() if isinstance(settings, CnnSettings))


@dataclass(frozen=True)
class Figure:
    """A picture: file ``name``, its ``title``, and ``text``, what to see in it."""

    name: str
    kind: str
    title: str
    text: str
    experiment: str = ''


FILTERS_TEXT = ('The 32 filters of the first convolutional layer, 5 by 5 weights each, each on a '
                'grey scale of its own.')
READINGS_TEXT = ('Dots are our runs under each reading, bars their 95 % prediction intervals, the '
                 'vertical lines what the report prints.')


def numbers_text(comparison: Comparison) -> str:
    outside = [number for number in comparison.numbers if number.compatible is False]
    names = ', '.join(dict.fromkeys(number.reported.experiment for number in outside))
    return (f'Each reported number by its score, beyond ±{LIMIT:.2f} outside its 95 % prediction '
            'interval: a round blue mark is compatible, a red diamond is not '
            f'({len(outside)}{f", of {names}" if names else ""}); short grey strokes are our runs.')


def curves_text(runs: tuple[Run, ...]) -> str:
    """What the curves of one or more runs show, and where those on the test set end."""
    accuracy, loss = (summarise([run.final(f'test_{kind}') for run in runs])
                      for kind in ('accuracy', 'loss'))
    return (f'Thin lines are our {count_words([len(runs)], "run")}, thick ones their mean, the '
            'band the 95 % prediction interval for one more run; black marks are what the report '
            f'logs. Test accuracy ends at {digits(accuracy.mean)} ({range_words(accuracy)}), '
            f'test loss at {digits(loss.mean)} ({range_words(loss)}).')


def hidden_units_text(comparison: Comparison) -> str:
    means = {quantity: '; '.join(f'{cell} {", ".join(found)}' for cell, names in CELLS.items() if (
        found := [digits(summarise([run.final(quantity) for run in runs]).mean)
                  for name in names if (runs := comparison.by_hidden_units(name, quantity))]))
        for quantity in ('test_accuracy', 'cpu_seconds')}
    return ('Test accuracy and CPU time against 50, 128 and 300 hidden units of the basic, LSTM '
            'and GRU cells; large marks are means, small ones our runs, crosses the report. Mean '
            f'accuracies: {means["test_accuracy"]}. Mean seconds: '
            f'{means["cpu_seconds"] or "no processor has runs of all of them"}.')


def figures(comparison: Comparison) -> tuple[Figure, ...]:
    """The pictures for which there are enough runs."""
    results = comparison.results
    plan = []
    if comparison.experiments:
        plan.append(Figure(
            'links.png', 'links', "The links of the report's conclusions, our runs",
            'Every link as its interval, the first minus the second: above 0 supported, below 0 '
            'contradicted, within the margin (shaded) and holding 0 practically equal. Thin lines '
            'are intervals over seeds and test images. Links that wait for runs are named without '
            'an interval.'))
    if any(number.compatible is not None for number in comparison.numbers):
        everything = tuple(run for name in comparison.experiments for run in results.of(name))
        seeds = count_words((len(results.of(name)) for name in comparison.experiments), 'seed')
        plan.append(Figure(
            'numbers.png', 'numbers', "The report's numbers on the intervals of our runs, "
            f'{seeds} an experiment, {data_words(everything)}',
            numbers_text(comparison)))
    if comparison.identification.fits:
        plan.append(Figure(
            'identification.png', 'identification', 'Log-likelihood of the report\'s numbers under '
            'each experiment\'s runs',
            'A row is a block of the report\'s numbers, a column an experiment whose runs could '
            'have printed it; the number is its log-likelihood minus that of the row\'s best. '
            'Dark fits best; bold cannot be told apart from the best; framed is the report\'s own '
            'label.'))
    cells = [name for names in CELLS.values() for name in names if results.of(name)]
    if cells:
        runs = tuple(run for name in cells for run in results.of(name))
        seeds = count_words((len(results.of(name)) for name in cells), 'seed')
        plan.append(Figure(
            'hidden-units.png', 'hidden-units',
            f'Hidden units, {seeds} a point, {data_words(runs)}',
            hidden_units_text(comparison)))
    runs = tuple(run for name in dict.fromkeys(
        reading.name for answer in answers_of(comparison, 'activations')
        for reading in answer.readings) for run in results.of(name))
    if runs:
        plan.append(Figure(
            'activations.png', 'activations',
            f'Activation statistics of part 1c, {data_words(runs)}',
            READINGS_TEXT))
    first = comparison.first_steps
    if first.seeds:
        plan.append(Figure(
            'step-0.png', 'step-0', 'Training loss at step 0 under each reading of the report, '
            f'{count_words([first.seeds], "seed")} each, {first.dataset}',
            'Histograms of our seeds, each to its own height: blue under the reading that the '
            'experiments here use; black lines are the numbers that the report prints.'))
    for name in CURVES:
        runs = results.of(name)
        if runs:
            plan.append(Figure(
                f'curves-{name}.png', 'curves',
                f'{name}: {describe(settings_of(name))}\n{seed_words(runs)}, {data_words(runs)}',
                curves_text(runs), name))
    runs = results.of(FILTERS_EXPERIMENT)
    if runs:
        plan.append(Figure(
            'filters.png', 'filters', f'First-layer weights after training, {FILTERS_EXPERIMENT}, '
            f'seed {runs[0].seed}, {data_words(runs)}',
            FILTERS_TEXT, FILTERS_EXPERIMENT))
    return tuple(plan)


def answers_of(comparison: Comparison, kind: str):
    """The answers that the picture of ``kind`` 'activations' or 'step-0' shows."""
    return [answer for answer in comparison.answers
            if (answer.question.step == 0) == (kind == 'step-0')]
