"""The package itself: its own graphs, sessions and loops.

Variants: 'train' evaluates nothing; 'eval-every N' (LeNet5) and 'display' (recurrent nets, the
report's display step) evaluate as a run does; in 'evaluate' a "step" is one evaluation on the test
set. 'timeline' trains like 'train' and returns no seconds, but every step as a list of
`floors.Op`. All others are calls that measure the machine (`floors.probe`), of no model.
"""

import functools
import os
import re
import time
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

from benchmarks import floors, kernels, work
from benchmarks.floors import Op, Tensor
from benchmarks.worker import timed_calls
from elec576.machine import pin_kernels

_threads = 1


def prepare(threads: int, isa: str, data: str | None) -> None:
    global _threads
    _threads = threads
    pin_kernels(isa)
    os.environ.update(kernels.VERBOSE)


def reports(said: Path) -> dict[str, str]:
    return kernels.onednn(said.read_text(encoding='utf-8', errors='replace'))


def start(model: str, variant: str) -> Callable[[int], float]:
    """A function from a number of steps to their wall seconds."""
    if not model:
        return floors.probe(variant, _threads)
    net, sess, inputs = opened(model)
    if variant == 'evaluate':
        from elec576.loops import cnn, rnn
        evaluate = (cnn if work.is_cnn(model) else rnn).evaluate
        return functools.partial(timed_calls, lambda: evaluate(net, sess, inputs.test))

    from elec576.loops.history import History
    from elec576.loops.program import program_of
    settings = work.OF_THE_REPORT[model]
    program = program_of(settings)
    done = 0
    if work.is_cnn(model):
        options = {'eval_every': int(variant.split()[1]) if ' ' in variant else 0, 'log_every': 0}
    else:
        options = {'eval_every': 0} | ({} if variant == 'display' else {'display_step': 10**9})
    trained = Traced(sess, []) if variant == 'timeline' else sess

    def run(steps: int) -> float | list[list[Op]]:
        # one step more than asked for: the clock starts when the first is done, so that what a
        # loop does before its first step is not counted
        nonlocal done
        now = work.lasting(settings, done + steps + 1, threads=_threads, **options)
        times = [time.perf_counter() for _ in program.steps(
            net, trained, inputs, now, History(program.columns), lambda line: None, done)]
        done += steps + 1
        return trained.operations(steps) if variant == 'timeline' else times[-1] - times[0]

    return run


class Traced(NamedTuple):
    """A session that keeps the metadata of its runs. They are read later: it empties the caches."""

    sess: object
    found: list  # of `tf.RunMetadata`; the first one has the graph

    def run(self, fetches, feed_dict):
        from elec576.tf1 import tf
        found = tf.RunMetadata()
        options = tf.RunOptions(trace_level=tf.RunOptions.SOFTWARE_TRACE,
                                output_partition_graphs=not self.found)
        result = self.sess.run(fetches, feed_dict, options, found)
        self.found.append(found)
        return result

    def operations(self, steps: int) -> list[list[Op]]:
        """The last steps' operations; nothing is kept but the graph."""
        graph, = self.found[0].partition_graphs
        last = [operations(found.step_stats, graph) for found in self.found[-steps:]]
        del self.found[1:]
        return last


def operations(step_stats, graph) -> list[Op]:
    """The operations of a step, in the order of their ends."""
    from elec576.tf1 import tf
    stats, = step_stats.dev_stats
    outputs = {node.node_name: {
        output.slot: Tensor(tuple(dim.size for dim in output.tensor_description.shape.dim),
                            tf.as_dtype(output.tensor_description.dtype).size)
        for output in node.output} for node in stats.node_stats}
    sources = {node.name: [(name, int(slot or 0)) for name, _, slot in (
        source.partition(':') for source in node.input if source[0] != '^')]
        for node in graph.node}
    used = {name for some in sources.values() for name, _ in some}
    kinds = {node.name: re.sub('^_(MklNative|Mkl)?', '', node.op) for node in graph.node}
    return [Op(kinds[name], 1e-9 * (node.op_end_rel_nanos - node.op_start_rel_nanos),
               tuple(outputs[source][slot] for source, slot in sources[name]),
               tuple(tensor for _, tensor in sorted(outputs[name].items())),
               name in used or not outputs[name] or kinds[name].startswith(('Apply', 'Assign')))
            for node in stats.node_stats if (name := node.node_name) in kinds]


@functools.lru_cache(maxsize=1)  # the variants of a model share it
def opened(model: str):
    """The network with a session, and what it is fed."""
    from elec576.data import DataOrigin, DataSet, ImageSet
    from elec576.data.sets import one_hot
    from elec576.data.shuffler import BatchShuffler
    from elec576.loops.program import Inputs, program_of
    settings = work.OF_THE_REPORT[model]
    program = program_of(settings)
    net = program.build(settings)
    sess = program.session(net, _threads)
    sess.run(net.initializer)
    (train, train_classes), (test, test_classes) = (
        work.made_up(n, seed) for seed, n in enumerate(work.sizes(model)))
    origin = DataOrigin('made-up images', '')
    if work.is_cnn(model):
        batches = BatchShuffler(len(train), settings.batch_size, settings.seed)
        return net, sess, Inputs(ImageSet.from_pixels(train, train_classes),
                                 ImageSet.from_pixels(test, test_classes), batches, origin)
    scale = np.float32(1 / 255)
    batches = DataSet(train.reshape(len(train), -1) * scale, one_hot(train_classes),
                      np.random.RandomState(0))
    return net, sess, Inputs(batches, ImageSet(test * scale, one_hot(test_classes)), batches,
                             origin)
