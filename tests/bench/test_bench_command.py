"""The bench's file: written item by item, merged, printed again."""

import json

import pytest

from elec576.bench import command
from elec576.bench.timing import Summary
from elec576.errors import UserError


@pytest.fixture
def items(monkeypatch):
    """Two items that measure nothing; the second can be made to fail."""
    fail = []

    def second(plan, cores):
        if fail:
            raise RuntimeError
        return {'b': Summary.of([1.0, 2.0, 4.0])}, 'table b'

    monkeypatch.setattr(command, 'ITEMS', {'first': lambda plan, cores: ({'a': 1}, 'table a'),
                                           'second': second})
    return fail


def test_items_are_kept_as_they_come(items, tmp_path, capsys):
    items.append(True)
    with pytest.raises(RuntimeError):
        command.bench(('first', 'second'), True, tmp_path / 'bench.json')
    assert list(json.loads((tmp_path / 'bench.json').read_text())) == ['first']
    items.clear()
    command.bench(('second',), True, tmp_path / 'bench.json')
    found = json.loads((tmp_path / 'bench.json').read_text())
    assert list(found) == ['first', 'second'] and found['first']['numbers'] == {'a': 1}
    assert found['second']['numbers']['b'] == {'median': 2.0, 'low': 1.0, 'high': 4.0, 'rounds': 3}
    printed = capsys.readouterr().out
    assert command.tables(tmp_path / 'bench.json', ('first', 'second')) == printed.strip()
    first = command.tables(tmp_path / 'bench.json', ('first',))
    assert first in printed and 'table a' in first and 'table b' not in first
    with pytest.raises(UserError, match='third not measured yet'):
        command.tables(tmp_path / 'bench.json', ('third',))
    assert 'table a' in printed and 'too few rounds to quote' in printed


def test_a_file_that_is_no_bench(tmp_path):
    path = tmp_path / 'bench.json'
    with pytest.raises(UserError, match='no such file'):
        command.tables(path, ('listing',))
    path.write_text('{"listing": 3}')
    with pytest.raises(UserError, match='not what scripts/bench.py writes'):
        command.tables(path, ('listing',))
