"""The report's numbers as data, against facts that do not come from the table itself."""

import hashlib
from collections import Counter

import pytest

from elec576.claims.numbers import all_reported, reported
from elec576.experiments import EXPERIMENTS
from elec576.loops.history import STATISTICS
from elec576.settings import CnnSettings


def printed(experiment: str, quantity: str, step: int) -> list[str]:
    return [value.value for value in reported(experiment)
            if (value.quantity, value.step) == (quantity, step)]


def test_every_value_is_of_a_known_experiment_and_a_step_that_it_reaches():
    for value in all_reported():
        settings = EXPERIMENTS[value.experiment]
        final = value.quantity.startswith(('test_', 'h_conv'))
        assert value.step == settings.steps if final else 0 <= value.step < settings.steps
        assert value.number >= 0 and value.where
        assert not value.quantity.endswith('accuracy') or value.number <= 1


def test_the_logs_are_whole_except_for_the_two_lines_that_run_9_lost():
    cnn = [name for name, settings in EXPERIMENTS.items()
           if isinstance(settings, CnnSettings) and name != 'cnn-mnist']
    for name in cnn:
        steps = range(0, EXPERIMENTS[name].steps, 1000)
        for quantity in ('train_accuracy', 'train_loss'):
            missing = [step for step in steps if not printed(name, quantity, step)]
            assert missing == ([2000, 3000] if (name, quantity) == ('cnn9', 'train_accuracy')
                               else [])
        assert len(printed(name, 'test_accuracy', EXPERIMENTS[name].steps)) == 1
    # 10 runs of 11 lines, 6 more of cnn5's three further steps, run 9 a line short, 6 statistics,
    # 8 numbers under LSTM and GRU, 0.95 and 0.9861
    assert len(all_reported()) == 10 * 11 + 6 - 1 + 6 + 8 + 2


def test_no_digit_has_changed_since_they_were_compared_with_the_report():
    text = '\n'.join(f'{value.experiment} {value.quantity} {value.step} {value.value}'
                     for value in all_reported())
    assert hashlib.sha256(text.encode()).hexdigest() == (
        '35b3e918e6e688f9c315cff7a2ceca652624a7e3e282c566e4b97a0ec7e563bc')


def test_step_0_losses():
    losses = {name: printed(name, 'train_loss', 0) for name in EXPERIMENTS}
    assert [losses[name] for name in ('cnn1', 'cnn4', 'cnn6', 'cnn-vis')] == [
        ['5.29658'], ['5.31366'], ['5.21778'], ['4.87657']]
    assert losses['cnn9'] == ['2.28702']


def test_test_accuracies_in_the_reports_order():
    assert [printed(f'cnn{k}', 'test_accuracy', EXPERIMENTS[f'cnn{k}'].steps)[0]
            for k in range(1, 10)] == ['0.49', '0.447', '0.519', '0.505', '0.51', '0.393', '0.348',
                                       '0.1', '0.452']


def test_batch_accuracies_are_counts_of_50_and_test_accuracies_of_the_test_set():
    for value in all_reported():
        if value.quantity == 'train_accuracy':
            assert value.number * 50 == pytest.approx(round(value.number * 50))
        elif value.quantity == 'test_accuracy':
            images = 1000 if value.experiment in ('cnn-vis', *(f'cnn{k}' for k in range(10))) \
                else 10000
            assert value.number * images == pytest.approx(round(value.number * images))


def test_printed_variances_are_the_squares_of_the_printed_standard_deviations():
    values = {value.quantity: value for value in reported('cnn-vis')}
    assert set(STATISTICS) < set(values)
    for layer in ('h_conv1', 'h_conv2'):
        deviation = values[f'{layer}_standard_deviation'].number
        assert values[f'{layer}_variance'].number == pytest.approx(deviation**2, rel=2e-6)


def test_run_9_is_marked_and_its_doubled_line_is_not_compared():
    assert all('garbled' in value.note or 'doubled' in value.note for value in reported('cnn9'))
    left_out = [value for value in all_reported() if not value.compared]
    assert [(value.experiment, value.quantity, value.step, value.value) for value in left_out] == [
        ('cnn9', 'train_loss', 2000, '1.0656')]
    repeated = Counter((value.experiment, value.quantity, value.step) for value in all_reported()
                       if value.compared)
    assert set(repeated.values()) == {1}


@pytest.mark.parametrize('experiment, quantity, step, rounding', [
    ('cnn1', 'train_loss', 0, 5e-6),  # 5.29658: six digits
    ('cnn3', 'train_loss', 4000, 5e-7),  # 0.193473
    ('cnn5', 'train_loss', 4000, 5e-7),  # 0.25615: a dropped zero is a digit too
    ('cnn1', 'train_loss', 4000, 5e-8),  # 0.0586619
    ('rnn-d', 'test_accuracy', 2999, 5e-3),  # 0.95 in a sentence
    ('cnn-mnist', 'test_accuracy', 5500, 5e-5),
    ('gru-300', 'test_loss', 2999, 2**-28),  # all digits of a float32 in [1/32, 1/16)
])
def test_rounding(experiment, quantity, step, rounding):
    (value,) = [value for value in reported(experiment)
                if (value.quantity, value.step) == (quantity, step)]
    assert value.rounding == rounding
