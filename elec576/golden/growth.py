"""How the package and TensorFlow 1.15 drift apart, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

import numpy as np

from elec576.golden import cases
from elec576.golden.repeat import difference, repeat
from elec576.golden.values import Golden
from elec576.machine import versions


@dataclass(frozen=True)
class Growth:
    """Relative differences of the training loss on the made-up images.

    Attributes:
        losses: by case, [steps]; 0 where the two have the same bits.
        golden, ours: the versions of TensorFlow.
    """

    losses: Mapping[str, np.ndarray]
    golden: str
    ours: str


def growth(golden: Golden) -> Growth:
    """Compute every case on the made-up images with the package and compare it with ``golden``."""
    known = golden.sets[cases.MADE_UP].cases
    losses = {name: difference(known[name], repeat(settings)).relative['train_loss']
              for name, settings in cases.cases(cases.MADE_UP).items()}
    return Growth(losses, golden.versions['tensorflow'], versions('tensorflow')['tensorflow'])
