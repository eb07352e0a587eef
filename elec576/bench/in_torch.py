"""The same training in PyTorch, in each of the ways that can be the fastest.

Recurrent layers are `nn.RNN`, `nn.LSTM` and `nn.GRU`; they are PyTorch's own fused code, and their
formulas are its own (two bias vectors; the GRU's reset gate acts after the product). RMSprop has
TensorFlow's decay and epsilon.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import torch
from torch import nn

from elec576.bench import work
from elec576.bench.timing import timed_calls
from elec576.settings import CnnSettings, RnnSettings

PACKAGES = ('torch',)
CHANNELS_FIRST, CHANNELS_LAST = 'channels first', 'channels last'
BATCH_FIRST, TIME_FIRST = 'batch first', 'time first'
COMPILED = ', compiled'
RECURRENT = {'basic': nn.RNN, 'lstm': nn.LSTM, 'gru': nn.GRU}


def variants(model: str) -> list[str]:
    """The variants worth trying, the costly ones last.

    torch.compile steps around recurrent layers (a graph break); with it, all nine recurrent models
    were slower by up to a tenth (PyTorch 2.13), so it is not tried again for them.
    """
    if isinstance(work.OF_THE_REPORT[model], CnnSettings):
        return [CHANNELS_FIRST, CHANNELS_LAST, CHANNELS_LAST + COMPILED]
    return [BATCH_FIRST, TIME_FIRST]


class RecurrentClassifier(nn.Module):
    """A recurrent layer over an image's rows and a linear one on its last output."""

    def __init__(self, settings: RnnSettings, batch_first: bool):
        super().__init__()
        self.batch_first = batch_first
        self.recurrent = RECURRENT[settings.cell](28, settings.hidden, batch_first=batch_first)
        self.out = nn.Linear(settings.hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, 28, 28] to logits [n, 10]."""
        if self.batch_first:
            return self.out(self.recurrent(x)[0][:, -1])
        return self.out(self.recurrent(x.transpose(0, 1))[0][-1])


def lenet5(settings: CnnSettings) -> nn.Module:
    """The layers of `elec576.graphs.lenet5`, with the activations of run 1."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.Tanh(),
        nn.Dropout(1 - settings.keep_prob), nn.Linear(1024, 10))


def start(model: str, variant: str, threads: int) -> Callable[[int], float]:
    """A function that makes the steps that it is told to and returns their wall seconds."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    settings = work.OF_THE_REPORT[model]
    channels_last = variant.startswith(CHANNELS_LAST)
    images, classes = work.made_up_batches(work.sizes(model).train)
    if isinstance(settings, CnnSettings):
        images = images[:, np.newaxis]  # [n, 1, 28, 28]
        net = lenet5(settings)
        if channels_last:
            net = net.to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(net.parameters(), lr=settings.lr, fused=True)
    else:
        net = RecurrentClassifier(settings, variant == BATCH_FIRST)
        optimizer = torch.optim.RMSprop(net.parameters(), lr=settings.lr, alpha=0.9, eps=1e-10,
                                        foreach=True)  # there is no fused one
    batches = work.batches(settings, len(images))

    def loss_of(x, y):
        return nn.functional.cross_entropy(net(x), y)

    if variant.endswith(COMPILED):
        loss_of = torch.compile(loss_of)

    def step() -> None:
        perm = next(batches)
        x = torch.from_numpy(images[perm])
        if channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        loss = loss_of(x, torch.from_numpy(classes[perm]))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return lambda steps: timed_calls(step, steps)
