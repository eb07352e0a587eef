"""What stands in the page, without a browser."""

import dataclasses
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_up import NAMES, write_run, write_runs
from pages import built, data_of

import elec576.page
from elec576.claims.conclusions import Link
from elec576.comparison.comparison import compare, curves
from elec576.comparison.conclusions import VERDICTS
from elec576.comparison.estimates import Paired
from elec576.comparison.links import JudgedLink, Look
from elec576.errors import UserError
from elec576.page.page import page_text
from elec576.page.strips import Strip, effect_strips, number_strip

REPOSITORY = Path(__file__).resolve().parents[2]
FEW = ('cnn1', 'cnn-vis', 'gru-50', 'gru-128')


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """Five seeds of everything."""
    return write_runs(tmp_path_factory.mktemp('whole') / 'results')


@pytest.fixture(scope='module')
def page(results):
    return built(results)


class Tags(HTMLParser):
    """Counts what opens and closes, and keeps every attribute that names another file."""

    VOID = {'meta', 'link', 'br', 'input'}

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ('href', 'src', 'data', 'action'):
                self.links.append(value)
            if name == 'id':
                self.ids.append(value)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


def test_everything_is_in_one_file_of_bounded_size(page):
    tags = Tags(page)
    assert tags.open == [] and len(tags.ids) == len(set(tags.ids))
    for link in tags.links:
        assert link == 'data:,' or link[1:] in tags.ids or \
            re.fullmatch(r'REPORT\.md|tables/\w+\.csv|runs/[\w-]+/(history|runs)\.csv', link)
    assert len(page.encode()) < 5_000_000
    assert '<link rel="stylesheet"' not in page and '@import' not in page and 'url(' not in \
        re.search(r'<style>(.*?)</style>', page, re.DOTALL)[1]


def test_the_same_runs_give_the_same_bytes_wherever_they_are(tmp_path):
    texts = [page_text(compare(write_runs(tmp_path / name, names, seeds=4)))
             for name, names in (('one', FEW), ('two/deep', reversed(FEW)))]
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0] and str(REPOSITORY) not in texts[0]


def test_summary_counts_are_the_comparisons(results, page):
    comparison = compare(results)
    summary = re.search(r'<section id="summary".*?</section>', page, re.DOTALL)[0]
    found = comparison.report_as_a_whole
    assert f'<strong>{found.inside}</strong> of {found.count}' in summary
    assert '5 seeds of 10 CNN experiments and 5 seeds of 12 RNN experiments' in summary
    groups = re.findall(r'<span class="count">(\d+)</span> <span class="verdict ([\w-]+)">',
                        summary)
    verdicts = [judged.verdict for judged in comparison.sentences]
    assert {word: int(count) for count, word in groups} == {
        word.replace(' ', '-'): verdicts.count(word) for word in VERDICTS}
    for judged in comparison.sentences:
        assert judged.conclusion.statement.replace('>', '&gt;').replace("'", '&#39;') in summary
    assert 'Too few seeds' not in page


def test_every_number_has_its_row(page):
    table = re.search(r'<table[^>]*id="all-numbers".*?</table>', page, re.DOTALL)[0]
    rows = re.findall(r'<tr data-key="(\d+)" data-experiment="([\w-]+)"', table)
    assert [int(key) for key, _ in rows] == list(range(131))
    assert {name for _, name in rows} <= set(NAMES)
    assert table.count('data-verdict="not compared"') == 1


def test_charts_draw_what_the_comparison_computed(results, page):
    comparison, data = compare(results), data_of(page)
    drawn = curves(comparison.results.of('cnn5'), 'train_loss', comparison.first_steps)
    found = data['curves']['cnn5']['train_loss']
    assert found['steps'] == drawn.steps.tolist() and found['seeds'] == [100, 101, 102, 103, 104]
    # to the six digits that the page keeps
    np.testing.assert_allclose(found['runs'], drawn.values, rtol=1e-5)
    np.testing.assert_allclose(found['mean'], drawn.mean, rtol=1e-5)
    np.testing.assert_allclose(found['band'], drawn.band, rtol=1e-5)
    assert [point['printed'] for point in found['report']] == [
        number.reported.value for number in comparison.numbers_of('cnn5')
        if number.reported.quantity == 'train_loss' and number.reported.compared]
    weights = comparison.results.of('cnn-vis')[0].filters()
    np.testing.assert_allclose(np.reshape(data['filters']['cnn-vis']['weights'][7], (5, 5)),
                               weights[:, :, 0, 7], rtol=1e-5)
    assert set(data['curves']) == set(comparison.experiments)
    assert [mark['compatible'] for mark in data['numbers']] == [
        number.compatible for number in comparison.numbers if number.compatible is not None]


