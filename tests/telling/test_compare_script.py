"""The whole comparison, as the command makes it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import REPOSITORY, Done, call
from made_up import write_runs
from matplotlib import image
from scipy import stats

from elec576.comparison.comparison import compare, curves
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import Prediction
from elec576.experiments import settings_of
from elec576.page.page import page_text
from elec576.pictures.comparison import draw_comparison
from elec576.settings import describe
from elec576.telling.figures import CURVES, figures, hidden_units_text
from elec576.telling.markdown import report_text
from elec576.telling.quantities import measured_words
from elec576.telling.tables import write_tables
from elec576.telling.words import count_words, digits, p_words, percent_words, seed_words

COMMAND = [sys.executable, str(REPOSITORY / 'scripts' / 'compare.py'), '--results']


def run_compare(results: Path) -> Done:
    """The command in this process."""
    return call([*COMMAND, str(results)])


def contents(folder: Path) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob('*')
            if path.is_file() and 'runs' not in path.relative_to(folder).parts}


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """Five seeds of everything, compared once."""
    results = write_runs(tmp_path_factory.mktemp('whole') / 'results')
    return results, run_compare(results)


@pytest.mark.parametrize('content, words', [
    (None, 'No such file'), (b'\xff', 'cannot be read'), (b'text', 'has no marks')])
def test_a_readme_that_cannot_be_filled_is_refused_before_all(content, words, tmp_path):
    results, readme = write_runs(tmp_path / 'results', ('gru-50',), seeds=1), tmp_path / 'README'
    if content is not None:
        readme.write_bytes(content)
    done = call([*COMMAND, str(results), '--readme', str(readme)])
    assert (done.code, done.stdout) == (2, '') and words in done.stderr
    assert done.stderr.count('\n') == 1 and not (results / 'REPORT.md').exists()


def test_the_report_is_what_was_printed(whole):
    results, done = whole
    assert done.code == 0 and done.stderr == ''
    assert (results / 'REPORT.md').read_text(encoding='utf-8') == done.stdout


def test_the_headline_comes_first_and_its_count_is_the_tables(whole):
    results, done = whole
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    inside = (numbers['verdict'] == 'compatible').sum()
    judged = numbers['verdict'].isin(['compatible', 'not compatible']).sum()
    assert judged == 130 and len(numbers) == 131
    assert f'{inside} of {judged} numbers are compatible' in ''.join(done.stdout.splitlines()[:7])
    conclusions = pd.read_csv(results / 'tables/conclusions.csv').query('counted')
    for verdict in ('supported', 'contradicted', 'practically equal', 'undecided',
                    'waiting for runs'):
        assert f'{(conclusions["verdict"] == verdict).sum()} {verdict}' in done.stdout[:1500]
    blocks = compare(results).report_as_a_whole.logs
    assert sum(block.inside for block in blocks) == inside
    assert sum(len(block.numbers) for block in blocks) == judged


def test_tables_hold_what_pandas_finds_in_the_files(whole):
    results, _ = whole
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    row = numbers.query('experiment == "cnn5" and quantity == "train_loss" and step == 6000')
    history = pd.read_csv(results / 'runs/cnn5/history.csv').set_index('step')
    values = history.loc[6000, 'train_loss'].to_numpy()
    assert len(values) == 5 and row['mean'].item() == pytest.approx(values.mean(), rel=1e-12)
    assert row['sd'].item() == pytest.approx(pd.Series(values).std(), rel=1e-12)
    assert (row['lowest'].item(), row['highest'].item()) == (min(values), max(values))
    # on a log scale, with the spread of five evaluations
    near = np.log([history.loc[step, 'train_loss'] for step in range(5800, 6201, 100)])
    center, low, high = (np.log(values).mean(), *np.log(
        [row['interval_low'].item(), row['interval_high'].item()]))
    assert (low + high) / 2 == pytest.approx(center)
    error = np.sqrt(near.var(axis=1, ddof=1).mean() * (1 + 1 / 5))
    assert stats.t.ppf(0.975, 20) < (high - low) / 2 / error < stats.t.ppf(0.975, 4)
    assert row['n'].item() == 5
    test = numbers.query('experiment == "gru-50" and quantity == "test_loss"')
    final = np.log(pd.read_csv(results / 'runs/gru-50/runs.csv')['test_loss'])
    assert np.log([test['interval_low'].item(), test['interval_high'].item()]) == pytest.approx(
        stats.t.interval(0.95, 4, final.mean(), final.std() * np.sqrt(1 + 1 / 5)))
    assert set(pd.read_csv(results / 'tables/experiments.csv')['n']) == {5}


def test_every_figure_is_there_and_linked_and_nothing_else(whole):
    results, done = whole
    linked = re.findall(r'!\[[^]\n]+\]\(figures/([^)]+)\)', done.stdout)
    names = [*(f'curves-{name}.png' for name in CURVES), 'links.png', 'numbers.png',
             'identification.png', 'hidden-units.png', 'activations.png', 'step-0.png',
             'filters.png']
    assert sorted(linked) == sorted(names)
    assert sorted(path.name for path in (results / 'figures').iterdir()) == sorted(names)


def test_tables_in_the_text_are_whole(whole):
    for block in re.findall(r'(?:^\|.*\n)+', whole[1].stdout, re.MULTILINE):
        assert len({line.count('|') for line in block.splitlines()}) == 1


def test_no_place_on_this_machine_is_named(whole):
    results, done = whole
    assert str(results) not in done.stdout and str(REPOSITORY) not in done.stdout


@pytest.mark.slow
def test_the_same_runs_give_the_same_bytes(tmp_path):
    names = ('cnn-vis', 'gru-50', 'gru-128')
    apart = subprocess.run([*COMMAND, write_runs(tmp_path / 'one', names, seeds=4)],
                           capture_output=True, text=True,
                           env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})
    assert (apart.returncode, apart.stderr) == (0, '')
    run_compare(write_runs(tmp_path / 'two', reversed(names), seeds=4))
    one, two = (contents(tmp_path / folder) for folder in ('one', 'two'))
    assert one == two and len(one) > 8


def test_damage_stops_everything_and_leaves_the_old_report(tmp_path):
    results = write_runs(tmp_path, ('gru-50', 'gru-128'), seeds=4)
    run_compare(results)
    before = contents(results)
    shutil.copy(results / 'runs/gru-50/config.json', results / 'runs/gru-128')
    done = run_compare(results)
    assert done.code == 2 and done.stdout == ''
    assert done.stderr.count('\n') == 1 and 'runs/gru-128' in done.stderr
    assert contents(results) == before


def test_no_runs_is_one_line_and_exit_code_2(tmp_path):
    done = run_compare(tmp_path)
    assert done.code == 2 and done.stdout == '' and done.stderr.count('\n') == 1
    assert 'there are no runs' in done.stderr and not (tmp_path / 'REPORT.md').exists()


@pytest.mark.slow
def test_pictures_of_removed_runs_go(tmp_path):
    results = write_runs(tmp_path, ('cnn1', 'gru-50'), seeds=3)
    run_compare(results)
    assert (results / 'figures/curves-cnn1.png').exists()
    (results / 'figures/mine.png').write_bytes(b'')
    shutil.rmtree(results / 'runs/cnn1')
    assert 'No finished run of: cnn1' in run_compare(results).stdout
    assert not (results / 'figures/curves-cnn1.png').exists()
    assert (results / 'figures/mine.png').exists()


def test_one_seed_says_too_few_instead_of_intervals(tmp_path):
    results = write_runs(tmp_path, ('cnn1', 'cnn-vis', 'evidence-bias-0', 'gru-50'), seeds=1)
    comparison = compare(results)
    text = report_text(comparison)
    assert 'too few seeds for any interval' in text
    assert not re.search(r'\b(nan|None|inf)\b', text)
    assert ('of 13 (from 12 sentences), 0 supported, 0 contradicted, 0 practically equal, '
            '0 undecided, 13 waiting for runs') in text
    write_tables(comparison, results / 'tables')
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    assert numbers['interval_low'].isna().all() and 'compatible' not in set(numbers['verdict'])


def test_stand_in_runs_are_named_and_not_in_the_tables(tmp_path):
    results = write_runs(tmp_path, ('gru-50', 'gru-128'), seeds=4)
    path = results / 'runs/gru-50/config.json'
    path.write_text(path.read_text().replace('"MNIST"', '"stand-in"'))
    text = report_text(compare(results))
    assert "Left out, made on other images than the report's: gru-50 (stand-in)." in text
    assert '4 seeds of 1 RNN experiment.' in text


def test_bands_are_the_prediction_interval_at_each_step(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn4',), seeds=4))
    runs = comparison.results.of('cnn4')
    starts = FirstSteps(pd.DataFrame(
        [('relu', seed, 0.1, 5.3 * np.exp(0.1 * np.sin(seed))) for seed in range(50)],
        columns=['settings', 'seed', 'train_accuracy', 'train_loss']), 'course CIFAR-10')
    found = curves(runs, 'train_loss', starts)
    assert found.values.shape == (4, 50) and found.steps.tolist() == list(range(0, 5000, 100))
    for step, judging in ((0, Prediction.at_start('train_loss', runs[0].settings, starts)),
                          (3000, Prediction.of('train_loss', 3000, runs))):
        k = found.steps.tolist().index(step)
        assert tuple(found.band[:, k]) == judging.interval()
    assert found.mean[k] == pytest.approx(found.values[:, k].mean())
    assert curves(runs[:3], 'train_loss', starts).band.shape == (2, 50)
    assert curves(runs[:2], 'train_loss', FirstSteps()).band is None
    assert curves(runs, 'test_accuracy', starts).steps[-1] == 5000
    assert curves(runs, 'h_conv1_mean', starts).band.shape == (2, 1)  # measured at the end only


def test_cells_without_a_processor_in_common(tmp_path):
    """As when two machines made them: no seconds are compared, and none is said."""
    results = write_runs(tmp_path, ('rnn-50', 'gru-50'), seeds=3)
    table = results / 'runs/gru-50/runs.csv'
    processor = pd.read_csv(table)['processor'][0]
    table.write_text(table.read_text().replace(processor, 'another'))
    comparison = compare(results)
    assert comparison.timing_processor is None
    text = hidden_units_text(comparison)
    assert text.endswith('Mean seconds: no processor has runs of all of them.')
    assert 'lstm' not in text.partition('Mean accuracies')[2]
    assert 'None' not in report_text(comparison) and 'on None' not in page_text(comparison)


def test_figures_of_few_runs(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn1',), seeds=1))
    assert [figure.name for figure in figures(comparison)] == ['links.png', 'curves-cnn1.png']


@pytest.fixture(scope='module')
def decided(tmp_path_factory):
    """Enough runs for some looks: of LeNet5, and of one cell's hidden units."""
    results = tmp_path_factory.mktemp('decided') / 'results'
    for names, seeds in ((('cnn1', 'cnn2', 'cnn5'), 16), (('cnn8',), 10),
                         (('gru-50', 'gru-128'), 28)):
        write_runs(results, names, seeds)
    return results, compare(results)


