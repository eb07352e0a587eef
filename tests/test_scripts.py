"""run_cnn.py and run_rnn.py from outside: lines, exit codes, and signals to a real process."""

import gzip
import os
import shlex
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers import REPOSITORY, options_of, run_listing

from elec576.data.mnist import read_mnist_folder
from elec576.data.sets import digest
from elec576.experiments import EXPERIMENTS
from elec576.loops.history import History
from elec576.machine import has_instructions
from elec576.runs import checkpoints
from elec576.runs.run import Options, run
from elec576.runs.rundir import RunDirectory, locked, read_json
from elec576.settings import CnnSettings, RnnSettings

SMALL = {'run_cnn.py': ['--train-per-class', 12, '--test-per-class', 4, '--steps', 3],
         'run_rnn.py': ['--hidden', 4, '--iterations', 151]}


def one_line(error):
    return error.count('\n') == 1 and error.endswith('\n') and 'Traceback' not in error


@pytest.mark.parametrize('name, option, value, words', [
    *((name, '--lr', value, '--lr') for name in SMALL
      for value in ('nan', '-1', '0', 'inf', 'fast')),
    *((name, '--batch-size', value, '--batch-size') for name in SMALL
      for value in ('0', '-5', '2.5', 'nan', '')),
    *((name, '--threads', value, '--threads') for name in SMALL
      for value in ('0', '1000000', '5000')),
    *((name, '--momentum', '0.5', '--optimizer momentum') for name in SMALL),
    *((name, '--isa', 'sse', 'choose from') for name in SMALL),
    *((name, '--seed', value, '--seed') for name in SMALL for value in ('-1', '4294967296')),
    *((name, '--eval-every', '-1', '--eval-every') for name in SMALL),
    *((name, '--checkpoint-seconds', value, '--checkpoint-seconds') for name in SMALL
      for value in ('-1', 'nan', 'soon')),
    ('run_cnn.py', '--steps', '0', '--steps'),
    ('run_cnn.py', '--log-every', '-1', '--log-every'),
    ('run_cnn.py', '--bias', 'nan', '--bias'),
    *(('run_cnn.py', '--keep-prob', value, '--keep-prob') for value in ('0', 'nan', '1.5')),
    *(('run_cnn.py', '--train-per-class', value, '--train-per-class')
      for value in ('0', '-1', '1001')),
    ('run_cnn.py', '--train-per-class', '13', 'Image00012.png'),
    ('run_cnn.py', '--test-per-class', '101', '--test-per-class'),
    ('run_cnn.py', '--batch-size', '121', 'only 120 training images'),
    *(('run_cnn.py', option, 'other', 'choose from') for option in (
        '--act', '--fc-act', '--optimizer', '--init', '--dataset')),
    *(('run_rnn.py', option, 'other', 'choose from') for option in ('--cell', '--optimizer')),
    *(('run_rnn.py', option, '0', option) for option in (
        '--hidden', '--iterations', '--display-step')),
    ('run_rnn.py', '--batch-size', '301', 'only 300 images'),
    *((name, '--experiment', 'cnn10', 'choose one of cnn1, ') for name in SMALL),
    ('run_cnn.py', '--experiment', 'gru-300', 'run_rnn.py'),
    ('run_cnn.py', '--speed', '3', '--speed'),
    ('run_cnn.py', '--data', '/no/such/folder', '/no/such/folder'),
    ('run_rnn.py', '--data', '/no/such/folder', '/no/such/folder'),
    *((name, '--data', '', '--data: an empty name') for name in SMALL),
    *((name, '--experiment', '', '(nothing): no experiment') for name in SMALL),
    ('run_cnn.py', '--out', '/dev/null/run', 'cannot be written'),
    ('run_rnn.py', '--out', '/dev/null', 'cannot be written'),
    ('run_rnn.py', '--out', '/proc/run', 'cannot be written'),
])
def test_bad_input(name, option, value, words, script, small_data, tmp_path):
    iterations = ['--iterations', 1000] * (value == '301')
    code, out, error = script(name, *SMALL[name], *iterations, '--data', small_data,
                              '--out', tmp_path / 'run', option, value)
    # the RNN's batches are drawn only when the run has begun, with the word on its images
    assert (code, out.count('\n')) == (2, value == '301')
    assert one_line(error) and words in error
    assert not (tmp_path / 'run' / 'metrics.json').exists()


