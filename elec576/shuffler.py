"""The report's manual batch shuffler (1b): a fresh permutation at every step."""

from __future__ import annotations

import numpy as np


class BatchShuffler:
    """Draws batches as the listing does: a fresh `arange` shuffled, the first few taken."""

    def __init__(self, n: int, batch_size: int, seed: int):
        self.n = n
        self.batch_size = batch_size
        self.rng = np.random.RandomState(seed)

    def next_batch(self) -> np.ndarray:
        """The indices of the next batch, int [batch_size]."""
        perm = np.arange(self.n)
        self.rng.shuffle(perm)
        return perm[:self.batch_size]

    def state(self) -> dict[str, np.ndarray]:
        """The generator's state, as arrays."""
        _, keys, position, has_gauss, cached_gaussian = self.rng.get_state()
        return {'keys': keys, 'position': np.array(position),
                'gauss': np.array([has_gauss, cached_gaussian])}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""
        has_gauss, cached_gaussian = state['gauss']
        self.rng.set_state(('MT19937', state['keys'], int(state['position']),
                            int(has_gauss), float(cached_gaussian)))
