"""The comparison as tables: pandas data frames, which `write_tables` keeps as CSV files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Iterable

import pandas as pd

from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import VERDICTS
from elec576.comparison.links import JudgedLink
from elec576.comparison.prediction import Summary, summarise
from elec576.comparison.results import Results, Run
from elec576.experiments import settings_of
from elec576.files import write_whole
from elec576.runs.tables import csv_text
from elec576.settings import describe, training_images

PACKAGES = {'elec576': 'elec576', 'tensorflow': 'TensorFlow', 'numpy': 'numpy', 'python': 'Python'}


def tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Every table by the name of its file."""
    return {name: table_of(comparison) for name, table_of in TABLES.items()}


def write_tables(comparison: Comparison, folder: Path) -> None:
    """Write each table as ``folder``/<name>.csv; floats in the shortest form that reads back."""
    for name, table in tables(comparison).items():
        write_whole(folder / f'{name}.csv', csv_text(table))


def numbers_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's numbers."""
    return pd.DataFrame([{
        'experiment': number.reported.experiment, 'quantity': number.reported.quantity,
        'step': number.reported.step, 'reported': number.reported.value,
        **_columns(found), 'sd_between_runs': found.between, 'sd_within_run': found.within,
        'score': found.score, 'verdict': number.verdict, 'where': number.reported.where,
        'note': number.reported.note}
        for number in comparison.numbers for found in (number.judgement,)])


def _columns(summary: Summary) -> dict:
    return {'n': summary.n, 'mean': summary.mean, 'sd': summary.sd, 'lowest': summary.lowest,
            'highest': summary.highest, 'interval_low': summary.low,
            'interval_high': summary.high}


def experiments_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's experiments that has runs."""
    rows = []
    for name in comparison.experiments:
        numbers = [number.compatible for number in comparison.numbers_of(name)
                   if number.compatible is not None]
        accuracy, loss = (summarise(comparison.results.final(name, quantity))
                          for quantity in ('test_accuracy', 'test_loss'))
        own = {number.reported.quantity: number.reported.value
               for number in comparison.numbers_of(name)}
        rows.append({
            'experiment': name, 'settings': describe(settings_of(name)), 'n': accuracy.n,
            'test_accuracy_mean': accuracy.mean, 'test_accuracy_sd': accuracy.sd,
            'test_accuracy_lowest': accuracy.lowest, 'test_accuracy_highest': accuracy.highest,
            'test_accuracy_reported': own.get('test_accuracy'),
            'test_loss_mean': loss.mean, 'test_loss_sd': loss.sd,
            'test_loss_reported': own.get('test_loss'),
            'numbers_judged': len(numbers),
            'numbers_compatible': sum(numbers)})
    return pd.DataFrame(rows)


def conclusions_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's conclusions."""
    return pd.DataFrame([{
        'conclusion': judged.conclusion.name, 'statement': judged.conclusion.statement,
        'counted': judged.conclusion.counted, 'verdict': judged.verdict,
        'links': len(judged.links),
        **{f'links_{verdict.replace(" ", "_")}': [link.verdict for link in judged.links
                                                  ].count(verdict) for verdict in VERDICTS},
        'values_compatible': ' '.join(number.verdict for number in judged.values),
        'probability_of_order': judged.chance, 'own_numbers': judged.own_verdict,
        'sentence': judged.conclusion.sentence, 'note': judged.conclusion.note}
        for judged in comparison.conclusions])


def links_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each link of each conclusion; effects of running times are log ratios."""
    table = pd.DataFrame([{
        'conclusion': judged.conclusion.name, 'quantity': link.link.quantity,
        'higher': link.link.higher, 'lower': link.link.lower, **_look_columns(link),
        'margin': link.margin, 'verdict': link.verdict, 'reason': link.reason,
        'reported_higher': link.own and link.own[0].value,
        'reported_lower': link.own and link.own[1].value, 'own_numbers': link.own_verdict}
        for judged in comparison.conclusions for link in judged.links])
    return table.astype({'look': 'Int64', 'n': 'Int64'})


def _look_columns(link: JudgedLink) -> dict:
    """What the look taken found; nothing before the first."""
    looks = {'looks': ' '.join(map(str, link.link.looks))}
    names = ('look', 'n', 'effect', 'sd', 'bound', 'interval_low', 'interval_high', 'final_effect',
             'images_low', 'images_high')
    if link.look is None:
        return looks | dict.fromkeys(names)
    look, effect = link.look, link.look.effect
    return looks | dict(zip(names, (look.number, effect.n, effect.mean, effect.sd, look.bound,
                                    effect.low, effect.high, look.final,
                                    *(look.images or (None, None)))))


def identification_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each block of the report's numbers under each experiment."""
    columns = ['block', 'numbers', 'label', 'experiment', 'log_likelihood', 'behind_best', 'limit',
               'excluded', 'own_runs', 'own_runs_named_right']
    return pd.DataFrame([
        (fit.block.name, len(fit.block.numbers), fit.block.experiment, name, value,
         fit.behind(name), fit.limit, name not in fit.possible, *fit.named_right(name)[::-1])
        for fit in comparison.identification.fits
        for name, value in fit.log_likelihoods.items()], columns=columns)


TABLES = {'numbers': numbers_table, 'experiments': experiments_table,
          'conclusions': conclusions_table, 'links': links_table,
          'identification': identification_table}


@dataclass(frozen=True)
class Origin:
    """The runs on one set of images; where they differ, all values, separated by semicolons."""

    dataset: str
    digest: str  # SHA-256 over the pixels
    images: int  # for training
    runs: int
    versions: dict[str, str]  # by the names of PACKAGES
    threads: str
    processor: str
    first: str  # the dates on which the first and the last run finished, YYYY-MM-DD
    last: str


def origins(results: Results) -> tuple[Origin, ...]:
    """One for each set of images, in the order of the experiments."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in results.all():
        dataset = run.metrics['dataset']
        groups.setdefault((dataset['name'], dataset['digest']), []).append(run)
    return tuple(_origin(*dataset, runs) for dataset, runs in groups.items())


def _origin(dataset: str, digest: str, runs: list[Run]) -> Origin:
    metrics = [run.metrics for run in runs]
    dates = sorted(found['finished'][:len('2000-01-01')] for found in metrics)
    return Origin(dataset, digest, training_images(runs[0].settings), len(runs),
                  {name: _distinct(found['versions'].get(name, '?') for found in metrics)
                   for name in PACKAGES},
                  _distinct(found['threads'] for found in metrics),
                  _distinct(found['processor'] for found in metrics), dates[0], dates[-1])


def _distinct(values: Iterable[object]) -> str:
    return '; '.join(sorted({str(value) for value in values}))