def spoil(data, name):
    """One of the ways in which data can be bad; the rest of the list is in tests/data."""
    image = data / 'CIFAR10' / 'Train' / '3' / 'Image00001.png'
    labels = data / 'MNIST_data' / 'train-labels-idx1-ubyte.gz'
    match name:
        case 'image cut short':
            image.write_bytes(image.read_bytes()[:200])
        case 'image missing':
            image.unlink()
        case 'labels cut short':
            labels.write_bytes(gzip.compress(gzip.decompress(labels.read_bytes())[:-1]))
        case 'images as labels':
            shutil.copy(data / 'MNIST_data' / 'train-images-idx3-ubyte.gz', labels)


@pytest.mark.parametrize('name', SMALL)
def test_a_name_that_tensorflow_cannot_write_is_refused_at_once(name, script, small_data, tmp_path):
    code, printed, error = script(name, *SMALL[name], '--data', small_data, '--out',
                                  tmp_path / 'bad\udcff name')
    assert (code, printed) == (2, '') and one_line(error) and 'UTF-8 only' in error
    assert not list(tmp_path.iterdir())


def test_a_folder_of_results_that_tensorflow_cannot_write(script, small_data, tmp_path):
    code, printed, error = script('reproduce.py', '--only', 'rnn-a', '--data', small_data,
                                  '--results', tmp_path / 'bad\udcff name')
    assert (code, printed) == (2, '') and one_line(error) and 'UTF-8 only' in error
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('name, damage, words', [
    ('run_cnn.py', 'image cut short', '3/Image00001.png: not a readable PNG'),
    ('run_cnn.py', 'image missing', '3/Image00001.png: No such file'),
    ('run_rnn.py', 'labels cut short', 'train-labels-idx1-ubyte.gz'),
    ('run_rnn.py', 'images as labels', 'not an IDX file of labels')])
def test_bad_data(name, damage, words, script, small_data, tmp_path):
    data = shutil.copytree(small_data, tmp_path / 'data')
    spoil(data, damage)
    code, out, error = script(name, *SMALL[name], '--data', data, '--out', tmp_path / 'run')
    assert (code, out) == (2, '')
    assert one_line(error) and words in error
    assert not (tmp_path / 'run').exists()


def test_a_run_and_the_same_command_again(script, small_data, tmp_path):
    command = ('run_cnn.py', *SMALL['run_cnn.py'], '--data', small_data, '--log-every', 2,
               '--out', tmp_path / 'run')
    code, out, error = script(*command)
    assert (code, error) == (0, '')  # no bar, because standard error is not a terminal
    lines = out.splitlines()
    notice, *lines, again = lines
    assert notice == again and 'not known to be the report\'s images' in notice
    assert [line[:len('step 2, training accuracy')] for line in lines] == [
        'step 0, training accuracy', lines[1][:25], 'step 2, training accuracy', lines[3][:25],
        lines[4][:25]]
    assert lines[4].startswith('test accuracy ')
    for again in (command, (*command, '--resume')):
        code, out, error = script(*again)
        assert (code, error) == (0, '') and 'this run is finished' in out
    code, out, error = script(*command, '--lr', 1e-4)
    assert (code, out) == (2, '') and one_line(error)
    assert 'holds a run of another configuration (lr: 0.001, not 0.0001)' in error


def test_directory_in_use(script, small_data, tmp_path):
    with locked(RunDirectory(tmp_path), {}):
        code, out, error = script('run_rnn.py', *SMALL['run_rnn.py'], '--data', small_data,
                                  '--out', tmp_path)
    assert (code, out) == (2, '') and one_line(error) and 'another process' in error


def test_a_run_of_the_report_ends_with_its_numbers(script, monkeypatch, small_data, tmp_path):
    monkeypatch.setattr('elec576.experiments.name_of', lambda settings: 'gru-128')
    _, out, _ = script('run_rnn.py', *SMALL['run_rnn.py'], '--data', small_data,
                       '--out', tmp_path / 'other')
    last = out.splitlines()[-1]
    assert 'MNIST folder (not the original contents): not known to be the report\'s' in last
    monkeypatch.setattr('elec576.data.mnist.MNIST_DIGEST', mnist_digest(small_data))
    code, out, _ = script('run_rnn.py', *SMALL['run_rnn.py'], '--data', small_data,
                          '--out', tmp_path)
    accuracy, _, caveat = out.splitlines()[-3:]
    # the run has really another number of steps, so nothing was measured where gru-128 ends
    assert accuracy.split() == ['test', 'accuracy', '0.9756', 'not', 'measured']
    assert 'many seeds' in caveat


