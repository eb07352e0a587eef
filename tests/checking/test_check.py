"""Is a number plausible? Claims as they are written, their answers, and the script from outside."""

import dataclasses
import os
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up import write_run, write_runs, write_step_0

from elec576 import cli
from elec576.checking.answers import Found, answers, committed, own
from elec576.checking.claims import (
    Asked,
    Claim,
    measuring,
    parse,
    read_claims,
    refuse_unmeasurable,
)
from elec576.comparison.comparison import Comparison
from elec576.comparison.error_rates import FewRuns, error_rates, few_runs
from elec576.comparison.first_steps import FirstSteps, read_first_steps
from elec576.comparison.numbers import judge_numbers
from elec576.comparison.prediction import LIMIT, Prediction
from elec576.comparison.results import read_results
from elec576.errors import UserError
from elec576.experiments import settings_of
from elec576.runs import many
from elec576.runs.tables import read_table
from elec576.settings import CnnSettings, RnnSettings
from elec576.telling.markdown import report_text

CNN, RNN = CnnSettings(), RnnSettings()
SMALL = ('--train-per-class', 12, '--test-per-class', 4, '--steps', 3)


def one_line(error):
    return error.count('\n') == 1 and error.endswith('\n') and 'Traceback' not in error


# ---- claims as they are written

@pytest.mark.parametrize('text, claim, rounding', [
    ('test_accuracy=0.476', Claim('test_accuracy', None, '0.476'), 0.0005),
    ('test_accuracy=0.4760', Claim('test_accuracy', None, '0.4760'), 0.00005),
    ('train_loss@1000=6.2e-2', Claim('train_loss', 1000, '6.2e-2'), 0.0005),
    ('test_loss = 2', Claim('test_loss', None, '2'), 0.5),
    ('train_loss@0=12E1', Claim('train_loss', 0, '12E1'), 5),
    ('train_loss@0=0', Claim('train_loss', 0, '0'), 0.5),  # the ends of what is possible
    # programs drop zeros: 1 for 1.00
    ('train_accuracy@4000=1', Claim('train_accuracy', 4000, '1'), 0.005),
    ('test_accuracy=0.5', Claim('test_accuracy', None, '0.5'), 0.005),
    # no finer than a float32 can tell
    ('test_loss=0.975600004196167', Claim('test_loss', None, '0.975600004196167'), 2**-24)])
def test_the_digits_are_the_rounding(text, claim, rounding):
    assert parse(text) == claim
    assert parse(text).rounding == pytest.approx(rounding, rel=1e-12)


@pytest.mark.parametrize('text, words', [
    ('test_accuracy', 'not a claim'), ('', 'not a claim'), ('test_accuracy=', '(nothing)'),
    *((f'test_loss={value}', 'not a number') for value in (
        'nan', 'inf', '-inf', 'NaN', '1_0', '0x1', '0.5%', '1e', '1e999', '1e50', '0,49', '.',
        '1' * 1000, '१', '--1', '0.4 0.5')),
    ('test_loss=-0.5', 'is impossible'), ('test_accuracy=1.1', 'is impossible'),
    ('test_accuracy=49', 'from 0 to 1'),
    ('accuracy=0.49', 'no such quantity; choose one of train_accuracy'), ('=0.49', '(nothing)'),
    ('step=3', 'no such quantity'), ('train_loss@=3', 'a step is missing'),
    *((f'train_loss@{step}=3', 'not a step') for step in ('-1', '1.5', 'end', '9' * 30))])
def test_nonsense_is_refused(text, words):
    with pytest.raises(UserError) as error:
        parse(text)
    assert words in str(error.value)


@pytest.mark.parametrize('settings, text, words', [
    (CNN, 'test_loss@5001=1', 'the run ends at step 5000'),
    (RNN, 'test_loss@3000=1', 'the run ends at step 2999'),
    (CNN, 'train_loss=1', 'such as train_loss@4900'), (RNN, 'train_loss=1', 'train_loss@2900'),
    (CNN, 'train_loss@5000=1', 'not at the end'), (RNN, 'test_accuracy@0=0.1', 'from step 1 on'),
    (RNN, 'h_conv1_mean=0.07', 'a recurrent net has no such quantity'),
    (CNN, 'h_conv1_mean@100=0.07', 'at the end only')])
def test_what_no_run_measures_is_refused(settings, text, words):
    with pytest.raises(UserError) as error:
        refuse_unmeasurable(Asked(settings, parse(text)))
    assert words in str(error.value) and text in str(error.value)


