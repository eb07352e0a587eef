"""The whole report, or any part of it, over many seeds: which runs, in what order, where.

A run is made by `elec576.runs.run` in a folder of its own below `<results>/work/` and
collected from there into the tables of its experiment (`elec576.runs.tables`). One-thread
runs, as many at a time as there are cores, finish sooner than runs on all cores one after the
other; so one thread is the default here. joblib schedules the runs.
"""

import contextlib
import dataclasses
import functools
import heapq
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Callable, Iterable, Iterator, NamedTuple, TextIO

import joblib
from filelock import FileLock, Timeout

from elec576.data import origin_of
from elec576.errors import Busy, Interrupted, UserError, refuse_unwritable_name
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, settings_of
from elec576.files import write_whole
from elec576.machine import processor
from elec576.progress import progress_bar, tqdm
from elec576.runs import dask, tables
from elec576.runs.options import Options
from elec576.runs.run import run
from elec576.runs.rundir import RunDirectory, config_of
from elec576.settings import CnnSettings, RnnSettings, refuse_too_many_threads

GROUPS = {
    'all': [name for name in EXPERIMENTS if name not in SAME_RUN],
    'cnn': [name for name, fixed in EXPERIMENTS.items()
            if fixed.program == 'cnn' and name not in SAME_RUN],
    'rnn': [name for name, fixed in EXPERIMENTS.items() if fixed.program == 'rnn'],
    'evidence': list(EVIDENCE),
}

BUSY_SECONDS = 2.0  # between looks at a run that another process is doing
PACE_SECONDS = 2.0  # between looks at how far runs have come
TRIES = 3  # at a run whose worker process dies


class Job(NamedTuple):
    """One run of the report."""

    experiment: str
    seed: int
    settings: CnnSettings | RnnSettings

    def directory(self, results: Path) -> RunDirectory:
        """Where it is made; once finished it is collected from there."""
        return RunDirectory(results / 'work' / self.experiment / f'seed{self.seed}')

    def __str__(self) -> str:
        return f'{self.experiment} seed {self.seed}'


class Outcome(NamedTuple):
    """How a job ended: its metrics, or what went wrong."""

    job: Job
    metrics: dict | None = None
    error: str | None = None
    interrupted: bool = False
    busy: bool = False  # another process is doing it; another outcome will follow
    files: dict[str, bytes] | None = None  # of a run that was made on another machine

    def words(self) -> str:
        """How it ended, in a few words."""
        if self.interrupted:
            return 'interrupted'
        if self.busy:
            return 'another process is doing it; waiting for it'
        if self.error is not None:
            return 'FAILED'
        assert self.metrics is not None
        data = ' (STAND-IN DATA)' if self.metrics['dataset']['stand_in'] else ''
        return f'test accuracy {self.metrics["test_accuracy"]:g}{data}'


def plan(only: str, seeds: Iterable[int], threads: int = 1, isa: str = 'avx2') -> list[Job]:
    """The runs that ``only`` (names and groups, by commas) asks for, seed by seed, longest first.

    Raises:
        UserError: a name is unknown, or there are too many threads.
    """
    names: list[str] = []
    for part in only.split(','):
        names += GROUPS.get(part.strip()) or [part.strip()]
    names = list(dict.fromkeys(SAME_RUN.get(name, name) for name in names))
    jobs = jobs_of([(name, seed) for seed in seeds for name in names], threads, isa)
    return sorted(jobs, key=lambda job: (job.seed, -rough_seconds(job.settings)))


def jobs_of(runs: Iterable[tuple[str, int]], threads: int = 1, isa: str = 'avx2') -> list[Job]:
    """The jobs for (experiment, seed), in their order.

    Raises: as `plan`.
    """
    refuse_too_many_threads(threads)
    return [Job(name, seed, dataclasses.replace(settings_of(name), seed=seed, threads=threads,
                                                isa=isa))
            for name, seed in runs]


def rough_seconds(settings: CnnSettings | RnnSettings) -> float:
    """A rough estimate of a run's time on one core, used until similar runs are finished."""
    if isinstance(settings, CnnSettings):
        return settings.steps * (0.045 if settings.dataset == 'mnist' else 0.027)
    gates = {'basic': 1, 'gru': 3, 'lstm': 4}[settings.cell]
    return settings.steps * (0.003 + 4e-8 * gates * settings.hidden * (settings.hidden + 28))


