"""A finished run beside the report's numbers."""

import json

import pytest
from made_up import finished_run

from elec576.claims.numbers import reported
from elec576.runs.rundir import RunDirectory
from elec576.telling.beside import beside


@pytest.mark.parametrize('name', ('cnn1', 'cnn-vis', 'gru-128'))
def test_every_number_of_the_report_stands_there(name, tmp_path):
    run = finished_run(tmp_path, name, 0)
    head, _, *rows, caveat = beside(name, run).splitlines()
    assert head.split() == [name, 'report', 'this', 'run'] and 'many seeds' in caveat
    values = [value for value in reported(name) if value.compared]
    assert [row.split()[-2] for row in rows] == [value.value for value in values]
    metrics = json.loads(run.metrics.read_text())
    for value, row in zip(values, rows):
        if value.quantity in metrics:
            assert row.split()[-1] == f'{metrics[value.quantity]:g}'


def test_what_was_not_measured_is_said(tmp_path):
    run = finished_run(tmp_path, 'cnn1', 0)
    lines = run.history.read_text().splitlines(keepends=True)
    run.history.write_text(''.join(line for line in lines if not line.startswith('1000,')))
    (row,) = [row for row in beside('cnn1', run).splitlines()
              if row.startswith('train loss, step 1000')]
    assert row.endswith('not measured')


def test_an_experiment_of_which_the_report_prints_nothing(tmp_path):
    assert not reported('rnn-50')
    assert beside('rnn-50', RunDirectory(tmp_path)) == 'The report prints no number of rnn-50.'