@pytest.mark.parametrize('settings, text', [
    (CNN, 'test_loss@5000=1'), (CNN, 'train_loss@0=5'), (RNN, 'train_loss@2999=1'),
    (CNN, 'h_conv1_mean@5000=0.07'), (CnnSettings(steps=3), 'train_loss@2=1')])
def test_what_runs_measure_is_not_refused(settings, text):
    refuse_unmeasurable(Asked(settings, parse(text)))


@pytest.mark.parametrize('settings, texts, changed', [
    (CNN, ['test_loss@1200=1', 'train_loss@300=1', 'test_accuracy=0.5', 'h_conv1_mean=1'], {}),
    (CNN, ['test_loss@4999=1'], {'eval_every': 4999}),
    (CNN, ['test_loss@150=1', 'test_loss@200=1'], {'eval_every': 50}),
    (CNN, ['train_loss@150=1'], {'log_every': 50}),  # with the neighbours, 100 steps apart
    (CnnSettings(eval_every=0), ['train_loss@1000=1', 'test_loss@5000=1'], {}),
    (CnnSettings(eval_every=0, log_every=0), ['train_loss@0=1'], {'log_every': 100}),
    (CnnSettings(eval_every=0), ['test_loss@0=1'], {'eval_every': 5000}),
    (RNN, ['train_loss@1010=1', 'test_loss@1000=1', 'test_loss@2999=1'], {}),
    (RNN, ['train_loss@1005=1'], {'display_step': 5}),
    (RNN, ['test_loss@750=1'], {'eval_every': 750})])
def test_claimed_steps_are_measured(settings, texts, changed):
    assert measuring(settings, list(map(parse, texts))) == dataclasses.replace(settings, **changed)


# ---- which program

def settings(*words):
    parser = cli.Parser()
    cli.add_settings_of_either(parser)
    return cli.settings_of_either(parser.parse_args(list(map(str, words))))


def test_the_options_tell_the_program():
    assert settings('--act', 'tanh', '--lr', 1e-4) == CnnSettings(act='tanh', lr=1e-4)
    assert settings('--cell', 'gru', '--optimizer', 'adam') == RnnSettings(cell='gru',
                                                                           optimizer='adam')
    assert settings('--experiment', 'gru-300', '--eval-every', 7) == dataclasses.replace(
        settings_of('gru-300'), eval_every=7)
    assert settings('--experiment', 'evidence-bias-0').bias == 0
    for words, line in ((('--lr', 1e-3), 'LeNet5 or a recurrent net?'), ((), 'LeNet5 or'),
                        (('--cell', 'gru', '--act', 'relu'), '--cell: the program that has --act'),
                        (('--experiment', 'gru-50', '--act', 'relu'), '--act: experiment gru-50'),
                        (('--experiment', 'gru-50', '--hidden', 51), '--hidden 51: experiment')):
        with pytest.raises(UserError, match=line):
            settings(*words)


# ---- a file of claims

def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_claims(path, lambda options: settings(*options.split()))


HEAD = 'options,quantity,step,value\n'


def test_a_file_of_claims(tmp_path):
    rows = ('--experiment cnn4,train_loss,1000,1.10\n\n'
            '"--cell ""gru""",test_loss,,6.2e-2\n').replace('""', '')
    for text in (HEAD + rows, '\ufeff' + HEAD + rows, (HEAD + rows).replace('\n', '\r\n')):
        assert read(tmp_path / 'report.csv', text) == [
            Asked(settings_of('cnn4'), Claim('train_loss', 1000, '1.10')),
            Asked(RnnSettings(cell='gru'), Claim('test_loss', None, '6.2e-2'))]


def test_a_file_of_claims_as_spreadsheets_write_it(tmp_path):
    """Semicolons or tabs where the comma is the decimal sign, and rows of empty cells at the end.
    """
    table = pd.DataFrame([('--experiment cnn4 --lr 1e-4', 'train_loss', '1000', '1,10'),
                          ('"--cell" gru', 'test_accuracy', '', '0.98'), ('', '', '', '')],
                         columns=HEAD.strip().split(','))
    for separator in ';\t':
        for encoding, end in (('utf-8', '\n'), ('utf-8-sig', '\r\n')):
            table.to_csv(tmp_path / 'report.csv', sep=separator, index=False, encoding=encoding,
                         lineterminator=end)
            assert read_claims(tmp_path / 'report.csv',
                               lambda options: settings(*shlex.split(options))) == [
                Asked(settings_of('cnn4'), Claim('train_loss', 1000, '1.10')),
                Asked(RnnSettings(cell='gru'), Claim('test_accuracy', None, '0.98'))]
    path = tmp_path / 'utf-16.csv'
    table.to_csv(path, sep='\t', index=False, encoding='utf-16')
    with pytest.raises(UserError, match='not UTF-8; save it as such'):
        read_claims(path, settings)