def test_verdicts_in_text_and_tables_are_those_of_the_links(decided):
    results, comparison = decided
    text = report_text(comparison)
    judged = {found.conclusion.name: found for found in comparison.conclusions}
    assert judged['activation'].verdict == 'supported'
    assert '### relu > tanh > sigmoid: supported' in text
    assert '| waiting for runs: 0 of 16 ' in text and 'the next look' not in text
    write_tables(comparison, results / 'tables')
    links = pd.read_csv(results / 'tables/links.csv')
    waiting = links['verdict'] == 'waiting for runs'
    assert waiting.any() and not waiting.all()
    # before its first look nothing is shown of a link
    columns = ['look', 'n', 'effect', 'sd', 'interval_low', 'interval_high', 'final_effect']
    assert links.loc[waiting, columns].isna().all(axis=None)
    row = links.query('higher == "cnn1" and lower == "cnn2"').iloc[0]
    means = [pd.read_csv(results / f'runs/{name}/history.csv').query('step >= 4100')
             ['test_accuracy'].mean() for name in ('cnn1', 'cnn2')]
    assert row['effect'] == pytest.approx(means[0] - means[1])
    assert row['images_low'] <= row['interval_low'] < row['interval_high'] <= row['images_high']
    assert (row['n'], row['look'], row['looks']) == (16, 1, '16 32 48')


