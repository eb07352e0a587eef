"""Work on a Dask cluster (extra `dask`) that may kill a worker."""

import contextlib
import itertools
import logging
import time
import warnings
from typing import Any, Callable, Iterator, Sequence

from elec576.errors import UserError, first_line

PATIENCE = '10s'  # until a scheduler that does not answer is given up
LOOK = 2  # seconds between looks at a cluster that is working
WITHOUT_WORKERS = 30  # seconds until a cluster without any is given up


def map_unordered(work: Callable, tasks: Sequence, *arguments: object, address: str
                  ) -> Iterator[tuple[Any, Any, BaseException | None]]:
    """``work(task, *arguments)`` on the cluster at ``address``, for each of ``tasks``.

    If a worker dies, Dask restarts its task on another one, a few times; then it gives the task up.
    No more tasks are submitted than there are workers at the time: Dask counts a worker's death
    against every task that was assigned to it.

    Yields:
        (task, result, None), or (task, None, error) for what was given up or raised, in order of
        completion.

    Raises:
        UserError: Dask is not installed, no scheduler answers at ``address``, there are no workers
            (any more), a worker has several threads (they would count each other's processor time)
            or cannot import ``work``, or the scheduler is lost.
    """
    try:
        from distributed import CancelledError, Client, TimeoutError, wait
        from distributed.comm import resolve_address
    except ImportError:
        raise UserError('--dask: Dask is not installed; pip install -e .[dask]') from None
    # it prints a traceback where one line is raised here
    logging.getLogger('distributed.client').setLevel(logging.CRITICAL)
    try:
        resolve_address(address)  # a Client that rejects it stays half open and blocks the next
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # tables of versions; `_other_versions` says it
            client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f'--dask {address}: no scheduler answers ({error})') from None
    with client, _asking(address):
        threads = client.nthreads()
        if not threads:
            raise UserError(f'--dask {address}: the cluster has no workers; start some')
        if max(threads.values()) > 1:
            raise UserError(f'--dask {address}: a worker has {max(threads.values())} threads; '
                            'start workers with --nthreads 1 (and --nworkers for more of them)')
        other = _other_versions(client)
        _refuse_workers_without(work.__module__, client, f'--dask {address}', other)
        waiting = iter(tasks)
        running = {}

        def submit(count: int) -> None:
            for task in itertools.islice(waiting, count):
                running[client.submit(work, task, *arguments, pure=False)] = task

        submit(len(threads))
        seen = time.monotonic()  # a worker
        while running:
            with contextlib.suppress(CancelledError, TimeoutError):
                wait(list(running), timeout=LOOK, return_when='FIRST_COMPLETED')
            done = [future for future in running if future.status != 'pending']
            for future in done:
                task = running.pop(future)
                result = error = None
                try:
                    result = future.result()
                except Exception as failure:
                    if future.status != 'error':  # it was not the task that failed
                        raise _lost(address, failure) from None
                    error = failure
                # workers may have joined or left; without any, one task waits for the next
                submit(max(len(client.nthreads()) - len(running), not running))
                yield task, result, error
            if done or client.nthreads():
                seen = time.monotonic()
            elif time.monotonic() > seen + WITHOUT_WORKERS:
                raise UserError(f'--dask {address}: all workers have ended (they print why{other});'
                                ' start them, and run the same command again')


@contextlib.contextmanager
def _asking(address: str) -> Iterator[None]:
    """Whatever is asked of the scheduler fails when it is lost: say so."""
    try:
        yield
    except OSError as failure:
        raise _lost(address, failure) from None


def _lost(address: str, failure: Exception) -> UserError:
    return UserError(f'--dask {address}: lost the scheduler ({type(failure).__name__}); start it '
                     'and its workers again where they have ended, and run the same command again')


def _other_versions(client: Any) -> str:
    """Of Dask, in which workers differ from this machine, in words; '' if none does."""
    found = client.get_versions()
    ours, *theirs = ({package: one['packages'].get(package) for package in ('dask', 'distributed')}
                     for one in (found['client'], *found['workers'].values()) if one)
    return ''.join(f'; one has {package} {version}, this machine {ours[package]}'
                   for package, version in sorted({
                       item for versions in theirs for item in versions.items()} - {*ours.items()}))


def _refuse_workers_without(module: str, client: Any, where: str, other: str) -> None:
    """Raise UserError if a worker cannot import ``module``: it would die of its first task."""
    answers = client.run(exec, f'import {module}', on_error='return')
    failed = {worker: error for worker, error in answers.items() if error is not None}
    for worker, error in failed.items():
        raise UserError(f'{where}: {len(failed)} of {len(answers)} workers cannot do this work '
                        f'({worker}: {first_line(error)}{other}); give them the package and the '
                        'versions of this machine, and start them again')
