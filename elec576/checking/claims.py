"""Claims that a run gave a number: as they are written, and what a run must measure for them."""

import csv
import dataclasses
import io
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Callable, NamedTuple, Sequence

import numpy as np

from elec576.claims.numbers import rounding_of
from elec576.claims.plan import EVALUATIONS_APART
from elec576.errors import UserError
from elec576.loops.history import COLUMNS_OF, INTEGERS, STATISTICS
from elec576.settings import CnnSettings, RnnSettings

COLUMNS = ['options', 'quantity', 'step', 'value']  # of a file of claims
FLOAT32 = float(np.finfo(np.float32).max)
NUMBER = re.compile(r'[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?', re.ASCII)


@dataclass(frozen=True)
class Claim:
    """That a run gave ``value`` for ``quantity``.

    Attributes:
        step: where it was measured (LeNet5: before its update); None: at the end.
        value: as text, whose last digit tells how it was rounded.
    """

    quantity: str
    step: int | None
    value: str

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def rounding(self) -> float:
        """Half a unit of the last digit; of an accuracy 0.005 at most: 0.2 is printed for 0.20.

        Not as in the report (`elec576.claims.numbers`), whose 0.49 is exact: how it was printed is
        known. Somebody's 0.49 may stand for 0.4871; who knows better writes 0.490 or 0.4900.
        """
        half = rounding_of(self.value)
        return min(half, 0.005) if self.quantity.endswith('_accuracy') else half

    def step_in(self, settings: CnnSettings | RnnSettings) -> int:
        """The step, in a run with ``settings``."""
        return settings.steps if self.step is None else self.step

    def __str__(self) -> str:
        return f'{self.quantity}{"" if self.step is None else f"@{self.step}"}={self.value}'


class Asked(NamedTuple):
    """A claim about a run with these settings."""

    settings: CnnSettings | RnnSettings
    claim: Claim


def parse(text: str) -> Claim:
    """Read ``quantity=value`` or ``quantity@step=value``.

    Raises:
        UserError: see `claim`.
    """
    name, equals, value = text.partition('=')
    if not equals:
        raise UserError(f'{text}: not a claim; write quantity=value or quantity@step=value, such '
                        'as test_accuracy=0.49 or train_loss@1000=1.08')
    quantity, at, step = name.partition('@')
    if at and not step.strip():
        raise UserError(f'{text}: a step is missing after @; write one, or drop the @')
    return claim(quantity, step, value)


def claim(quantity: str, step: str, value: str) -> Claim:
    """A claim from its three texts; an empty ``step`` is the end.

    Raises:
        UserError: one of them makes no sense.
    """
    quantity, step, value = quantity.strip(), step.strip(), value.strip()
    known = dict.fromkeys(name for program in COLUMNS_OF for name in _quantities(program))
    if quantity not in known:
        raise UserError(f'{quantity or "(nothing)"}: no such quantity; choose one of '
                        f'{", ".join(known)}')
    if step and not re.fullmatch(r'\d{1,9}', step, re.ASCII):
        raise UserError(f'{quantity}: {step} is not a step; a whole number of at least 0 is needed')
    if not NUMBER.fullmatch(value) or abs(Decimal(value)) > FLOAT32:
        raise UserError(f'{quantity}: {value or "(nothing)"} is not a number; write it as it is '
                        'printed, such as 0.476 or 6.2e-2')
    if Decimal(value) < 0 or (quantity.endswith('_accuracy') and Decimal(value) > 1):
        raise UserError(f'{quantity}: {value} is impossible; accuracies are from 0 to 1 (0.49, not '
                        '49 %), all other quantities at least 0')
    return Claim(quantity, int(step) if step else None, value)


def _quantities(program: str) -> tuple[str, ...]:
    measured = tuple(name for name in COLUMNS_OF[program] if name not in INTEGERS)
    return measured + STATISTICS * (program == 'cnn')


