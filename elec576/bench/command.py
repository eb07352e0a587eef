"""The bench as a whole: measure what is asked for, print the tables, keep the numbers."""

from __future__ import annotations

import dataclasses
import datetime
import math
import os
import platform
from pathlib import Path

from elec576.bench import against_frameworks, against_listing, arithmetic, remote, startup, \
    whole_report, work
from elec576.bench.tables import milliseconds, percent, seconds, table, times
from elec576.bench.timing import Summary, say
from elec576.files import write_json
from elec576.machine import processor, versions
from elec576.settings import all_cores

LISTING, FRAMEWORKS, STARTUP = ITEMS = ('listing', 'frameworks', 'startup')
STARTED = (work.LENET5, 'lstm-128')
CAVEAT = ('PyTorch is not installed: its columns are left out '
          '(pip install -e .[bench] brings it)')


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much to measure."""

    listing: against_listing.Effort = against_listing.Effort()
    frameworks: against_frameworks.Effort = against_frameworks.Effort()
    startup: startup.Effort = startup.Effort()


QUICK = Plan(against_listing.Effort(rounds=1, seconds=0.1, rnn_seconds=0.02, starts=1),
             against_frameworks.Effort(rounds=2, seconds=0.02, tries=1),
             startup.Effort(starts=1, steps=2))


def bench(items: tuple[str, ...], quick: bool, out: Path) -> None:
    """Measure ``items`` (some of `ITEMS`), print tables and write everything to ``out``."""
    plan = QUICK if quick else Plan()
    cores = all_cores()
    results: dict[str, object] = {
        'machine': {'processor': processor(), 'cores': cores, 'system': platform.platform(),
                    'load_before': os.getloadavg()},
        'versions': versions('tensorflow', 'numpy', 'keras', 'torch'),
        'quick': quick,
        'started': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')}
    print(f'Measured on {processor()}: '
          + ', '.join(f'{name} {number}' for name, number in results['versions'].items())
          + '. Medians (smallest–largest) over rounds in which everybody takes turns.')
    if not remote.available('torch'):
        print(f'\n{CAVEAT}.')
        say(CAVEAT)
    if quick:
        print('\nA quick look: too few rounds to quote.')
    for item in items:
        results[item] = {LISTING: _listing, FRAMEWORKS: _frameworks,
                         STARTUP: _startup}[item](plan, cores)
    results['machine']['load_after'] = os.getloadavg()
    write_json(out, _plain(results))
    say(f'written to {out}')


def _heading(text: str) -> None:
    print(f'\n### {text}\n', flush=True)


def _plain(value: object) -> object:
    """Dataclasses as dictionaries, all the way down."""
    if dataclasses.is_dataclass(value):
        return _plain({field.name: getattr(value, field.name)
                       for field in dataclasses.fields(value)})
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _listing(plan: Plan, cores: int) -> dict:
    effort = plan.listing
    with against_listing.made_up_data() as data:
        fixed = against_listing.measure_whole_starts(cores, data, effort)
        rows = against_listing.measure(list(work.OF_THE_REPORT), cores, data, effort)
        single = ({} if cores == 1 else
                  against_listing.measure([work.LENET5], 1, data, effort))
    print_lenet5_steps({f'{cores} threads': rows[work.LENET5],
                        **{'1 thread': row for row in single.values()}})
    print_rnn_steps(rows)
    ways = whole_report.arithmetic(rows, fixed)
    print_whole_report(ways)
    totals = {name: dict(zip(('listing', 'ours'), whole_report.total(some)))
              for name, some in (('all', ways),
                                 ('of_the_listings', whole_report.of_the_listings(ways)))}
    return {'threads': cores, 'step_seconds': rows, 'step_seconds_1_thread': single,
            'run_of_one_step_seconds': fixed,
            'whole_report': {'seconds': totals,
                             'experiments': {name: {'listing': str(theirs), 'ours': str(own)}
                                             for name, (theirs, own) in ways.items()}}}


def print_lenet5_steps(rows: dict[str, against_listing.Row]) -> None:
    """A step of the listing against one of ours."""
    _heading("LeNet5: milliseconds of a step, the listing's and ours")
    kinds = {against_listing.LISTING: 'the listing',
             **{f'eval-every {n}': f'ours, `--eval-every {n}`' for n in against_listing.EVAL_EVERY},
             against_listing.TRAIN: 'ours, evaluating never'}
    lines = []
    for kind, words in kinds.items():
        cells = [words]
        for row in rows.values():
            gain = row[against_listing.LISTING].median / row[kind].median
            cells += [milliseconds(row[kind]), times(gain)]
        lines.append(cells)
    head = ['step'] + [part for name in rows for part in (name, 'times as fast')]
    print(table(head, lines))


def print_rnn_steps(rows: dict[str, against_listing.Row]) -> None:
    """The same for the recurrent networks."""
    _heading("Recurrent networks: milliseconds of a step, the listing's and ours")
    lines = []
    for model, row in rows.items():
        if against_listing.DISPLAY in row:
            listing, ours, train = (row[kind] for kind in (
                against_listing.LISTING, against_listing.DISPLAY, against_listing.TRAIN))
            lines.append([model, milliseconds(listing), milliseconds(ours),
                          times(listing.median / ours.median), milliseconds(train)])
    print(table(['', 'the listing', 'ours', 'times as fast', 'ours, nothing evaluated'], lines))


def print_whole_report(ways: dict[str, tuple[whole_report.Way, whole_report.Way]]) -> None:
    """The arithmetic of all experiments."""
    _heading("The whole report, one seed, computed from the above: the listing's way and ours")
    lines = [[name, str(listing), f'{listing.seconds:.0f} s', str(ours), f'{ours.seconds:.0f} s',
              times(listing.seconds / ours.seconds)]
             for name, (listing, ours) in ways.items()]
    for words, some in (('all {}', ways), ('the {} of the listings themselves',
                                           whole_report.of_the_listings(ways))):
        listing, ours = whole_report.total(some)
        lines.append([f'**{words.format(len(some))}**', '', f'**{listing / 60:.0f} min**', '',
                      f'**{ours / 60:.0f} min**', f'**{times(listing / ours)}**'])
    print(table(['', 'the listing', '', 'ours', '', 'times as fast'], lines))


def _frameworks(plan: Plan, cores: int) -> dict:
    rows, found = against_frameworks.measure(list(work.WORK), cores, plan.frameworks)
    print_frameworks(rows)
    print_arithmetic()
    return {'versions': found, 'settings': rows,
            'sgemm_flops': {name: _sgemm_speed(models) for name, models in rows.items()},
            'multiply_adds': {model: arithmetic.training_step(settings)
                              for model, settings in work.WORK.items()}}


def _sgemm_speed(rows: dict[str, against_frameworks.Row]) -> Summary:
    return Summary.of([against_frameworks.sgemm_speed(row) for row in rows.values()])


def print_frameworks(rows: dict[str, dict[str, against_frameworks.Row]]) -> None:
    """One table for each setting: everybody's step, ratios, shares of sgemm."""
    titles = {'torch': 'PyTorch', 'keras': 'Keras'}
    for name, models in rows.items():
        ways = [way for way in titles if way in next(iter(models.values()))]
        _heading(f'Training step, {name}: milliseconds; and shares of sgemm')
        lines = []
        for model, row in models.items():
            cells = [model, milliseconds(row[against_frameworks.OURS].summary)]
            for way in ways:
                cells += [f'{milliseconds(row[way].summary)} {row[way].variant}',
                          times(against_frameworks.ratio(row, way))]
            cells += [percent(against_frameworks.share_of_sgemm(model, row, way))
                      for way in [against_frameworks.OURS, *ways]]
            lines.append(cells)
        means = ['**geometric mean**', '']
        for way in ways:
            means += ['', f'**{times(against_frameworks.mean_ratio(models, way))}**']
        lines.append(means + [''] * (1 + len(ways)))
        print(table(
            ['', 'ours'] + [cell for way in ways for cell in (titles[way], 'ours is times as fast')]
            + ['sgemm: ours'] + [titles[way] for way in ways], lines))
        speed = _sgemm_speed(models)
        print(f'\nsgemm here: {speed.median / 1e9:.0f} ({speed.low / 1e9:.0f}–'
              f'{speed.high / 1e9:.0f}) Gflop/s.')


def print_arithmetic() -> None:
    """What the shares are made of."""
    _heading('Millions of multiply-adds of a training step')
    lines = []
    for model, settings in work.WORK.items():
        parts = arithmetic.layers(settings)
        sums = [sum(getattr(part, kind) for part in parts)
                for kind in ('forward', 'weights', 'inputs', 'training')]
        lines.append([model, *(f'{value / 1e6:.1f}' for value in sums)])
    print(table(['', 'forward', 'gradient of the weights', 'gradient of the inputs', 'all'], lines))


def _startup(plan: Plan, cores: int) -> dict:
    found = startup.measure(STARTED, cores, plan.startup)
    print_startup(found)
    return found


def print_startup(found: dict[str, dict[str, startup.Start]]) -> None:
    """Start-up and memory."""
    _heading('From a fresh process to the first step; peak memory')
    print(table(['', 'seconds to the first step', 'peak MB'],
                [[f'{model}, {way}', seconds(start.first_step),
                  f'{math.ceil(start.peak_bytes.median / 1e6)}']
                 for model, ways in found.items() for way, start in ways.items()]))
