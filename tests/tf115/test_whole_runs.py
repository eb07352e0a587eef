"""Whole runs on TensorFlow 1.15: what is kept of them."""

import pytest
from tf115.whole_runs import whole_run

from elec576.experiments import named


@pytest.mark.parametrize('experiment', ['cnn1', 'gru-128'])
def test_a_run_is_made_of_what_the_driver_wrote(experiment):
    nan = float('nan')
    listing = {'step': [0, 1, 2], 'train_accuracy': [0.1, nan, 0.3], 'train_loss': [6.0, nan, 4.0]}
    if experiment == 'cnn1':
        listing |= {'test_accuracy': [0.2, nan, 0.4], 'test_loss': [5.0, nan, 3.0],
                    'final_accuracy': 0.5, 'final_loss': 2.5}
    else:
        listing |= {'test_accuracy': 0.5, 'test_loss': 2.5}
    raw = {'listing': listing, 'wall_seconds': 2.0, 'cpu_seconds': 1.0,
           'versions': {'tensorflow': '1.15.5'}}
    run = whole_run(raw, named(experiment), {'digest': 'd'}, 'now')
    assert (run.test_accuracy, run.test_loss) == (0.5, 2.5)
    assert [row['step'] for row in run.history] == [0, 2]
    assert ('test_loss' in run.history[0]) == (experiment == 'cnn1')
