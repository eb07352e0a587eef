"""The entrance from Python: what `import elec576` offers, beside what the scripts make."""

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import joblib
import made_up
import numpy as np
import pandas as pd
import pytest
from helpers import REPOSITORY

import elec576
from elec576 import api
from elec576.claims.numbers import reported
from elec576.errors import Interrupted, UserError
from elec576.files import write_json
from elec576.loops.history import History
from elec576.runs.rundir import read_json

CNN = elec576.CnnSettings(steps=6, train_per_class=12, test_per_class=4, batch_size=10,
                          eval_every=2, log_every=2, threads=1)
RNN = elec576.RnnSettings(cell='gru', hidden=8, iterations=351, eval_every=2, display_step=2,
                          threads=1)
SAME = ('config.json', 'history.csv', 'test_correct.npy')


@pytest.fixture
def start(small_data, tmp_path, monkeypatch):
    """`elec576.run` on the small data, in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def run(experiment, **options):
        return elec576.run(experiment, **{'data': small_data, 'events': False, **options})

    return run


def test_importing_it_loads_nothing():
    program = ('import sys\nbefore = set(sys.modules)\nimport elec576\n'
               'print({name.split(".")[0] for name in set(sys.modules) - before}\n'
               '      - sys.stdlib_module_names)\n'
               'elec576.committed("gru-50"), elec576.CnnSettings(), elec576.open_run\n'
               'print([name for name in ("tensorflow", "matplotlib", "sklearn") '
               'if name in sys.modules])\n')
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          cwd=REPOSITORY)
    assert (done.stdout, done.stderr) == ("{'elec576'}\n[]\n", '')


def test_looking_leaves_the_environment_as_it_is(tmp_path):
    """Only a run removes the variables that choose kernels, and says so."""
    theirs = {'TF_ENABLE_ONEDNN_OPTS': '0', 'OMP_NUM_THREADS': '3', 'MKL_NUM_THREADS': '3',
              'TF_CPP_MIN_LOG_LEVEL': '2', 'MPLBACKEND': 'svg'}
    run = made_up.finished_run(tmp_path, 'cnn1', 0).path
    program = ('import os, sys\nbefore = dict(os.environ)\nimport elec576\n'
               'elec576.committed("gru-50"), elec576.open_run(sys.argv[1]).plot()\n'
               'elec576.check("gru-50", test_accuracy=0.97)\n'
               'print({name for name in before | os.environ\n'
               '       if before.get(name) != os.environ.get(name)} - {"KMP_INIT_AT_FORK",\n'
               '      "KMP_DUPLICATE_LIB_OK"})  # scikit-learn sets these\n')
    done = subprocess.run([sys.executable, '-c', program, run], capture_output=True, text=True,
                          env={**os.environ, **theirs}, cwd=REPOSITORY)
    assert (done.stdout, done.stderr) == ('set()\n', '')


def test_what_it_offers_is_documented():
    import elec576.checking.answers  # noqa: F401

    assert set(elec576.__all__) <= set(dir(elec576))
    for name in ('check', 'committed', 'open_run', 'run'):
        text = getattr(elec576, name).__doc__
        assert all(word in text for word in ('Args:', 'Raises:', 'Example:')), name
    with pytest.raises(AttributeError, match="'elec576' has no attribute 'train'"):
        elec576.train


def test_the_front_page_names_what_there_is():
    text = (REPOSITORY / 'README.md').read_text(encoding='utf-8')
    block, = re.findall(r'```python\n(.*?)```', text, re.DOTALL)
    assert set(re.findall(r'elec576\.(\w+)', block)) == set(elec576.__all__) - {'RnnSettings'}
    for name in re.findall(r'run\.(\w+)', block.replace('elec576.run', '')):
        assert hasattr(elec576.api.FinishedRun, name) or name in elec576.api.FinishedRun.__doc__
    compile(block, 'README.md', 'exec')


@pytest.mark.parametrize('name, settings, options', [
    ('run_cnn.py', CNN, ['--steps', 6, '--train-per-class', 12, '--test-per-class', 4,
                         '--batch-size', 10, '--eval-every', 2, '--log-every', 2]),
    ('run_rnn.py', RNN, ['--cell', 'gru', '--hidden', 8, '--iterations', 351, '--eval-every', 2,
                         '--display-step', 2])])
def test_it_is_the_scripts_run(name, settings, options, start, script, small_data, tmp_path,
                               capfd):
    code, printed, _ = script(name, *options, '--threads', 1, '--data', small_data)
    assert code == 0
    theirs, = (path.parent.rename(tmp_path / 'theirs')
               for path in list(tmp_path.glob('results/local/*/*/config.json')))
    ours = start(settings, events=True)
    assert capfd.readouterr().out == printed
    assert {path.name for path in ours.path.iterdir()} == {path.name for path in theirs.iterdir()}
    for file in SAME:
        assert (ours.path / file).read_bytes() == (theirs / file).read_bytes()


def test_a_finished_run(start, monkeypatch, tmp_path):
    run = start(CNN)
    rows = History.read(run.path / 'history.csv').rows
    assert [row.dropna().to_dict() for _, row in run.history.iterrows()] == rows
    assert (run.test_accuracy, run.test_loss) == (rows[-1]['test_accuracy'], rows[-1]['test_loss'])
    assert run.settings == CNN and run.experiment is None
    assert run.filters.shape == (5, 5, 1, 32) and run.filters.dtype == np.float32
    assert run.activations.loc['h_conv2', 'mean'] == read_json(
        run.path / 'activations.json')['h_conv2']['mean']
    assert f'seed 0: test accuracy {run.test_accuracy:.4g}, ' in repr(run)
    again = elec576.open_run(str(run.path))
    monkeypatch.chdir(tmp_path / 'results')
    assert again.history.equals(run.history)  # read only now


def test_a_recurrent_run(start):
    run = start(RNN, verbose=False)
    assert run.filters is None and run.activations is None
    assert run.history['iteration'].tolist()[:2] == [100, 200]
    assert run.history['iteration'].isna().tolist() == [False, False, False, True]  # the end


def test_settings_by_name_and_keyword(start):
    run = start('gru-50', iterations=151, seed=np.int64(3), threads=1, verbose=False)
    assert run.settings == elec576.RnnSettings(cell='gru', hidden=50, iterations=151, seed=3,
                                               threads=1)
    assert run.experiment is None
    assert run.path == Path('results/local/rnn-cell=gru-hidden=50-iterations=151/seed3')


def test_the_same_call_again_finds_it_finished(start, capfd):
    first = start(RNN)
    capfd.readouterr()
    again = start(RNN)
    assert capfd.readouterr().out.count('this run is finished') == 1
    assert again.history.equals(first.history)


def test_quiet_but_for_the_images(start, capfd):
    run = start(RNN, verbose=False, out='here')
    said, errors = capfd.readouterr()
    assert said.count('\n') == 1 and "not known to be the report's images" in said and not errors
    assert run.path == Path('here')


def test_an_experiment_changed_is_not_that_experiment(monkeypatch, tmp_path):
    asked = []

    def make_run(settings, out, options, echo):
        asked.append((settings, options.experiment, str(out)))
        made_up.finished_run(tmp_path, 'cnn4', 0).path.rename(tmp_path / str(len(asked)))
        return {'dataset': {'name': 'MNIST', 'digest': '', 'stand_in': False}}

    monkeypatch.setattr(api.one_run, 'make_run', make_run)
    monkeypatch.setattr(api, 'FinishedRun', lambda path: None)
    for name, settings in (('cnn-vis', {'seed': 2}), ('cnn1', {'lr': 1e-4, 'eval_every': 50}),
                           ('cnn1', {'dataset': 'mnist'}), ('cnn-mnist', {'dataset': 'cifar10'})):
        elec576.run(name, **settings)
    assert [name for _, name, _ in asked] == ['cnn-vis', None, None, None]
    assert [out for *_, out in asked][:2] == ['results/local/cnn-vis/seed2',
                                              'results/local/cnn4/seed0']
    assert [settings.train_per_class for settings, *_ in asked] == [800, 800, None, 800]


@pytest.mark.parametrize('call, words', [
    (lambda: elec576.run('cnn10'), 'cnn10: no experiment has this name; choose one of cnn1, '),
    (lambda: elec576.run(3), '3: neither the name of an experiment nor CnnSettings'),
    (lambda: elec576.run('cnn1', hidden=3), 'hidden: CnnSettings has no such setting; it has act,'),
    (lambda: elec576.run('cnn1', steps='many'), 'steps many: a whole number of at least 1'),
    (lambda: elec576.run(CNN, data='/no/such/folder'), '/no/such/folder'),
    (lambda: elec576.run(CNN, out=''), "out='': the name of a folder is needed"),
    (lambda: elec576.open_run('nowhere'), 'nowhere: there is no run in this folder'),
    (lambda: elec576.committed('cnn10'), 'cnn10: no experiment has this name'),
    (lambda: elec576.check('cnn1'), 'there is nothing to check'),
    (lambda: elec576.check('cnn1', accuracy=0.49), 'accuracy: no such quantity; choose one of'),
    (lambda: elec576.check('cnn1', test_accuracy=49), '49 is impossible'),
    (lambda: elec576.check('cnn1', test_accuracy=None), 'None is not a number'),
    (lambda: elec576.check('cnn1', train_loss=1.0), 'name its step'),
    (lambda: elec576.check(CNN, test_accuracy=0.4, seeds=2), 'seeds=2: an interval needs')])
def test_bad_input_is_one_line(call, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as error:
        call()
    assert words in str(error.value) and '\n' not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_run(tmp_path):
    run = made_up.finished_run(tmp_path, 'cnn1', 0)
    run.metrics.unlink()
    with pytest.raises(UserError, match='not finished; call elec576.run with its settings'):
        elec576.open_run(run.path)


def test_a_run_that_cannot_finish(tmp_path):
    run = made_up.finished_run(tmp_path, 'cnn1', 0)
    run.metrics.unlink()
    run.failure.write_text('{"step": 3, "error": "the loss is nan at step 3"}')
    with pytest.raises(UserError, match='the loss is nan at step 3'):
        elec576.open_run(run.path)


# --- interrupted


@pytest.fixture
def interrupting(monkeypatch):
    """Make the third line that is printed an interrupted kernel's; the first is a quiet run's."""
    def print_line(line):
        lines.append(line)
        if len(lines) == 3:
            signal.raise_signal(signal.SIGINT)

    lines = []
    monkeypatch.setattr(api, 'print_line', print_line)


def test_interrupted_and_resumed(start, interrupting):
    handler = signal.getsignal(signal.SIGINT)
    usual = start(RNN, verbose=False, out='usual')
    with pytest.raises(Interrupted, match='interrupted after step 2; saved in ours; the same call '
                                          'resumes it'):
        start(RNN, out='ours')
    assert signal.getsignal(signal.SIGINT) == handler and not Path('ours/metrics.json').exists()
    resumed = start(RNN, out='ours')
    for file in SAME:
        assert (resumed.path / file).read_bytes() == (usual.path / file).read_bytes()


def test_interrupted_before_it_trains(start, monkeypatch):
    monkeypatch.setattr('elec576.loops.rnn.load', Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(Interrupted, match='the same call goes on'):
        start(RNN)


def test_in_other_threads_than_the_main_one(start):
    """A kernel's thread, or a pool's."""
    seeds = range(3)
    usual = [start(RNN, seed=seed, out=f'usual{seed}', verbose=False) for seed in seeds]
    with ThreadPoolExecutor(2) as pool:
        pooled = list(pool.map(lambda seed: start(RNN, seed=seed, out=f'pool{seed}',
                                                  verbose=False), seeds))
    for one, other in zip(usual, pooled):
        for file in SAME:
            assert (one.path / file).read_bytes() == (other.path / file).read_bytes()


def test_ipython_shows_one_line(capsys):
    shell = pytest.importorskip('IPython.core.interactiveshell').InteractiveShell()
    for code, line in (('elec576.run("cnn10")', 'UserError: cnn10: no experiment has this name'),
                       ('raise elec576.errors.Interrupted("saved")', 'Interrupted: saved')):
        shell.run_cell(f'import elec576.errors\n{code}')
        printed = ''.join(capsys.readouterr())
        assert printed.startswith(line) and printed.count('\n') == 1


# --- the report's numbers


def marks(figure):
    """The report's numbers in a figure: by label, steps and values."""
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata()))
            for axes in figure.axes for line in axes.lines if 'the report' in line.get_label()}