@pytest.mark.parametrize('text, line, words', [
    ('', 1, 'the columns are not'), ('options|quantity|step|value\n', 1, 'the columns are not'),
    (HEAD, 1, 'no claim'), (HEAD.replace(',', ';'), 1, 'no claim'),
    (HEAD + '#NAME?,test_loss,,1\n', 2, 'an apostrophe'),
    (HEAD + '--cell gru,test_accuracy,,"0,49"\n', 2, '0,49 is not a number'),
    (HEAD.replace(',', ';') + '--cell gru;test_accuracy;;0,4,9\n', 2, '0.4.9 is not a number'),
    (HEAD + '--cell gru,test_loss,,1\n--cell gru,test_loss,,nan\n', 3, 'nan is not a number'),
    (HEAD + '--cell gru,test_loss,1\n', 2, 'not 4 cells'),
    (HEAD + '--cell gru,test_loss,,1,2\n', 2, 'not 4 cells'),
    (HEAD + '--cell gru,test_loss,9999,1\n', 2, 'ends at step 2999'),
    (HEAD + '--cell gru,test_loss,,1\n--cell gru,test_loss,9999,1\n', 3, 'ends at step 2999'),
    (HEAD + '--lr 1,test_loss,,1\n', 2, 'LeNet5 or'),
    (HEAD + '--cell elm,test_loss,,1\n', 2, '--cell'),
    (HEAD + '\n"--cell gru,test_loss,,1\n', 3, ''),
    (HEAD.encode() + b'--cell gru,test_loss,,1\n--cell gr\xfc,test_loss,,1\n', 3, 'not UTF-8')])
def test_a_damaged_file_names_its_line(text, line, words, tmp_path):
    with pytest.raises(UserError) as error:
        read(tmp_path / 'report.csv', text)
    assert f'report.csv, line {line}: ' in str(error.value) and words in str(error.value)


# ---- answers

@pytest.fixture(scope='module')
def made_up(tmp_path_factory):
    return write_runs(tmp_path_factory.mktemp('made up') / 'results')


def as_claim(value):
    """A number of the report as somebody would claim it, with all the digits that it stands for."""
    text = value.value
    if value.printed == '%g' and value.number:
        text = f'{value.number:#.6g}'
    elif value.printed == 'float32':
        text = repr(float(np.float32(text)))
    found = Claim(value.quantity, value.step, text)
    assert found.rounding == pytest.approx(value.rounding, rel=1e-6) or value.printed == 'prose'
    return found


def test_the_report_and_a_claim_are_judged_alike(made_up):
    results = read_results(made_up)
    first_steps = read_first_steps(made_up, results)
    numbers = [number for number in judge_numbers(results, first_steps)
               if number.reported.compared]
    asked = [Asked(settings_of(number.reported.experiment), as_claim(number.reported))
             for number in numbers]
    found, left = committed(asked, results, first_steps, 5)
    assert not left and len(numbers) == 130
    verdicts = set()
    for one, number in zip(asked, numbers):
        judged = found[one].reference.judge(one.claim.number, one.claim.rounding)
        theirs = number.judgement
        assert (judged.low, judged.high, judged.n) == (theirs.low, theirs.high, theirs.n)
        assert judged.compatible == number.compatible
        verdicts.add(judged.compatible)
    assert True in verdicts
    assert {found[one].reference.judge(one.claim.number).n for one in asked} == {5, 60}


def lines_of(text, name, results, first_steps=FirstSteps(), data=None, runs=None):
    one = Asked(settings_of(name), parse(text))
    runs = results.of(name) if runs is None else runs
    reference = Prediction.of(one.claim.quantity, one.claim.step_in(one.settings), runs)
    lines, (verdict,) = answers([one], {one: Found(reference, data)}, results, first_steps)
    return lines, verdict


