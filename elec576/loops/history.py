"""What a run has measured so far: rows by training step, kept as `history.csv`."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np

from elec576.errors import Diverged, UserError
from elec576.files import write_whole

CNN_COLUMNS = ('step', 'train_accuracy', 'train_loss', 'test_accuracy', 'test_loss')
RNN_COLUMNS = ('step', 'iteration', *CNN_COLUMNS[1:])
COLUMNS_OF = {'cnn': CNN_COLUMNS, 'rnn': RNN_COLUMNS}  # by the name of the program
INTEGERS = ('step', 'iteration')
# of LeNet5 at the end (part 1c), beside its history
STATISTICS = tuple(f'{layer}_{statistic}' for layer in ('h_conv1', 'h_conv2')
                   for statistic in ('mean', 'standard_deviation', 'variance'))


def layer_and_statistic(quantity: str) -> tuple[str, str]:
    """One of `STATISTICS` as the two keys of a run's `activations.json`."""
    return quantity[:len('h_conv1')], quantity[len('h_conv1_'):]


class History:
    """Rows of measured values; a value that was not measured is absent from its row."""

    def __init__(self, columns: tuple[str, ...], rows: list[dict[str, float]] | None = None):
        self.columns = columns
        self.rows = rows or []

    def record(self, step: int, **values: float | np.floating) -> None:
        """Add ``values`` to the row of ``step``, the last row or a new one.

        Raises:
            Diverged: a loss among them is NaN or infinite; it is recorded anyway.
        """
        if not self.rows or self.rows[-1]['step'] != step:
            self.rows.append({'step': step})
        self.rows[-1].update({name: int(value) if name in INTEGERS else float(value)
                              for name, value in values.items()})
        for name, value in values.items():
            if name.endswith('_loss') and not math.isfinite(value):
                raise Diverged(f'{name} is {value:g} at step {step}: the run was stopped there, '
                               'its history is kept; start another with a lower --lr')

    def column(self, name: str) -> tuple[list[int], list[float]]:
        """The steps at which ``name`` was measured, and its values there."""
        measured = [row for row in self.rows if name in row]
        return [int(row['step']) for row in measured], [row[name] for row in measured]

    def to_csv(self) -> str:
        """The rows as CSV; floats in the shortest form that reads back exactly."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval='', lineterminator='\n')
        writer.writeheader()
        writer.writerows({name: repr(value) for name, value in row.items()} for row in self.rows)
        return text.getvalue()

    def write(self, path: Path) -> None:
        """Write the rows as CSV, atomically."""
        write_whole(path, self.to_csv())

    @classmethod
    def read(cls, path: Path) -> History:
        """Read what `write` wrote.

        Raises:
            UserError: the file is missing or is not a history.
        """
        try:
            return cls.from_csv(path.read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise UserError(f'{path}: not a readable history ({error})') from None

    @classmethod
    def from_csv(cls, text: str) -> History:
        """Read what `to_csv` gave.

        Raises:
            ValueError: it is not a history.
        """
        try:
            reader = csv.DictReader(io.StringIO(text), strict=True)
            rows = [{name: int(cell) if name in INTEGERS else float(cell)
                     for name, cell in row.items() if cell != ''} for row in reader]
        except (csv.Error, TypeError, AttributeError) as error:  # too many or too few cells
            raise ValueError(str(error)) from None
        columns = tuple(reader.fieldnames or ())
        if columns not in (CNN_COLUMNS, RNN_COLUMNS) or any('step' not in row for row in rows):
            raise ValueError('the columns are not those of a history')
        history = cls(columns, rows)
        if history.to_csv() != text:
            raise ValueError('it was changed after it was written')
        return history