def test_the_links_are_drawn_where_some_wait_and_some_do_not(decided, monkeypatch, tmp_path):
    monkeypatch.setattr('elec576.pictures.comparison.figures', lambda comparison: [
        figure for figure in figures(comparison) if figure.kind == 'links'])
    draw_comparison(decided[1], tmp_path)
    found = image.imread(tmp_path / 'links.png')
    assert found.shape[0] > 500 and found.std() > 0.05


def test_the_plan_is_printed(decided):
    text = report_text(decided[1])
    for printed in ('± 0.016', '± 0.003', '3.471, 2.454, 2.004', '1.960', 'last 10 evaluations'):
        assert printed in text


def test_words(tmp_path):
    assert describe(settings_of('cnn9')) == 'tanh, Xavier, adam 1e-3, 8000 samples, 5000 iterations'
    assert describe(settings_of('cnn-mnist')) == 'relu, fc1 relu, adam 1e-4, MNIST, 5500 iterations'
    assert describe(settings_of('gru-300')) == \
        'gru cell, 300 hidden units, 1e-3, 150000 iterations, batch 50'
    assert measured_words('train_loss', 1000) == 'train loss, step 1000'
    assert measured_words('h_conv1_standard_deviation', 5000) == 'h_conv1 standard deviation'
    assert (digits(0.123456), digits(None)) == ('0.1235', '–')
    assert [percent_words(share) for share in (0, 0.004, 0.5, 0.996, 1, None)] == [
        '0 %', '< 1 %', '50 %', '> 99 %', '100 %', '–']
    assert [p_words(p) for p in (0.5, 0.0123, 0.00001, None)] == ['0.5', '0.012', '1e-05', '–']
    assert [count_words(counts, 'run') for counts in ([1, 1], [5, 5], [3, 10, 5])] == [
        '1 run', '5 runs', '3–10 runs']
    runs = compare(write_runs(tmp_path, ('gru-50',), seeds=4)).results.of('gru-50')
    assert seed_words(runs) == '4 seeds (100–103)'
    assert seed_words(runs[::2]) == '2 seeds (100, 102)' and seed_words(runs[:1]) == '1 seed (100)'


def test_comparing_and_its_page_need_no_tensorflow():
    code = ('import sys, elec576.telling.markdown, elec576.telling.tables, '
            'elec576.page.page, elec576.pictures.comparison; '
            'assert "tensorflow" not in sys.modules')
    subprocess.run([sys.executable, '-c', code], check=True,
                   env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})