def test_an_answer_has_every_number_and_the_experiments_that_fit(made_up):
    results = read_results(made_up)
    (title, line, _), inside = lines_of('test_accuracy=0.960', 'gru-50', results)
    values = results.final('gru-50', 'test_accuracy')
    judged = Prediction.of('test_accuracy', 2999, results.of('gru-50')).judge(0.96, 0.0005)
    assert title.startswith('gru-50: gru cell, 50 hidden units')
    assert not inside and 'OUTSIDE' in line
    for number in (f'({len(values)} committed runs: a rough interval; ',
                   f'mean {np.mean(values):.4g}', f'{judged.low:.4g} … {judged.high:.4g}',
                   f'sd {np.std(values, ddof=1):.2g}'):
        assert number in line
    fitting = line.partition('inside that of ')[2]
    for name, runs in results.runs.items():
        own = Prediction.of('test_accuracy', settings_of(name).steps, runs).judge(0.96, 0.0005)
        listed = name in fitting.replace(' (', ', (').split(', ')
        assert listed == (own.compatible and name != 'gru-50'), name
    assert 'lstm-50' in fitting
    (_, line, _), inside = lines_of(f'test_accuracy={values[0]}', 'gru-50', results)
    assert inside and 'inside that of' not in line


def test_a_value_that_no_run_can_give_is_not_said_to_be_beside_the_interval(made_up):
    (_, line, _), inside = lines_of('train_accuracy@1000=0.483', 'cnn1', read_results(made_up))
    assert inside is False and 'OUTSIDE: a value that no run can give (5 committed' in line


def test_first_steps_are_not_called_runs(made_up):
    results = read_results(made_up)
    asked = [Asked(settings_of('cnn1'), parse('train_accuracy@0=0.1'))]
    found, _ = committed(asked, results, read_first_steps(made_up, results), 5)
    line = answers(asked, found, results, FirstSteps())[0][1]
    assert '(60 first steps; ' in line


def test_only_experiments_that_measured_it_there_are_compared(made_up):
    results = read_results(made_up)
    (_, line, _), _ = lines_of('train_loss@7900=9', 'cnn5', results)
    assert 'no other experiment (of 0 compared)' in line
    (_, line, _), _ = lines_of('h_conv1_mean=0.9', 'cnn4', results)
    compared = [name for name in results.runs
                if name != 'cnn4' and settings_of(name).program == 'cnn']
    assert f'(of {len(compared)} ' in line


def test_other_data_is_never_compared_with_the_committed_runs(made_up):
    results = read_results(made_up)
    (_, line, _), _ = lines_of('test_accuracy=0.960', 'gru-50', results, data='stand-in (digits)')
    assert 'OUTSIDE' in line and 'inside that of' not in line and 'stand-in (digits)' in line


def test_the_end_of_a_run_is_compared_with_the_end_of_the_others(made_up):
    """Named by its step or not; runs of one's own on the report's data, too."""
    results = read_results(made_up)
    fitting = {text.partition('inside that of ')[2] for text in (
        lines_of('test_accuracy=0.960', 'gru-50', results)[0][1],
        lines_of('test_accuracy@2999=0.960', 'gru-50', results)[0][1],
        lines_of('test_accuracy=0.960', 'gru-50', results, data='MNIST')[0][1])}
    assert len(fitting) == 1 and 'lstm-50' in fitting.pop()


def test_too_few_runs_have_no_interval(made_up):
    results = read_results(made_up)
    (_, line, _), verdict = lines_of('test_accuracy=0.965', 'gru-50', results,
                                  runs=results.of('gru-50')[:2])
    assert verdict is None and '2 committed runs are too few for an interval' in line


def test_why_committed_runs_do_not_answer(made_up, small_data):
    results = read_results(made_up)
    asked = [Asked(settings_of('gru-50'), parse(text)) for text in ('test_loss=1', 'test_loss@7=1')]
    found, left = committed(asked, results, FirstSteps(), 5)
    assert list(found) == asked[:1] and 'not measured at step 7' in left[asked[1]]
    _, left = committed(asked[:1], results, FirstSteps(), 6)
    assert left[asked[0]] == '5 committed runs, 6 are needed'
    _, left = committed(asked[:1], results, FirstSteps(), 5, str(small_data))
    assert 'not those of the committed runs' in left[asked[0]]
    free = dataclasses.replace(settings_of('evidence-bias-0'), seed=3, threads=2, eval_every=1)
    assert committed([Asked(free, parse('test_loss=1'))], results, FirstSteps(), 5)[0]


# ---- how often a check is right

