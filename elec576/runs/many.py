"""The whole report, or any part of it, over many seeds: which runs, in what order, on what.

A run is carried out by `elec576.runs.run` and lives in `<results>/runs/<experiment>/seed<k>/`. Runs of
one thread each, as many at a time as there are cores, finish sooner than runs of all cores one
after the other (README, Speed); so one thread is what is scheduled here, by joblib.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Callable, Iterable, Iterator, NamedTuple

import joblib

from elec576.runs import dask
from elec576.errors import Busy, Interrupted, UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, named
from elec576.files import write_whole
from elec576.machine import pin_kernels
from elec576.runs.rundir import RunDirectory, claim, read_metrics
from elec576.settings import CnnSettings, RnnSettings

GROUPS = {
    'all': [name for name in EXPERIMENTS if name not in SAME_RUN],
    'cnn': [name for name, fixed in EXPERIMENTS.items()
            if isinstance(fixed, CnnSettings) and name not in SAME_RUN],
    'rnn': [name for name, fixed in EXPERIMENTS.items() if isinstance(fixed, RnnSettings)],
    'evidence': list(EVIDENCE),
}

BUSY_SECONDS = 2.0  # between looks at a run that another process is doing
TRIES = 3  # at a run whose worker process dies

# Files that come back from a worker without a shared disk
RETURNED = ('config.json', 'history.csv', 'test_correct.npy', 'activations.json', 'filters.npy',
            'metrics.json')


class Job(NamedTuple):
    """One run of the report."""

    experiment: str
    seed: int
    settings: CnnSettings | RnnSettings

    def directory(self, results: Path) -> RunDirectory:
        return RunDirectory(results / 'runs' / self.experiment / f'seed{self.seed}')

    def __str__(self) -> str:
        return f'{self.experiment} seed {self.seed}'


class Outcome(NamedTuple):
    """How a job ended: its metrics, or what went wrong."""

    job: Job
    metrics: dict | None = None
    error: str | None = None
    interrupted: bool = False
    busy: bool = False  # another process is doing it; another outcome will follow
    files: dict[str, bytes] | None = None

    def __str__(self) -> str:
        return f'{self.job}: {self.error or self.words()}'

    def words(self) -> str:
        """How it ended, in a few words."""
        if self.interrupted:
            return 'interrupted'
        if self.busy:
            return 'another process is doing it; waiting for that'
        if self.error is not None:
            return 'FAILED'
        data = ' (STAND-IN DATA)' if self.metrics['dataset']['stand_in'] else ''
        return f'test accuracy {self.metrics["test_accuracy"]:g}{data}'


def plan(only: str, seeds: Iterable[int], threads: int = 1, isa: str = 'avx2') -> list[Job]:
    """The runs that ``only`` (names and groups, by commas) asks for, seed by seed, longest first.

    Raises:
        UserError: a name is unknown.
    """
    names: list[str] = []
    for part in only.split(','):
        names += GROUPS.get(part.strip()) or [part.strip()]
    names = [SAME_RUN.get(name, name) for name in names]
    jobs = [Job(name, seed, dataclasses.replace(named(name), seed=seed, threads=threads, isa=isa))
            for seed in seeds for name in dict.fromkeys(names)]
    return sorted(jobs, key=lambda job: (job.seed, -rough_seconds(job.settings)))


def rough_seconds(settings: CnnSettings | RnnSettings) -> float:
    """A first guess at a run's length on one core, until runs like it are finished."""
    if isinstance(settings, CnnSettings):
        images = 10 * settings.test_per_class if settings.test_per_class else 10000
        evaluations = settings.steps // settings.eval_every if settings.eval_every else 0
        return 0.045 * settings.steps + 0.0002 * images * evaluations
    gates = {'basic': 1, 'gru': 3, 'lstm': 4}[settings.cell]
    return settings.steps * (0.003 + 1.2e-7 * gates * settings.hidden * (settings.hidden + 28))


def expected_seconds(job: Job, results: Path) -> float:
    """How long ``job`` will take: the median of the finished runs of its experiment, or a guess."""
    finished = (results / 'runs' / job.experiment).glob('seed*/metrics.json')
    known = [read_metrics(RunDirectory(path.parent))['wall_seconds'] for path in finished]
    return statistics.median(known) if known else rough_seconds(job.settings)


