"""The one import of TensorFlow: sessions and their threads."""

import os

import pytest

from elec576.tf1 import session, tf

TASKS = '/proc/self/task'


@pytest.mark.skipif(not os.path.isdir(TASKS), reason='counts threads as Linux does')
def test_every_session_has_the_threads_that_it_asked_for():
    """By default TensorFlow gives all sessions of a process the threads of the first one."""
    def threads_started(number: int) -> int:
        graph = tf.Graph()
        with graph.as_default():
            product = tf.matmul(tf.ones([500, 500]), tf.ones([500, 500]))
        before = len(os.listdir(TASKS))
        with session(graph, number) as sess:
            sess.run(product)
            return len(os.listdir(TASKS)) - before

    threads_started(1)  # the first one starts threads for the whole process, too
    assert threads_started(7) - threads_started(2) == 5
