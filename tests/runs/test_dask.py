"""A Dask cluster: tasks that kill their workers, and addresses without a scheduler."""

import gc
import os
import socket
import threading
import time

import pytest

from elec576.errors import UserError
from elec576.runs import dask


def absolute(number):
    """abs, but -2 kills the worker."""
    return os._exit(1) if number == -2 else abs(number)


def pid(task):
    time.sleep(0.2)
    return os.getpid()


RELEASED = threading.Event()


def wait_unless_first(task):
    return task == 0 or RELEASED.wait(60)


def test_a_task_that_kills_its_workers_is_given_up_and_the_others_are_not(cluster):
    tasks = (-1, -2, -3, -4, -5)
    found = {task: (result, type(error).__name__) for task, result, error in dask.map_unordered(
        absolute, tasks, address=cluster.scheduler_address)}
    assert found == {-1: (1, 'NoneType'), -2: (None, 'KilledWorker'), -3: (3, 'NoneType'),
                     -4: (4, 'NoneType'), -5: (5, 'NoneType')}


def test_an_error_in_a_task_is_given_back(cluster):
    (task, result, error), = dask.map_unordered(abs, ['x'], address=cluster.scheduler_address)
    assert (task, result) == ('x', None) and isinstance(error, TypeError)


@pytest.mark.parametrize('address', ['127.0.0.1:{port}', 'tcp://127.0.0.1:{port}', 'ftp://x', ''])
def test_no_scheduler_answers(address, monkeypatch):
    distributed = pytest.importorskip('distributed')
    monkeypatch.setattr(dask, 'PATIENCE', '0.5s')
    with socket.socket() as bound:  # no other process can listen there, and we do not
        bound.bind(('127.0.0.1', 0))
        with pytest.raises(UserError, match='no scheduler answers'):
            list(dask.map_unordered(abs, [1], address=address.format(port=bound.getsockname()[1])))
    assert not [client for client in gc.get_objects()
                if isinstance(client, distributed.Client) and client.status == 'connecting']


@pytest.mark.slow
def test_a_single_worker_does_the_work_until_another_joins():
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1,
                                  dashboard_address=':0') as cluster:
        results = dask.map_unordered(pid, range(12), address=cluster.scheduler_address)
        alone = {next(results)[1] for _ in range(5)}
        assert len(alone) == 1 and os.getpid() not in alone
        cluster.scale(2)
        cluster.wait_for_workers(2)
        assert len({result for _, result, _ in results}) == 2


@pytest.mark.parametrize('workers, threads, words', [
    (0, 1, 'the cluster has no workers'), (1, 2, 'a worker has 2 threads; start workers with')])
def test_clusters_that_will_not_do(workers, threads, words):
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=threads, processes=False,
                                  dashboard_address=':0') as cluster:
        with pytest.raises(UserError, match=words):
            list(dask.map_unordered(abs, [1], address=cluster.scheduler_address))


def test_workers_that_cannot_import_the_work(cluster, tmp_path, monkeypatch):
    """As where the package is not installed."""
    (tmp_path / 'only_here.py').write_text('def work(task):\n    pass\n', encoding='utf-8')
    monkeypatch.syspath_prepend(tmp_path)
    import only_here
    with pytest.raises(UserError, match="2 of 2 workers cannot .* No module named 'only_here'"):
        list(dask.map_unordered(only_here.work, [1], address=cluster.scheduler_address))


def test_all_workers_die_of_the_first_task(monkeypatch):
    """Each ends by itself, as where Dask has other versions; nothing starts them again."""
    distributed = pytest.importorskip('distributed')
    RELEASED.clear()
    monkeypatch.setattr(dask, 'LOOK', 0.1)
    monkeypatch.setattr(dask, 'WITHOUT_WORKERS', 1)
    monkeypatch.setattr(dask, '_other_versions', lambda client: '; one has dask 1')
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False,
                                  protocol='tcp', dashboard_address=':0') as cluster:
        worker = cluster.workers[0]
        results = dask.map_unordered(wait_unless_first, [0, 1], address=cluster.scheduler_address)
        assert next(results) == (0, True, None)
        cluster.sync(worker.close, nanny=False)
        with pytest.raises(UserError, match='all workers have ended .*; one has dask 1.* again'):
            next(results)
        RELEASED.set()


@pytest.mark.parametrize('when', ['working', 'asked for workers', 'fetching a result'])
def test_the_scheduler_is_lost(when, monkeypatch):
    distributed = pytest.importorskip('distributed')

    RELEASED.clear()

    async def lose(dask_scheduler):
        for client in dask_scheduler.client_comms.values():
            client.comm.abort()

    async def fail(*arguments, **options):
        raise OSError('no route to host')

    def fail_at_once(client):
        raise OSError('no route to host')

    monkeypatch.setattr(dask, 'LOOK', 0.1)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False,
                                  protocol='tcp', dashboard_address=':0') as cluster:
        results = dask.map_unordered(wait_unless_first, range(3), address=cluster.scheduler_address)
        try:
            assert next(results) == (0, True, None)
            if when == 'working':
                cluster.sync(lose, cluster.scheduler)
            elif when == 'asked for workers':
                monkeypatch.setattr(distributed.Client, 'nthreads', fail_at_once)
            else:
                monkeypatch.setattr(distributed.Client, '_gather', fail)
                RELEASED.set()
            with pytest.raises(UserError, match='lost the scheduler .* run the same command again'):
                next(results)
        finally:
            RELEASED.set()
