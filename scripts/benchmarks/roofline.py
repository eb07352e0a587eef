"""How far from what the machine can do: the roofline of a training step, one thread.

The floors (`benchmarks.floors`) of a step's operations, added up, are a share of the step: 100 %
would be a step that takes no longer than the machine's products and memory need for it.
"""

import math

from benchmarks import work
from benchmarks.floors import Machine, Op, Product, kinds_of, product_of
from benchmarks.markdown import judged, table, three
from benchmarks.rounds import Setup, samples, say, summary, turn
from benchmarks.worker import Worker

WORKING_SETS = tuple(2**power for power in range(14, 27, 2))  # bytes, 16 KiB to 64 MiB
ADD_MOVES = 1.5  # bytes, for a byte of the working set: two vectors are read, one is written
NOTHING = 8  # bytes of a working set that measures what a call costs
LAYOUTS = ('plain', 'first', 'second')
AIMS = {'cnn': (0.85, 0.05), 'rnn': (0.6, 0.25)}  # share at least, outside the operations at most


def measure(setup: Setup) -> dict:
    """The steps, their operations and the machine's speeds, in turns.

    A round is compared with itself: a machine whose speed changes from minute to minute gives no
    floors for the steps of another minute.

    Returns:
        by model: 'share' and 'outside', summaries of the shares of a step that the floors take and
        that no operation takes; and of the round that has the median 'share': 'step', in seconds;
        'kinds' (`kinds_of`); 'products' and 'bandwidth', per second.
    """
    found = {}
    for model in setup.models:
        say(f'{model}: its operations and their floors')
        with Worker('ours', 1) as ours, Worker('ours', 1) as machine:
            first = ours.steps(model, 'timeline', 2)[1]
            shapes = sorted({each[0] for each in map(product_of, first) if each})
            calls = [*(f'add {size}' for size in (NOTHING, *WORKING_SETS)), *(
                f'product {m} {k} {n} {layout}' for m, k, n in ((1, 1, 1), *shapes)
                for layout in LAYOUTS)]
            ran = turn([ours], model, 'train', setup.seconds)
            traced = max(2, math.ceil(setup.seconds / ran()))
            traces: list[list[list[Op]]] = []

            def trace() -> float:
                traces.append(ours.steps(model, 'timeline', traced))
                return sum(op.seconds for step in traces[-1] for op in step) / traced

            times = samples({'step': ran, 'timeline': trace, **{
                call: turn([machine], '', call, setup.seconds / 10) for call in calls}},
                setup.rounds)
        rounds = sorted((against_floors(traces[number], shapes, {
            name: taken[number] for name, taken in times.items()})
            for number in range(setup.rounds)), key=lambda one: one['share'])
        found[model] = {**rounds[len(rounds) // 2], **{
            part: summary([one[part] for one in rounds]) for part in ('share', 'outside')}}
    return found


def against_floors(trace: list[list[Op]], shapes: list[Product], seconds: dict[str, float]) -> dict:
    """A round: the operations of its ``trace`` against its speeds of the machine."""
    def best(call: str, nothing: str) -> float:
        """Seconds of a call's best layout, without what a call costs besides."""
        taken, besides = (min(time for name, time in seconds.items()
                              if f'{name} '.startswith(f'{start} ')) for start in (call, nothing))
        return max(taken - besides, taken / 10)

    products = {(m, k, n): 2 * m * k * n / best(f'product {m} {k} {n}', 'product 1 1 1')
                for m, k, n in shapes}
    bandwidth = {size: ADD_MOVES * size / best(f'add {size}', f'add {NOTHING}')
                 for size in WORKING_SETS}
    kinds = kinds_of(trace, Machine(products, bandwidth))
    floors, inside = (sum(kind[part] for kind in kinds.values()) for part in ('floor', 'seconds'))
    return {'step': seconds['step'], 'kinds': kinds, 'bandwidth': bandwidth,
            'share': floors / seconds['step'], 'outside': 1 - inside / seconds['step'],
            'products': {' '.join(map(str, shape)): speed for shape, speed in products.items()}}


def section(found: dict) -> list[str]:
    rows, beaten = [], []
    for model, row in found.items():
        beaten += [f'{model} {kind} ({three(1000 * each["seconds"])} ms, its floor '
                   f'{three(1000 * each["floor"])})' for kind, each in row['kinds'].items()
                   if each['seconds'] < 0.99 * each['floor']]
        share, outside = row['share'], row['outside']['median']
        least, most = AIMS['cnn' if work.is_cnn(model) else 'rnn']
        above = sorted(((1000 * (each['seconds'] - each['floor']), kind)
                        for kind, each in row['kinds'].items()), reverse=True)
        rows.append((model, three(1000 * row['step']),
                     three(1000 * sum(kind['floor'] for kind in row['kinds'].values())),
                     judged(_per_cent(share['median']), share['median'] >= least),
                     f'{share["low"]:.0%}-{share["high"]:.0%}', f'{least:.0%}',
                     judged(_per_cent(outside), outside <= most), f'{most:.0%}',
                     ', '.join(f'{kind} {ms:.2f}' for ms, kind in above[:3])))
    return [
        '## The roofline of a training step, one thread',
        'The floor of an operation is the larger of its floating-point operations divided by the '
        'speed of TensorFlow\'s matrix product of the same shape (a convolution\'s: patches times '
        'weights), and its bytes divided by the memory bandwidth at the size of its working set, '
        'both measured in turns with the steps, with the same kernels. Elementwise operations '
        'count bytes only, an operation whose result nobody uses has no floor. Shares are medians '
        'of rounds, each compared with itself; all other numbers are of the round with the median '
        'share. What a step takes besides its operations, by TensorFlow\'s timeline, is the '
        'executor\'s and Python\'s; recording makes small operations slower, so that less than '
        'nothing may be left.',
        table(('', 'ms a step', 'floors', 'share', 'all rounds', 'at least',
               'outside the operations', 'at most', 'most ms above their floors'), rows),
        'A floor is what TensorFlow\'s own product and the memory give, not the processor\'s peak; '
        'another kernel may beat it, and then the share is too high. In these rounds: '
        f'{"; ".join(beaten) or "none did"}.']


def _per_cent(value: float) -> str:
    return f'{round(value, 3) + 0:.1%}'  # no -0%
