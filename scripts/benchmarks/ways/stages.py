"""The package's start, stage by stage, up to the first step: once in a process."""

import os
import time
from typing import Callable

_options: tuple = ()


def prepare(threads: int, isa: str, data: str) -> None:
    global _options
    _options = (threads, isa, data)
    os.environ['ELEC576_CACHE'] = f'{data}/cache'


def start(model: str, variant: str) -> Callable[[int], dict[str, float]]:
    """A function to the seconds of every stage; it takes a number of steps, which is 1."""
    threads, isa, data = _options
    times: dict[str, float] = {}
    before = time.perf_counter()

    def done(stage: str) -> None:
        nonlocal before
        now = time.perf_counter()
        times[stage], before = now - before, now

    from elec576 import machine
    machine.pin_kernels(isa)
    import elec576.tf1  # noqa: F401
    done('import TensorFlow')
    import elec576.cli  # noqa: F401
    from benchmarks import work
    from elec576.loops.history import History
    from elec576.loops.program import program_of
    done('our imports')
    settings = work.lasting(work.OF_THE_REPORT[model], 1, threads=threads)
    program = program_of(settings)
    inputs = program.load(settings, data)
    done('data')
    net = program.build(settings)
    done('graph')
    sess = program.session(net, threads)
    sess.run(net.initializer)
    done('initial weights')
    list(program.steps(net, sess, inputs, settings, History(program.columns), lambda line: None))
    done('first step')
    return lambda steps: times
