"""How fast beside PyTorch and Keras, at equal instruction sets?

Ours with AVX2 kernels beside peers that are held to AVX2, ours with AVX-512 kernels beside peers as
they are; a process whose libraries say otherwise is refused (`benchmarks.kernels`).
"""

import statistics

from benchmarks import work
from benchmarks.kernels import level
from benchmarks.markdown import gain, judged, milliseconds, table, three
from benchmarks.rounds import Setup, crew, in_turns, say, turn
from benchmarks.worker import Worker, WorkerFailed, available
from elec576.machine import has_instructions

TITLES = {'ours': 'ours', 'torch': 'PyTorch', 'keras': 'Keras'}
ISAS = {'avx2': 'AVX2', 'avx512': 'AVX-512'}
HOW = {'avx2': 'held to AVX2', 'avx512': 'as it is'}
WIDTHS = {1: 'One run', 2: 'Two runs side by side'}
AIM = 1.1  # times as fast, as geometric mean


def measure(setup: Setup) -> dict:
    """The training step, one thread; all that belongs to a model takes turns.

    A peer's variants are tried first, and the fastest stands for it.

    Returns:
        'steps': by how many runs are side by side, model, instruction set and way: 'variant',
        'tried', and a summary; 'reports': by instruction set and way, what libraries said.
    """
    ways = [(way, isa) for isa in ISAS if isa == 'avx2' or has_instructions(isa)
            for way in TITLES if way == 'ours' or available(way)]
    widths = [width for width in WIDTHS if width <= setup.cores]
    steps: dict[str, dict] = {str(width): {} for width in widths}
    reports: dict[str, dict] = {}
    with crew(tuple(ways), 1, widths[-1]) as workers:
        for model in setup.models:
            say(f'{model} beside its peers')
            tried = {each: try_variants(crowd[0], model, variants(each[0], model), setup)
                     for each, crowd in workers.items()}
            for width in widths:
                times = in_turns({each: turn(crowd[:width], model, fastest(tried[each]),
                                             setup.seconds) for each, crowd in workers.items()},
                                 setup.rounds)
                row = steps[str(width)].setdefault(model, {})
                for (way, isa), found in times.items():
                    row.setdefault(isa, {})[way] = {
                        'variant': fastest(tried[way, isa]), 'tried': tried[way, isa], **found}
        for (way, isa), crowd in workers.items():
            for worker in crowd:
                if not worker.reports:
                    raise WorkerFailed(f'{way}: no library says what it computes with; the '
                                       'measurement is refused')
            reports.setdefault(isa, {})[way] = crowd[0].reports
    return {'steps': steps, 'reports': reports}


def variants(way: str, model: str) -> tuple[str, ...]:
    """In which variants ``way`` can train, those that need a compiler last.

    torch.compile steps around recurrent layers (a graph break); with it, all nine recurrent models
    were slower by up to a tenth (PyTorch 2.13), so it is not tried again for them.
    """
    if way == 'torch':
        return (('channels first', 'channels last', 'channels last, compiled')
                if work.is_cnn(model) else ('batch first', 'time first'))
    return {'ours': ('train',), 'keras': ('train_on_batch',)}[way]


def try_variants(worker: Worker, model: str, names: tuple[str, ...], setup: Setup
                 ) -> dict[str, float | str]:
    """Every variant's median seconds of a step, or why there is none.

    Raises:
        WorkerFailed: no variant works.
    """
    found, turns = {}, {}
    for name in names:
        try:
            turns[name] = turn([worker], model, name, setup.seconds / 2)
        except WorkerFailed as failure:
            found[name] = str(failure)
    if not turns:
        raise WorkerFailed(f'{model}: {"; ".join(found.values())}')
    return found | {name: times['median'] for name, times in in_turns(turns, setup.starts).items()}


def fastest(tried: dict[str, float | str]) -> str:
    """The variant with the smallest time."""
    return min((name for name, seconds in tried.items() if isinstance(seconds, float)),
               key=tried.__getitem__)


def section(found: dict) -> list[str]:
    isas = list(found['reports'])
    peers = {isa: [way for way in found['reports'][isa] if way != 'ours'] for isa in isas}
    parts = ['## Beside PyTorch and Keras, at equal instruction sets: milliseconds of a training '
             'step, one thread',
             'Ours with AVX2 kernels beside peers that are held to AVX2; ours with `--isa avx512` '
             'beside peers as they are. The fastest of a peer\'s variants stands for it '
             '(`bench.json` has all). "x" is how many times as fast ours is; its geometric mean '
             f'should be at least {AIM:g}.']
    if 'torch' not in peers['avx2']:
        parts.append('PyTorch was not installed: `pip install -e .[bench]` brings it.')
    for width, models in found['steps'].items():
        head, rows = [''], [[model] for model in models]
        means = ['geometric mean']
        for isa in isas:
            head.append(f'ours, {ISAS[isa]}')
            means.append('')
            for row, times in zip(rows, models.values()):
                row.append(milliseconds(times[isa]['ours']))
            for way in peers[isa]:
                head += [f'{TITLES[way]} {HOW[isa]}', 'x']
                gains = [gain(times[isa][way], times[isa]['ours']) for times in models.values()]
                for row, times, one in zip(rows, models.values(), gains):
                    row += [milliseconds(times[isa][way]), three(one)]
                mean = statistics.geometric_mean(gains)
                means += ['', judged(three(mean), mean >= AIM)]
        parts += [f'### {WIDTHS[int(width)]}', table(head, [*rows, means])]
        if 'avx512' in isas:
            as_they_are = ', '.join(
                f'{TITLES[way]} {three(statistics.geometric_mean(gains))}'
                for way in peers['avx512'] if (gains := [
                    gain(times['avx512'][way], times['avx2']['ours'])
                    for times in models.values()]))
            parts.append('As all are installed, ours with AVX2 and peers as they are, x has the '
                         f'geometric mean: {as_they_are}.')
    if 'avx512' not in isas:
        parts.append('This processor has no AVX-512.')
    if '2' not in found['steps']:
        parts.append('Two runs side by side need two cores.')
    return parts + ['What the libraries say of themselves: ' + '; '.join(
        f'{TITLES[way]}{words}: ' + ', '.join(f'{library} {level(said)}'
                                              for library, said in reports.items())
        for isa, words in (('avx2', ' with AVX2'), ('avx512', ' with AVX-512')) if isa in isas
        for way, reports in found['reports'][isa].items()) + '.']
