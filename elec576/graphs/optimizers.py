"""The optimizers by their names on the command line, with TensorFlow's own defaults."""

from elec576.settings import CnnSettings, RnnSettings
from elec576.tf1 import tf

OPTIMIZERS = {
    'adam': tf.train.AdamOptimizer,
    'sgd': tf.train.GradientDescentOptimizer,
    'momentum': tf.train.MomentumOptimizer,
    'rmsprop': tf.train.RMSPropOptimizer,
    'adagrad': tf.train.AdagradOptimizer,
}


def optimizer_of(settings: CnnSettings | RnnSettings) -> tf.train.Optimizer:
    """The optimizer that ``settings`` ask for."""
    momentum = {} if settings.momentum is None else {'momentum': settings.momentum}
    return OPTIMIZERS[settings.optimizer](settings.lr, **momentum)