def outstanding(jobs: list[Job], results: Path, data: str | None = None,
                elsewhere: bool = False) -> dict[Job, float]:
    """Those of ``jobs`` that have not been collected, each with the seconds that it may take.

    That is the median of its experiment's finished runs, or a rough estimate.

    Args:
        elsewhere: ``data`` is a folder on other machines; it cannot be looked at here.

    Raises:
        UserError: the data cannot be used, or runs of another configuration, or on other data, are
            in ``results``, or TensorFlow cannot write there.
    """
    refuse_unwritable_name(results)
    todo = {}
    origins: dict[tuple, dict] = {}  # by what decides the images
    by_experiment: dict[str, list[Job]] = {}
    for job in jobs:
        by_experiment.setdefault(job.experiment, []).append(job)
    for experiment, wanted in by_experiment.items():
        folder = tables.folder_of(results, experiment)
        table = tables.read_table(folder)
        settings = wanted[0].settings
        images = tuple(getattr(settings, name, None) for name in (
            'dataset', 'train_per_class', 'test_per_class'))
        if not elsewhere and images not in origins:
            origins[images] = dataclasses.asdict(origin_of(settings, data))
        if table is not None:
            dataset = table.config['dataset'] if elsewhere else origins[images]
            config = tables.shared(config_of(settings, dataset, experiment))
            if table.config.get('processor') == processor():  # only TensorFlow knows about `isa`
                config |= {name: table.config[name] for name in ('isa', 'processor')
                           if name in table.config}
            tables.refuse_other(folder, table, config)
        seconds, done = ((rough_seconds(settings), []) if table is None else
                         (table.runs['wall_seconds'].median(), table.seeds))
        todo.update({job: seconds for job in wanted if job.seed not in done})
    return {job: todo[job] for job in jobs if job in todo}


@contextlib.contextmanager
def _alone(job: Job, results: Path, wait: bool = False) -> Iterator[None]:
    """Lock ``job`` for this process; if another one is doing it, ``wait`` or raise Busy.

    The lock is beside the run's folder, which is removed when the run has been collected.
    """
    folder = job.directory(results).path
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.with_name(f'.{folder.name}.lock'), timeout=-1 if wait else 0):
            yield
    except Timeout:
        raise Busy(f'{job}: another process is doing it') from None


