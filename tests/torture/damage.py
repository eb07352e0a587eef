"""Hypothesis strategies for damaged files."""

import copy
import gzip
import io
import json
from typing import Callable, Iterator, TypeVar

import numpy as np
from hypothesis import strategies
from hypothesis.extra import numpy as arrays
from hypothesis.strategies import SearchStrategy

Content = TypeVar('Content')

NUMBERS = (0, 1, -1, 0.5, 1e308, -1e-300, 2**31, 2**63, 2**64, 10**400)
WORDS = ('', 'x', '1', '../../x', '/etc/passwd', '\0', '\ud800')
CORNERS = [number.to_bytes(4, order) for number in (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
           for order in ('big', 'little')]
JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats()
    | strategies.sampled_from(NUMBERS) | strategies.sampled_from(WORDS)
    | strategies.text(max_size=5),
    lambda part: strategies.lists(part, max_size=3)
    | strategies.dictionaries(strategies.text(max_size=5), part, max_size=3), max_leaves=6)
DROP = object()
DEEP = ('[' * 100000, '{"program":' * 50000)
CELLS = ('', 'nan', '-', '1_0', ' 1', '1e999', '٣', '"', '1,1', '0x1', '\0', '1.0')


class Trap:
    """An object that is noticed when it is unpickled."""

    def __reduce__(self):
        return print, ('unpickled',)


ARRAYS = [np.array([Trap()], object), np.array(-1), np.array(np.nan), np.empty(0), np.array('x'),
          np.array([1e300] * 624), np.array(np.datetime64('now')), np.full(300, 10**9)]


def mostly(usual: SearchStrategy, rare: SearchStrategy) -> SearchStrategy:
    """``usual`` seven times out of ten."""
    return strategies.integers(0, 9).flatmap(lambda number: usual if number < 7 else rare)


def changed(whole: Content, changes: SearchStrategy, change: Callable[[Content, object], Content]
            ) -> SearchStrategy[Content]:
    """``whole`` after one change, or a few."""
    def apply(several: list) -> Content:
        found = copy.deepcopy(whole)
        for each in several:
            found = change(found, each)
        return found

    return strategies.sampled_from((1, 1, 1, 2, 5)).flatmap(lambda number: strategies.lists(
        changes, min_size=number, max_size=number)).map(apply)


def damaged(whole: bytes) -> SearchStrategy[bytes]:
    """Some bytes changed, cut out, put in, or everything from somewhere on; or other bytes."""
    places = strategies.integers(0, len(whole))
    pieces = (strategies.binary(min_size=1, max_size=4) | strategies.binary(max_size=200)
              | strategies.sampled_from(CORNERS))
    lengths = strategies.sampled_from((None, None, 0, 1, 4, 64, len(whole)))  # None: as the piece

    def splice(data: bytes, change: tuple) -> bytes:
        at, length, piece = change
        return data[:at] + piece + data[at + (len(piece) if length is None else length):]

    return mostly(changed(whole, strategies.tuples(places, lengths, pieces), splice),
                  strategies.binary(max_size=200))


def damaged_gzip(whole: bytes) -> SearchStrategy[bytes]:
    """A damaged gzip file, or one of damaged contents."""
    return damaged(whole) | damaged(gzip.decompress(whole)).map(
        lambda content: gzip.compress(content, 1, mtime=0))


def damaged_json(whole: bytes) -> SearchStrategy[bytes]:
    """A value changed, dropped or added somewhere in an object; or other JSON; or other bytes."""
    places = list(_places(json.loads(whole)))

    def change(value: dict, change: tuple) -> dict:
        (*path, name), new = change
        place = value
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if isinstance(place, dict):
            if new is DROP:
                place.pop(name, None)
            else:
                place[name] = copy.deepcopy(new)
        return value

    values = changed(json.loads(whole), strategies.tuples(
        strategies.sampled_from(places), JSON | strategies.just(DROP)), change)
    others = JSON.map(json.dumps) | strategies.sampled_from(DEEP)
    return mostly(values.map(json.dumps).map(str.encode), others.map(str.encode) | damaged(whole))


def _places(value: dict, path: tuple = ()) -> Iterator[tuple]:
    for name, part in value.items():
        yield *path, name
        if isinstance(part, dict):
            yield from _places(part, (*path, name))
    yield *path, 'other'


def damaged_csv(whole: bytes) -> SearchStrategy[bytes]:
    """A cell changed, dropped or added, a row dropped or repeated; other rows; other bytes."""
    text = whole.decode()
    rows = [line.split(',') for line in text.splitlines()]
    cells = strategies.sampled_from(CELLS) | strategies.text('0123456789.-e"naif \r', max_size=6)

    def change(rows: list[list[str]], change: tuple) -> list[list[str]]:
        at, column, what = change
        row = rows[at] if at < len(rows) else []
        before, after = row[:column], row[column + 1:]
        new = {'drop': [], 'repeat': [row, row], 'longer': [row + ['1']],
               'shorter': [before + after]}.get(what, [[*before, what, *after]])
        return rows[:at] + new + rows[at + 1:]

    changes = strategies.tuples(
        strategies.integers(0, len(rows)), strategies.integers(0, len(rows[0]) - 1),
        cells | strategies.sampled_from(('drop', 'repeat', 'longer', 'shorter')))
    others = strategies.text('step,train_accuracy\n0123456789.-e"naif\r', max_size=60).map(
        lambda more: f'{text.splitlines()[0]}\n{more}'.encode())
    return mostly(changed(rows, changes, change).map(
        lambda rows: '\n'.join(map(','.join, rows)).encode()), others | damaged(whole))


def damaged_npz(whole: bytes) -> SearchStrategy[bytes]:
    """Other arrays (objects to unpickle, too) in place of some, some left out; or other bytes."""
    with np.load(io.BytesIO(whole)) as archive:
        content = dict(archive)
    names = strategies.sampled_from([*content, '../../escaped'])
    # none that might be right there: another valid number is another state, not damage
    values = strategies.sampled_from([None, *ARRAYS]) | arrays.arrays(
        arrays.scalar_dtypes(), arrays.array_shapes(max_dims=2, min_side=3, max_side=5))

    def change(content: dict, change: tuple) -> dict:
        name, value = change
        return {**{other: array for other, array in content.items() if other != name},
                **({} if value is None else {name: value})}

    return mostly(changed(content, strategies.tuples(names, values), change).map(packed),
                  damaged(whole))


def packed(content: dict) -> bytes:
    """Arrays as `numpy.savez` writes them."""
    file = io.BytesIO()
    np.savez(file, **content)
    return file.getvalue()
