"""Numbers and tables as text: ASCII, so that every terminal can print them."""

from typing import Iterable

from tabulate import tabulate


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """The first column is text, the others are numbers."""
    head = list(head)
    return tabulate([list(map(str, row)) for row in rows], head, tablefmt='pipe',
                    disable_numparse=True, colalign=['left'] + ['right'] * (len(head) - 1))


def three(value: float) -> str:
    """Three digits."""
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def spread(found: dict, unit: float = 1) -> str:
    """A summary, e.g. "12.3 (12.1-13.0)"."""
    return '{} ({}-{})'.format(*(three(unit * found[name]) for name in ('median', 'low', 'high')))


def milliseconds(found: dict) -> str:
    return spread(found, 1000)


def judged(words: str, holds: bool) -> str:
    """Bold if it misses its aim."""
    return words if holds else f'**{words}**'


def gain(slow: dict, fast: dict) -> float:
    """How many times as fast, by the medians."""
    return slow['median'] / fast['median']