def test_rates_by_hand(tmp_path):
    for name, accuracies in (('gru-50', (0.970, 0.971, 0.972, 0.973)),
                             ('lstm-50', (0.9700, 0.9712, 0.9600, 0.9721))):
        for seed, accuracy in enumerate(accuracies):
            write_run(tmp_path, name, seed, {('test_accuracy', 2999): accuracy})
    write_step_0(tmp_path, seeds=20)
    results = read_results(tmp_path)
    first_steps = read_first_steps(tmp_path, results)
    rates = {(rate.wrong, rate.quantity): (rate.outside, rate.judged)
             for rate in error_rates(results, first_steps)}
    gru, lstm = results.of('gru-50'), results.of('lstm-50')

    def outside(made, claimed):
        return sum(not Prediction.of('test_accuracy', 2999, [
            other for other in claimed if other.seed != run.seed
        ]).judge(run.final('test_accuracy')).compatible for run in made)

    assert rates['LSTM for GRU', 'final test accuracy'] == (outside(lstm, gru), 4)
    assert rates['GRU for LSTM', 'final test accuracy'] == (outside(gru, lstm), 4)
    assert outside(lstm, gru) > 0
    # without runs there is no row
    assert not any(wrong in ('SGD for Adam', 'biases 0 for 0.1') for wrong, _ in rates)
    losses = [first_steps.table.query('settings == @name')['train_loss'].to_numpy()
              for name in ('relu, keep_prob 0.75', 'relu')]
    scores = [Prediction('train_loss', np.delete(losses[1], seed)[:, None], 0, tuple(range(19)),
                        None).score(losses[0][seed]) for seed in range(20)]
    assert rates['keep_prob 0.75 for 0.5', 'train loss, step 0'] == (
        sum(abs(score) > LIMIT for score in scores), 20)
    comparison = Comparison(results, first_steps)
    text = report_text(comparison)
    assert '## How often a check is right' in text and '| LSTM for GRU ' in text
    rows = text.partition('## How often a check is right')[2].partition('\n## ')[0].count('\n| ')
    assert rows == len(rates) + 1  # with the head


def test_few_runs_by_hand(tmp_path, monkeypatch):
    """Five runs, judged by three others and then by all four: every step of the rule."""
    monkeypatch.setattr('elec576.comparison.error_rates.ENOUGH_RUNS', 4)
    monkeypatch.setattr('elec576.comparison.error_rates.FEW', (3,))
    values = (0.970, 0.9702, 0.9704, 0.9706, 0.96)
    for seed, accuracy in enumerate(values):
        write_run(tmp_path, 'gru-50', seed, {('test_accuracy', 2999): accuracy})
    for seed in range(4):
        write_run(tmp_path, 'lstm-50', seed)  # has too few runs for it
    results = read_results(tmp_path)
    accuracies, losses = few_runs(results)
    runs, random = Prediction.of('test_accuracy', 2999, results.of('gru-50')), \
        np.random.RandomState(0)
    expected = []
    for k, value in enumerate(values):
        others = np.delete(runs.at_step, k)[random.permutation(4)]
        judged = [Prediction('test_accuracy', others[:n, None], 0, tuple(range(n)), None)
                  for n in (3, 4)]
        outside = [not each.judge(value).compatible for each in judged]
        drawn = 3 if judged[0].well_inside(value) else 4
        expected.append((outside[0], outside[drawn - 3], drawn))
    at_once, in_the_end, drawn = zip(*expected)
    assert accuracies == FewRuns('final test accuracy', 3, sum(at_once), sum(in_the_end), 5,
                                 np.mean(drawn))
    assert accuracies.at_once > 0 and 3 < accuracies.drawn < 4
    assert losses.quantity == 'final test loss' and losses.judged == 5
    text = report_text(Comparison(results)).replace(' ', '')
    assert '|finaltestaccuracy|3|' in text


def test_no_rates_without_runs(tmp_path):
    write_run(tmp_path, 'gru-50', 100)
    comparison = Comparison(read_results(tmp_path))
    assert comparison.error_rates == () and 'How often a check' not in report_text(comparison)


# ---- the script

@pytest.mark.parametrize('value, code', [('0.9756', 0), ('0.5', 1)])
def test_committed_runs_answer_at_once(value, code, script, made_up, monkeypatch):
    monkeypatch.setattr('elec576.runs.many.reproduce', None)  # nothing is run
    found, out, error = script('check.py', '--experiment', 'gru-128', '--seeds', 5, '--results',
                               made_up, '--claim', f'test_accuracy={value}')
    assert (found, error) == (code, '')
    assert out.count('\n') == 3 and ('OUTSIDE' in out) == bool(code)
    assert not (made_up / 'local').exists()


