"""Markdown."""

import pytest

from elec576.bench.tables import milliseconds, percent, table, times
from elec576.bench.timing import Summary


def test_table():
    assert table(['', 'a'], [['x', '1'], ['y', '2']]) == (
        '|  | a |\n| --- | ---: |\n| x | 1 |\n| y | 2 |')
    with pytest.raises(ValueError):
        table(['', 'a'], [['x']])


def test_numbers():
    assert milliseconds(Summary(0.04261, 0.0399, 0.1234, 5)) == '42.6 (39.9–123)'
    assert milliseconds(Summary(0.00126, 0.00119, 0.00999, 5)) == '1.26 (1.19–9.99)'
    assert milliseconds(None) == times(None) == percent(None) == '–'
    assert times(1.239) == '1.24'
    assert percent(0.647) == '65 %'
