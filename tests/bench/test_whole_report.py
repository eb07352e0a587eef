"""The arithmetic of all 23 experiments."""

import pytest

from elec576.bench import on_tf115, report, whole_report, work
from elec576.bench.timing import Summary
from elec576.experiments import EXPERIMENTS


def summary(seconds: float) -> Summary:
    return Summary(seconds, seconds, seconds, 1)


@pytest.fixture
def rows_and_ways():
    cnn = {'listing': 0.5, 'eval-every 100': 0.05, 'train': 0.04}
    rnn = {'listing': 0.03, 'display': 0.01, 'train': 0.009, 'evaluate': 2.0}
    rows = {name: {variant: summary(seconds) for variant, seconds in
                   (cnn if name.startswith('lenet5') else rnn).items()}
            for name in work.OF_THE_REPORT}
    fixed = {'cnn listing': summary(7.0), 'cnn elec576': summary(6.0),
             'rnn listing': summary(5.0), 'rnn elec576': summary(4.0)}
    return rows, whole_report.arithmetic(rows, fixed)


@pytest.fixture
def ways(rows_and_ways):
    return rows_and_ways[1]


def test_every_experiment_is_some_work():
    assert {work.name_of(settings) for settings in EXPERIMENTS.values()} == set(work.OF_THE_REPORT)


def test_a_cnn(ways):
    listing, ours = ways['cnn5']
    assert listing.seconds == pytest.approx(7 + 8000 * 0.5)
    assert ours.seconds == pytest.approx(6 + 8000 * 0.05)
    assert str(listing) == '7.0 s + 8000 x 500.0 ms'


def test_an_rnn(ways):
    listing, ours = ways['gru-300']  # 2999 steps, evaluated after 500, 1000, ... 2500
    assert listing.seconds == pytest.approx(5 + 2999 * 0.03)
    assert ours.seconds == pytest.approx(4 + 2999 * 0.01 + 5 * 2)
    assert str(ours) == '4.0 s + 2999 x 10.0 ms + 5 x 2000 ms'


def test_the_totals(ways):
    assert len(ways) == 23
    listing, ours = whole_report.total(ways)
    assert listing == pytest.approx(sum(way.seconds for way, _ in ways.values()))
    rest = whole_report.of_the_listings(ways)
    assert set(ways) - set(rest) == {'cnn-mnist'}
    assert whole_report.total(rest)[1] == pytest.approx(ours - ways['cnn-mnist'][1].seconds)


def test_the_report_as_its_author_ran_it(rows_and_ways):
    rows, ways = rows_and_ways
    old = on_tf115.OnTf115({name: summary(1.0 if name.startswith('lenet5') else 0.06)
                            for name in work.OF_THE_REPORT},
                           {'cnn': summary(9.0), 'rnn': summary(8.0)})
    assert on_tf115.arithmetic(old)['cnn5'].seconds == 9 + 8000 * 1.0
    assert on_tf115.arithmetic(old)['gru-300'].seconds == pytest.approx(8 + 2999 * 0.06)
    text = report.tf115_steps(old, rows, ways)
    assert '| lenet5 | 1000 (1000–1000) | 500 (500–500) | 2.00 | 50.0 (50.0–50.0) | 20.0 |' in text
    author = sum(way.seconds for way in on_tf115.arithmetic(old).values())
    listing, ours = whole_report.total(ways)
    assert (f'| **all 23 experiments** | **{author / 60:.0f} min** | **{listing / 60:.0f} min** | '
            f'**{author / listing:.2f}** | **{ours / 60:.0f} min** |') in text
