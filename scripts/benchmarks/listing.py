"""How fast beside the report's listings, on today's TensorFlow and on the report's own, 1.15?"""

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterable

from tf115.environment import clean_environment, run_listing

from benchmarks import work
from benchmarks.markdown import judged, table, three
from benchmarks.rounds import Setup, in_turns, say, summary, turn
from benchmarks.worker import Worker, WorkerFailed, run_script
from elec576.experiments import EXPERIMENTS
from elec576.listings import command, program
from elec576.machine import has_instructions
from elec576.settings import CnnSettings

WARM_UP = 2  # steps on TensorFlow 1.15, which are not counted
TEST_IMAGES_A_ROUND = 4000  # that a round of the CNN's listing on 1.15 evaluates at least
# assignment 1's program, which the report does not print
LISTED = tuple(name for name in EXPERIMENTS if name != 'cnn-mnist')
TITLES = {'tf115': 'listing on 1.15', 'listing': 'listing', 'ours': 'ours',
          'ours avx512': 'ours, `--isa avx512`'}


def measure(setup: Setup) -> dict:
    """Steps and starts of the listings and ours, with all cores.

    Returns:
        'steps': by work and way ('listing', 'ours', 'ours avx512' where the processor has it), by
        variant; 'starts': seconds of runs of one step, from the command line to the end, by
        'cnn listing', 'cnn ours', 'rnn listing', 'rnn ours'; 'tf115': 'steps' and 'starts' of the
        listings on TensorFlow 1.15, if there is one.
    """
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        data = Path(folder)
        work.write_data(data)
        found = {'threads': setup.cores, 'starts': _starts(setup, data),
                 'steps': {model: _steps(model, setup, data) for model in work.OF_THE_REPORT}}
        if setup.tf115:
            found['tf115'] = _on_tf115(setup.tf115, setup, data)
    return found


def _steps(model: str, setup: Setup, data: Path) -> dict[str, dict]:
    """By way, then variant: 'listing'; of ours `as_run`, and 'evaluate' of a recurrent net."""
    say(f'{model} beside the listing, {setup.cores} threads')
    settings = work.OF_THE_REPORT[model]
    # a turn holds as many steps of the recurrent nets as there are between their evaluations
    display = 1 if work.is_cnn(model) else settings.display_step
    variants = {as_run(settings): settings.eval_every if work.is_cnn(model) else display}
    if not work.is_cnn(model):
        variants['evaluate'] = 1
    elif model == work.LENET5:
        variants['eval-every 1'] = 1
    with Worker('listing', setup.cores, data=str(data)) as theirs, \
            Worker('ours', setup.cores) as ours, Worker('ours', setup.cores, 'avx512') as wide:
        turns = {('listing', 'listing'): turn([theirs], model, 'listing', setup.seconds, display)}
        for way, worker in {'ours': ours, 'ours avx512': wide}.items():
            if worker is ours or has_instructions('avx512'):
                turns |= {(way, variant): turn([worker], model, variant, setup.seconds, multiple)
                          for variant, multiple in variants.items()}
        found: dict[str, dict] = {}
        for (way, variant), times in in_turns(turns, setup.rounds).items():
            found.setdefault(way, {})[variant] = times
    return found


def as_run(settings: work.Settings) -> str:
    """The variant of ours that evaluates as a run does by default."""
    return f'eval-every {settings.eval_every}' if isinstance(settings, CnnSettings) else 'display'


def _starts(setup: Setup, data: Path) -> dict[str, dict]:
    say('runs of a single step, from start to end')
    rnn = ['--batch-size', '50', '--iterations', '51']
    commands = {
        'cnn listing': ['starter/trainCifarStarterCode.py', '--steps', '1'],
        'cnn ours': ['scripts/run_cnn.py', '--steps', '1', '--eval-every', '0'],
        'rnn listing': ['starter/lstmMNISTStarterCode.py', *rnn],
        'rnn ours': ['scripts/run_rnn.py', *rnn]}
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        def run(name: str) -> float:
            return run_script(*commands[name], '--threads', str(setup.cores), data=data,
                              folder=Path(folder), own=name.endswith('ours'))[0]

        run('cnn ours')  # fills the cache of the data, which later runs use
        return in_turns({name: (lambda name=name: run(name)) for name in commands}, setup.starts)


