"""The whole comparison, as the command makes it."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import NAMES, write_runs

from elec576.comparison.comparison import compare
from elec576.comparison.curves import curves
from elec576.comparison.figures import ALL_NAMES, figures
from elec576.comparison.markdown import report_text
from elec576.comparison.statistics import prediction_interval
from elec576.comparison.words import count_words, digits, measured_words, seed_words
from elec576.experiments import named
from elec576.settings import describe

REPOSITORY = Path(__file__).resolve().parents[2]


def run_compare(results: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, REPOSITORY / 'scripts' / 'compare.py', '--results', results],
        capture_output=True, text=True, env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})


@pytest.fixture
def compare_here(monkeypatch, capsys):
    """The command in this process: what it printed."""
    main = runpy.run_path(str(REPOSITORY / 'scripts' / 'compare.py'), run_name='compare')['main']

    def run(results: Path) -> str:
        monkeypatch.setattr(sys, 'argv', ['compare.py', '--results', str(results)])
        main()
        return capsys.readouterr().out

    return run


def contents(folder: Path) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob('*')
            if path.is_file() and 'runs' not in path.relative_to(folder).parts}


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """Five seeds of everything, compared once."""
    results = write_runs(tmp_path_factory.mktemp('whole') / 'results')
    return results, run_compare(results)


def test_the_report_is_what_was_printed(whole):
    results, done = whole
    assert done.returncode == 0 and done.stderr == ''
    assert (results / 'REPORT.md').read_text(encoding='utf-8') == done.stdout


def test_the_headline_comes_first_and_its_count_is_the_tables(whole):
    results, done = whole
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    inside = (numbers['inside'] == 'inside').sum()
    judged = numbers['inside'].isin(['inside', 'outside']).sum()
    assert judged == 130 and len(numbers) == 131
    assert f'Numbers: {inside} of {judged}' in ''.join(done.stdout.splitlines()[:6])
    conclusions = pd.read_csv(results / 'tables/conclusions.csv')
    for verdict in ('supported', 'contradicted', 'undecided'):
        assert f'{(conclusions["verdict"] == verdict).sum()} {verdict}' in done.stdout[:1500]


def test_tables_hold_what_pandas_finds_in_the_files(whole):
    results, _ = whole
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    row = numbers.query('experiment == "cnn5" and quantity == "train_loss" and step == 7000')
    values = [pd.read_csv(results / f'runs/cnn5/seed{seed}/history.csv')
              .set_index('step').loc[7000, 'train_loss'] for seed in range(5)]
    assert row['mean'].item() == pytest.approx(np.mean(values), rel=1e-12)
    assert row['sd'].item() == pytest.approx(pd.Series(values).std(), rel=1e-12)
    assert (row['lowest'].item(), row['highest'].item()) == (min(values), max(values))
    assert (row['interval_low'].item(), row['interval_high'].item()) == \
        prediction_interval(values)
    assert row['n'].item() == 5
    runs = pd.read_csv(results / 'tables/runs.csv')
    assert len(runs) == len(NAMES) * 5 and runs['digest'].notna().all()
    assert set(pd.read_csv(results / 'tables/experiments.csv')['n']) == {5}


def test_every_figure_is_there_and_linked_and_nothing_else(whole):
    results, done = whole
    linked = re.findall(r'!\[[^]\n]+\]\(figures/([^)]+)\)', done.stdout)
    assert sorted(linked) == sorted(ALL_NAMES)
    assert sorted(path.name for path in (results / 'figures').iterdir()) == sorted(ALL_NAMES)


def test_tables_in_the_text_are_whole(whole):
    for block in re.findall(r'(?:^\|.*\n)+', whole[1].stdout, re.MULTILINE):
        assert len({line.count('|') for line in block.splitlines()}) == 1


def test_no_place_on_this_machine_is_named(whole):
    results, done = whole
    assert str(results) not in done.stdout and str(REPOSITORY) not in done.stdout


def test_the_same_runs_give_the_same_bytes(tmp_path, compare_here):
    names = ('cnn-vis', 'gru-50', 'gru-128')
    assert run_compare(write_runs(tmp_path / 'one', names, seeds=4)).returncode == 0
    compare_here(write_runs(tmp_path / 'two', reversed(names), seeds=4))
    one, two = (contents(tmp_path / folder) for folder in ('one', 'two'))
    assert one == two and len(one) > 8


def test_damage_stops_everything_and_leaves_the_old_report(tmp_path, compare_here):
    results = write_runs(tmp_path, ('gru-50', 'gru-128'), seeds=4)
    compare_here(results)
    before = contents(results)
    shutil.copy(results / 'runs/gru-50/seed0/config.json', results / 'runs/gru-128/seed0')
    done = run_compare(results)
    assert done.returncode == 2 and done.stdout == ''
    assert done.stderr.count('\n') == 1 and 'gru-128/seed0/config.json' in done.stderr
    assert contents(results) == before


def test_no_runs_is_one_line_and_exit_code_2(tmp_path):
    done = run_compare(tmp_path)
    assert done.returncode == 2 and done.stdout == '' and done.stderr.count('\n') == 1
    assert 'there are no runs' in done.stderr and not (tmp_path / 'REPORT.md').exists()


def test_pictures_of_removed_runs_go(tmp_path, compare_here):
    results = write_runs(tmp_path, ('cnn1', 'gru-50'), seeds=3)
    compare_here(results)
    assert (results / 'figures/curves-cnn1.png').exists()
    (results / 'figures/mine.png').write_bytes(b'')
    shutil.rmtree(results / 'runs/cnn1')
    assert 'No finished run of: cnn1' in compare_here(results)
    assert not (results / 'figures/curves-cnn1.png').exists()
    assert (results / 'figures/mine.png').exists()


def test_one_seed_says_too_few_instead_of_intervals(tmp_path, compare_here):
    results = write_runs(tmp_path, ('cnn1', 'cnn-vis', 'evidence-bias-0', 'gru-50'), seeds=1)
    text = compare_here(results)
    assert 'too few seeds for any interval' in text
    assert not re.search(r'\b(nan|None|inf)\b', text)
    assert '0 supported, 0 contradicted, 13 undecided' in text
    numbers = pd.read_csv(results / 'tables/numbers.csv')
    assert numbers['interval_low'].isna().all() and 'inside' not in set(numbers['inside'])


def test_stand_in_runs_are_named_and_not_in_the_tables(tmp_path):
    results = write_runs(tmp_path, ('gru-50',), seeds=4)
    path = results / 'runs/gru-50/seed3/metrics.json'
    path.write_text(path.read_text().replace('"stand_in": false', '"stand_in": true'))
    text = report_text(compare(results))
    assert 'Left out, made on the stand-in data: gru-50 seed 3.' in text
    assert '3 seeds of 1 RNN experiment.' in text


def test_bands_are_the_prediction_interval_at_each_step(tmp_path):
    runs = compare(write_runs(tmp_path, ('cnn4',), seeds=3)).results.of('cnn4')
    found = curves(runs, 'train_loss')
    assert found.values.shape == (3, 10) and found.steps.tolist() == list(range(0, 5000, 500))
    k = found.steps.tolist().index(3000)
    assert tuple(found.band[:, k]) == prediction_interval(found.values[:, k])
    assert found.mean[k] == pytest.approx(found.values[:, k].mean())
    assert curves(runs[:2], 'train_loss').band is None
    assert curves(runs, 'test_accuracy').steps[-1] == 5000


def test_figures_of_few_runs(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn1',), seeds=1))
    assert [figure.name for figure in figures(comparison)] == ['curves-cnn1.png']


def test_words(tmp_path):
    assert describe(named('cnn9')) == 'tanh, Xavier, adam 1e-3, 8000 samples, 5000 iterations'
    assert describe(named('cnn-mnist')) == 'relu, fc1 relu, adam 1e-4, MNIST, 5500 iterations'
    assert describe(named('gru-300')) == \
        'gru cell, 300 hidden units, 1e-3, 150000 iterations, batch 50'
    assert measured_words('train_loss', 1000) == 'train loss, step 1000'
    assert measured_words('h_conv1_standard_deviation', 5000) == 'h_conv1 standard deviation'
    assert (digits(0.123456), digits(None)) == ('0.1235', '–')
    assert [count_words(counts, 'run') for counts in ([1, 1], [5, 5], [3, 10, 5])] == [
        '1 run', '5 runs', '3–10 runs']
    runs = compare(write_runs(tmp_path, ('gru-50',), seeds=4)).results.of('gru-50')
    assert seed_words(runs) == '4 seeds (0–3)'
    assert seed_words(runs[::2]) == '2 seeds (0, 2)' and seed_words(runs[:1]) == '1 seed (0)'


def test_comparing_needs_no_tensorflow():
    code = ('import sys, elec576.comparison.markdown, elec576.comparison.tables, '
            'elec576.pictures.comparison; assert "tensorflow" not in sys.modules')
    subprocess.run([sys.executable, '-c', code], check=True,
                   env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})
