"""The one import of TensorFlow: sessions and their threads, the kernels and whether they took."""

import os
import subprocess
import sys

import pytest
from helpers import REPOSITORY

from elec576 import machine
from elec576.loops.history import History
from elec576.runs.run import Options, run
from elec576.runs.rundir import RunDirectory, read_json
from elec576.settings import RnnSettings
from elec576.tf1 import FINGERPRINTS, fingerprint, session, tf, use_kernels

SETTINGS = RnnSettings(cell='gru', hidden=8, iterations=301, eval_every=0, display_step=2,
                       threads=1)
needs_avx2 = pytest.mark.skipif(not machine.has_instructions('avx2'),
                                reason='not an x86-64 processor with AVX2')

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


def apart(program: str, *arguments: object, **variables: str) -> tuple[str, str]:
    """Run Python code in a process of its own: standard output and error."""
    done = subprocess.run(
        [sys.executable, '-c', program, *map(str, arguments)], capture_output=True, text=True,
        env={**{name: value for name, value in os.environ.items()
                if not name.startswith(machine.KERNEL_VARIABLES)},
             'PYTHONPATH': str(REPOSITORY), **variables})
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@needs_avx2
def test_the_kernels_of_this_process_are_known():
    use_kernels('avx2')
    assert fingerprint() == FINGERPRINTS['avx2'] and machine.own_bits() == {}


@needs_avx2
def test_other_kernels_have_another_fingerprint():
    """Without the pins, whatever this processor does by itself."""
    program = ('import tensorflow.compat.v1 as tf; {}; from elec576 import machine, tf1; '
               'machine.pin_kernels("avx2"); print(tf1.fingerprint())')
    nothing, multiplied = (apart(program.format(before), TF_CPP_MIN_LOG_LEVEL='3')[0].split()[-1]
                           for before in ('pass', 'tf.matmul(tf.ones([9, 9]), tf.ones([9, 9]))'))
    assert nothing == FINGERPRINTS['avx2'] and multiplied not in FINGERPRINTS.values()


TRAIN = '''
import sys
import tensorflow as tf
{}
import elec576.tf1
from elec576.settings import RnnSettings
from elec576.runs.run import Options, run
run(RnnSettings(**{}), sys.argv[1], Options(data=sys.argv[2]), echo=lambda line: None)
'''


def train(before: str, out, data) -> str:
    """A notebook's process, that imports TensorFlow first; what it says on standard error."""
    settings = {name: getattr(SETTINGS, name) for name in (
        'cell', 'hidden', 'iterations', 'eval_every', 'display_step', 'threads')}
    return apart(TRAIN.format(before, settings), out, data, TF_CPP_MIN_LOG_LEVEL='3')[1]


@needs_avx2
def test_tensorflow_first(small_data, tmp_path):
    """If it has computed nothing, the bits are the usual ones."""
    said = train('', tmp_path / 'first', small_data)
    assert 'specific' not in said
    run(SETTINGS, tmp_path / 'usual', Options(data=str(small_data)), echo=lambda line: None)
    ours, theirs = (RunDirectory(tmp_path / name) for name in ('usual', 'first'))
    assert read_json(ours.config) == read_json(theirs.config)
    assert read_json(theirs.metrics)['isa'] == 'avx2'
    assert History.read(ours.history).rows == History.read(theirs.history).rows


@needs_avx2
def test_tensorflow_has_computed_first(small_data, tmp_path):
    """The run goes on, says whose bits it has, and no other process takes it for its own."""
    computed = 'tf.matmul(tf.ones([9, 9]), tf.ones([9, 9])).numpy()'
    said = train(computed, tmp_path / 'run', small_data)
    assert said.count('the bits of this run are specific to this process') == 1
    here = RunDirectory(tmp_path / 'run')
    config = read_json(here.config)
    assert config['isa'] == read_json(here.metrics)['isa'] == 'unpinned'
    assert config['settings']['isa'] == 'avx2' and config['process']
    with pytest.raises(Exception, match='isa: unpinned, not avx2; process: '):
        run(SETTINGS, here.path, Options(data=str(small_data)), echo=lambda line: None)


