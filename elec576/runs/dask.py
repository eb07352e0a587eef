"""joblib on a Dask cluster (extra `dask`), for work that may cost a worker its life."""

from __future__ import annotations

import contextlib
from typing import Callable, Iterator

import joblib

from elec576.errors import UserError

NAME = 'elec576-dask'
PATIENCE = '10s'  # with a scheduler that does not answer


@contextlib.contextmanager
def backend(address: str, on_loss: Callable) -> Iterator[None]:
    """Let joblib hand its tasks to the scheduler at ``address``.

    A task whose worker dies is begun again on another one, by Dask, a few times. Then Dask gives it
    up, of which joblib's own backend takes no notice: it would wait for ever.

    Args:
        on_loss: gives the result of a task that Dask has given up; takes the task's arguments and
            then the error. The tasks are not to be batched (``batch_size=1``).

    Raises:
        UserError: Dask is not installed, nobody answers at ``address``, there are no workers, or
            the scheduler is lost.
    """
    try:
        from distributed import CancelledError, Client
        from distributed.comm import resolve_address
        from joblib._dask import DaskDistributedBackend
    except ImportError:
        raise UserError('--dask: Dask is not installed; pip install -e .[dask]') from None

    class Backend(DaskDistributedBackend):
        def configure(self, *args, **kwargs):
            # told that there is room for one task only, joblib would do them all in this process
            return max(2, super().configure(*args, **kwargs))

        def submit(self, func, callback=None):
            (_, arguments, _), = func.items

            def tell_of_loss(future):
                if future.exception() is not None:
                    callback([on_loss(*arguments, future.exception())])

            future = super().submit(func, callback)
            future.add_done_callback(tell_of_loss)
            return future

    try:
        resolve_address(address)  # Client, refusing one, stays half open, and blocks the next
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f'--dask {address}: no scheduler answers ({error})') from None
    with client:
        if not client.ncores():
            raise UserError(f'--dask {address}: the cluster has no workers; start some')
        joblib.register_parallel_backend(NAME, Backend)
        try:
            with joblib.parallel_config(backend=NAME):
                yield
        except CancelledError:
            raise UserError(f'--dask {address}: the scheduler is gone; start it and run the same '
                            'command again') from None
