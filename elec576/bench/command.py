"""The bench as a whole: measure what is asked for, keep the numbers, print the tables."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import platform
from pathlib import Path

from elec576.bench import against_frameworks, against_listing, arithmetic, costs, on_tf115, \
    remote, report, side_by_side, startup, whole_report, work
from elec576.bench.timing import say
from elec576.errors import UserError
from elec576.files import write_json
from elec576.machine import processor, versions, versions_text
from elec576.runs.rundir import read_json
from elec576.settings import all_cores

SEVERAL = (work.LENET5, 'lstm-128', 'gru-300')  # where all ten models would say the same
STARTED = (work.LENET5, 'lstm-128')
CAVEAT = ('PyTorch is not installed: its columns are left out '
          '(pip install -e .[bench] brings it)')


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much to measure."""

    listing: against_listing.Effort = against_listing.Effort()
    jobs: against_frameworks.Effort = against_frameworks.Effort()
    costs: costs.Effort = costs.Effort()
    frameworks: against_frameworks.Effort = against_frameworks.Effort()
    startup: startup.Effort = startup.Effort()
    tf115: Path | None = None  # a Python that has TensorFlow 1.15.5


_QUICK = against_frameworks.Effort(rounds=2, seconds=0.02, tries=1)
QUICK = Plan(against_listing.Effort(rounds=1, seconds=0.1, rnn_seconds=0.02, starts=1),
             _QUICK, costs.Effort(rounds=1, seconds=0.02), _QUICK,
             startup.Effort(starts=1, steps=2))


def bench(items: tuple[str, ...], quick: bool, out: Path, tf115: Path | None = None) -> None:
    """Measure ``items`` (some of `ITEMS`), print their tables and keep all in ``out``.

    ``out`` is written after each item; what it holds of other items stays. ``tf115`` is a Python
    with TensorFlow 1.15.5, on which the listings are then measured, too.
    """
    plan = dataclasses.replace(QUICK if quick else Plan(), tf115=tf115)
    results = read_json(out) if out.exists() else {}
    if not remote.available('torch'):
        say(CAVEAT)
    for item in items:
        machine = {'processor': processor(), 'cores': all_cores(), 'system': platform.platform(),
                   'load_before': os.getloadavg()}
        started = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        numbers, tables = ITEMS[item](plan, all_cores())
        results[item] = {
            'machine': machine | {'load_after': os.getloadavg()},
            'versions': versions('tensorflow', 'numpy', 'keras', 'torch'), 'quick': quick,
            'started': started, 'numbers': _plain(numbers), 'tables': tables}
        write_json(out, {name: results[name] for name in ITEMS if name in results})
        print(f'{text_of(item, results[item])}\n', flush=True)
    say(f'written to {out}')


def tables(out: Path, items: tuple[str, ...]) -> str:
    """The tables of an earlier bench, as it printed them, as far as ``out`` has ``items``.

    Raises:
        UserError: it has none of them, or is no bench.
    """
    results = read_json(out)
    try:
        texts = [text_of(item, results[item]) for item in ITEMS
                 if item in items and item in results]
    except (KeyError, TypeError):
        raise UserError(f'{out}: not what scripts/bench.py writes; measure again') from None
    if not texts:
        raise UserError(f'{out}: {", ".join(items)} not measured yet')
    return '\n\n'.join(texts)


def text_of(item: str, result: dict) -> str:
    """An item's tables, and on what they were measured."""
    found = versions_text(result['versions'])
    quick = ' A quick look: too few rounds to quote.' if result['quick'] else ''
    without = f' {CAVEAT}.' if item == 'frameworks' and 'torch' not in result['versions'] else ''
    return (f'{result["tables"]}\n\n<sub>`scripts/bench.py --only {item}` on '
            f'{result["machine"]["processor"]}, {result["started"][:10]}: {found}. '
            f'Medians (smallest–largest) over rounds in which all take turns.{quick}{without}'
            '</sub>')


def _plain(value: object) -> object:
    """Dataclasses as dictionaries, all the way down, as JSON has them."""
    return json.loads(json.dumps(value, default=dataclasses.asdict))


def _listing(plan: Plan, cores: int) -> tuple[dict, str]:
    effort = plan.listing
    with against_listing.made_up_data() as data:
        fixed = against_listing.measure_whole_starts(cores, data, effort)
        rows = against_listing.measure(list(work.OF_THE_REPORT), cores, data, effort)
        single = ({} if cores == 1 else
                  against_listing.measure([work.LENET5], 1, data, effort))
        old = on_tf115.measure_all(plan.tf115, cores, data, effort) if plan.tf115 else None
    ways = whole_report.arithmetic(rows, fixed)
    totals = {name: dict(zip(('listing', 'ours'), whole_report.total(some)))
              for name, some in (('all', ways),
                                 ('of_the_listings', whole_report.of_the_listings(ways)))}
    by_threads = {f'{cores} threads': rows[work.LENET5],
                  **{'1 thread': row for row in single.values()}}
    return ({'threads': cores, 'step_seconds': rows, 'step_seconds_1_thread': single,
             'run_of_one_step_seconds': fixed,
             'whole_report': {'seconds': totals,
                              'experiments': {name: {'listing': str(theirs), 'ours': str(own)}
                                              for name, (theirs, own) in ways.items()}},
             **({'tf115': old} if old else {})},
            '\n\n'.join((report.lenet5_steps(by_threads), report.rnn_steps(rows),
                         report.experiments(ways),
                         *([report.tf115_steps(old, rows, ways)] if old else []))))


def _jobs(plan: Plan, cores: int) -> tuple[dict, str]:
    if cores == 1:
        return {}, 'One core: there is nothing to run side by side.'
    rows = side_by_side.measure(SEVERAL, cores, plan.jobs)
    return rows, report.jobs(rows, cores)


def _costs(plan: Plan, cores: int) -> tuple[dict, str]:
    found = costs.measure(SEVERAL, 1, plan.costs)
    return found, report.what_is_saved(found)


def _frameworks(plan: Plan, cores: int) -> tuple[dict, str]:
    rows, found = against_frameworks.measure(list(work.WORK), cores, plan.frameworks)
    return ({'versions': found, 'settings': rows,
             'sgemm_flops': {name: report.sgemm_speed(models) for name, models in rows.items()},
             'multiply_adds': {model: arithmetic.training_step(settings)
                               for model, settings in work.WORK.items()}},
            f'{report.frameworks(rows)}\n\n{report.multiply_adds()}')


def _startup(plan: Plan, cores: int) -> tuple[dict, str]:
    found = startup.measure(STARTED, cores, plan.startup)
    return found, report.starts(found)


ITEMS = {'listing': _listing, 'jobs': _jobs, 'costs': _costs, 'frameworks': _frameworks,
         'startup': _startup}
