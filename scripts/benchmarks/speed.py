"""`results/SPEED.md`, from the numbers of `results/bench.json`: nothing is measured here."""

from __future__ import annotations

import math
import statistics
from typing import Iterable

from tabulate import tabulate

from benchmarks import work
from elec576.errors import UserError
from elec576.experiments import EXPERIMENTS
from elec576.machine import versions_text
from elec576.settings import CnnSettings

TITLES = {'ours': 'ours', 'torch': 'PyTorch', 'keras': 'Keras'}
PRODUCT = 2 * 2048**3  # floating-point operations of the matrix product in `ways.sgemm`
# As `elec576.runs.run` spaces checkpoints: so many seconds, and so many times the last one's cost.
SECONDS_APART, COSTS_APART = 10.0, 100


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
            parts.append(headline(results['listing']['numbers']))
        parts += ['Made by `python scripts/bench.py`, all numbers in `bench.json`. A time is the '
                  'median (smallest-largest) of rounds in which all that are compared take turns.',
                  _origins(results)]
        for item, write in SECTIONS.items():
            if item in results:
                parts += write(results[item]['numbers'])
        return '\n\n'.join(parts) + '\n'
    except (KeyError, TypeError, AttributeError) as error:
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


def headline(found: dict) -> str:
    """The sentence with the number that matters."""
    every, listed = totals(found), totals(found, LISTED)
    old = (' On TensorFlow 1.15 the listings take {:.0f}, and {:.0f} with it.'.format(
        *(seconds['tf115'] / 60 for seconds in (listed, every))) if 'tf115' in found else '')
    return (f"The report's {len(LISTED)} listed experiments, one seed each, take "
            f'{listed["ours"] / 60:.0f} minutes with {found["threads"]} threads; the listings, '
            f'with the same bits, take {listed["listing"] / 60:.0f}: '
            f'**{_three(listed["listing"] / listed["ours"])} times as fast**. '
            f'With `cnn-mnist` it is {every["ours"] / 60:.0f} minutes against '
            f'{every["listing"] / 60:.0f} in the way of the listing.{old} '
            '(Computed from the steps below.)')


def _listing(found: dict) -> list[str]:
    by_threads = {f'{found["threads"]} threads': found['steps'][work.LENET5]}
    if 'steps_1_thread' in found:
        by_threads['1 thread'] = found['steps_1_thread'][work.LENET5]
    kinds = {'listing': 'the listing', **{f'eval-every {n}': f'ours, `--eval-every {n}`'
                                          for n in (1, 10, 100)},
             'train': 'ours, `--eval-every 0`'}
    start = found['starts']
    return [
        '## Ours against the listing',
        _experiments(found),
        'Ours evaluates as a run does unasked: LeNet5 every 100 steps, the recurrent nets on their '
        'batch every 10 and on the test set every 500. `cnn-mnist` was assignment 1\'s program, '
        'which the report does not print; in the way of the CNN\'s listing it would evaluate '
        'twice on 10,000 images at every step. A run of one step takes '
        f'{_range(start["cnn ours"], 1)} s (LeNet5; the listing: '
        f'{_range(start["cnn listing"], 1)} s) or {_range(start["rnn ours"], 1)} s (recurrent; '
        f'{_range(start["rnn listing"], 1)} s).'
        + ' On 1.15 the listings run after the others, not in turns.' * ('tf115' in found),
        '### What the evaluations of LeNet5 cost: milliseconds of a step',
        _table(['', *(cell for name in by_threads for cell in (name, 'times as fast'))],
               [[words, *(cell for row in by_threads.values() for cell in (
                   _ms(row[kind]), _three(_gain(row['listing'], row[kind]))))]
                for kind, words in kinds.items()])]


