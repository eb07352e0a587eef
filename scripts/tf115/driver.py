"""Run a listing of `starter/`, unchanged, and record what it computes.

    python -I driver.py --out FILE.json [OPTIONS] PROGRAM [THE PROGRAM'S OPTIONS]

This file runs inside the environment of TensorFlow 1.15 and therefore stands alone (no import from
elec576) and is written for Python 3.7; under TensorFlow 2 it runs as well. Around the listing, not
in it, it replaces two functions of TensorFlow:

* `random_seed.get_seed`. An op that asks for a seed gets, in TensorFlow 2, the number of ops that
  asked before it; in 1.15 the id of the graph's last op. Here both give the former.
* `Session.run`, to look at the variables right after their initialisation and at the masks of
  dropout, and to take the time of every update.
"""
import argparse
import hashlib
import json
import os
import platform
import runpy
import sys
import tempfile
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ['MPLBACKEND'] = 'Agg'

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.python.client import session  # noqa: E402
from tensorflow.python.framework import random_seed  # noqa: E402


def digest(array):
    """SHA-256 over the array's bytes, row by row."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def count_op_seeds():
    """Hand out op seeds as TensorFlow 2 does; return the list of those handed out, as it grows."""
    original = random_seed.get_seed
    asked = []

    def get_seed(op_seed):
        if op_seed is None and tf.get_default_graph().seed is not None:
            op_seed = len(asked)
            asked.append(op_seed)
        return original(op_seed)

    random_seed.get_seed = get_seed
    return asked


class Watch(object):
    """Replaces `Session.run` of the one session that a listing has."""

    def __init__(self, mask_steps):
        self.mask_steps = mask_steps
        self.run = session.BaseSession.run
        self.done = -1  # updates; the initialisation is the first operation that is run
        self.initial, self.masks = [], []
        self.updated = []  # seconds, of a clock with an arbitrary origin
        watch = self

        def run(self, fetches, *args, **kwargs):
            return watch.watched(self, fetches, *args, **kwargs)

        session.BaseSession.run = run

    def watched(self, sess, fetches, feed_dict=None, **kwargs):
        if isinstance(fetches, tf.Operation):
            if 0 <= self.done < self.mask_steps:
                result = self.with_mask(sess, fetches, feed_dict)
            else:
                result = self.run(sess, fetches, feed_dict, **kwargs)
            self.done += 1
            self.updated.append(time.perf_counter())
            if self.done == 0:
                self.look_at_variables(sess)
            return result
        scalar = isinstance(fetches, tf.Tensor) and fetches.shape.ndims == 0
        if scalar and self.done < self.mask_steps:
            return self.with_mask(sess, fetches, feed_dict)
        return self.run(sess, fetches, feed_dict, **kwargs)

    def look_at_variables(self, sess):
        for variable in sess.graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES):
            value = self.run(sess, variable)
            self.initial.append({'name': variable.op.name, 'shape': list(value.shape),
                                 'sha256': digest(value)})

    def with_mask(self, sess, fetches, feed_dict):
        """What ``fetches`` gives; a mask that drops anything is kept as its digest."""
        comparison, = [op for op in sess.graph.get_operations() if op.type == 'GreaterEqual']
        value, mask = self.run(sess, [fetches, comparison.outputs[0]], feed_dict)
        if not mask.all():
            self.masks.append({'step': self.done, 'shape': list(mask.shape),
                               'sha256': digest(mask)})
        return value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', required=True)
    parser.add_argument('--mask-steps', type=int, default=0)
    parser.add_argument('program', nargs=argparse.REMAINDER)
    args = parser.parse_args()

    op_seeds = count_op_seeds()
    watch = Watch(args.mask_steps)
    handle, dump = tempfile.mkstemp(suffix='.npz')
    os.close(handle)
    try:
        sys.argv = args.program + ['--dump', dump]
        plt.show = lambda: plt.close('all')
        runpy.run_path(args.program[0], run_name='__main__')
        with np.load(dump) as arrays:
            listing = {name: arrays[name].tolist() for name in arrays.files
                       if not name.startswith('variable_')}
    finally:
        os.unlink(dump)
    with open(args.out, 'w', encoding='utf-8') as file:
        json.dump({'versions': {'python': platform.python_version(),
                                'tensorflow': tf.__version__, 'numpy': np.__version__},
                   'op_seeds': op_seeds, 'initial': watch.initial, 'masks': watch.masks,
                   'listing': listing, 'updated': watch.updated}, file)


if __name__ == '__main__':
    main()
