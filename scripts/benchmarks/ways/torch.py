"""The same training in PyTorch, in each of the ways that can be the fastest.

Recurrent layers are `nn.RNN`, `nn.LSTM` and `nn.GRU`; they are PyTorch's own fused code, and their
formulas are its own (two bias vectors; the GRU's reset gate acts after the product). RMSprop has
TensorFlow's decay and epsilon.
"""

import functools
from pathlib import Path
from typing import Callable

import torch
from torch import nn

from benchmarks import kernels, work
from benchmarks.worker import timed_calls

_compiled = False
RECURRENT = {'basic': nn.RNN, 'lstm': nn.LSTM, 'gru': nn.GRU}


def prepare(threads: int, isa: str, data: str | None) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(0)


def reports(said: Path) -> dict[str, str]:
    found = {'ATen': torch.backends.cpu.get_cpu_capability(), **_libraries(said)}
    if _compiled:
        from torch._inductor import cpu_vec_isa
        found['TorchInductor'] = str(cpu_vec_isa.pick_vec_isa())
    return found


@functools.cache
def _libraries(said: Path) -> dict[str, str]:
    """oneDNN and MKL say it while they are used, and are silent again afterwards."""
    with torch.backends.mkldnn.verbose(1), torch.backends.mkl.verbose(1):
        nn.Conv2d(1, 32, 5)(torch.rand(50, 1, 28, 28))
        torch.rand(200, 200) @ torch.rand(200, 200)
    text = said.read_text(encoding='utf-8', errors='replace')
    return kernels.onednn(text) | kernels.mkl(text)


class RecurrentClassifier(nn.Module):
    """A recurrent layer over an image's rows and a linear one on its last output."""

    def __init__(self, cell: str, hidden: int, batch_first: bool):
        super().__init__()
        self.batch_first = batch_first
        self.recurrent = RECURRENT[cell](28, hidden, batch_first=batch_first)
        self.out = nn.Linear(hidden, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images [n, 28, 28] to logits [n, 10]."""
        if self.batch_first:
            return self.out(self.recurrent(x)[0][:, -1])
        return self.out(self.recurrent(x.transpose(0, 1))[0][-1])


def lenet5(keep_prob: float) -> nn.Module:
    """The layers of `elec576.graphs.lenet5`, with the activations of run 1."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.Tanh(),
        nn.Dropout(1 - keep_prob), nn.Linear(1024, 10))


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of steps to their wall seconds."""
    settings, cnn = work.OF_THE_REPORT[model], work.is_cnn(model)
    last = variant.startswith('channels last')
    if cnn:
        net = lenet5(settings.keep_prob)
        net = net.to(memory_format=torch.channels_last) if last else net
        optimizer = torch.optim.Adam(net.parameters(), lr=settings.lr, fused=True)
    else:
        net = RecurrentClassifier(settings.cell, settings.hidden, variant == 'batch first')
        optimizer = torch.optim.RMSprop(net.parameters(), lr=settings.lr, alpha=0.9, eps=1e-10,
                                        foreach=True)  # there is no fused one

    def loss_of(x, y):
        return nn.functional.cross_entropy(net(x), y)

    if variant.endswith('compiled'):
        global _compiled
        _compiled = True
        loss_of = torch.compile(loss_of)
    batches = work.batches(model)

    def step() -> None:
        images, classes = next(batches)
        x = torch.from_numpy(images[:, None] if cnn else images)
        if last:
            x = x.contiguous(memory_format=torch.channels_last)
        loss = loss_of(x, torch.from_numpy(classes))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return lambda steps: timed_calls(step, steps)