def test_the_curves_have_the_reports_numbers(tmp_path):
    run = elec576.open_run(made_up.finished_run(tmp_path, 'cnn1', 0).path)
    figure = run.plot()
    assert figure._repr_png_().startswith(b'\x89PNG')
    drawn = marks(figure)
    assert drawn.keys() == {'train, the report', 'test, the report'}
    final = [value for value in reported('cnn1') if value.quantity == 'test_accuracy']
    assert drawn['test, the report'] == ([5000], [value.number for value in final])
    losses = next(line for line in figure.axes[1].lines if line.get_label() == 'train, the report')
    assert list(losses.get_ydata()) == [
        value.number for value in reported('cnn1') if value.quantity == 'train_loss']


def test_curves_on_other_images_are_never_compared(tmp_path):
    run = made_up.finished_run(tmp_path, 'cnn1', 0)
    config, metrics = read_json(run.config), read_json(run.metrics)
    stand_in = {'name': 'digits', 'digest': '', 'stand_in': True}
    write_json(run.config, config | {'dataset': stand_in})
    write_json(run.metrics, metrics | {'dataset': stand_in})
    opened = elec576.open_run(run.path)
    assert marks(opened.plot()) == {}
    assert 'STAND-IN DATA (digits)' in opened.plot().get_suptitle()
    assert 'STAND-IN DATA (digits)' in repr(opened)