def _on_tf115(python: Path, setup: Setup, data: Path) -> dict:
    """The listings on TensorFlow 1.15.5: after the others, not in turns with them."""
    steps = {}
    for model in work.OF_THE_REPORT:
        say(f'{model}, the listing on TensorFlow 1.15, {setup.cores} threads')
        in_round = (-(-TEST_IMAGES_A_ROUND // (2 * work.sizes(model)[1])) if work.is_cnn(model)
                    else 10)
        raw = run_listing(python, work.as_listed(model, WARM_UP + setup.rounds * in_round,
                                                 setup.cores), data)
        clock = raw['updated'][WARM_UP:]  # the first entry is the initialisation
        steps[model] = summary([(end - begin) / in_round for begin, end in zip(
            clock[::in_round], clock[in_round::in_round])])

    def run(model: str) -> float:
        name, options = command(work.as_listed(model, 1, setup.cores))
        before = time.perf_counter()
        done = subprocess.run([python, program(name), *options, '--data', data],
                              capture_output=True, encoding='utf-8', errors='replace',
                              env={**clean_environment(setup.cores), 'MPLBACKEND': 'Agg'})
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f'exit code {done.returncode}']
            raise WorkerFailed(f'{model}, the listing on TensorFlow 1.15: {said[-1]}')
        return time.perf_counter() - before

    return {'steps': steps, 'starts': {
        kind: summary([run(model) for _ in range(setup.starts)])
        for kind, model in (('cnn', work.LENET5), ('rnn', 'basic-128'))}}


def run_seconds(name: str, found: dict) -> dict[str, float]:
    """Seconds of one of the report's experiments from the command line to the end: computed.

    A run takes what a run of one step takes, and its steps; ours of a recurrent net also its
    evaluations on the test set, which the listing makes at its end only. What a start takes does
    not depend on the kernels.

    Returns:
        by the ways that were measured, of `TITLES`.
    """
    settings = EXPERIMENTS[name]
    model = work.name_of(settings)
    kind = 'cnn' if isinstance(settings, CnnSettings) else 'rnn'
    seconds = {}
    for way, row in found['steps'][model].items():
        program_of = 'listing' if way == 'listing' else 'ours'
        step = row['listing' if way == 'listing' else as_run(settings)]
        seconds[way] = (found['starts'][f'{kind} {program_of}']['median']
                        + settings.steps * step['median'])
        if 'evaluate' in row:
            seconds[way] += row['evaluate']['median'] * (settings.steps // settings.eval_every)
    if 'tf115' in found:
        old = found['tf115']
        seconds['tf115'] = (old['starts'][kind]['median']
                            + settings.steps * old['steps'][model]['median'])
    return seconds


def totals(found: dict, names: Iterable[str] = tuple(EXPERIMENTS)) -> dict[str, float]:
    """`run_seconds`, summed over experiments."""
    runs = [run_seconds(name, found) for name in names]
    return {way: sum(run[way] for run in runs) for way in runs[0]}


def section(found: dict) -> list[str]:
    every = totals(found)
    ways = [way for way in TITLES if way in every]
    old = 'tf115' in every

    def row(words: str, seconds: dict[str, float], unit: str, today: float = 0, on_115: float = 0
            ) -> list[str]:
        scale = {'min': 1 / 60, 'ms': 1000}[unit]
        cells = [words, *(f'{three(scale * seconds[way])} {unit}' if way in seconds else ''
                          for way in ways)]
        for way, floor in (('tf115', on_115), ('listing', today)) if old else (('listing', today),):
            times = seconds[way] / seconds['ours'] if way in seconds else None
            cells += ['', ''] if times is None else [
                judged(f'{times:.3g}', times >= floor), f'{floor:g}' if floor else '']
        return cells

    cnn = [name for name in LISTED if isinstance(EXPERIMENTS[name], CnnSettings)]
    recurrent = [name for name in LISTED if name not in cnn]
    lenet5 = found['steps'][work.LENET5]
    rows = [
        row(f"all {len(EXPERIMENTS)} of the report's experiments", every, 'min', 12, 20),
        row(f'without `cnn-mnist`: the {len(LISTED)} listed ones', totals(found, LISTED), 'min',
            8, 12),
        row(f'the {len(cnn)} of LeNet5 on CIFAR-10', totals(found, cnn), 'min'),
        row(f'the {len(recurrent)} of recurrent nets', totals(found, recurrent), 'min'),
        row('a step of LeNet5, `--eval-every 1`', {
            'listing': lenet5['listing']['listing']['median'],
            **{way: lenet5[way]['eval-every 1']['median'] for way in lenet5 if way != 'listing'}},
            'ms', 2)]
    text = (f'One seed each, {found["threads"]} threads; runs are computed from their steps and '
            'starts. By default, ours evaluates LeNet5 every 100 steps; the listing does so at '
            'every step, and gives the same bits. "Times as fast" is of AVX2 kernels, the default; '
            '`--isa avx512` is for who does not need other machines\' bits. `cnn-mnist` was '
            'assignment 1\'s program, which the report does not print; in the way of the CNN\'s '
            'listing it would evaluate twice on 10,000 images at every step.')
    return ['## Beside the listings', table(
        ['', *(TITLES[way] for way in ways),
         *(['times as fast as on 1.15', 'at least'] if old else []),
         "times as fast as today's", 'at least'], rows),
        text + ' On 1.15 the listings run after the others, not in turns.' * old]
