"""How the package and TensorFlow 1.15 drift apart, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import numpy as np
from tabulate import tabulate

from elec576.golden import cases
from elec576.golden.repeat import Difference, difference, repeat
from elec576.golden.values import Golden
from elec576.machine import versions
from elec576.settings import CnnSettings

HEADERS = ('images', 'case', 'trained variables that begin with the same bits', 'first loss',
           f'at most in {cases.STEPS // 2} steps', f'in {cases.STEPS}')


@dataclass(frozen=True)
class Growth:
    """Package and 1.15 side by side.

    Attributes:
        losses: relative differences of the training loss on the made-up images, by case [steps];
            0 where the two have the same bits.
        rows: what `table` shows, for the course's images too if they were at hand.
        golden, ours: the versions of TensorFlow.
    """

    losses: Mapping[str, np.ndarray]
    rows: tuple[tuple[str, ...], ...]
    golden: str
    ours: str


def growth(golden: Golden, course: Path | None = None) -> Growth:
    """Compute every case with the package and compare it with ``golden``.

    Args:
        course: the folder of the course's data; without it, made-up images only.
    """
    folders = {cases.MADE_UP: None} | ({cases.COURSE: course} if course else {})
    losses, rows = {}, []
    for data, folder in folders.items():
        for name, settings in cases.cases(data).items():
            known = golden.sets[data].cases[name]
            found = difference(known, repeat(settings, folder))
            if data == cases.MADE_UP:
                losses[name] = found.relative['train_loss']
            rows.append(_row(data, name, settings, len(known.initial), found))
    return Growth(losses, tuple(rows), golden.versions['tensorflow'],
                  versions('tensorflow')['tensorflow'])


def _row(data: str, name: str, settings, variables: int, found: Difference) -> tuple[str, ...]:
    what = f'LeNet5, {name}' if isinstance(settings, CnnSettings) else name
    same = variables - len(found.initial)
    return (data, what, f'{same} of {variables}',
            *(f'{found.loss(steps):.1g}' for steps in (1, cases.STEPS // 2, cases.STEPS)))


def table(found: Growth) -> str:
    """How close the two are, as Markdown."""
    return (tabulate(found.rows, HEADERS, tablefmt='github', disable_numparse=True)
            + f'\n\nRelative differences of the training loss, one thread: the package on '
              f'TensorFlow {found.ours} and the listings on {found.golden}.')