def mnist_digest(folder):
    return digest(*read_mnist_folder(folder / 'MNIST_data'))


def test_a_run_knows_the_experiment_it_was_started_as(script, monkeypatch, small_data, tmp_path):
    """Runs of equal settings, started under the second of two names, interrupted, resumed."""
    fixed = RnnSettings(hidden=4, iterations=151)
    for name in ('gru-50', 'gru-128'):
        monkeypatch.setitem(EXPERIMENTS, name, fixed)
    monkeypatch.setattr('elec576.data.mnist.MNIST_DIGEST', mnist_digest(small_data))
    options = ('run_rnn.py', '--data', small_data, '--out', tmp_path)
    script(*options, '--experiment', 'gru-128')
    (tmp_path / 'metrics.json').unlink()  # as if killed before the end
    for more in (('--resume',), ('--hidden', 4, '--iterations', 151)):
        _, out, error = script(*options, *more)
        assert 'gru-128' in out and 'gru-50' not in out, error
    code, _, error = script(*options, '--experiment', 'gru-50')
    assert code == 2 and 'experiment: gru-128, not gru-50' in error


def test_running_without_any_data_is_loud(script, monkeypatch, tmp_path):
    # not even the settings of a report's run may set the report's numbers beside the stand-in's
    monkeypatch.setattr('elec576.experiments.name_of', lambda settings: 'cnn1')
    monkeypatch.delenv('ELEC576_DATA', raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('elec576.data.sources._download', lambda name: None)
    code, out, _ = script('run_cnn.py', *SMALL['run_cnn.py'])
    lines = out.splitlines()
    assert code == 0 and 'STAND-IN DATA' in lines[0] and lines[-1] == lines[0]


def begin(name, *options):
    """A script in a process of its own, its output in pipes."""
    return subprocess.Popen(
        [sys.executable, REPOSITORY / 'scripts' / name, *map(str, options)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(
            filter(None, [str(REPOSITORY), os.environ.get('PYTHONPATH')]))})


def wait_for_line(process, start):
    for line in process.stdout:
        if line.startswith(start):
            return
    raise AssertionError(process.stderr.read())


def assert_same_run(path, other):
    assert (path / 'history.csv').read_bytes() == (other / 'history.csv').read_bytes()
    ours, theirs = (checkpoints.variables(checkpoints.latest(place / 'checkpoint'))
                    for place in (path, other))
    assert ours.keys() == theirs.keys() and len(ours) > 8
    assert all(np.array_equal(array, theirs[name]) for name, array in ours.items())
    ours, theirs = (read_json(place / 'metrics.json') for place in (path, other))
    assert ours['test_accuracy'] == theirs['test_accuracy']
    assert ours['test_loss'] == theirs['test_loss']


@pytest.mark.slow
def test_sigterm_says_how_to_resume(script, small_data, tmp_path):
    settings = {'train_per_class': 12, 'test_per_class': 4, 'batch_size': 10, 'steps': 15,
                'log_every': 1, 'eval_every': 10, 'threads': 2}
    out = tmp_path / 'a run'  # a space, because the line is pasted into a shell
    options = [*options_of(settings), '--data', small_data, '--out', out, '--no-events',
               '--checkpoint-seconds', 60]
    with begin('run_cnn.py', *options) as process:
        wait_for_line(process, 'step 7,')
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        error = process.stderr.read()
    assert process.returncode == 130
    assert one_line(error) and '; saved in ' in error
    python, program, *arguments = shlex.split(error.partition('resume with: ')[2])
    assert python == 'python' and program.endswith('run_cnn.py')
    assert {'--no-events', '--checkpoint-seconds'} <= set(arguments)
    code, printed, _ = script('run_cnn.py', *arguments)
    assert code == 0
    assert '\nstep 7,' not in printed  # resumed, not started again
    run(CnnSettings(**settings), tmp_path / 'whole',
            Options(data=str(small_data)), lambda line: None)
    assert_same_run(out, tmp_path / 'whole')


@pytest.mark.slow
def test_sigkill_and_the_same_command_again(script, small_data, tmp_path):
    settings = {'hidden': 9, 'iterations': 61 * 25, 'batch_size': 61, 'display_step': 1,
                'eval_every': 7, 'threads': 2}
    options = [*options_of(settings), '--data', small_data, '--out', tmp_path / 'run',
               '--checkpoint-seconds', 0]
    with begin('run_rnn.py', *options) as process:
        wait_for_line(process, f'Iter {12 * 61},')
        process.kill()
        process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    assert checkpoints.latest(tmp_path / 'run' / 'checkpoint').name >= 'step-00000010'
    code, printed, _ = script('run_rnn.py', *options)
    assert code == 0
    assert f'\nIter {10 * 61},' not in printed
    run(RnnSettings(**settings), tmp_path / 'whole',
            Options(data=str(small_data)), lambda line: None)
    assert_same_run(tmp_path / 'run', tmp_path / 'whole')


@pytest.mark.slow
@pytest.mark.parametrize('closed', ['>&-', '>&- 2>&-'])
def test_closed_output_is_no_error(closed, small_data, tmp_path):
    command = shlex.join(map(str, (sys.executable, REPOSITORY / 'scripts' / 'run_rnn.py',
                                   *SMALL['run_rnn.py'], '--data', small_data, '--out', tmp_path)))
    done = subprocess.run(['sh', '-c', f'{command} {closed}'], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': str(REPOSITORY)})
    assert (done.returncode, done.stderr) == (0, '')
    assert (tmp_path / 'metrics.json').exists() and (tmp_path / 'curves.png').exists()


SHORT = {'steps': 3, 'train_per_class': 12, 'test_per_class': 4, 'threads': 1, 'seed': 1}


@pytest.fixture(scope='module')
def usual(small_data, tmp_path_factory):
    """The history of a short run of this process, as bytes."""
    out = tmp_path_factory.mktemp('usual') / 'run'
    run(CnnSettings(**SHORT, eval_every=1), out, Options(data=str(small_data)), lambda line: None)
    return (out / 'history.csv').read_bytes()


def run_apart(data, out, *options, **environment):
    """The short run by `run_cnn.py` in a process of its own; its history as bytes."""
    done = subprocess.run(
        [sys.executable, REPOSITORY / 'scripts' / 'run_cnn.py',
         *options_of({**SHORT, 'eval_every': 1, 'data': data, 'out': out}), *options],
        capture_output=True, text=True,
        env={**os.environ, **environment, 'PYTHONPATH': str(REPOSITORY)})
    assert done.returncode == 0, done.stderr
    return (out / 'history.csv').read_bytes()


@pytest.mark.slow
def test_the_environment_changes_no_bit(usual, small_data, tmp_path):
    """Variables that choose other kernels, and more threads, are without effect."""
    hostile = {'TF_ENABLE_ONEDNN_OPTS': '0', 'ONEDNN_MAX_CPU_ISA': 'SSE41',
               'DNNL_MAX_CPU_ISA': 'SSE41', 'ONEDNN_DEFAULT_FPMATH_MODE': 'BF16',
               'TF_SET_ONEDNN_FPMATH_MODE': 'BF16', 'TF_USE_DEEP_CONV2D': '1',
               'TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL': '0', 'TF_NUM_INTRAOP_THREADS': '3',
               'OMP_NUM_THREADS': '7', 'TF_XLA_FLAGS': '--tf_xla_auto_jit=2'}
    assert run_apart(small_data, tmp_path / 'hostile', **hostile) == usual


@pytest.mark.slow
@pytest.mark.skipif(not has_instructions('avx512'), reason='this processor has no AVX-512')
def test_avx512_has_other_bits_that_the_listing_shares(usual, small_data, tmp_path):
    assert run_apart(small_data, tmp_path / 'avx512', '--isa', 'avx512') != usual
    listing, _ = run_listing('trainCifarStarterCode.py', tmp_path / 'avx512.npz', forked=False,
                             *options_of({**SHORT, 'isa': 'avx512', 'data': small_data}))
    history = History.read(tmp_path / 'avx512' / 'history.csv')
    assert history.column('train_loss')[1] == [float(loss) for loss in listing['train_loss']]