def _caught(work: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """``work``, but errors are returned, not raised, so that other runs continue."""
    @functools.wraps(work)
    def caught(job: Job, *arguments) -> Outcome:
        try:
            return work(job, *arguments)
        except (UserError, OSError) as error:
            return Outcome(job, error=str(error), busy=isinstance(error, Busy))
        except Interrupted as interruption:
            return Outcome(job, error=str(interruption), interrupted=True)
        except Exception:
            return Outcome(job, error=traceback.format_exc())

    return caught


@_caught
def carry_out(job: Job, results: Path, data: str | None) -> Outcome:
    """Do ``job`` and collect it."""
    with _alone(job, results):
        table = tables.read_table(tables.folder_of(results, job.experiment))
        if table is not None and job.seed in table.seeds:
            return Outcome(job, table.metrics(job.seed))
        metrics = _run(job, results, data)
        tables.collect(job.directory(results), results)
        return Outcome(job, metrics)


def _run(job: Job, results: Path, data: str | None) -> dict:
    # bars are drawn by the parent process; tqdm's own lock is a semaphore, which a worker that is
    # killed leaves behind, with a warning
    tqdm.set_lock(threading.RLock())
    options = Options(data=data, experiment=job.experiment, keep_checkpoint=False,
                      progress_bar=False)
    return run(job.settings, job.directory(results).path, options, echo=lambda line: None)


@_caught
def carry_out_elsewhere(job: Job, data: str | None) -> Outcome:
    """Do ``job`` on a machine that shares no disk with us, with its own data; return its files."""
    with tempfile.TemporaryDirectory() as folder:
        metrics = _run(job, Path(folder), data)
        run = job.directory(Path(folder))
        # as a run writes them, in case `store` is killed: first its settings, metrics last
        files = {path.name: path.read_bytes() for path in (run.config, *reversed(run.contents))
                 if path.is_file()}
        return Outcome(job, metrics, files=files)


@_caught
def store(job: Job, outcome: Outcome, results: Path) -> Outcome:
    """Collect ``job``, which was done elsewhere, unless it failed."""
    if outcome.files is not None:
        run = job.directory(results)
        with _alone(job, results, wait=True):
            for name, content in outcome.files.items():
                write_whole(run.path / name, content)
            tables.collect(run, results)
    return outcome


def reproduce(jobs: list[Job], results: Path, data: str | None, n_jobs: int,
              on_outcome: Callable[[Outcome], None], address: str | None = None) -> None:
    """Carry out ``jobs``, ``n_jobs`` at a time.

    Args:
        on_outcome: called with every outcome, once for each job; without ``address`` also once
            before that if another process is doing the same run, which is then waited for.
        address: of a Dask scheduler; then its workers do the runs and send them back, and
            ``data`` is a folder on each of them.

    Raises:
        UserError: no Dask scheduler answers at ``address``, or Dask is not installed; or the runs
            need several instruction sets, of which a process has one.
        Interrupted: a run was interrupted; it and all other unfinished runs can be resumed.
    """
    isas = sorted({job.settings.isa for job in jobs})
    if len(isas) > 1:
        raise UserError(f'runs with {" and ".join(isas)} kernels: name those of one set at a time')
    outcomes = (_here(jobs, results, data, min(n_jobs, max(1, len(jobs)))) if address is None else
                _elsewhere(jobs, results, data, address))
    for outcome in outcomes:
        on_outcome(outcome)
        if outcome.interrupted:
            raise Interrupted(f'{outcome.job}: {outcome.error}; run the same command again to '
                              'resume')


class Pace:
    """How long jobs take here: said once, as soon as one of them, or its first steps, are done.

    What is `expected` comes from other machines, perhaps. An estimate below a minute is not said.

    Args:
        expected: what `outstanding` returns.
        n_jobs: how many are made at a time.
        say: takes the line.
    """

    def __init__(self, expected: dict[Job, float], n_jobs: int, say: Callable[[str], None]):
        self._expected, self._n_jobs, self._say = expected, n_jobs, say
        self._known = threading.Event()

    @contextlib.contextmanager
    def watching(self, results: Path) -> Iterator[None]:
        """Meanwhile, look at the checkpoints of the jobs below ``results``."""
        def watch() -> None:
            while not self._known.wait(PACE_SECONDS):
                for job in self._expected:
                    if progress := job.directory(results).progress():
                        step, seconds = progress
                        self.learn(job, seconds * job.settings.steps / max(1, step))
                        break

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._known.set()
            watcher.join()

    def learn(self, job: Job, seconds: float) -> None:
        """``job`` takes ``seconds`` here."""
        if self._known.is_set():
            return
        self._known.set()
        slower = seconds / self._expected[job]
        ends = [0.0] * min(self._n_jobs, len(self._expected))
        for each in self._expected.values():  # each is begun when another one ends
            heapq.heapreplace(ends, ends[0] + slower * each)
        if max(ends) >= 60:
            self._say(f'these take about {max(ends) / 60:.0f} min in all, by the first steps on '
                      'this machine')


def make(expected: dict[Job, float], results: Path, data: str | None, n_jobs: int,
         lines: TextIO, address: str | None = None) -> list[Outcome]:
    """Carry out jobs with a progress bar on standard error; return those that failed.

    Args:
        expected: what `outstanding` returns.
        lines: takes a line for each outcome.

    Raises: as `reproduce`.
    """
    failed = []
    with progress_bar(
            total=sum(expected.values()),
            bar_format='{l_bar}{bar}| {elapsed} done, {remaining} to go{postfix}') as bar:
        bar.set_postfix_str(f'{len(expected)} runs to do')

        def say(line: str) -> None:
            with bar.external_write_mode():
                print(line, file=sys.stderr, flush=True)

        pace = Pace(expected, n_jobs, say)

        def on_outcome(outcome: Outcome) -> None:
            if not outcome.busy:
                bar.update(expected[outcome.job])
            if outcome.metrics is not None and address is None:
                pace.learn(outcome.job, outcome.metrics['wall_seconds'])
            if outcome.error is not None and not (outcome.interrupted or outcome.busy):
                failed.append(outcome)
            with bar.external_write_mode():
                print(f'{outcome.job}: {outcome.words()}', file=lines, flush=True)

        with pace.watching(results) if address is None else contextlib.nullcontext():
            reproduce(list(expected), results, data, n_jobs, on_outcome, address)
    for outcome in failed:
        print(f'{outcome.job} failed: {outcome.error}', file=sys.stderr)
    return failed


def _here(jobs: list[Job], results: Path, data: str | None, n_jobs: int) -> Iterator[Outcome]:
    """The outcomes of ``jobs``, done by processes of this machine.

    If such a process dies (e.g. out of memory), joblib stops everything. The jobs that may have
    been running are then started again after the others, `TRIES` times in all, the last time
    each by itself: no run is given up for what another one did.
    """
    tries: Counter[Job] = Counter()
    todo, busy = list(jobs), set()
    while todo:
        now = [job for job in todo if tries[job] < TRIES - 1] or todo[:1]
        todo = [job for job in todo if job not in now]
        try:
            for outcome in joblib.Parallel(
                    n_jobs, return_as='generator_unordered', pre_dispatch=n_jobs, batch_size=1)(
                    joblib.delayed(carry_out)(job, results, data) for job in tuple(now)):
                now.remove(outcome.job)
                if outcome.busy:
                    todo.append(outcome.job)
                if not outcome.busy or outcome.job not in busy:
                    yield outcome
                busy |= {outcome.job} if outcome.busy else set()
            if busy.intersection(todo):
                time.sleep(BUSY_SECONDS)
        except BrokenProcessPool as broken:
            # jobs are started in order: the first of those left were running
            suspects = now[:n_jobs]
            tries.update(suspects)
            todo += now[n_jobs:] + [job for job in suspects if tries[job] < TRIES]
            yield from (Outcome(job, error=f'given up: processes died {TRIES} times ({broken})')
                        for job in suspects if tries[job] == TRIES)


def _elsewhere(jobs: list[Job], results: Path, data: str | None, address: str
               ) -> Iterator[Outcome]:
    """The outcomes of ``jobs``, done by the Dask cluster at ``address`` and collected here."""
    for job, outcome, error in dask.map_unordered(carry_out_elsewhere, jobs, data,
                                                  address=address):
        yield (store(job, outcome, results) if error is None else
               Outcome(job, error=f'given up: {error}'))