# --- the committed runs


def test_committed_wherever_one_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    runs, history = elec576.committed('cnn-vis')
    folder = REPOSITORY / 'results/runs/cnn4'
    pd.testing.assert_frame_equal(runs, pd.read_csv(
        folder / 'runs.csv', float_precision='round_trip', dtype=runs.dtypes.to_dict()))
    assert set(history['seed']) == set(runs['seed'])
    last = history[history['step'] == 5000].set_index('seed')['test_accuracy']
    assert (last == runs.set_index('seed')['test_accuracy']).all()


def test_installed_without_a_clone(monkeypatch, tmp_path):
    monkeypatch.setattr(api, '__file__', str(tmp_path / 'site-packages/elec576/api.py'))
    with pytest.raises(UserError, match='clone its repository') as error:
        elec576.committed('cnn1')
    assert '\n' not in str(error.value)


def test_verdicts_are_those_of_the_script(script, monkeypatch, tmp_path):
    monkeypatch.chdir(REPOSITORY)
    claims = {'train_loss@1000': 1.08, 'test_accuracy': '0.60', 'h_conv1_mean': 0.0741}
    _, printed, _ = script('check.py', '--experiment', 'cnn1', *(
        part for name, value in claims.items() for part in ('--claim', f'{name}={value}')))
    monkeypatch.chdir(tmp_path)
    verdicts = elec576.check('cnn1', {'train_loss@1000': 1.08}, test_accuracy='0.60',
                             h_conv1_mean=0.0741)
    assert verdicts['verdict'].tolist() == ['inside', 'outside', 'outside']
    assert verdicts['step'].isna().tolist() == [False, True, True]
    lines = [line for line in printed.splitlines() if line.startswith('  ')]
    for line, row in zip(lines, verdicts.itertuples(), strict=True):
        said, low, high = re.search(r': (\w+) ([\d.e-]+) … ([\d.e-]+)', line).groups()
        assert said.lower() == row.verdict and re.search(rf'\b{row.n} committed', line)
        assert (float(low), float(high)) == pytest.approx((row.low, row.high), rel=1e-3)
        assert (f'inside that of {row.also}' in line) == (row.verdict == 'outside')


def test_runs_of_ones_own_judge(small_data, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, '_committed_results', lambda: None)
    loss = elec576.run(RNN, data=small_data, events=False, verbose=False, out='one').test_loss
    with joblib.parallel_config(backend='threading'):
        verdicts = elec576.check(RNN, test_loss=f'{loss:.3g}', seeds=4, data=small_data)
    assert verdicts['verdict'].tolist() == ['inside'] and verdicts['n'].item() >= 4
    assert verdicts['source'].item() == 'own runs, MNIST folder (not the original contents)'
    assert len(list(tmp_path.glob('results/local/check/runs/*/runs.csv'))) == 1
    assert [path.name for path in (tmp_path / 'results/local').iterdir()] == ['check']
