"""The comparison as tables: pandas data frames, which `write_tables` keeps as CSV files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import value_verdict
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.statistics import Summary, summarise
from elec576.experiments import named
from elec576.files import write_whole
from elec576.settings import describe


def tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Every table by the name of its file."""
    return {'numbers': numbers_table(comparison), 'experiments': experiments_table(comparison),
            'conclusions': conclusions_table(comparison), 'links': links_table(comparison),
            'evidence': evidence_table(comparison), 'runs': runs_table(comparison)}


def write_tables(comparison: Comparison, folder: Path) -> None:
    """Write each table as ``folder``/<name>.csv; floats in the shortest form that reads back."""
    for name, table in tables(comparison).items():
        write_whole(folder / f'{name}.csv', table.to_csv(index=False, lineterminator='\n'))


def numbers_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's numbers."""
    return pd.DataFrame([{
        'experiment': number.reported.experiment, 'quantity': number.reported.quantity,
        'step': number.reported.step, 'reported': number.reported.value,
        **_columns(number.summary), 'inside': judgement(number),
        'where': number.reported.where, 'note': number.reported.note}
        for number in comparison.numbers])


def _columns(summary: Summary) -> dict:
    return {'n': summary.n, 'mean': summary.mean, 'sd': summary.sd, 'lowest': summary.lowest,
            'highest': summary.highest, 'interval_low': summary.low,
            'interval_high': summary.high}


def judgement(number: JudgedNumber) -> str:
    """How a number stands: 'inside', 'outside', 'too few seeds' or 'not compared'."""
    if not number.reported.compared:
        return 'not compared'
    return {True: 'inside', False: 'outside', None: 'too few seeds'}[number.inside]


def experiments_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's experiments that has runs."""
    rows = []
    for name in comparison.experiments:
        numbers = [number for number in comparison.numbers_of(name) if number.inside is not None]
        accuracy, loss = (summarise(comparison.results.values(name, quantity, named(name).steps))
                          for quantity in ('test_accuracy', 'test_loss'))
        seconds = summarise(comparison.results.cpu_seconds(name))
        own = {number.reported.quantity: number.reported.value
               for number in comparison.numbers_of(name)}
        rows.append({
            'experiment': name, 'settings': describe(named(name)), 'n': accuracy.n,
            'test_accuracy_mean': accuracy.mean, 'test_accuracy_sd': accuracy.sd,
            'test_accuracy_lowest': accuracy.lowest, 'test_accuracy_highest': accuracy.highest,
            'test_accuracy_reported': own.get('test_accuracy'),
            'test_loss_mean': loss.mean, 'test_loss_sd': loss.sd,
            'test_loss_reported': own.get('test_loss'),
            'cpu_seconds_mean': seconds.mean, 'cpu_seconds_sd': seconds.sd,
            'numbers_judged': len(numbers),
            'numbers_inside': sum(number.inside for number in numbers)})
    return pd.DataFrame(rows)


def conclusions_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each of the report's conclusions."""
    return pd.DataFrame([{
        'conclusion': judged.conclusion.name, 'statement': judged.conclusion.statement,
        'verdict': judged.verdict, 'parts': len(judged.parts),
        **{f'parts_{verdict}': judged.parts.count(verdict)
           for verdict in ('supported', 'contradicted', 'undecided')},
        'own_numbers': judged.own_verdict, 'sentence': judged.conclusion.sentence,
        'note': judged.conclusion.note} for judged in comparison.conclusions])


def links_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each part of each conclusion; a named value has no ``lower`` and no effect."""
    rows = []
    for judged in comparison.conclusions:
        for link in judged.links:
            own = link.own and [value.value for value in link.own]
            rows.append({
                'conclusion': judged.conclusion.name, 'quantity': link.link.quantity,
                'higher': link.link.higher, 'lower': link.link.lower,
                'n_higher': link.effect.n[0], 'n_lower': link.effect.n[1],
                'difference': link.effect.difference, 'interval_low': link.effect.low,
                'interval_high': link.effect.high,
                'probability_of_improvement': link.effect.probability,
                'verdict': link.verdict, 'reason': link.reason,
                'reported_higher': own and own[0], 'reported_lower': own and own[1],
                'own_numbers': link.own_verdict})
        for number in judged.values:
            rows.append({
                'conclusion': judged.conclusion.name, 'quantity': number.reported.quantity,
                'higher': number.reported.experiment, 'n_higher': number.summary.n,
                'verdict': value_verdict(number), 'reported_higher': number.reported.value})
    table = pd.DataFrame(rows)
    return table.astype({'n_lower': 'Int64'})


def evidence_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each quantity under each reading of what the report leaves open."""
    return pd.DataFrame([{
        'question': answer.question.name, 'quantity': reading.quantity,
        'step': answer.question.step, 'reading': reading.label, 'settings': reading.name,
        **_columns(reading.summary),
        'reported': ' '.join(value.value for value in answer.beside[reading.quantity]),
        'reported_inside': None if None in reading.inside else sum(reading.inside),
        'reported_count': len(reading.inside), 'log_likelihood': reading.log_likelihood,
        'relative_likelihood': reading.relative_likelihood}
        for answer in comparison.answers for reading in answer.readings]
    ).astype({'reported_inside': 'Int64'})


def runs_table(comparison: Comparison) -> pd.DataFrame:
    """One row for each run: what it gave and where it comes from."""
    return pd.DataFrame([{
        'experiment': run.experiment, 'seed': run.seed,
        **{name: run.metrics[name] for name in ('test_accuracy', 'test_loss', 'cpu_seconds',
                                                'wall_seconds', 'threads', 'processor',
                                                'finished')},
        'dataset': run.metrics['dataset']['name'], 'digest': run.metrics['dataset']['digest'],
        **run.metrics['versions']} for run in comparison.results.all()])