def carry_out(job: Job, results: Path, data: str | None) -> Outcome:
    """Do ``job`` in its directory; errors are returned, not raised, so that other runs go on."""
    try:
        pin_kernels(job.settings.isa)
        # in here, because the scheduling process itself needs no TensorFlow
        from elec576.runs.run import Options, run_cnn, run_rnn

        run = run_cnn if isinstance(job.settings, CnnSettings) else run_rnn
        options = Options(data=data, experiment=job.experiment, keep_checkpoint=False,
                          pictures=False, progress_bar=False)
        return Outcome(job, run(job.settings, job.directory(results).path, options,
                                echo=lambda line: None))
    except Busy as error:
        return Outcome(job, error=str(error), busy=True)
    except UserError as error:
        return Outcome(job, error=str(error))
    except Interrupted as interruption:
        return Outcome(job, error=str(interruption), interrupted=True)
    except Exception:
        return Outcome(job, error=traceback.format_exc())


def carry_out_elsewhere(job: Job, data: str | None) -> Outcome:
    """Do ``job`` on a machine that shares no disk with us, with its own data; return its files."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = carry_out(job, Path(folder), data)
        run = job.directory(Path(folder)).path
        files = {name: (run / name).read_bytes() for name in RETURNED if (run / name).exists()}
        return outcome._replace(files=files)


def keep(outcome: Outcome, results: Path) -> Outcome:
    """Write the files of a run that came from elsewhere, `metrics.json` last; none if it failed."""
    if outcome.error is not None:
        return outcome
    run = outcome.job.directory(results)
    try:
        with claim(run, json.loads(outcome.files['config.json'])):
            if not run.metrics.exists():
                for name in RETURNED:
                    if name in outcome.files:
                        write_whole(run.path / name, outcome.files[name])
    except (UserError, OSError) as error:
        return Outcome(outcome.job, error=str(error))
    return outcome


def reproduce(jobs: list[Job], results: Path, data: str | None, n_jobs: int,
              on_outcome: Callable[[Outcome], None], dask: str | None = None) -> None:
    """Carry out those of ``jobs`` that are not finished, ``n_jobs`` at a time.

    Args:
        on_outcome: called with every outcome as it comes, once for each job; and before that once
            if another process is doing the same run, which is then waited for.
        dask: address of a Dask scheduler; then its workers do the runs and send them back, and
            ``data`` is a folder on each of them.

    Raises:
        UserError: no Dask scheduler answers at ``dask``, or Dask is not installed.
        Interrupted: a run was interrupted; it and all that were under way can be gone on with.
    """
    outcomes = (_here(jobs, results, data, n_jobs) if dask is None else
                _elsewhere(jobs, results, data, dask))
    for outcome in outcomes:
        on_outcome(outcome)
        if outcome.interrupted:
            raise Interrupted(f'{outcome}; run the same command again to go on')


def _here(jobs: list[Job], results: Path, data: str | None, n_jobs: int) -> Iterator[Outcome]:
    """The outcomes of ``jobs``, done by processes of this machine.

    When such a process dies (for want of memory, say), joblib gives up everything. Those jobs that
    may have been under way are then begun again after the others, `TRIES` times in all.
    """
    tries: Counter[Job] = Counter()
    todo, busy = list(jobs), set()
    while todo:
        try:
            for outcome in joblib.Parallel(
                    n_jobs, return_as='generator_unordered', pre_dispatch=n_jobs, batch_size=1)(
                    joblib.delayed(carry_out)(job, results, data) for job in tuple(todo)):
                todo.remove(outcome.job)
                if outcome.busy:
                    todo.append(outcome.job)
                if not outcome.busy or outcome.job not in busy:
                    yield outcome
                busy |= {outcome.job} if outcome.busy else set()
            if todo:
                time.sleep(BUSY_SECONDS)
        except BrokenProcessPool as broken:
            # jobs are begun in their order: the first of those left were under way
            suspects, todo = todo[:n_jobs], todo[n_jobs:]
            tries.update(suspects)
            todo += [job for job in suspects if tries[job] < TRIES]
            yield from (Outcome(job, error=f'given up: processes died {TRIES} times ({broken})')
                        for job in suspects if tries[job] == TRIES)


def _elsewhere(jobs: list[Job], results: Path, data: str | None,
               address: str) -> Iterator[Outcome]:
    """The outcomes of ``jobs``, done by the Dask cluster at ``address``; their files are kept."""
    with dask.backend(address, on_loss=_lost):
        # no more at a time than are under way: Dask blames a death on all that the worker was given
        for outcome in joblib.Parallel(
                return_as='generator_unordered', pre_dispatch='n_jobs', batch_size=1)(
                joblib.delayed(carry_out_elsewhere)(job, data) for job in jobs):
            yield keep(outcome, results)


def _lost(job: Job, data: str | None, error: BaseException) -> Outcome:
    return Outcome(job, error=f'given up: {error}')
