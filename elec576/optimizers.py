"""The optimizers by their names on the command line, with TensorFlow's own defaults."""

from __future__ import annotations

from elec576.tf1 import tf

OPTIMIZERS = {
    'adam': tf.train.AdamOptimizer,
    'sgd': tf.train.GradientDescentOptimizer,
    'momentum': lambda lr: tf.train.MomentumOptimizer(lr, momentum=0.9),
    'rmsprop': tf.train.RMSPropOptimizer,
    'adagrad': tf.train.AdagradOptimizer,
}
