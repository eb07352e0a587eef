"""Weights and biases, as the report initialises them (1b, items 1 to 6 and run 9)."""

from typing import Sequence

from elec576.tf1 import tf


def weight_variable(shape: Sequence[int], init: str = 'truncated-normal',
                    stddev: float | None = None) -> tf.Variable:
    """A weight of ``shape`` (e.g. [height, width, Cin, Cout]), drawn with the graph's next op seed.

    ``truncated-normal`` is the listing's, whose standard deviation is 0.1. ``xavier`` is run 9's
    (Glorot & Bengio 2010): ``tf.glorot_normal_initializer`` is the class that the report's
    ``tf.compat.v1.keras.initializers.glorot_normal`` named; today that alias draws from Keras's
    own generator and ignores the graph's seed.
    """
    if init == 'xavier':
        initial = tf.glorot_normal_initializer()
        W = initial(shape)
        return tf.Variable(W)
    initial = tf.truncated_normal(shape, stddev=0.1 if stddev is None else stddev)
    return tf.Variable(initial)


def bias_variable(shape: list[int], value: float = 0.1) -> tf.Variable:
    """A bias of ``shape``, initialised to the constant ``value``.

    The report does not print its value; 0.1 is what its activation statistics (1c) fit.
    """
    initial = tf.constant(value, shape=shape)
    return tf.Variable(initial)
