"""The report's numbers, as printed: `numbers.csv`, every logged line and every value in its text.

Columns: ``experiment``; ``quantity``, named as in a run's `history.csv` and `metrics.json`, or
``h_conv1_mean`` and so on for the activation statistics; ``step``, before whose update the value
was measured (a final value has the run's number of steps); ``value``, the printed text;
``printed``, how: ``%g`` (C's format: six significant digits, trailing zeros dropped), ``float32``
(every digit), or ``prose`` (rounded by hand to the digits shown); ``compared``, ``no`` for the line
that the report prints twice; ``where`` it is printed; ``note``.
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

import numpy as np

PERCENT_G_DIGITS = 6


@dataclass(frozen=True)
class ReportedValue:
    """One number of the report; the fields are the columns of `numbers.csv`."""

    experiment: str
    quantity: str
    step: int
    value: str  # as printed: its digits tell how it was rounded
    printed: str
    compared: bool
    where: str
    note: str

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def rounding(self) -> float:
        """How far the value may lie from the printed one: half a unit of its last digit.

        That digit is the sixth significant one for ``%g`` (the zeros that it drops are digits too)
        and the last shown for ``prose``; ``float32`` values are exact but for float32's own
        spacing, which is the least for all, since every value was a float32.
        """
        if self.printed == 'float32':
            return _spacing(self.value)
        if self.printed == 'prose':
            return rounding_of(self.value)
        return rounding_of(self.value, Decimal(self.value).adjusted() - (PERCENT_G_DIGITS - 1))


def rounding_of(text: str, exponent: int | None = None) -> float:
    """Half a unit of the last digit of a finite number, but at least float32's spacing.

    Args:
        exponent: of the power of ten of the last digit, if it is not the last one shown.
    """
    if exponent is None:
        shown = Decimal(text).as_tuple().exponent
        assert isinstance(shown, int), text  # neither infinite nor NaN
        exponent = shown
    return max(float(Decimal(5).scaleb(exponent - 1)), _spacing(text))


def _spacing(text: str) -> float:
    return float(np.spacing(np.float32(text)))


@cache
def all_reported() -> tuple[ReportedValue, ...]:
    """Every number of the report, in its order."""
    text = resources.files('elec576.claims').joinpath('numbers.csv').read_text(encoding='utf-8')
    return tuple(ReportedValue(**row | {'step': int(row['step']),
                                        'compared': row['compared'] == 'yes'})
                 for row in csv.DictReader(text.splitlines()))


def reported(experiment: str) -> list[ReportedValue]:
    """The report's numbers on ``experiment`` (none for most of those in part 3)."""
    return [value for value in all_reported() if value.experiment == experiment]