def refuse_unmeasurable(asked: Asked) -> None:
    """Raise UserError if no such run measures this quantity at this step."""
    settings, (quantity, step) = asked.settings, (asked.claim.quantity, asked.claim.step)
    cnn, last = settings.program == 'cnn', settings.steps
    problem = None
    if quantity not in _quantities(settings.program):
        problem = 'a recurrent net has no such quantity'
    elif quantity.startswith('train_') and step in (None, last if cnn else None):
        problem = ('it is measured on a batch, not at the end; name its step, such as '
                   f'{quantity}@{(last - 1) // 100 * 100 or last - cnn}')
    elif step is not None and step > last:
        problem = f'the run ends at step {last}; name an earlier step'
    elif quantity in STATISTICS and step not in (None, last):
        problem = f'it is measured at the end only; drop @{step}'
    elif step == 0 and not cnn:
        problem = 'a recurrent net is measured from step 1 on; name a later step'
    if problem:
        raise UserError(f'{asked.claim}: {problem}')


def measuring(settings: CnnSettings | RnnSettings, claims: Sequence[Claim]
              ) -> CnnSettings | RnnSettings:
    """``settings`` with evaluations at the claimed steps too; they change no bit of a run."""
    def measured(kind: str, names: Sequence[str], apart: int) -> CnnSettings | RnnSettings:
        """``settings`` with another value of the first of ``names`` if none hits a step."""
        every = [getattr(settings, name) for name in names if getattr(settings, name)]
        steps = [found.step for found in claims if found.quantity.startswith(kind)
                 and found.step is not None and (kind, found.step) != ('test_', settings.steps)]
        if all(any(step % one == 0 for one in every) for step in steps):
            return settings
        changed: dict[str, Any] = {names[0]: math.gcd(apart, *steps) or settings.steps}
        return dataclasses.replace(settings, **changed)

    settings = measured('test_', ['eval_every'], 0)
    names = ['log_every', 'eval_every'] if settings.program == 'cnn' else ['display_step']
    # neighbouring training values make an interval steadier, and cost little
    return measured('train_', names, EVALUATIONS_APART)


def read_claims(path: Path, settings_of: Callable[[str], CnnSettings | RnnSettings]
                ) -> list[Asked]:
    """The claims in a CSV file with the columns `COLUMNS`.

    Cells may be separated by semicolons or tabs, as spreadsheets write them where the comma is the
    decimal sign; a value may have a decimal comma then. Rows of empty cells are skipped.

    Args:
        settings_of: takes the options of a row; raises UserError.

    Raises:
        UserError: the file cannot be read, or a row makes no sense; the message names the line.
    """
    try:
        content = path.read_bytes()
        text = content.decode('utf-8-sig')
    except OSError as error:
        raise UserError(f'{path}: {error.strerror}; name a readable file') from None
    except UnicodeDecodeError as error:
        line = content.count(b'\n', 0, error.start) + 1
        raise UserError(f'{path}, line {line}: not UTF-8; save it as such') from None
    found = []
    separator = max(',;\t', key=text.partition('\n')[0].count)
    rows = csv.reader(io.StringIO(text, newline=''), delimiter=separator, strict=True)
    try:
        if next(rows, None) != COLUMNS:
            raise UserError(f'the columns are not {",".join(COLUMNS)}')
        for row in rows:
            if not any(row):
                continue
            if len(row) != len(COLUMNS):
                raise UserError(f'not {len(COLUMNS)} cells')
            options, quantity, step, value = row
            if options.startswith('#'):  # such as #NAME?
                raise UserError(f'{options}: a spreadsheet took the options for a formula; write '
                                'an apostrophe before them there')
            value = value if separator == ',' else value.replace(',', '.')
            found.append(Asked(settings_of(options), claim(quantity, step, value)))
            refuse_unmeasurable(found[-1])
        if not found:
            raise UserError('there is no claim after it')
    except (csv.Error, UserError) as error:
        raise UserError(f'{path}, line {max(1, rows.line_num)}: {error}') from None
    return found
