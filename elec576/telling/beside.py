"""One finished run beside the report's numbers, printed at the end of the run."""

from tabulate import tabulate

from elec576.claims.numbers import reported
from elec576.loops.history import STATISTICS, History, layer_and_statistic
from elec576.runs.rundir import RunDirectory, read_json
from elec576.telling.quantities import measured_words

CAVEAT = ('One run neither confirms nor refutes a printed number: '
          'scripts/compare.py compares it with the runs of many seeds.')


def beside(experiment: str, run: RunDirectory) -> str:
    """What the report prints of ``experiment``, each number with what ``run`` measured there.

    Raises:
        UserError: the run is not finished, or damaged.
    """
    values = [value for value in reported(experiment) if value.compared]
    if not values:
        return f'The report prints no number of {experiment}.'
    history = History.read(run.history)
    statistics = read_json(run.activations) if any(
        value.quantity in STATISTICS for value in values) else {}
    rows = []
    for value in values:
        if value.quantity in STATISTICS:
            layer, statistic = layer_and_statistic(value.quantity)
            ours = statistics[layer][statistic]
        else:
            ours = dict(zip(*history.column(value.quantity))).get(value.step)
        rows.append((measured_words(value.quantity, value.step), value.value,
                     'not measured' if ours is None else f'{ours:g}'))
    return '\n'.join((
        tabulate(rows, (experiment, 'report', 'this run'), disable_numparse=True,
                 colalign=('left', 'right', 'right')), CAVEAT))