@needs_avx2
def test_a_process_that_has_the_pins_from_its_parent(monkeypatch):
    """Where the kernels are not those known, their bits are the machine's, not the process's."""
    program = ('from elec576 import machine, tf1; tf1.FINGERPRINTS["avx2"] = "other"; '
               'tf1.use_kernels("avx2"); print(list(machine.own_bits()))')
    for pins in ({}, machine._pins('avx2')):
        printed, said = apart(program, **pins)
        assert printed.split('\n')[0] == "['isa', 'processor']" and 'this machine' in said


@needs_avx2
def test_importing_leaves_the_environment_alone_and_a_run_says_what_it_removes():
    theirs = {'ONEDNN_MAX_CPU_ISA': 'SSE41', 'TF_ENABLE_ONEDNN_OPTS': '0', 'MPLBACKEND': 'svg',
              'TF_CPP_MIN_LOG_LEVEL': '2', 'OMP_NUM_THREADS': '3', 'DNNL_VERBOSE': '0'}
    program = f'''
import os, sys
from elec576 import machine, tf1
print({{name: os.environ.get(name) for name in {theirs}}})
print('run', file=sys.stderr)
tf1.use_kernels('avx2')
print({{name: os.environ.get(name) for name in {theirs}}}, machine.own_bits())
'''
    printed, said = apart(program, **theirs)
    before, after = printed.splitlines()
    assert before == str(theirs)
    kept = {**theirs, 'ONEDNN_MAX_CPU_ISA': 'AVX2', 'TF_ENABLE_ONEDNN_OPTS': '1',
            'OMP_NUM_THREADS': None, 'DNNL_VERBOSE': None}
    assert after == f'{kept} {{}}'
    assert said.splitlines() == [
        'run', 'removed from this process\'s environment, because they choose kernels: '
        'DNNL_VERBOSE, ONEDNN_MAX_CPU_ISA, TF_ENABLE_ONEDNN_OPTS']


@pytest.mark.parametrize('backend, known', [
    ('module://matplotlib_inline.backend_inline', False), ('nonsense', False), ('svg', True)])
def test_any_mplbackend(backend, known):
    """A notebook exports one that this environment need not have; one that is known is obeyed."""
    program = """
import os
import {}
from elec576.pictures.figure import new_figure
import matplotlib.pyplot as plt
new_figure(1, 1).subplots().plot([0, 1])
print(plt.get_backend(), os.environ['MPLBACKEND'])
"""
    for first in ('elec576.tf1', 'elec576.pictures.filters'):
        shown, kept = apart(program.format(first), MPLBACKEND=backend)[0].split()
        assert kept == backend and (not known or shown == backend)


def test_importing_without_standard_error():
    """A service, or Windows's pythonw."""
    program = f'"{sys.executable}" -c "import elec576.tf1; print(1)" 2>&-'
    done = subprocess.run(['sh', '-c', program],
                          capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})
    assert (done.returncode, done.stdout) == (0, '1\n')


SLOW = ('keras', 'sklearn', 'pandas', 'scipy.stats', 'matplotlib')
LOADED = '''
import sys
import elec576.one_run
from elec576.runs.run import Options, run
from elec576.settings import CnnSettings, RnnSettings

def report(line):
    print(line.split()[0], [name for name in {} if name in sys.modules])

for settings in (CnnSettings(steps=1, train_per_class=5, test_per_class=2),
                 RnnSettings(hidden=4, iterations=101, display_step=1)):
    run(settings, sys.argv[1] + settings.program, Options(data=sys.argv[2]), report)
from elec576.pictures.run import draw_run
from elec576.telling.beside import beside
print([name for name in {} if name in sys.modules])
from tensorflow.keras.layers import Dense
import tensorflow
print(Dense is tensorflow.keras.layers.Dense)
'''


def test_a_run_loads_nothing_slow_that_it_does_not_need(small_data, tmp_path):
    """Scikit-learn and pandas come with Keras, which TensorFlow loads at its import if it may; who
    needs Keras in the same process has it.
    """
    *lines, end, keras = apart(LOADED.format(SLOW, SLOW), tmp_path / 'run-',
                               small_data)[0].splitlines()
    assert {line.split()[0] for line in lines} >= {'step', 'test', 'Iter', 'Testing'}
    assert [line for line in lines if not line.endswith('[]')] == []
    assert (end, keras) == ("['matplotlib']", 'True')
