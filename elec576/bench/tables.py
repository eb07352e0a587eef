"""Measurements as Markdown."""

from __future__ import annotations

from elec576.bench.timing import Summary


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    if any(len(row) != len(head) for row in rows):
        raise ValueError(f'{len(head)} columns are needed in every row')
    rules = ['---'] + ['---:'] * (len(head) - 1)
    return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in [head, rules, *rows])


def milliseconds(summary: Summary | None) -> str:
    """Median and range, e.g. "12.3 (12.1–13.0)"."""
    if summary is None:
        return '–'
    middle, low, high = (_three_digits(1000 * value)
                         for value in (summary.median, summary.low, summary.high))
    return f'{middle} ({low}–{high})'


def seconds(summary: Summary) -> str:
    """The same in seconds."""
    return f'{summary.median:.2f} ({summary.low:.2f}–{summary.high:.2f})'


def times(value: float | None) -> str:
    """A ratio, e.g. "1.24"."""
    return '–' if value is None else _three_digits(value)


def percent(value: float | None, places: int = 0) -> str:
    return '–' if value is None else f'{100 * value:.{places}f} %'


def _three_digits(value: float) -> str:
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}' if value >= 10 else f'{value:.2f}'
