"""Trial `endurance`: the memory of a process that works on and on.

What is measured is what the process holds, not its peak: after a few hundred and after ten times as
many steps of one run, and after one and after many runs in one process.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

from elec576.errors import UserError
from elec576.torture import process
from elec576.torture.findings import Finding, Orders

FEW, MANY = 300, 3000  # steps
RUNS = 30
SOME_RUNS = 10  # after which what TensorFlow keeps for good has been allotted
SLACK = 0.02  # of the memory: allocators never hold exactly the same


def memory() -> float:
    """What this process holds, in MB; its peak where the system does not tell."""
    gc.collect()
    try:
        pages = int(Path('/proc/self/statm').read_text().split()[1])
        return pages * os.sysconf('SC_PAGE_SIZE') / 1e6
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1e6 if sys.platform == 'darwin' else 1e3)


def steps(data: str, out: str, few: int, many: int, network: str) -> None:
    """Print the memory after ``few`` and after ``many`` steps of one run of a ``network``."""
    from elec576.runs.run import Options, run_cnn, run_rnn
    from elec576.settings import CnnSettings, RnnSettings

    marks = {'LeNet5': (f'step {few}, training loss', f'step {many}, training loss'),
             'basic RNN': (f'Iter {few * 10}, ', f'Iter {many * 10}, ')}[network]

    def echo(line: str) -> None:
        if line.startswith(marks):
            print(memory(), flush=True)

    options = Options(data=data, pictures=False, progress_bar=False)
    if network == 'LeNet5':
        run_cnn(CnnSettings(steps=many + 1, batch_size=5, train_per_class=12, test_per_class=4,
                            log_every=few, eval_every=few, threads=1), Path(out), options, echo)
    else:
        run_rnn(RnnSettings(hidden=8, batch_size=10, iterations=(many + 1) * 10 + 1,
                            display_step=few, eval_every=few, threads=1), Path(out), options, echo)


def runs(data: str, out: str, number: int) -> None:
    """Print the memory after each of ``number`` runs, CNN and RNN by turns."""
    from elec576.runs.run import Options, run_cnn, run_rnn
    from elec576.settings import CnnSettings, RnnSettings

    options = Options(data=data, progress_bar=False)
    for seed in range(number):
        if seed % 2:
            run_cnn(CnnSettings(steps=3, train_per_class=12, test_per_class=4, seed=seed,
                                threads=1), Path(out, str(seed)), options, lambda line: None)
        else:
            run_rnn(RnnSettings(hidden=8, batch_size=10, iterations=51, seed=seed, threads=1),
                    Path(out, str(seed)), options, lambda line: None)
        print(memory(), flush=True)


def measured(what: str, *arguments: object) -> list[float]:
    """What this module prints when it is called as a program.

    Raises:
        UserError: it failed.
    """
    done = subprocess.run(
        [sys.executable, '-m', 'elec576.torture.endurance', what, *map(str, arguments)],
        capture_output=True, text=True,
        env=process.environment(PYTHONPATH=str(Path(__file__).resolve().parents[2])))
    if done.returncode:
        raise UserError(f'measuring the memory over {what}: {done.stderr[-300:]}')
    return [float(line) for line in done.stdout.split()]


def trial(orders: Orders) -> list[Finding]:
    """Memory after `FEW` and `MANY` steps, after one and after `RUNS` runs."""
    with tempfile.TemporaryDirectory(prefix='elec576-endurance-') as folder:
        return list(findings(Path(folder)))


def findings(folder: Path) -> Iterator[Finding]:
    """The findings, one after another."""
    data = process.small_data(folder / 'data')
    for network in ('LeNet5', 'basic RNN'):
        yield after_steps(folder / network, data, FEW, MANY, network)
    after = measured('runs', data, folder / 'runs', RUNS)
    growth = (after[-1] - after[SOME_RUNS - 1]) / (RUNS - SOME_RUNS)
    yield Finding(f'memory after {RUNS} runs in one process as after {SOME_RUNS}', 1,
                  int(after[-1] <= after[SOME_RUNS - 1] * (1 + SLACK)),
                  f'{after[0]:.0f} MB after one, {after[SOME_RUNS - 1]:.0f} MB after {SOME_RUNS}, '
                  f'{after[-1]:.0f} MB after {RUNS}: {growth:.1f} MB a run; '
                  'the first runs allot what TensorFlow and matplotlib keep for good')


def after_steps(out: Path, data: str, few: int, many: int, network: str) -> Finding:
    """Memory after ``few`` and after ``many`` steps of one run."""
    before, after = measured('steps', data, out, few, many, network)
    return Finding(f'memory of a {network} run after {many} steps as after {few}', 1,
                   int(after <= before * (1 + SLACK)), f'{before:.0f} MB, then {after:.0f} MB')


if __name__ == '__main__':
    what, data, out, *rest = sys.argv[1:]
    if what == 'steps':
        steps(data, out, int(rest[0]), int(rest[1]), rest[2])
    else:
        runs(data, out, int(rest[0]))
