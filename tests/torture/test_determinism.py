"""Trial `determinism`: the same command again and again; other versions of TensorFlow and Python.

Between versions the last bits may differ (kernels change): by how much is said. Within each the
package must equal the listings bit for bit, which the repository's own tests of that say.
"""

import subprocess

import pytest
from commands import command_of, environment, run_well
from helpers import REPOSITORY
from same_run import differences

from elec576.comparison.results import read_results
from elec576.experiments import settings_of
from elec576.loops.history import CNN_COLUMNS, RNN_COLUMNS, History
from elec576.runs.rundir import RunDirectory, read_metrics
from elec576.settings import CnnSettings, RnnSettings

RUNS = {'LeNet5': CnnSettings(steps=60, train_per_class=12, test_per_class=4, eval_every=1,
                              threads=2),
        'LSTM': RnnSettings(cell='lstm', hidden=16, iterations=50 * 101, display_step=1,
                            eval_every=20, threads=2),
        'GRU': RnnSettings(cell='gru', hidden=4, iterations=50 * 11, display_step=1, eval_every=5,
                           threads=2)}
EQUALITY = ('tests/loops/test_cnn_loop.py', 'tests/loops/test_rnn_loop.py')


@pytest.fixture(scope='module')
def make(small_data, tmp_path_factory):
    """Make a run of `RUNS` in a process of its own."""
    def make_run(name: str, number: int = 0, **python) -> RunDirectory:
        run = RunDirectory(folder / f'{name}-{number}')
        run_well(command_of(RUNS[name], run.path, small_data, '--no-events', **python))
        return run

    folder = tmp_path_factory.mktemp('determinism')
    return make_run


@pytest.mark.slow
@pytest.mark.parametrize('name', RUNS)
def test_the_same_command(name, make, trial_options, finding):
    if name != 'LeNet5' and not trial_options.full:
        pytest.skip('--full tries it')
    first, *others = [make(name, number) for number in range(5 if trial_options.full else 2)]
    found = [differences(run, first) for run in others]
    finding(f'the same command {1 + len(others)} times, {name}, {RUNS[name].threads} threads: '
            'identical histories and variables', 1 + len(others),
            [', '.join(names) for names in found if names])


@pytest.mark.slow
def test_the_committed_runs_that_are_one(finding):
    """Run 5 is run 2 and 3000 steps more: made apart, on whatever processors, and recorded apart.
    """
    results = read_results(REPOSITORY / 'results')
    longer, shorter = ({run.seed: run for run in results.of(name)} for name in ('cnn5', 'cnn2'))
    both, end = sorted(longer.keys() & shorter.keys()), settings_of('cnn2').steps
    failed = [str(seed) for seed in both for quantity in CNN_COLUMNS[1:]
              if any(longer[seed].measured(quantity)[step] != value
                     for step, value in shorter[seed].measured(quantity).items() if step < end)]
    elsewhere = sum(longer[seed].metrics['processor'] != shorter[seed].metrics['processor']
                    for seed in both)
    finding(f'committed runs of cnn5 up to step {end} and of cnn2, made apart: every recorded '
            'value is equal to the last bit', len(both), failed,
            f'{elsewhere} pairs on two processors')


@pytest.mark.slow
def test_other_versions(make, trial_options, record_property, tmp_path):
    """Package against listings under each of `--pythons`, and how far its runs are from ours."""
    if not trial_options.pythons:
        pytest.skip('no other interpreters: --pythons names some')
    ours = {name: make(name, 100) for name in RUNS}
    failed = []
    for number, python in enumerate(trial_options.pythons, 101):
        done = subprocess.run(
            [python.absolute(), '-m', 'pytest', '-q', '-n', '0', '-p', 'no:cacheprovider',
             '-m', '', *EQUALITY],  # the slow ones too
            capture_output=True, text=True, cwd=REPOSITORY,
            env=environment(PYTHONDONTWRITEBYTECODE='1'))
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()[-1].strip('= ')
        theirs = {name: make(name, number, python=python.absolute()) for name in RUNS}
        versions = read_metrics(theirs['LSTM'])['versions']
        words = [f'{name}: {apart(ours[name], theirs[name])}' for name in RUNS]
        failed += [f'{python}: {said}'] * (done.returncode != 0)
        for name, value in (
                ('what', f'TensorFlow {versions["tensorflow"]}, Python {versions["python"]}, numpy '
                         f'{versions["numpy"]}: package and listings agree bit for bit'),
                ('tried', 1), ('held', int(done.returncode == 0)),
                ('note', f'{said}; beside this machine\'s own version: {"; ".join(words)}')):
            record_property(name, value)
    assert not failed


def apart(ours: RunDirectory, theirs: RunDirectory) -> str:
    """How far the losses of two histories are apart at the most, in words."""
    rows = zip(History.read(ours.history).rows, History.read(theirs.history).rows)
    losses = [(row['step'], row['train_loss'], other['train_loss']) for row, other in rows
              if 'train_loss' in row]
    differing = [(step, abs(one - other) / abs(one)) for step, one, other in losses if one != other]
    if not differing:
        return f'all {len(losses)} training losses identical'
    step, first = differing[0]
    return (f'training loss differs from step {step} on (by {first:.1g} there, '
            f'by {max(size for _, size in differing):.1g} at most)')


def test_how_far_histories_are_apart(tmp_path):
    runs = [RunDirectory(tmp_path / name) for name in ('one', 'other')]
    for run, last in zip(runs, (1.0, 1.5)):
        history = History(RNN_COLUMNS)
        history.record(1, iteration=1, train_loss=2.0)
        history.record(2, iteration=2, train_loss=last)
        history.write(run.history)
    assert 'from step 2 on (by 0.5 there' in apart(*runs)
    assert apart(runs[0], runs[0]) == 'all 2 training losses identical'
