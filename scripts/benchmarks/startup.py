"""What do the start and the memory cost: to the first step, imports, peaks of whole runs?"""

import math
import subprocess
import sys
import tempfile
import time
from itertools import takewhile
from pathlib import Path

from benchmarks import work
from benchmarks.markdown import judged, spread, table
from benchmarks.peers import TITLES, variants
from benchmarks.rounds import Setup, in_turns, say, summary
from benchmarks.worker import Worker, WorkerFailed, available, run_script

STARTED = (work.LENET5, 'lstm-128')
MODULE = 'TensorFlow imported, no run'  # what no run can be below
SHORTENED = {  # two evaluations on the test set, and the one at the end
    MODULE: ('elec576/tf1.py',),
    'cnn1': ('scripts/run_cnn.py', '--steps', '101'),
    'cnn-mnist': ('scripts/run_cnn.py', '--steps', '101', '--dataset', 'mnist', '--fc-act', 'relu',
                  '--lr', '1e-4'),
    'lstm-128': ('scripts/run_rnn.py', '--cell', 'lstm', '--iterations', '5001')}
PEAK_MB = {'cnn-mnist': 1000}  # at most
FIRST_LINES = ('step ', 'Iter ')  # that a run prints when it trains


def measure(setup: Setup) -> dict:
    """Fresh processes of every way, and whole, shortened runs on files like the report's.

    Returns:
        'starts': by model and way, summaries: 'first_step' (seconds from a fresh process to the end
        of the first step), 'peak_bytes' (largest resident set); 'runs': by experiment 'peak_bytes'
        and, where it trains, 'imports', a summary in seconds.
    """
    return {'starts': {model: _starts(model, setup) for model in STARTED}, 'runs': _runs(setup)}


def _starts(model: str, setup: Setup) -> dict[str, dict]:
    say(f'{model}: start-up and memory')
    ways = [way for way in TITLES if way == 'ours' or available(way)]
    peaks: dict[str, list[float]] = {way: [] for way in ways}

    def start(way: str) -> float:
        variant = variants(way, model)[0]
        with Worker(way, setup.cores) as worker:
            before = time.perf_counter()
            worker.steps(model, variant, 1)
            seconds = time.perf_counter() - before
            worker.steps(model, variant, 20)
            peaks[way].append(worker.peak_bytes)
        return seconds

    first = in_turns({way: (lambda way=way: start(way)) for way in ways}, setup.starts)
    return {way: {'first_step': first[way], 'peak_bytes': summary(peaks[way])} for way in ways}


def _runs(setup: Setup) -> dict[str, dict]:
    found: dict[str, dict] = {}
    with tempfile.TemporaryDirectory(prefix='elec576-bench-') as folder:
        data = Path(folder) / 'data'
        data.mkdir()
        work.write_data(data, mnist=5000 + work.MNIST_TRAIN)
        of_tensorflow = _of_tensorflow()
        for name, words in SHORTENED.items():
            say(f'{name}: peak memory and imports')
            found[name] = {'peak_bytes': run_script(*words, data=data, folder=Path(folder))[1]}
            if name != MODULE:
                found[name]['imports'] = summary([our_imports(
                    run_script(*words, data=data, folder=Path(folder), imports=True)[2],
                    of_tensorflow) for _ in range(setup.starts)])
    return found


def _of_tensorflow() -> set[str]:
    """The modules that TensorFlow loads at the start of a run."""
    done = subprocess.run([sys.executable, '-c', 'import sys, elec576.tf1; print(*sys.modules)'],
                          capture_output=True, encoding='utf-8', errors='replace')
    if done.returncode:
        raise WorkerFailed(f'import elec576.tf1: {done.stderr.strip().splitlines()[-1]}')
    return {name for name in done.stdout.split() if name.split('.')[0] != 'elec576'}


def import_times(printed: str) -> dict[str, float]:
    """By module, the seconds that its own import took, without those that it imports.

    Args:
        printed: 'import time: 123 | 456 | numpy.linalg' and other lines; 123 microseconds are the
            module's own.
    """
    found = {}
    for line in printed.splitlines():
        start, _, rest = line.partition('import time:')
        if not start and rest.count('|') == 2:
            own, _, name = (part.strip() for part in rest.split('|'))
            if own.isdigit():
                found[name] = int(own) / 1e6
    return found


def our_imports(printed: str, of_tensorflow: set[str]) -> float:
    """Seconds that a run imports, before it trains, what TensorFlow does not.

    Args:
        printed: by a run with `-X importtime`, its own lines too.
        of_tensorflow: the modules that TensorFlow loads.
    """
    before = takewhile(lambda line: not line.startswith(FIRST_LINES), printed.splitlines())
    return sum(seconds for name, seconds in import_times('\n'.join(before)).items()
               if name not in of_tensorflow
               and name.split('.')[0] not in ('tensorflow', 'keras'))  # loaded when first used


def section(found: dict) -> list[str]:
    rows = []
    for name, run in found['runs'].items():
        peak = math.ceil(run['peak_bytes'] / 1e6)
        rows.append((name, spread(run['imports']) if 'imports' in run else '',
                     judged(str(peak), peak <= PEAK_MB.get(name, math.inf)),
                     PEAK_MB.get(name, '')))
    return ['## Start-up and memory', table(
        ('a fresh process', 'seconds to the first step', 'peak MB'),
        [(f'{model}, {TITLES[way]}', spread(start['first_step']),
          math.ceil(start['peak_bytes']['median'] / 1e6))
         for model, row in found['starts'].items() for way, start in row.items()]),
        'Our imports are what a run imports besides TensorFlow before it trains (`python -X '
        'importtime`).',
        table(('a run of 100 steps or more', 'seconds of our imports', 'peak MB', 'at most'), rows)]
