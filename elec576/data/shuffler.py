"""The report's manual batch shuffler (1b): a fresh permutation at every step."""

import contextlib
from typing import Iterator

import numpy as np

from elec576.errors import UserError


@contextlib.contextmanager
def refusing_other_states(state: dict[str, np.ndarray], like: dict[str, np.ndarray]
                          ) -> Iterator[None]:
    """Raise UserError unless ``state`` has arrays ``like`` these, and for a ValueError inside."""
    try:
        for name, array in like.items():
            found = state.get(name, np.empty(0))
            if (found.dtype, found.shape) != (array.dtype, array.shape):
                raise ValueError(f'{name} is not {array.dtype} of shape {array.shape}')
        yield
    except ValueError as error:
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
        ValueError: they are not a state.
    """
    keys, position, (has_gauss, gauss) = (state[name] for name in ('keys', 'position', 'gauss'))
    if not 0 <= position <= len(keys) or has_gauss not in (0, 1):
        raise ValueError('not the state of a generator')
    rng.set_state(('MT19937', keys, int(position), int(has_gauss), float(gauss)))


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
        with refusing_other_states(state, self.state()):
            set_generator(self.rng, state)
