"""`results/SPEED.md`, from the numbers of `results/bench.json`: nothing is measured here."""

import math
import statistics
from typing import Iterable

from tabulate import tabulate

from benchmarks import work
from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS
from elec576.machine import versions_text
from elec576.runs.options import seconds_to_next_checkpoint
from elec576.settings import CnnSettings

TITLES = {'ours': 'ours', 'torch': 'PyTorch', 'keras': 'Keras'}
LEAST_OF_A_STEP = 0.02  # kinds of operations that take less of a step get no row
PEAK_MB = {'cnn-mnist': 700}  # at most


def document(results: dict) -> str:
    """The whole document.

    Args:
        results: of every item that was measured, 'numbers' and what they were measured on.

    Raises:
        UserError: it is something else.
    """
    try:
        parts = ['# Speed']
        if 'listing' in results:
            parts += headline(results['listing']['numbers'])
        parts += ['Made by `python scripts/bench.py`, all numbers in `bench.json`. A time is the '
                  'median (smallest-largest) of rounds in which all that are compared take turns: '
                  'compare within a table only, for a machine\'s speed changes within minutes.',
                  _origins(results)]
        for item, write in SECTIONS.items():
            if item in results:
                parts += write(results[item]['numbers'])
        return '\n\n'.join(parts) + '\n'
    except (LookupError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise UserError(f'bench.json: not what scripts/bench.py writes ({error!r}); remove it and '
                        'measure again') from None


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The first column is text, the others are numbers."""
    head = list(head)
    return tabulate([list(map(str, row)) for row in rows], head, tablefmt='pipe',
                    disable_numparse=True, colalign=['left'] + ['right'] * (len(head) - 1))


def _three(value: float) -> str:
    """Three digits."""
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def _range(found: dict | None, unit: float) -> str:
    """E.g. "12.3 (12.1-13.0)"; empty for None."""
    return '' if found is None else '{} ({}-{})'.format(
        *(_three(unit * found[name]) for name in ('median', 'low', 'high')))


def _ms(found: dict | None) -> str:
    return _range(found, 1000)


def _judged(words: str, holds: bool) -> str:
    """Bold if it misses its aim."""
    return words if holds else f'**{words}**'


def _gain(slow: dict, fast: dict) -> float:
    return slow['median'] / fast['median']


def _origins(results: dict) -> str:
    """What was measured on what, when, and how long it took."""
    groups: dict[str, list[str]] = {}
    for item, found in results.items():
        text = (f'{found["machine"]["processor"]}, {found["isa"]} kernels, '
                f'{versions_text(found["versions"])}, {found["started"][:10]}'
                + '. **A quick look: too few rounds to quote**' * found['quick'])
        minutes = f' ({found["minutes"]:.1f} min)' if found.get('minutes') else ''
        groups.setdefault(text, []).append(f'{item}{minutes}')
    return 'Measured on:\n\n' + '\n'.join(f'- {", ".join(items)}: {text}.'
                                          for text, items in groups.items())


def run_seconds(name: str, found: dict) -> dict[str, float]:
    """Seconds of one of the report's experiments from the command line to the end: computed.

    A run takes what a run of one step takes, and its steps; ours of a recurrent net also its
    evaluations on the test set, which the listing makes at its end only.

    Returns:
        by 'listing', 'ours' and, if it was measured, 'tf115'.
    """
    settings = EXPERIMENTS[name]
    model = work.name_of(settings)
    row = {variant: times['median'] for variant, times in found['steps'][model].items()}
    kind = 'cnn' if isinstance(settings, CnnSettings) else 'rnn'
    ours = row[_as_run(settings)] * settings.steps
    if kind == 'rnn':
        ours += row['evaluate'] * (settings.steps // settings.eval_every)
    seconds = {'listing': found['starts'][f'{kind} listing']['median']
               + row['listing'] * settings.steps,
               'ours': found['starts'][f'{kind} ours']['median'] + ours}
    if 'tf115' in found:
        old = found['tf115']
        seconds['tf115'] = (old['starts'][kind]['median']
                            + old['steps'][model]['median'] * settings.steps)
    return seconds


def _as_run(settings) -> str:
    """The variant that evaluates as a run does by default."""
    return f'eval-every {settings.eval_every}' if isinstance(settings, CnnSettings) else 'display'


def totals(found: dict, names: Iterable[str] = tuple(EXPERIMENTS)) -> dict[str, float]:
    """`run_seconds`, summed over experiments."""
    runs = [run_seconds(name, found) for name in names]
    return {way: sum(run[way] for run in runs) for way in runs[0]}


# assignment 1's program, which the report does not print
NOT_LISTED = ('cnn-mnist',)
LISTED = tuple(name for name in EXPERIMENTS if name not in NOT_LISTED)


def headline(found: dict) -> list[str]:
    """The numbers that matter, and what they should be at least."""
    old = 'tf115' in found

    def row(words: str, seconds: dict[str, float], unit: str, today: float = 0, on_115: float = 0
            ) -> list[str]:
        scale = {'min': 1 / 60, 'ms': 1000}[unit]
        cells = [words]
        for way in ('tf115', 'listing', 'ours') if old else ('listing', 'ours'):
            cells.append(f'{_three(scale * seconds[way])} {unit}' if way in seconds else '')
        for way, floor in (('tf115', on_115), ('listing', today)) if old else (('listing', today),):
            gain = seconds[way] / seconds['ours'] if way in seconds else None
            cells += ['', ''] if gain is None else [
                _judged(f'{gain:.3g}', gain >= floor), f'{floor:g}' if floor else '']
        return cells

    cnn = [name for name in LISTED if isinstance(EXPERIMENTS[name], CnnSettings)]
    recurrent = [name for name in LISTED if name not in cnn]
    rows = [
        row(f"all {len(EXPERIMENTS)} of the report's experiments", totals(found), 'min', 12, 20),
        row(f'without `cnn-mnist`: the {len(LISTED)} listed ones', totals(found, LISTED), 'min',
            8, 12),
        row(f'the {len(cnn)} of LeNet5 on CIFAR-10', totals(found, cnn), 'min'),
        row(f'the {len(recurrent)} of recurrent nets', totals(found, recurrent), 'min'),
        row('a step of LeNet5, `--eval-every 1`', {
            way: found['steps'][work.LENET5][variant]['median'] for way, variant in (
                ('listing', 'listing'), ('ours', 'eval-every 1'))}, 'ms', 2)]
    return [_table(['', *(['listing on 1.15'] if old else []), 'listing', 'ours',
                    *(['times as fast as on 1.15', 'at least'] if old else []),
                    "times as fast as today's", 'at least'], rows),
            f'One seed each, {found["threads"]} threads; runs are computed from their steps and '
            'starts. The listing gives the same bits. `cnn-mnist` was assignment 1\'s program, '
            'which the report does not print; in the way of the CNN\'s listing it would evaluate '
            'twice on 10,000 images at every step. Bold misses its aim.']


def _listing(found: dict) -> list[str]:
    by_threads = {f'{found["threads"]} threads': found['steps'][work.LENET5]}
    if 'steps_1_thread' in found:
        by_threads['1 thread'] = found['steps_1_thread'][work.LENET5]
    kinds = {'listing': 'the listing', **{f'eval-every {n}': f'ours, `--eval-every {n}`'
                                          for n in (1, 10, 100)},
             'train': 'ours, `--eval-every 0`'}
    start = found['starts']
    return [
        '## What the evaluations of LeNet5 cost: milliseconds of a step',
        _table(['', *(cell for name in by_threads for cell in (name, 'times as fast'))],
               [[words, *(cell for row in by_threads.values() for cell in (
                   _ms(row[kind]), _three(_gain(row['listing'], row[kind]))))]
                for kind, words in kinds.items()]),
        'By default, ours evaluates LeNet5 every 100 steps, the recurrent nets on their batch '
        'every 10 and on the test set every 500. A run of one step takes '
        f'{_range(start["cnn ours"], 1)} s (LeNet5; the listing: '
        f'{_range(start["cnn listing"], 1)} s) or {_range(start["rnn ours"], 1)} s (recurrent; '
        f'{_range(start["rnn listing"], 1)} s).'
        + ' On 1.15 the listings run after the others, not in turns.' * ('tf115' in found)]


def _isa(found: dict) -> list[str]:
    head = '## AVX2 kernels beside AVX-512: milliseconds of a training step'
    if not found:
        return [head, 'Skipped: this processor has no AVX-512.']
    rows = [(model, threads, _ms(row['avx2']), _ms(row['avx512']),
             _three(_gain(row['avx2'], row['avx512'])))
            for threads, models in found.items() for model, row in models.items()]
    return [head, 'AVX2, the default, gives the same bits on every x86-64 processor that has it; '
            'this is what it costs where there is AVX-512.',
            _table(('', 'threads', 'avx2', 'avx512', 'avx2: times as long'), rows)]


def _jobs(found: dict) -> list[str]:
    head = '## One-thread runs side by side, or runs of all cores one after the other'
    if not found:
        return [head, 'Skipped: one core.']
    return [head, _table(
        ('', 'ms a step: side by side', 'one after the other', 'times as fast'),
        [(model, _ms(row['side by side']), _ms(row['one after another']),
          _three(_gain(row['one after another'], row['side by side'])))
         for model, row in found.items()]),
        'A step of runs side by side is what each takes, divided by their number.']


def shares(settings, row: dict[str, float]) -> tuple[float, float]:
    """The shares of a run's training time that its checkpoints and its events take.

    Args:
        row: seconds of one 'train' step, 'checkpoint', writing of 'histograms' and of 'scalars'.
    """
    training = settings.steps * row['train']
    apart = seconds_to_next_checkpoint(row['checkpoint'])
    rows_every, detail_every = (
        (settings.eval_every, settings.log_every) if isinstance(settings, CnnSettings) else
        (settings.display_step, settings.eval_every))
    return (row['checkpoint'] * (1 + math.floor(training / apart)) / training,
            (row['histograms'] * (1 + settings.steps // detail_every)
             + row['scalars'] * (1 + settings.steps // rows_every)) / training)


def _costs(found: dict) -> list[str]:
    rows = []
    for model, row in found.items():
        checkpoints, events = shares(work.OF_THE_REPORT[model], {
            name: times['median'] for name, times in row.items()})
        rows.append((model, _ms(row['train']), _ms(row['checkpoint']), f'{checkpoints:.2%}',
                     _ms(row['histograms']), _ms(row['scalars']), f'{events:.2%}'))
    return ['## What is saved on the way: milliseconds, and the share of the whole run',
            _table(('', 'training step', 'a checkpoint', 'share', 'histograms', 'scalars',
                    'share'), rows)]


def _frameworks(found: dict) -> list[str]:
    some = next(iter(next(iter(found.values())).values()))
    others = [way for way in TITLES if way in some and way != 'ours']
    parts = ['## Training step against PyTorch and Keras',
             'The frameworks choose their own kernels, whatever ours are, and the fastest of their '
             'variants stands here.']
    if 'torch' not in others:
        parts.append('PyTorch was not installed: `pip install -e .[bench]` brings it.')
    for setting, models in found.items():
        rows = [[model, _ms(row['ours']),
                 *(cell for way in others for cell in (
                     f'{_ms(row[way])} {row[way]["variant"]}',
                     _three(_gain(row[way], row['ours']))))] for model, row in models.items()]
        means = [statistics.geometric_mean(_gain(row[way], row['ours'])
                                           for row in models.values()) for way in others]
        rows.append(['geometric mean', '',
                     *(cell for mean in means for cell in ('', _three(mean)))])
        parts += [f'### {setting}: milliseconds of a step', _table(
            ['', 'ours', *(cell for way in others
                           for cell in (TITLES[way], 'ours: times as fast'))], rows)]
    return parts


def _roofline(found: dict) -> list[str]:
    rows, detailed = [], []
    for model, row in found.items():
        kinds, held, outside = row['kinds'], row['share'], row['outside']['median']
        floors = sum(kind['floor'] for kind in kinds.values())
        share, overhead = (0.85, 0.05) if model == work.LENET5 else (0.6, 0.25)
        above = dict(sorted(((kind, each['seconds'] - each['floor'])
                             for kind, each in kinds.items()), key=lambda item: -item[1]))
        rows.append((model, _three(1000 * row['step']), _three(1000 * floors),
                     _judged(_share(held['median']), held['median'] >= share),
                     f'{held["low"]:.0%}-{held["high"]:.0%}', f'{share:.0%}',
                     _judged(_share(outside), outside <= overhead),
                     f'{overhead:.0%}',
                     ', '.join(f'{kind} {1000 * above[kind]:.2f}' for kind in list(above)[:3])))
        detailed += [(model, kind, f'{each["count"]:.0f}', _three(1000 * each['seconds']),
                      f'{each["flops"] / 1e6:.1f}', f'{each["bytes"] / 1e6:.2f}',
                      _three(1000 * each['floor']), f'{each["floor"] / each["seconds"]:.0%}')
                     for kind, each in kinds.items() if model in work.OF_EACH_KIND
                     and each['seconds'] >= LEAST_OF_A_STEP * row['step']]
    parts = [
        '## The limit: the roofline of a training step, one thread',
        'The floor of an operation is the larger of its floating-point operations divided by the '
        'speed of TensorFlow\'s matrix product of the same shape (a convolution\'s: patches times '
        'weights), and its bytes divided by the memory bandwidth at the size of its working set, '
        'both measured in turns with the steps, with the same kernels. Elementwise operations '
        'count bytes only, an operation whose result nobody uses has no floor. A round, some '
        'seconds, is compared with itself: a machine may be slower in the next minute. Shares are '
        'medians of rounds, all other numbers are of the round with the median share. Operations '
        'are timed by TensorFlow\'s own timeline; what a step takes besides them is the '
        'executor\'s and Python\'s. Recording makes small operations slower, so that less than '
        'nothing may be left. Bold misses its aim.',
        _table(('', 'ms a step', 'floors', 'share', 'all rounds', 'at least',
                'outside the operations', 'at most', 'ms above the floor'), rows),
        '### The kinds of operations, milliseconds in a step',
        _table(('', 'kind', 'how many', 'ms', 'million operations', 'MB', 'floor', 'share'),
               detailed)]
    return parts + [_why_lstm(found['lstm-128'])] * ('lstm-128' in found)


def _share(value: float) -> str:
    return f'{round(value, 3) + 0:.1%}'  # no -0%


def _why_lstm(row: dict) -> str:
    """Where the time goes in the step in which PyTorch's fused layer was ahead."""
    rest, parts = row['step'], []
    for what, is_one in (('products', True), ('other operations', False)):
        some = [each for kind, each in row['kinds'].items() if ('MatMul' in kind) == is_one]
        count, seconds, floor = (sum(each[part] for each in some)
                                 for part in ('count', 'seconds', 'floor'))
        parts.append(f'{count:.0f} {what} take {_three(1000 * seconds)} ms (floors '
                     f'{_three(1000 * floor)})')
        rest -= seconds
    return (f'`lstm-128`: of {_three(1000 * row["step"])} ms, {parts[0]}, {parts[1]}, '
            f'and {_three(1000 * rest)} ms pass between them. As listed, the cell is a graph of '
            'small operations for each of 28 rows. A fused LSTM layer needs no operations of their '
            'own for the gates, no copies (ConcatV2, Split, Slice), no sum of 28 weight gradients '
            '(AddN), and one product for all rows where these are independent.')


def _startup(found: dict) -> list[str]:
    return ['## From a fresh process to the first step; peak memory',
            _table(('', 'seconds to the first step', 'peak MB'),
                   [(f'{model}, {TITLES[way]}', _range(start['first_step'], 1),
                     math.ceil(start['peak_bytes']['median'] / 1e6))
                    for model, row in found.items() for way, start in row.items()])]


def _runs(found: dict) -> list[str]:
    models = list(found['stages'])
    peaks = {name: math.ceil(peak / 1e6) for name, peak in found['peak_bytes'].items()}
    return ['## Where the seconds to a run\'s first step go; peak memory of runs',
            _table(('seconds', *models),
                   [(stage, *(_range(found['stages'][model][stage], 1) for model in models))
                    for stage in found['stages'][models[0]]]),
            'CIFAR-10\'s pixels come from the cache; without it, a first run decodes them too.',
            _table(('a run of 100 steps or more', 'peak MB', 'at most'),
                   [(name, _judged(str(peak), peak <= PEAK_MB.get(name, math.inf)),
                     PEAK_MB.get(name, '')) for name, peak in peaks.items()])]


SECTIONS = {'listing': _listing, 'isa': _isa, 'jobs': _jobs, 'costs': _costs,
            'frameworks': _frameworks,
            'roofline': _roofline, 'startup': _startup, 'runs': _runs}