@pytest.mark.parametrize('options, words', [
    (['--act', 'relu'], 'one of the arguments --claim --claims is required'),
    (['--claim', 'test_loss=1'], 'LeNet5 or a recurrent net?'),
    (['--cell', 'gru', '--claim', 'loss=1'], 'no such quantity'),
    (['--cell', 'gru', '--claim', 'test_loss=nan'], 'not a number'),
    (['--cell', 'gru', '--claim', 'test_loss@3000=1'], 'ends at step 2999'),
    (['--experiment', 'cnn10', '--claim', 'test_loss=1'], 'choose one of cnn1, '),
    (['--cell', 'gru', '--claim', 'test_loss=1', '--seeds', '0'], '--seeds'),
    (['--cell', 'gru', '--claim', 'test_loss=1', '--threads', '100000'], '--threads'),
    (['--cell', 'gru', '--claim', 'test_loss=1', '--data', '/no/folder'], '/no/folder'),
    (['--claims', '/no/report.csv'], '/no/report.csv'), (['--claims', '/'], '/'),
    (['--cell', 'gru', '--claims', 'report.csv'], 'drop the others'),
    (['--experiment', '', '--claims', 'report.csv'], 'drop the others'),
    (['--claim', 'test_loss=1', '--claims', 'report.csv'], 'not allowed with')])
def test_bad_input_is_one_line_before_any_run(options, words, script, tmp_path, monkeypatch):
    monkeypatch.setattr('elec576.runs.many.reproduce', None)
    code, out, error = script('check.py', *options, '--results', tmp_path)
    last = error.splitlines()[-1]  # why runs are needed may be said before
    assert (code, out) == (2, '') and words in last and 'Traceback' not in error
    assert one_line(error)


@pytest.fixture
def small(script, small_data, tmp_path, monkeypatch):
    """The script on small settings, its runs one after the other in this process."""
    monkeypatch.setattr(os, 'sched_getaffinity', lambda process: {0}, raising=False)

    def check(*options):
        return script('check.py', *SMALL, '--data', small_data, '--results', tmp_path, *options)

    return check


def tables(folder):
    return {path.parent.name: read_table(path.parent)
            for path in (folder / 'local/check/runs').glob('*/runs.csv')}


def test_runs_are_made_resumed_and_kept(small, tmp_path, monkeypatch):
    claims = ('--claim', 'test_accuracy=0.1', '--claim', 'train_loss@2=99', '--seeds', 3,
              '--most', 3)
    carry_out, made = many.carry_out, []

    def stopped(job, results, data):
        made.append(job.seed)
        if len(made) == 2:
            return many.Outcome(job, error='saved', interrupted=True)
        return carry_out(job, results, data)

    monkeypatch.setattr(many, 'carry_out', stopped)
    code, out, error = small(*claims)
    assert (code, out) == (130, '') and 'run the same command again to resume' in error
    assert 'making 3 runs in ' in error
    (before,) = tables(tmp_path).values()
    assert before.seeds == [0] and before.config['settings']['threads'] == 1
    code, out, error = small(*claims)
    assert code == 1 and 'making 2 runs in ' in error
    assert 'train_loss@2=99: OUTSIDE' in out and out.count('(3 runs of your own') == 2
    assert 'STAND-IN' not in out and 'CIFAR-10 folder (incomplete' in out
    assert 'inside that of' not in out
    (after,) = tables(tmp_path).values()
    assert sorted(after.seeds) == [0, 1, 2] and after.metrics(0) == before.metrics(0)
    loss = np.array([dict(zip(*after.history_of(seed).column('train_loss')))[2]
                     for seed in range(3)])
    assert f'mean {loss.mean():.4g}' in out
    monkeypatch.setattr(many, 'carry_out', None)
    code, again, error = small(*claims)
    assert (code, again) == (1, out) and 'making' not in error


def test_two_runs_are_too_few(small):
    code, out, error = small('--claim', 'test_accuracy=0.1', '--seeds', 2)
    assert (code, out) == (2, '') and 'making' not in error
    assert error.splitlines()[-1] == '--seeds 2: an interval needs 3 or more'


