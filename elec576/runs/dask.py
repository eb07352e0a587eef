"""Work on a Dask cluster (extra `dask`) that may kill a worker."""

import itertools
import logging
from typing import Any, Callable, Iterator, Sequence

from elec576.errors import UserError

PATIENCE = '10s'  # until a scheduler that does not answer is given up


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
        UserError: Dask is not installed, no scheduler answers at ``address``, there are no workers,
            a worker has several threads (they would count each other's processor time), or the
            scheduler is lost.
    """
    try:
        from distributed import Client, as_completed
        from distributed.comm import resolve_address
    except ImportError:
        raise UserError('--dask: Dask is not installed; pip install -e .[dask]') from None
    # it prints a traceback where one line is raised here
    logging.getLogger('distributed.client').setLevel(logging.CRITICAL)
    try:
        resolve_address(address)  # a Client that rejects it stays half open and blocks the next
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f'--dask {address}: no scheduler answers ({error})') from None
    with client:
        threads = client.nthreads()
        if not threads:
            raise UserError(f'--dask {address}: the cluster has no workers; start some')
        if max(threads.values()) > 1:
            raise UserError(f'--dask {address}: a worker has {max(threads.values())} threads; '
                            'start workers with --nthreads 1 (and --nworkers for more of them)')
        waiting = iter(tasks)
        running = {}
        completed = as_completed()

        def submit(count: int) -> None:
            for task in itertools.islice(waiting, count):
                future = client.submit(work, task, *arguments, pure=False)
                running[future] = task
                completed.add(future)

        submit(len(threads))
        for future in completed:
            task = running.pop(future)
            result = error = None
            try:
                result = future.result()
            except Exception as failure:
                if future.status != 'error':  # it was not the task that failed
                    raise UserError(
                        f'--dask {address}: lost the scheduler ({type(failure).__name__}); start '
                        'it and its workers again where they have ended, and run the same command '
                        'again') from None
                error = failure
            # workers may have joined or left; without any, one task waits for the next
            submit(max(len(client.nthreads()) - len(running), not running))
            yield task, result, error
