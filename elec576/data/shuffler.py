"""The report's manual batch shuffler (1b): a fresh permutation at every step."""

from __future__ import annotations

import contextlib
from typing import Iterator

import numpy as np

from elec576.errors import UserError


@contextlib.contextmanager
def refusing_other_states() -> Iterator[None]:
    """Raise UserError for a saved state that is not what `state` returned."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise UserError(f'the saved position in the training images is damaged ({error}); '
                        'remove the checkpoint') from None


def generator_state(rng: np.random.RandomState) -> dict[str, np.ndarray]:
    """The keys, the position and the rest of ``rng``, as arrays."""
    state = rng.get_state(legacy=False)
    return {'keys': state['state']['key'], 'position': np.array(state['state']['pos']),
            'gauss': np.array([state['has_gauss'], state['gauss']])}


def set_generator(rng: np.random.RandomState, state: dict[str, np.ndarray]) -> None:
    """Set ``rng`` to what `generator_state` returned.

    Raises:
        ValueError, KeyError, TypeError: they are not a state (numpy accepts all it can convert).
    """
    keys, position = state['keys'], int(state['position'])
    has_gauss, cached_gaussian = state['gauss']
    if keys.dtype != np.uint32 or not 0 <= position <= len(keys):
        raise ValueError('not the state of a generator')
    rng.set_state(('MT19937', keys, position, int(has_gauss), float(cached_gaussian)))


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

    def state(self) -> dict[str, np.ndarray]:
        """The generator's state, as arrays."""
        return generator_state(self.rng)

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore what `state` returned.

        Raises:
            UserError: the state is damaged.
        """
        with refusing_other_states():
            set_generator(self.rng, state)
