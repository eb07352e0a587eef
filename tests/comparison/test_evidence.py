"""What the report leaves open: readings weighed with step 0 of many seeds."""

import math

import numpy as np
import pytest
from made_up import write_runs, write_step_0
from scipy import stats

from elec576.comparison.comparison import compare
from elec576.comparison.evidence import log_likelihood
from elec576.errors import UserError
from elec576.runs import step0


def test_readings_beside_the_report(tmp_path):
    write_step_0(write_runs(tmp_path, ('cnn4',), seeds=3))
    answers = {answer.question.name: answer for answer in compare(tmp_path).answers}
    answer = answers['fc1, relu']
    assert [value.value for value in answer.beside['train_loss']] == [
        '5.29658', '5.31366', '5.21778', '4.87657']
    assert answer.count('fc1 stays tanh') == (4, 4)
    assert answer.count('fc1 relu') == (0, 4)
    ours, other = answer.readings
    assert ours.values == tuple(step0.read(tmp_path).query('settings == "relu"')['train_loss'])
    assert ours.relative_likelihood == 1 and 0 < other.relative_likelihood < 1e-6
    assert other.relative_likelihood == pytest.approx(
        math.exp(other.log_likelihood - ours.log_likelihood))
    assert answers['bias, activations'].count('biases 0') is None
    assert all(reading.log_likelihood is None
               for reading in answers['bias, activations'].readings)


def test_likelihood_is_that_of_the_log_normal_for_many_seeds():
    logs = np.random.RandomState(0).normal(1.7, 0.14, 100_000)
    printed = [5.29658, 4.87657, 7.2]
    assert log_likelihood(tuple(np.exp(logs)), printed) == pytest.approx(
        stats.lognorm(0.14, scale=np.exp(1.7)).logpdf(printed).sum(), abs=0.05)
    assert log_likelihood((5.0, 5.1), printed) is None
    assert log_likelihood((5.0, 5.1, 0.0), printed) is None
    assert log_likelihood((5.0, 5.0, 5.0), printed) is None
    # a density: it integrates to 1
    values = tuple(np.exp(logs[:5]))
    x = np.linspace(0.01, 40, 2_001)
    density = [math.exp(log_likelihood(values, [at])) for at in x]
    assert np.trapezoid(density, x) == pytest.approx(1, abs=0.005)


def test_without_step_0_nothing_is_said_of_it(tmp_path):
    comparison = compare(write_runs(tmp_path, ('cnn4',), seeds=3))
    assert comparison.first_steps.seeds == 0
    for answer in comparison.answers:
        if answer.question.step == 0:
            assert {reading.relative_likelihood for reading in answer.readings} == {None}


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