def test_a_whole_report(small, script, small_data, tmp_path):
    path = tmp_path / 'report.csv'
    options = ' '.join(map(str, SMALL))
    table = pd.DataFrame([(options, 'test_accuracy', '', '0.1'), (options, 'train_loss', '0', '99'),
                          (options + ' --lr 0.001', 'test_loss', '3', '99')],
                         columns=HEAD.strip().split(','))
    table.to_csv(path, index=False)
    command = ('check.py', '--claims', path, '--seeds', 3, '--most', 3, '--data', small_data,
               '--results', tmp_path)
    code, out, error = script(*command)
    assert code == 1 and 'making 3 runs' in error  # equal settings share runs
    assert [line.split(':')[0].strip() for line in out.splitlines()] == [
        'relu, adam 1e-3, 120 samples, 3 iterations', 'test_accuracy=0.1', 'train_loss@0=99',
        'test_loss@3=99', '1 of 3 claims are inside; of right ones, about 1 in 20 is outside by '
        'chance', 'intervals']
    path.write_text(path.read_text().replace('0,99', '0,many'))
    code, out, error = script(*command)
    assert (code, out) == (2, '') and one_line(error) and 'report.csv, line 3: ' in error


@pytest.mark.slow
def test_runs_that_diverge(small):
    code, out, error = small('--lr', '1e30', '--optimizer', 'sgd', '--claim', 'test_accuracy=0.1')
    assert (code, out) == (2, '') and 'no run with these settings has finished' in error
    assert 'Traceback' not in error


