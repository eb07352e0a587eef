"""The settings under which TensorFlow 1.15 and today's are compared step by step."""

import dataclasses

from elec576.settings import CnnSettings, RnnSettings

STEPS, MANY_STEPS, MASK_STEPS = 20, 100, 3
MADE_UP, COURSE = 'made-up', 'course'
TRAIN_PER_CLASS, TEST_PER_CLASS = 20, 5  # of the made-up images

ACTS, CELLS = ('relu', 'tanh', 'sigmoid'), ('basic', 'lstm', 'gru')
# both rates are the report's, 1e-3 that of its gradient descent
RATES = {'adam': 1e-4, 'sgd': 1e-3}
# One thread: then nothing depends on how a sum is split among threads.
_CNN = {'eval_every': 1, 'log_every': 1000, 'threads': 1}
_RNN = {'display_step': 1, 'eval_every': 0, 'threads': 1}


def cases(data: str) -> dict[str, CnnSettings | RnnSettings]:
    """The cases on ``data``, `MADE_UP` or `COURSE`, by their names."""
    if data == COURSE:
        return {**{act: CnnSettings(act=act, steps=STEPS, **_CNN) for act in ACTS},
                **{cell: _rnn(cell, STEPS) for cell in CELLS}}
    made_up = {'train_per_class': TRAIN_PER_CLASS, 'test_per_class': TEST_PER_CLASS, **_CNN}
    return {**{f'{act}-{init}-{optimizer}': CnnSettings(
                act=act, init=init, optimizer=optimizer, lr=lr, steps=STEPS, **made_up)
               for act in ACTS for init in ('truncated-normal', 'xavier')
               for optimizer, lr in RATES.items()},
            **{f'{act}-adam-1e-3': CnnSettings(act=act, steps=MANY_STEPS, **made_up)
               for act in ACTS},
            **{cell: _rnn(cell, MANY_STEPS) for cell in CELLS}}


def _rnn(cell: str, steps: int) -> RnnSettings:
    return shortened(RnnSettings(cell=cell, **_RNN), steps)


def shortened(settings: CnnSettings | RnnSettings, steps: int) -> CnnSettings | RnnSettings:
    """The same case with ``steps`` steps."""
    if isinstance(settings, CnnSettings):
        return dataclasses.replace(settings, steps=steps)
    return dataclasses.replace(settings, iterations=steps * settings.batch_size + 1)


def masks_settings(data: str) -> CnnSettings:
    """The case whose dropout masks are looked at; they depend on shapes and the seed alone."""
    return shortened(next(iter(cases(data).values())), MASK_STEPS)
