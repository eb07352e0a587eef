"""The measurements. Each returns numbers for JSON; what is compared takes turns, A B C C B A ...

A summary is the median, the smallest and the largest of so many rounds: {'median', 'low', 'high',
'rounds'}, in seconds per step by default.
"""

import contextlib
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, NamedTuple

from tf115.environment import clean_environment, run_listing

from benchmarks import work
from benchmarks.roofline import Machine, Op, Product, kinds_of, product_of
from benchmarks.worker import RSS_UNIT, Worker, WorkerFailed, available
from elec576.listings import command, program
from elec576.machine import has_instructions

PAUSE = 0.02  # seconds in which the threads of the one before go to sleep
ROOT = Path(__file__).parents[2]
SEVERAL = (work.LENET5, 'lstm-128', 'gru-300')  # where all ten models would say the same
STARTED = (work.LENET5, 'lstm-128')
SHORTENED = {  # two evaluations on the test set, and the one at the end
    'TensorFlow imported, no run': ('elec576/tf1.py',),  # what no run can be below
    'cnn1': ('scripts/run_cnn.py', '--steps', '101'),
    'cnn-mnist': ('scripts/run_cnn.py', '--steps', '101', '--dataset', 'mnist', '--fc-act', 'relu',
                  '--lr', '1e-4'),
    'lstm-128': ('scripts/run_rnn.py', '--cell', 'lstm', '--iterations', '5001')}
WORKING_SETS = tuple(2**power for power in range(14, 27, 2))  # bytes, 16 KiB to 64 MiB
MOVED = {'add': 1.5, 'scale': 2}  # bytes that are moved, in those of the working set
NOTHING = 8  # bytes of a working set that measures what a call costs
WARM_UP = 2  # steps on TensorFlow 1.15, which are not counted
TEST_IMAGES_A_ROUND = 4000  # that a round of the CNN's listing on 1.15 evaluates at least


