"""The report's manual batch shuffler (1b): a fresh permutation at every step."""

import numpy as np

from elec576.errors import UserError


class BatchShuffler:
    """Draws batches as the listing does: a fresh `arange` shuffled, the first few taken.

    Raises:
        UserError: there are fewer than ``batch_size`` images.
    """

    def __init__(self, n: int, batch_size: int, seed: int):
        if batch_size > n:
            raise UserError(f'--batch-size {batch_size}: there are only {n} training images')
        self.n = n
        self.batch_size = batch_size
        self.rng = np.random.RandomState(seed)

    def next_batch(self) -> np.ndarray:
        """The indices of the next batch, int [batch_size]."""
        perm = np.arange(self.n)
        self.rng.shuffle(perm)
        return perm[:self.batch_size]