def test_a_stand_in_judges_no_claim(script, monkeypatch, tmp_path):
    monkeypatch.setattr('elec576.runs.many.reproduce', None)
    monkeypatch.delenv('ELEC576_DATA', raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('elec576.data.sources._download', lambda name: None)
    for options in (SMALL, ('--cell', 'gru')):
        code, out, error = script('check.py', *options, '--claim', 'train_loss@1=2', '--results',
                                  tmp_path)
        assert (code, out) == (2, '') and 'the stand-in judges no claim' in error.splitlines()[-1]


def test_more_runs_are_made_before_a_claim_is_outside(small, tmp_path):
    code, out, error = small('--claim', 'train_loss@2=99', '--seeds', 3, '--most', 5)
    assert code == 1 and 'train_loss@2=99: OUTSIDE' in out
    assert '(5 runs of your own on CIFAR-10 folder' in out and ': a rough interval' in out
    first, second = [line for line in error.splitlines() if line.startswith('making')]
    assert 'making 3 runs' in first and 'making 2 runs' in second
    assert 'by 3 runs: too few to be sure, so there will be 5' in error
    (table,) = tables(tmp_path).values()
    assert sorted(table.seeds) == [0, 1, 2, 3, 4]
    values = [dict(zip(*table.history_of(seed).column('train_loss')))[2] for seed in range(3)]
    code, out, error = small('--claim', 'train_accuracy@2=0.333', '--seeds', 3, '--most', 5)
    assert code == 1 and 'no run can give (3 runs' in out and 'too few' not in error
    claim = f'train_loss@2={np.exp(np.log(values).mean()):.3f}'
    code, out, error = small('--claim', claim, '--seeds', 3, '--most', 5)
    assert code == 0 and '(3 runs of your own' in out and 'too few' not in error


def test_failed_runs_are_not_tried_again_for_more(small_data, tmp_path, monkeypatch):
    """Seed 0 fails; of four wanted, then eight, one is missing each time."""
    asked = [Asked(RnnSettings(threads=1, iterations=300), parse('test_accuracy=0.99'))]
    rounds, seeds_made = [], []

    def make(jobs, *arguments):
        rounds.append([job.seed for job in jobs])
        seeds_made.extend(job.seed for job in jobs if job.seed)

    monkeypatch.setattr('elec576.checking.answers.make', make)
    monkeypatch.setattr('elec576.checking.answers.outstanding',
                        lambda jobs, *_: dict.fromkeys(jobs, 1.0))
    monkeypatch.setattr('elec576.checking.answers._by_runs', lambda jobs, claims, folder: {
        one: Found(Prediction('test_accuracy', np.linspace(0.4, 0.5, len(seeds_made))[:, None], 0,
                              tuple(seeds_made), None), 'MNIST') for one in claims})
    found = own(asked, tmp_path, 4, str(small_data), most=10)
    assert rounds == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(found[asked[0]].reference.values) == 9


# ---- with and without dropout

def test_training_values_without_dropout_are_no_experiments(made_up):
    """But what is tested, and part 1c, is the same: training does not depend on it."""
    results = read_results(made_up)
    without = settings('--experiment', 'cnn4', '--eval-keep-prob', 1)
    assert without == dataclasses.replace(settings_of('cnn4'), eval_keep_prob=1.0)
    assert settings('--experiment', 'cnn4', '--eval-keep-prob', 0.5) == settings_of('cnn4')
    asked = [Asked(without, parse(text)) for text in (
        'test_accuracy=0.9', 'h_conv1_mean=0.07', 'train_loss@4000=9')]
    found, left = committed(asked, results, FirstSteps(), 5)
    assert list(found) == asked[:2] and left == {asked[2]: 'no committed runs have these settings'}
    lines, _ = answers(asked[:1], found, results, FirstSteps())
    assert '(5 committed runs' in lines[1] and 'cnn4' not in lines[1].partition('OUTSIDE')[2]
    # a training value without dropout is not set beside those with it
    reference = Prediction('train_loss', np.array([[0.1], [0.11], [0.12]]), 0, (0, 1, 2), None)
    lines, _ = answers(asked[2:], {asked[2]: Found(reference, 'course CIFAR-10')}, results,
                       FirstSteps())
    assert 'no other experiment (of 0 compared)' in lines[1]


def test_dropout_of_evaluations_changes_no_training(small, tmp_path):
    """The runs of both have the same test values; their training values differ."""
    for options in ((), ('--eval-keep-prob', 1)):
        small('--claim', 'train_loss@2=1', '--claim', 'test_loss=2', '--seeds', 3, '--most', 3,
              *options)
    one, other = tables(tmp_path).values()
    assert (one.runs[['test_accuracy', 'test_loss']] == other.runs[
        ['test_accuracy', 'test_loss']]).all(axis=None)
    assert not (one.history['train_loss'].dropna() == other.history['train_loss'].dropna()).any()


# ---- where the runs are, and the help

def test_the_clones_results_are_found_from_any_folder(script, tmp_path, monkeypatch):
    monkeypatch.setattr('elec576.runs.many.reproduce', None)
    monkeypatch.chdir(tmp_path)
    code, out, _ = script('check.py', '--experiment', 'rnn-a', '--claim', 'test_accuracy=0.85')
    assert code == 1 and ' committed runs' in out
    code, out, _ = script('reproduce.py', '--to-next-look', '--list')
    assert code == 0 and 'rnn-a' not in out
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_named(script, tmp_path, monkeypatch):
    monkeypatch.setattr('elec576.runs.many.reproduce', None)
    _, _, error = script('check.py', '--experiment', 'rnn-a', '--claim', 'test_accuracy=0.85',
                         '--results', tmp_path, '--seeds', 2)
    assert f'0 committed runs, 2 are needed ({tmp_path / "runs"})' in error


def test_results_are_those_of_the_working_directory_without_a_clone(tmp_path, monkeypatch):
    monkeypatch.setattr('sys.argv', [str(tmp_path / 'scripts' / 'check.py')])
    assert cli.default_results() == Path('results')
    (tmp_path / 'results' / 'runs').mkdir(parents=True)
    assert cli.default_results() == tmp_path / 'results'
    monkeypatch.chdir(tmp_path)
    assert cli.default_results() == Path('results')


def test_the_help_lists_each_setting_once_by_program(script):
    code, out, _ = script('check.py', '--help')
    assert code == 0
    _, either, lenet5, recurrent = out.split('settings of ')
    for kind, part in ((CnnSettings, lenet5), (RnnSettings, recurrent)):
        for item in dataclasses.fields(kind):
            in_part = f'\n  --{item.name.replace("_", "-")} ' in part
            assert in_part != (f'\n  --{item.name.replace("_", "-")} ' in either), item.name
    assert 'adam for LeNet5, rmsprop' in ' '.join(either.split())
    assert 'all cores' not in out and '--eval-keep-prob 1 ' in out


def test_what_to_do_where_an_experiment_has_another_setting(script, tmp_path):
    code, out, error = script('check.py', '--experiment', 'gru-300', '--lr', 0.01, '--claim',
                              'test_loss=1', '--results', tmp_path)
    assert (code, out) == (2, '') and one_line(error)
    words = error.partition('name every setting: ')[2].split()
    assert settings(*words) == dataclasses.replace(settings_of('gru-300'), lr=0.01)
    for options, value in ((('--stddev', 0.05), 'its default'), (('--steps', 7), '5000')):
        _, _, error = script('check.py', '--experiment', 'cnn1', *options, '--claim',
                             'test_loss=1', '--results', tmp_path)
        assert f'experiment cnn1 has {value}; drop it, or' in error and one_line(error)
