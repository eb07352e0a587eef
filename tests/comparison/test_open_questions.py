"""What the report leaves open: readings weighed with step 0 of many seeds."""

import math

import numpy as np
import pytest
from made_up import write_run, write_runs, write_step_0

from elec576.comparison import first_steps
from elec576.comparison.comparison import compare
from elec576.comparison.prediction import Prediction
from elec576.errors import UserError


def test_readings_beside_the_report(tmp_path):
    write_step_0(write_runs(tmp_path, ('cnn4',), seeds=3))
    answers = {answer.question.name: answer for answer in compare(tmp_path).answers}
    answer = answers['fc1, relu']
    assert [value.value for value in answer.beside['train_loss']] == [
        '5.29658', '5.31366', '5.21778', '4.87657']
    assert answer.count('fc1 stays tanh') == (4, 4)
    assert answer.count('fc1 relu') == (0, 4)
    ours, other = answer.readings
    starts = first_steps.read(tmp_path).query('settings == "relu"')
    assert ours.values == tuple(starts['train_loss'])
    right, wrong = answer.log_likelihoods.values()
    assert right == pytest.approx(Prediction(
        'train_loss', np.reshape(ours.values, (-1, 1)), 0, tuple(range(60)), None).log_densities(
            np.array([5.29658, 5.31366, 5.21778, 4.87657])).sum())
    assert answer.relative == {'fc1 stays tanh': 1, 'fc1 relu': pytest.approx(
        math.exp(wrong - right))} and 0 < answer.relative['fc1 relu'] < 1e-6
    assert answers['bias, activations'].count('biases 0') is None
    assert set(answers['bias, activations'].log_likelihoods.values()) == {None}


def test_activations_weigh_the_readings_together(tmp_path):
    for name, mean in (('cnn4', 0.074), ('evidence-bias-0', 0.053)):
        for seed in range(100, 106):
            write_run(tmp_path, name, seed, {('h_conv1_mean', 5000): mean + (seed % 3) / 1000})
    comparison = compare(tmp_path)
    answer = comparison.answers[-1]
    fit = comparison.identification.fit('cnn-vis', activations=True)
    assert answer.log_likelihoods == {'biases 0.1': fit.log_likelihoods['cnn4'],
                                      'biases 0': fit.log_likelihoods['evidence-bias-0']}
    assert answer.relative['biases 0.1'] == 1 and 0 < answer.relative['biases 0'] < 0.05


def test_without_step_0_nothing_is_said_of_it(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn4',), seeds=3))
    assert comparison.first_steps.seeds == 0
    for answer in comparison.answers:
        if answer.question.step == 0:
            assert set(answer.relative.values()) == {None}


@pytest.mark.parametrize('damage, words', [
    (lambda csv, origin: csv.write_text(csv.read_text()[:-5]), 'step0.csv: damaged'),
    (lambda csv, origin: origin.write_text('{}'), 'step0.json: it names no data set'),
    (lambda csv, origin: origin.unlink(), 'step0.json: no such file'),
    (lambda csv, origin: origin.write_text(origin.read_text().replace('0000800', '0000801')),
     "step0.json: the data set's digest is 0")])
def test_damaged_step_0_stops_everything(damage, words, tmp_path):
    write_step_0(write_runs(tmp_path, ('cnn4',), seeds=3))
    damage(tmp_path / 'step0.csv', tmp_path / 'step0.json')
    with pytest.raises(UserError, match=words) as refused:
        compare(tmp_path)
    assert '\n' not in str(refused.value)
