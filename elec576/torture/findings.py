"""What a trial is told, and what it gives back: the rows of the table."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple


class Orders(NamedTuple):
    """How much of everything, and where."""

    scripts: Path  # the folder of the scripts
    kills: int
    inputs: int  # mutated inputs of each kind
    seed: int
    data: str | None  # as `--data`; for the kills only, the others make their own
    pythons: tuple[Path, ...] = ()  # interpreters of other environments to compare with


@dataclasses.dataclass(frozen=True)
class Finding:
    """How often something was tried and how often it held, with what did not and why."""

    what: str
    tried: int
    held: int
    note: str = ''

    @property
    def passed(self) -> bool:
        return self.tried == self.held
