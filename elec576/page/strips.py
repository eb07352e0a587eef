"""Where the marks of a table's small strips lie, in per cent of the strip's width."""

from __future__ import annotations

from dataclasses import dataclass

from elec576.comparison.conclusions import JudgedLink
from elec576.comparison.numbers import JudgedNumber

EDGE = 2.5  # a number farther out than this many interval halves is drawn at the strip's end


@dataclass(frozen=True)
class Strip:
    """An interval, the runs and one mark; ``off`` says that the mark is really farther out."""

    low: float
    high: float
    runs: tuple[float, ...]
    mark: float
    off: bool = False


def number_strip(number: JudgedNumber) -> Strip | None:
    """The report's number as the mark, on the interval of the runs; None without an interval."""
    if number.summary.low is None:
        return None
    distance = number.standardised(number.reported.number)
    return Strip(*(_place(number.standardised(limit), EDGE)
                   for limit in (number.summary.low, number.summary.high)),
                 tuple(_place(number.standardised(value), EDGE) for value in number.values),
                 _place(distance, EDGE), abs(distance) > EDGE)


def effect_strips(links: tuple[JudgedLink, ...]) -> tuple[Strip | None, ...]:
    """The links' effects with their intervals, 0 in the middle; None without an interval.

    The links of one quantity share a scale.
    """
    reach: dict[str, float] = {}
    for link in links:
        if link.effect.low is not None:
            widest = max(abs(link.effect.low), abs(link.effect.high))
            reach[link.link.quantity] = max(widest, reach.get(link.link.quantity, 1e-300))
    return tuple(None if link.effect.low is None else Strip(
        *(_place(value, reach[link.link.quantity])
          for value in (link.effect.low, link.effect.high)), (),
        _place(link.effect.difference, reach[link.link.quantity])) for link in links)


def _place(value: float, edge: float) -> float:
    return round(50 + 50 * min(max(value / edge, -1), 1), 2)
