"""What README.md names and links is there."""

import io
import re

import pandas as pd
import pytest
from helpers import REPOSITORY

from elec576.comparison.comparison import compare
from elec576.runs.tables import csv_text
from elec576.telling.markdown import report_text
from elec576.telling.tables import tables

README = (REPOSITORY / 'README.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('link', sorted(set(re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', README))))
def test_links_lead_somewhere(link):
    assert (REPOSITORY / link).exists()


@pytest.mark.parametrize('name', sorted(set(re.findall(
    r'`((?:elec576|starter|scripts|results)/[\w/.]+)`', README))))
def test_files_that_it_names_are_there(name):
    assert (REPOSITORY / name).exists()


def block(name):
    return re.search(rf'<!-- {name} -->\n\n(.*?)\n\n<!-- end -->', README, re.DOTALL)[1]


@pytest.mark.parametrize('name, command', [
    ('experiments', ['reproduce.py', '--only', 'all,evidence', '--list']),
    ('headline', ['compare.py', '--headline'])])
def test_blocks_are_what_the_commands_print(name, command, script, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    code, printed, _ = script(*command)
    assert code == 0 and block(name) == printed.strip()


@pytest.mark.slow
def test_the_comparison_is_what_the_runs_say():
    """Every word and number of REPORT.md and the tables."""
    comparison = compare(REPOSITORY / 'results')
    assert report_text(comparison) == (REPOSITORY / 'results/REPORT.md').read_text(encoding='utf-8')
    for name, table in tables(comparison).items():
        kept = pd.read_csv(REPOSITORY / f'results/tables/{name}.csv')
        made = pd.read_csv(io.StringIO(csv_text(table)))
        pd.testing.assert_frame_equal(made, kept, rtol=1e-6)


@pytest.mark.parametrize('document, words', re.findall(
    r'^- \*\*\[(results/\w+\.md)\].*?\*\*: (.*?)(?=\n- |\n\n)', README, re.DOTALL | re.MULTILINE))
def test_numbers_that_it_quotes_stand_in_the_documents(document, words):
    text = (REPOSITORY / document).read_text(encoding='utf-8')
    numbers = re.findall(r'\d[\d,.e-]*\d', re.sub('`.*?`', '', words))
    assert numbers and [number for number in numbers if not re.search(
        rf'(?<![\d.,]){re.escape(number)}(?!\d)', text)] == []


def cell(document: str, row: str, column: int) -> str:
    """Of the first row of the document's tables that begins so."""
    text = (REPOSITORY / document).read_text(encoding='utf-8')
    found = re.search(rf'^\| *{re.escape(row)}.*$', text, re.MULTILINE)[0]
    return found.split('|')[1 + column].strip(' *')


def test_speeds_are_those_of_their_rows():
    def speed(row: str, column: int) -> str:
        return cell('results/SPEED.md', row, column)

    speeds = (REPOSITORY / 'results/SPEED.md').read_text(encoding='utf-8')
    torch, keras = re.search(r'geometric mean: PyTorch ([\d.]+), Keras ([\d.]*\d)', speeds).groups()
    words = ' '.join(README.split())
    for quoted in (
            f'the listings take {speed("without `cnn-mnist`", 7)} times our time',
            f'LeNet5 {speed("the 10 of LeNet5", 7)}; {speed("a step of LeNet5", 7)} where we too',
            f'the recurrent nets {speed("the 12 of recurrent", 7)})',
            f'{speed("without `cnn-mnist`", 5)} times on TensorFlow 1.15',
            f'PyTorch {speed("geometric mean", 3)} times ours',
            f'Keras {speed("geometric mean", 5)}, all with AVX2',
            f'as they come, PyTorch {torch}, Keras {keras} ('):
        assert quoted in words


def test_attempts_are_those_of_their_trials():
    text = (REPOSITORY / 'results/RELIABILITY.md').read_text(encoding='utf-8')
    held, tried = re.search(r'\*\*([\d,]+) of ([\d,]+) attempts held', text).groups()
    of = dict(re.findall(r'(\w+) [\d,]+ of ([\d,]*\d)', text.partition('held**: ')[2]))
    words = ' '.join(README.split())
    assert f'{held} of {tried} attempts held' in words
    assert (f'{of["kills"]} kills, {of["disk"]} failing disks, {of["inputs"]} damaged inputs'
            in words)
    assert re.search(r'Of (\d+ changes of the code in \d of its rooms, tests notice \d+)', text
                     )[1] in words


def test_it_is_a_front_page():
    assert len(README.splitlines()) <= 250 and len(README.encode()) <= 15_000


def test_the_tests_that_the_list_of_details_names_are_there():
    text = (REPOSITORY / 'starter/README.md').read_text(encoding='utf-8')
    sources = {path.name: path.read_text(encoding='utf-8')
               for path in (REPOSITORY / 'tests').rglob('*.py')}
    for file in set(re.findall(r'(test_\w+\.py)', text)):
        assert file in sources
    functions = set(re.findall(r'`(?:test_\w+\.py::)?(test_\w+)`', text))
    functions |= {name for names in re.findall(r'`test_details\.py` \((.*?)\)', text)
                  for name in re.findall(r'`(\w+)`', names)}
    assert len(functions) > 10
    everything = '\n'.join(sources.values())
    assert [name for name in functions if f'def {name}(' not in everything] == []
