"""Where the marks of a table's small strips lie, in per cent of the strip's width."""

from dataclasses import dataclass

from elec576.comparison.links import JudgedLink
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import LIMIT

EDGE = 5.0  # a number with a score farther out is drawn at the strip's end


@dataclass(frozen=True)
class Strip:
    """An interval, small strokes and one mark; ``off`` says that the mark is really farther out."""

    low: float
    high: float
    strokes: tuple[float, ...]
    mark: float
    off: bool = False


def number_strip(number: JudgedNumber) -> Strip | None:
    """The report's number as the mark, the runs as strokes; None without an interval."""
    if number.score is None:
        return None
    return Strip(_percent(-LIMIT, EDGE), _percent(LIMIT, EDGE),
                 tuple(dict.fromkeys(_percent(score, EDGE) for score in number.run_scores())),
                 _percent(number.score, EDGE), abs(number.score) > EDGE)


def effect_strips(links: tuple[JudgedLink, ...]) -> tuple[Strip | None, ...]:
    """The links' effects with their intervals, 0 in the middle, the margin as strokes.

    The links of one sentence share a scale; None before a link's first look.
    """
    reach = max((abs(limit) for link in links if link.look is not None
                 for limit in (link.look.effect.low, link.look.effect.high, link.margin or 0)),
                default=0) or 1.0
    return tuple(None if link.look is None else Strip(
        _percent(link.look.effect.low, reach), _percent(link.look.effect.high, reach),
        () if link.margin is None else tuple(_percent(sign * link.margin, reach)
                                             for sign in (-1, 1)),
        _percent(link.look.effect.mean, reach)) for link in links)


def _percent(value: float, edge: float) -> float:
    return round(50 + 50 * min(max(value / edge, -1), 1), 2)
