"""The arithmetic of a training step, from the shapes of the layers.

Only multiply-adds of convolutions and matrix products are counted: activations, pooling, dropout,
biases and the optimizer are work that a machine does besides, so they lower the share of its matrix
speed that is reached. A backward pass through a product needs two more of the same size: one for
the gradient of the weights and one for the gradient of the input, which is left out where nobody
needs it (the first layer's input is data).
"""

from __future__ import annotations

from typing import NamedTuple

from elec576.settings import CnnSettings, RnnSettings

ROWS, ROW = 28, 28  # a recurrent cell reads an image as 28 rows of 28 pixels
CLASSES = 10
FLOPS_PER_MULTIPLY_ADD = 2

# Matrix products of a cell, as blocks of (28 + hidden) x hidden: the LSTM has four gates, the GRU
# two gates and a candidate, which is a product of its own with the same size.
GATES = {'basic': 1, 'lstm': 4, 'gru': 3}


class Layer(NamedTuple):
    """Multiply-adds of one layer for one batch."""

    name: str
    forward: int
    weights: int  # gradient of its weights
    inputs: int  # gradient of its input, 0 where it is not needed

    @property
    def training(self) -> int:
        return self.forward + self.weights + self.inputs


def dense(name: str, n: int, inputs: int, outputs: int) -> Layer:
    """A matrix product [n, inputs] by [inputs, outputs]."""
    products = n * inputs * outputs
    return Layer(name, products, products, products)


def convolution(name: str, n: int, height: int, width: int, kernel: int, channels: int,
                filters: int, first: bool = False) -> Layer:
    """A convolution with stride 1 and SAME padding: [n, height, width, channels] to ``filters``.

    Taps that fall on the padding are counted, as is the custom (and as a convolution by way of a
    matrix product multiplies them).
    """
    products = n * height * width * kernel * kernel * channels * filters
    return Layer(name, products, products, 0 if first else products)


def lenet5(batch_size: int) -> list[Layer]:
    """The layers of `elec576.graphs.lenet5`."""
    return [convolution('conv1', batch_size, 28, 28, 5, 1, 32, first=True),
            convolution('conv2', batch_size, 14, 14, 5, 32, 64),
            dense('fc1', batch_size, 7 * 7 * 64, 1024),
            dense('fc2', batch_size, 1024, CLASSES)]


def rnn(cell: str, hidden: int, batch_size: int) -> list[Layer]:
    """The layers of `elec576.graphs.rnn`: the cell over all rows, and the output.

    A step multiplies [n, 28 + hidden]. Backward, only the state's part of that needs a gradient,
    and the first step's state is constant.
    """
    columns = GATES[cell] * hidden
    over_rows = ROWS * batch_size * (ROW + hidden) * columns
    to_states = (ROWS - 1) * batch_size * hidden * columns
    return [Layer(f'{cell} cell', over_rows, over_rows, to_states),
            dense('output', batch_size, hidden, CLASSES)]


def layers(settings: CnnSettings | RnnSettings) -> list[Layer]:
    """The layers that ``settings`` train."""
    if isinstance(settings, CnnSettings):
        return lenet5(settings.batch_size)
    return rnn(settings.cell, settings.hidden, settings.batch_size)


def training_step(settings: CnnSettings | RnnSettings) -> int:
    """Multiply-adds of one training step: forward, and backward to every trained weight."""
    return sum(layer.training for layer in layers(settings))


def square_product(n: int) -> int:
    """Multiply-adds of the product of two [n, n] matrices."""
    return n**3


def flops_per_second(multiply_adds: int, seconds: float) -> float:
    """Floating-point operations per second."""
    return FLOPS_PER_MULTIPLY_ADD * multiply_adds / seconds