def test_marks_in_strips(tmp_path):
    for seed in range(4):
        write_run(tmp_path, 'cnn1', seed, {('test_accuracy', 5000): 0.5})
    write_runs(tmp_path, ('cnn2',), seeds=4)
    comparison = compare(tmp_path)
    numbers = {(number.reported.quantity, number.reported.step): number
               for number in comparison.numbers_of('cnn1')}
    # all runs agree on another value than the report's 0.49: as far out as there is
    strip = number_strip(numbers['test_accuracy', 5000])
    assert (strip.low, strip.high, strip.mark, strip.off) == (30.4, 69.6, 0, True)
    usual = numbers['train_loss', 1000]
    strip = number_strip(usual)
    assert strip.low < 50 < strip.high and len(strip.strokes) == 4
    assert (strip.low <= strip.mark <= strip.high) == usual.compatible
    assert number_strip(comparison.numbers_of('cnn3')[0]) is None


def test_strips_of_effects():
    look = Look(1, 1.96, Paired(16, 0.02, 0.01, 0.0, 0.04))
    link = JudgedLink(Link('cnn1', 'cnn2', looks=(16, 32, 48)), 0.016, look, None, 'supported',
                      '', None, '')
    shown, missing = effect_strips((link, dataclasses.replace(link, look=None)))
    assert missing is None and shown == Strip(50, 100, (30, 70), 75)


def test_too_few_seeds_are_said(tmp_path):
    page = built(write_runs(tmp_path, FEW, seeds=1))
    assert 'Too few seeds for any interval' in page
    assert 'cnn1 (1 seed), cnn4 (1 seed), cnn-vis (1 seed)' in page
    assert 'No finished run of: cnn2' in page
    assert not re.search(r'\b(None|nan|Infinity|Undefined)\b', page.split('id="data"')[0])
    assert data_of(page)['numbers'] == []


def test_stand_in_runs_are_said_and_left_out(tmp_path):
    results = write_runs(tmp_path, ('gru-50', 'gru-128'), seeds=4)
    path = results / 'runs/gru-50/config.json'
    path.write_text(path.read_text().replace('"MNIST"', '"stand-in"'))
    page = built(results)
    assert 'made on other images than the report&#39;s: gru-50 (stand-in).' in page
    assert list(data_of(page)['curves']) == ['gru-128']


def test_text_from_outside_cannot_become_markup(tmp_path):
    results = write_runs(tmp_path, ('gru-50',), seeds=4)
    path = results / 'runs/gru-50/runs.csv'
    path.write_text(path.read_text().replace('made up', '</script><b>x'))
    page = built(results)
    assert '<b>' not in page and '&lt;/script&gt;&lt;b&gt;x' in page


def test_damaged_filters_stop_it(tmp_path):
    results = write_runs(tmp_path, ('cnn1',), seeds=3)
    (results / 'runs/cnn1/filters.npy').write_bytes(b'')
    with pytest.raises(UserError, match='filters.npy'):
        built(results)


@pytest.mark.slow
def test_the_command_writes_it_and_damage_leaves_it(script, tmp_path):
    results = write_runs(tmp_path, FEW, seeds=4)
    code, printed, error = script('compare.py', '--results', results, '--html')
    assert (code, error) == (0, '')
    written = (results / 'index.html').read_text(encoding='utf-8')
    assert written == page_text(compare(results))
    assert (results / 'REPORT.md').read_text(encoding='utf-8') == printed
    # damage afterwards: the old page stays whole
    shutil.copy(results / 'runs/gru-50/config.json', results / 'runs/gru-128')
    code, _, error = script('compare.py', '--results', results, '--html')
    assert code == 2 and error.count('\n') == 1
    assert (results / 'index.html').read_text(encoding='utf-8') == written


def test_vendored_files_are_those_of_the_list(page):
    folder = Path(elec576.page.__file__).parent / 'vendor'
    listed = re.findall(r'`([\w.]+\.js)` \| `(\S+)`.*?\| (\S+) \| \S+ \| `(\w{64})`',
                        (folder / 'README.md').read_text())
    assert sorted(name for name, *_ in listed) == sorted(
        path.name for path in folder.glob('*.js'))
    for name, _, version, digest in listed:
        content = (folder / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
        assert f'v{version} ' in content[:100].decode()
    for licence in folder.glob('*.LICENSE'):
        assert licence.read_text().strip().splitlines()[-1][:40] in page


def test_json_in_the_page_is_strict(page):
    def refuse(constant):
        raise AssertionError(constant)

    text = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    json.loads(text, parse_constant=refuse)
    assert '<' not in text
