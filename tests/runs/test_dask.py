"""joblib on a Dask cluster: tasks that kill their workers, and addresses where nobody is."""

import gc
import os
import socket
from collections import Counter

import joblib
import pytest

from elec576.runs import dask
from elec576.errors import UserError


def lost(number, error):
    return 'lost', number, type(error).__name__


def test_a_task_that_kills_its_workers_is_lost_and_the_others_are_not(cluster):
    with dask.backend(cluster.scheduler_address, on_loss=lost):
        found = list(joblib.Parallel(return_as='generator_unordered', pre_dispatch='n_jobs',
                                     batch_size=1)(
            joblib.delayed(os._exit if number == -2 else abs)(number)
            for number in (-1, -2, -3, -4, -5)))
    assert Counter(found) == Counter([1, ('lost', -2, 'KilledWorker'), 3, 4, 5])


def test_an_error_in_a_task_is_raised(cluster):
    with dask.backend(cluster.scheduler_address, on_loss=lost):
        with pytest.raises(TypeError):
            list(joblib.Parallel(return_as='generator_unordered', batch_size=1)(
                [joblib.delayed(abs)('x')]))


@pytest.mark.parametrize('address', ['127.0.0.1:{port}', 'tcp://127.0.0.1:{port}', 'ftp://x', ''])
def test_nobody_answers(address, monkeypatch):
    distributed = pytest.importorskip('distributed')
    monkeypatch.setattr(dask, 'PATIENCE', '0.5s')
    with socket.socket() as bound:  # nobody else can listen there, and we do not
        bound.bind(('127.0.0.1', 0))
        with pytest.raises(UserError, match='no scheduler answers'):
            with dask.backend(address.format(port=bound.getsockname()[1]), lost):
                pytest.fail('connected')
    assert not [client for client in gc.get_objects()
                if isinstance(client, distributed.Client) and client.status == 'connecting']


def test_a_single_worker_does_the_work():
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1,
                                  dashboard_address=':0') as single:
        with dask.backend(single.scheduler_address, lost):
            pids = set(joblib.Parallel(return_as='generator_unordered', pre_dispatch='n_jobs',
                                       batch_size=1)(joblib.delayed(os.getpid)() for _ in range(5)))
    assert len(pids) == 1 and os.getpid() not in pids


def test_no_workers():
    distributed = pytest.importorskip('distributed')
    with distributed.LocalCluster(n_workers=0, dashboard_address=':0') as empty:
        with pytest.raises(UserError, match='the cluster has no workers'):
            with dask.backend(empty.scheduler_address, lost):
                pytest.fail('connected')
