"""The printed commands make the very runs."""

import dataclasses
import shlex

import pytest
from made_up import NAMES, write_runs

from elec576 import cli
from elec576.claims.plan import FIRST_SEED
from elec576.comparison.comparison import compare
from elec576.files import write_json
from elec576.page.commands import rerun_commands
from elec576.runs import many
from elec576.runs.rundir import read_json
from elec576.settings import CnnSettings


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """Two seeds of everything."""
    return compare(write_runs(tmp_path_factory.mktemp('two') / 'results', seeds=2)).results


def options_in(command: str) -> dict[str, str]:
    words = shlex.split(command)[2:]
    return dict(zip(words[::2], words[1::2]))


@pytest.mark.parametrize('name', NAMES)
def test_reproduce_plans_all_of_the_runs(results, name):
    command = next(iter(rerun_commands(results.of(name)).values()))
    assert command.startswith('python scripts/reproduce.py ')
    options = options_in(command)
    seeds = range(FIRST_SEED, FIRST_SEED + int(options['--seeds']))
    jobs = many.plan(options['--only'], seeds, int(options['--threads']))
    assert [job.settings for job in jobs] == [run.settings for run in results.of(name)]
    assert options['--results'] != 'results'  # where they are finished, nothing would be run


@pytest.mark.parametrize('name', NAMES)
def test_one_run_parses_to_its_settings(results, name):
    run = results.of(name)[0]
    words = shlex.split(rerun_commands(results.of(name))['Seed 100 alone'])
    kind = type(run.settings)
    assert words[:2] == ['python',
                         f'scripts/run_{"cnn" if kind is CnnSettings else "rnn"}.py']
    args = cli.run_parser(kind, '').parse_args(words[2:])
    assert cli.settings_from(args, kind) == run.settings


@pytest.mark.parametrize('name', NAMES)
def test_the_listing_gets_every_setting_that_it_knows(results, name):
    run = results.of(name)[0]
    command = rerun_commands(results.of(name)).get('Seed 100 with the listing itself')
    if name in ('cnn-mnist', 'evidence-bias-0'):
        assert command is None
        return
    options = options_in(command)
    fields = dataclasses.asdict(run.settings)
    silent = {'eval_every'} | ({'bias', 'dataset', 'log_every'}
                               if isinstance(run.settings, CnnSettings) else {'optimizer'})
    assert options == {'--' + field.replace('_', '-'): str(value)
                       for field, value in fields.items()
                       if field not in silent and value is not None}


def test_free_settings_are_kept_and_reproduce_is_not_offered(tmp_path):
    path = write_runs(tmp_path, ('cnn1',), seeds=1) / 'runs/cnn1/config.json'
    config = read_json(path)
    config['settings']['eval_every'] = 50
    write_json(path, config)
    commands = rerun_commands(compare(tmp_path).results.of('cnn1'))
    assert options_in(commands['Seed 100 alone']) == {
        '--experiment': 'cnn1', '--seed': '100', '--threads': '1', '--eval-every': '50'}
    assert not any('reproduce.py' in command for command in commands.values())