def _experiments(found: dict) -> str:
    """One row for all experiments that are the same work."""
    groups: dict[tuple, list[str]] = {}
    for name, settings in EXPERIMENTS.items():
        groups.setdefault((work.name_of(settings), settings.steps), []).append(name)
    old = found.get('tf115', {'steps': {}})['steps']
    rows = []
    for (model, steps), names in groups.items():
        row, seconds = found['steps'][model], run_seconds(names[0], found)
        rows.append([', '.join(names), steps, *([_ms(old[model])] if old else []),
                     _ms(row['listing']), _ms(row[_as_run(EXPERIMENTS[names[0]])]),
                     _ms(row['train']), *([f'{seconds["tf115"]:.0f}'] if old else []),
                     f'{seconds["listing"]:.0f}', f'{seconds["ours"]:.0f}',
                     _three(seconds['listing'] / seconds['ours'])])
    for words, names in ((f'all {len(LISTED)} listed', LISTED), (f'all {len(EXPERIMENTS)}',
                                                               tuple(EXPERIMENTS))):
        seconds = totals(found, names)
        rows.append([f'**{words}**', *[''] * (5 if old else 4),
                     *([f'{seconds["tf115"]:.0f}'] if old else []),
                     f'{seconds["listing"]:.0f}', f'{seconds["ours"]:.0f}',
                     f'**{_three(seconds["listing"] / seconds["ours"])}**'])
    return _table(['', 'steps', *(['ms a step: the listing on 1.15'] if old else []),
                   'the listing', 'ours', 'ours, nothing evaluated',
                   *(['seconds a run: on 1.15'] if old else []), 'the listing', 'ours',
                   'times as fast'], rows)


def _isa(found: dict) -> list[str]:
    head = '## AVX2 kernels beside AVX-512: milliseconds of a training step'
    if not found:
        return [head, 'Skipped: this processor has no AVX-512.']
    rows = [(model, threads, _ms(row['avx2']), _ms(row['avx512']),
             _three(_gain(row['avx2'], row['avx512'])))
            for threads, models in found.items() for model, row in models.items()]
    return [head, 'AVX2, the default, gives the same bits on every x86-64 processor that has it; '
            'this is what it costs where there is AVX-512.',
            _table(('', 'threads', 'avx2', 'avx512', 'avx2 takes times as long'), rows)]


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
    apart = max(SECONDS_APART, COSTS_APART * row['checkpoint'])
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
    parts = ['## Training step against PyTorch and Keras, and the share of the machine\'s speed',
             'The share is that of the arithmetic speed of a 2048 x 2048 float32 matrix product '
             'with the best kernels of the machine. The frameworks choose their own kernels, '
             'whatever ours are, and the fastest of their variants stands here.']
    if 'torch' not in others:
        parts.append('PyTorch was not installed: `pip install -e .[bench]` brings it.')
    for setting, models in found.items():
        rows = []
        for model, row in models.items():
            count = work.multiply_adds(work.OF_THE_REPORT[model])
            speed = PRODUCT / row['sgemm']['median']
            rows.append([model, f'{count / 1e6:.1f}', _ms(row['ours']),
                         *(cell for way in others for cell in (
                             f'{_ms(row[way])} {row[way]["variant"]}',
                             _three(_gain(row[way], row['ours'])))),
                         *(f'{2 * count / row[way]["median"] / speed:.0%}'
                           for way in ('ours', *others))])
        means = [statistics.geometric_mean(_gain(row[way], row['ours'])
                                           for row in models.values()) for way in others]
        rows.append(['**geometric mean**', '', '',
                     *(cell for mean in means for cell in ('', f'**{_three(mean)}**')),
                     *[''] * (1 + len(others))])
        speeds = [PRODUCT / row['sgemm']['median'] / 1e9 for row in models.values()]
        parts += [f'### {setting}: milliseconds of a step', _table(
            ['', 'million multiply-adds', 'ours',
             *(cell for way in others for cell in (TITLES[way], 'ours is times as fast')),
             *(f'share: {TITLES[way]}' for way in ('ours', *others))], rows),
            f'The matrix product: {statistics.median(speeds):.0f} '
            f'({min(speeds):.0f}-{max(speeds):.0f}) Gflop/s.']
    return parts


def _startup(found: dict) -> list[str]:
    return ['## From a fresh process to the first step; peak memory',
            _table(('', 'seconds to the first step', 'peak MB'),
                   [(f'{model}, {TITLES[way]}', _range(start['first_step'], 1),
                     math.ceil(start['peak_bytes']['median'] / 1e6))
                    for model, row in found.items() for way, start in row.items()])]


SECTIONS = {'listing': _listing, 'isa': _isa, 'jobs': _jobs, 'costs': _costs,
            'frameworks': _frameworks, 'startup': _startup}