class Effort(NamedTuple):
    """How much to measure: rounds, and the seconds of a turn."""

    rounds: int = 7
    seconds: float = 0.3

    @property
    def starts(self) -> int:
        """How often a fresh process is started."""
        return max(1, self.rounds // 2)


QUICK = Effort(1, 0.02)


def say(line: str) -> None:
    """Progress, on standard error."""
    print(f'[{time.strftime("%H:%M:%S")}] {line}', file=sys.stderr, flush=True)


def summary(samples: list[float]) -> dict:
    return {'median': statistics.median(samples), 'low': min(samples), 'high': max(samples),
            'rounds': len(samples)}


def in_turns(turns: dict[str, Callable[[], float]], rounds: int) -> dict[str, dict]:
    """Summaries of what `samples` gives."""
    return {name: summary(found) for name, found in samples(turns, rounds).items()}


def samples(turns: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each of ``turns`` returns, round by round; every other round is reversed, so that none
    always follows the same one.
    """
    found = {name: [] for name in turns}
    for number in range(rounds):
        for name in reversed(turns) if number % 2 else turns:
            time.sleep(PAUSE)
            found[name].append(turns[name]())
    return found


def together(workers: list[Worker], model: str, variant: str, steps: int) -> float:
    """Wall seconds per step made; of workers side by side, the inverse of their summed speeds."""
    for worker in workers:
        worker.begin(model, variant, steps)
    return 1 / sum([steps / worker.end() for worker in workers])


def turn(workers: list[Worker], model: str, variant: str, seconds: float, multiple: int = 1
         ) -> Callable[[], float]:
    """A turn of about so many ``seconds``, whole multiples of ``multiple`` steps: each turn has its
    due share of the evaluations.
    """
    # the first steps, and the first evaluation in or right after them, prepare the graph
    together(workers, model, variant, min(multiple, 10) + 1)
    step = together(workers, model, variant, 1)
    steps = multiple * max(1, math.ceil(seconds / (step * multiple)))
    return lambda: together(workers, model, variant, steps)


def listing(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """The listings against ours.

    Returns:
        'steps': by work and variant; 'steps_1_thread': LeNet5's; 'starts': seconds of runs of one
        step, from the command line to the end; 'tf115': 'steps' and 'starts' of the listings on
        TensorFlow 1.15.5, if ``tf115`` is a Python that has it.
    """
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        data = Path(folder)
        work.write_data(data)
        found = {'threads': cores, 'starts': starts(effort, cores, data),
                 'steps': against_listing(tuple(work.OF_THE_REPORT), cores, data, effort)}
        if cores > 1:
            found['steps_1_thread'] = against_listing((work.LENET5,), 1, data, effort)
        if tf115:
            found['tf115'] = on_tf115(tf115, cores, data, effort)
    return found


def against_listing(models: tuple[str, ...], threads: int, data: Path, effort: Effort) -> dict:
    """By model: 'listing', 'train' (never evaluates), 'eval-every N' or 'display', 'evaluate'."""
    found = {}
    with Worker('ours', threads) as ours:
        for model in models:
            say(f'{model} against the listing, {threads} threads')
            if work.is_cnn(model):
                every = (1, 10, 100) if model == work.LENET5 else (100,)
                multiples = {'listing': 1, 'train': 1, **{f'eval-every {n}': n for n in every}}
            else:
                display = work.OF_THE_REPORT[model].display_step
                multiples = {'listing': display, 'train': display, 'display': display,
                             'evaluate': 1}
            with Worker('listing', threads, data=str(data)) as theirs:
                found[model] = in_turns(
                    {variant: turn([theirs if variant == 'listing' else ours], model, variant,
                                   effort.seconds, multiple)
                     for variant, multiple in multiples.items()}, effort.rounds)
    return found


def starts(effort: Effort, threads: int, data: Path) -> dict:
    """Runs of one step, by 'cnn listing', 'cnn ours', 'rnn listing', 'rnn ours'."""
    say('runs of a single step, from start to end')
    rnn = ['--batch-size', '50', '--iterations', '51']
    commands = {
        'cnn listing': ['starter/trainCifarStarterCode.py', '--steps', '1'],
        'cnn ours': ['scripts/run_cnn.py', '--steps', '1', '--eval-every', '0'],
        'rnn listing': ['starter/lstmMNISTStarterCode.py', *rnn],
        'rnn ours': ['scripts/run_rnn.py', *rnn]}
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        def run(name: str) -> float:
            return run_script(*commands[name], '--threads', str(threads), data=data,
                              folder=Path(folder), own=name.endswith('ours'))[0]

        run('cnn ours')  # fills the cache of the data, which later runs use
        return in_turns({name: (lambda name=name: run(name)) for name in commands}, effort.starts)


def run_script(code: str, *options: str, data: Path, folder: Path, own: bool = True
               ) -> tuple[float, int]:
    """Seconds and peak memory (bytes) of a whole process; ``own``: it is ours, with a directory.

    Raises:
        WorkerFailed: it failed.
    """
    out = folder / 'run'
    shutil.rmtree(out, ignore_errors=True)
    arguments = [*options, '--data', str(data), *(['--out', str(out)] if own else [])]
    environment = {**os.environ, 'MPLBACKEND': 'Agg', 'PYTHONPATH': str(ROOT),
                   'ELEC576_CACHE': f'{folder}/cache'}
    before = time.perf_counter()
    with tempfile.TemporaryFile('w+') as errors:
        process = subprocess.Popen([sys.executable, ROOT / code, *arguments], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise WorkerFailed(f'{code}: {(errors.read().strip() or "died").splitlines()[-1]}')
    return time.perf_counter() - before, RSS_UNIT * usage.ru_maxrss


def on_tf115(python: Path, threads: int, data: Path, effort: Effort) -> dict:
    """The listings on TensorFlow 1.15.5: after the others, not in turns with them."""
    steps = {}
    for model in work.OF_THE_REPORT:
        say(f'{model}, the listing on TensorFlow 1.15, {threads} threads')
        in_round = (-(-TEST_IMAGES_A_ROUND // (2 * work.sizes(model)[1])) if work.is_cnn(model)
                    else 10)
        raw = run_listing(python, work.as_listed(model, WARM_UP + effort.rounds * in_round,
                                                 threads), data)
        clock = raw['updated'][WARM_UP:]  # the first entry is the initialisation
        steps[model] = summary([(end - begin) / in_round for begin, end in zip(
            clock[::in_round], clock[in_round::in_round])])

    def run(model: str) -> float:
        name, options = command(work.as_listed(model, 1, threads))
        before = time.perf_counter()
        subprocess.run([python, program(name), *options, '--data', data], check=True,
                       capture_output=True, env={**clean_environment(threads), 'MPLBACKEND': 'Agg'})
        return time.perf_counter() - before

    return {'steps': steps, 'starts': {
        kind: summary([run(model) for _ in range(effort.starts)])
        for kind, model in (('cnn', work.LENET5), ('rnn', 'basic-128'))}}


def isa(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """AVX2's kernels beside AVX-512's, by threads, model and instruction set."""
    if not has_instructions('avx512'):
        return {}
    found = {}
    for threads in sorted({1, cores}):
        with Worker('ours', threads, 'avx2') as avx2, Worker('ours', threads, 'avx512') as avx512:
            for model in work.OF_EACH_KIND:
                say(f'{model}: avx2 and avx512, {threads} threads')
                found.setdefault(str(threads), {})[model] = in_turns(
                    {name: turn([worker], model, 'train', effort.seconds)
                     for name, worker in (('avx2', avx2), ('avx512', avx512))}, effort.rounds)
    return found


def jobs(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """One-thread runs on all cores at the same time, or runs of all cores one after the other."""
    found = {}
    with crew(('ours',), 1, cores) as narrow, Worker('ours', cores) as wide:
        for model in SEVERAL if cores > 1 else ():
            say(f'{model}, {cores} runs side by side or one after the other')
            found[model] = in_turns(
                {'side by side': turn(narrow['ours'], model, 'train', effort.seconds),
                 'one after another': turn([wide], model, 'train', effort.seconds)}, effort.rounds)
    return found


def costs(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """What a run pays for its checkpoints and its TensorBoard events, at one thread."""
    found = {}
    with Worker('ours', 1) as worker:
        for model in SEVERAL:
            say(f'{model}: checkpoints and events')
            found[model] = in_turns(
                {variant: turn([worker], model, variant, effort.seconds)
                 for variant in ('train', 'checkpoint', 'histograms', 'scalars')}, effort.rounds)
    return found


@contextlib.contextmanager
def crew(ways: tuple[str, ...], threads: int, each: int):
    """``each`` workers of every way, as lists by way."""
    with contextlib.ExitStack() as stack:
        yield {way: [stack.enter_context(Worker(way, threads)) for _ in range(each)]
               for way in ways}


def variants(way: str, model: str) -> tuple[str, ...]:
    """In which variants ``way`` can train, those that need a compiler last.

    torch.compile steps around recurrent layers (a graph break); with it, all nine recurrent models
    were slower by up to a tenth (PyTorch 2.13), so it is not tried again for them.
    """
    if way == 'torch':
        return (('channels first', 'channels last', 'channels last, compiled')
                if work.is_cnn(model) else ('batch first', 'time first'))
    return {'ours': ('train',), 'keras': ('train_on_batch',)}[way]


def ways() -> tuple[str, ...]:
    """Ours, and the frameworks that are installed."""
    return ('ours', *filter(available, ('torch', 'keras')))


def frameworks(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """The training step against PyTorch's and Keras's.

    All ways of one model take turns. A way's variants are tried first, and the fastest stands for
    it.

    Returns:
        by setting (threads, side by side), model and way: 'variant', 'tried', and a summary.
    """
    found = {}
    for threads in sorted({1, cores}):
        widths = (1, cores) if threads == 1 < cores else (1,)
        with crew(ways(), threads, widths[-1]) as workers:
            for model in work.WORK:
                say(f'{model} against the frameworks, {threads} threads')
                tried = {way: try_variants(crowd[0], model, variants(way, model), effort)
                         for way, crowd in workers.items()}
                best = {way: fastest(times) for way, times in tried.items()}
                for width in widths:
                    name = (f'{threads} thread' + 's' * (threads > 1) if width == 1 else
                            f'{width} runs side by side, {threads} thread each')
                    measured = in_turns(
                        {way: turn(crowd[:width], model, best[way], effort.seconds)
                         for way, crowd in workers.items()}, effort.rounds)
                    found.setdefault(name, {})[model] = {
                        way: {'variant': best[way], 'tried': tried[way], **measured[way]}
                        for way in workers}
    return found


def try_variants(worker: Worker, model: str, names: tuple[str, ...], effort: Effort
                 ) -> dict[str, float | str]:
    """Every variant's median seconds of a step, or why there is none.

    Raises:
        WorkerFailed: no variant works.
    """
    found, turns = {}, {}
    for name in names:
        try:
            turns[name] = turn([worker], model, name, effort.seconds / 2)
        except WorkerFailed as failure:
            found[name] = str(failure)
    if not turns:
        raise WorkerFailed(f'{model}: {"; ".join(found.values())}')
    return found | {name: times['median'] for name, times in in_turns(turns, effort.starts).items()}


def fastest(tried: dict[str, float | str]) -> str:
    """The variant with the smallest time."""
    return min((name for name, seconds in tried.items() if isinstance(seconds, float)),
               key=tried.__getitem__)


def roofline(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """The training step of one thread, its operations and their floors (`benchmarks.roofline`).

    All that belongs to a model takes turns. A round is compared with itself: a machine whose speed
    changes from minute to minute gives no floors for the steps of another minute.

    Returns:
        by model: 'share' and 'outside', summaries of the shares of a step that the floors take and
        that no operation takes; and of the round that has the median 'share': 'step', in seconds;
        'kinds' (`kinds_of`); 'products' and 'bandwidth', per second.
    """
    found = {}
    for model in work.WORK:
        say(f'{model}: its operations and their floors')
        with Worker('ours', 1) as ours, Worker('machine', 1) as machine:
            first = ours.steps(model, 'timeline', 2)[1]
            shapes = sorted({each[0] for each in map(product_of, first) if each})
            calls = [*(f'{name} {size}' for name in MOVED for size in (NOTHING, *WORKING_SETS)), *(
                f'product {m} {k} {n} {layout}' for m, k, n in ((1, 1, 1), *shapes)
                for layout in ('plain', 'first', 'second'))]
            ran = turn([ours], model, 'train', effort.seconds)
            traced = max(2, math.ceil(effort.seconds / ran()))
            traces: list[list[list[Op]]] = []

            def trace() -> float:
                traces.append(ours.steps(model, 'timeline', traced))
                return sum(op.seconds for step in traces[-1] for op in step) / traced

            times = samples({'step': ran, 'timeline': trace, **{
                call: turn([machine], model, call, effort.seconds / 10) for call in calls}},
                effort.rounds)
        rounds = sorted((against_floors(traces[number], shapes, {
            name: taken[number] for name, taken in times.items()})
            for number in range(effort.rounds)), key=lambda one: one['share'])
        found[model] = {**rounds[len(rounds) // 2], **{
            part: summary([one[part] for one in rounds]) for part in ('share', 'outside')}}
    return found


def against_floors(trace: list[list[Op]], shapes: list[Product], seconds: dict[str, float]) -> dict:
    """A round of `roofline`: the operations of its ``trace`` against its speeds of the machine."""
    def best(calls: str, nothing: str) -> float:
        """Seconds of the best layout, without what a call costs besides."""
        call, besides = (min(taken for name, taken in seconds.items()
                             if f'{name} '.startswith(f'{start} '))
                         for start in (calls, nothing))
        return max(call - besides, call / 10)

    products = {(m, k, n): 2 * m * k * n / best(f'product {m} {k} {n}', 'product 1 1 1')
                for m, k, n in shapes}
    bandwidth = {size: max(moved * size / best(f'{name} {size}', f'{name} {NOTHING}')
                           for name, moved in MOVED.items()) for size in WORKING_SETS}
    kinds = kinds_of(trace, Machine(products, bandwidth))
    floors, inside = (sum(kind[part] for kind in kinds.values()) for part in ('floor', 'seconds'))
    return {'step': seconds['step'], 'kinds': kinds, 'bandwidth': bandwidth,
            'share': floors / seconds['step'], 'outside': 1 - inside / seconds['step'],
            'products': {' '.join(map(str, shape)): speed for shape, speed in products.items()}}


def startup(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """From a fresh process to the first step, and the memory that training takes.

    Returns:
        by model and way, summaries: 'first_step' (seconds), 'peak_bytes' (largest resident set).
    """
    found = {}
    for model in STARTED:
        say(f'{model}: start-up and memory')
        peaks: dict[str, list[float]] = {way: [] for way in ways()}

        def start(way: str) -> float:
            variant = variants(way, model)[0]
            with Worker(way, cores) as worker:
                before = time.perf_counter()
                worker.steps(model, variant, 1)
                seconds = time.perf_counter() - before
                worker.steps(model, variant, 20)
                peaks[way].append(worker.peak_bytes)
            return seconds

        first = in_turns({way: (lambda way=way: start(way)) for way in peaks}, effort.starts)
        found[model] = {way: {'first_step': first[way], 'peak_bytes': summary(peaks[way])}
                        for way in peaks}
    return found


def runs(effort: Effort, cores: int, tf115: Path | None) -> dict:
    """Where the time to a run's first step goes, and the peak memory of whole, shortened runs.

    The data are files like the report's; CIFAR10's pixels come from the cache, as in every run
    but the first.

    Returns:
        'stages': by model and stage, summaries in seconds; 'peak_bytes': by experiment.
    """
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        data = Path(folder) / 'data'
        data.mkdir()
        work.write_data(data, mnist=5000 + work.MNIST_TRAIN)
        peaks = {}
        for name, (code, *options) in SHORTENED.items():
            say(f'{name}: peak memory')
            peaks[name] = run_script(code, *options, data=data, folder=Path(folder))[1]

        def start(model: str) -> dict[str, float]:
            before = time.perf_counter()
            with Worker('stages', cores, data=str(data)) as worker:
                found = worker.steps(model, 'stages', 1)
                total = time.perf_counter() - before
            return {'Python': total - sum(found.values()), **found, 'all': total}

        stages = {}
        for model in STARTED:
            say(f'{model}: the stages of its start')
            start(model)  # fills the cache
            starts = [start(model) for _ in range(effort.starts)]
            stages[model] = {stage: summary([each[stage] for each in starts])
                             for stage in starts[0]}
    return {'stages': stages, 'peak_bytes': peaks}


ITEMS = {'listing': listing, 'isa': isa, 'jobs': jobs, 'costs': costs, 'frameworks': frameworks,
         'roofline': roofline, 'startup': startup,
         'runs': runs}
