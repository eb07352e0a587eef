"""The report's conclusions and open questions are about experiments and numbers that exist."""

from elec576.claims.conclusions import CELLS, CONCLUSIONS, Link, all_links, chain
from elec576.claims.numbers import reported
from elec576.claims.questions import QUESTIONS
from elec576.experiments import EVIDENCE, EXPERIMENTS, STEP_0

ALL = EXPERIMENTS | EVIDENCE


def test_conclusions_name_experiments_and_printed_values():
    for conclusion in CONCLUSIONS:
        for link in conclusion.links:
            assert link.higher in ALL and link.lower in ALL
        for experiment, quantity in conclusion.values:
            assert any(value.quantity == quantity for value in reported(experiment))
    assert len({conclusion.name for conclusion in CONCLUSIONS}) == len(CONCLUSIONS)


def test_compared_experiments_differ_in_what_the_conclusion_is_about():
    about = {'iterations': {'steps'}, 'training samples': {'train_per_class'},
             'optimizer': {'optimizer'}, 'initialisation': {'init'}, 'learning rate': {'lr'},
             'activation': {'act'}, 'hidden units, accuracy': {'hidden'},
             'hidden units, runtime': {'hidden'}, 'cell, 50 hidden units': {'cell'},
             'cell, 128 hidden units': {'cell'}, 'cell, 300 hidden units': {'cell'},
             'basic RNN': {'lr', 'iterations', 'batch_size'}, 'learning rate, as written': {'lr'}}
    for conclusion in CONCLUSIONS:
        for link in conclusion.links:
            ours, theirs = ALL[link.higher], ALL[link.lower]
            if type(ours) is type(theirs):
                differing = {name for name, value in vars(ours).items()
                             if value != getattr(theirs, name)}
                if conclusion.name != 'CNN on MNIST':
                    assert differing and differing <= about[conclusion.name]


def test_cells_ascend():
    for cell, names in CELLS.items():
        assert [(EXPERIMENTS[name].cell, EXPERIMENTS[name].hidden) for name in names] == [
            (cell, 50), (cell, 128), (cell, 300)]


def test_the_cnn_on_mnist_is_set_against_every_rnn():
    (conclusion,) = [one for one in CONCLUSIONS if one.name == 'CNN on MNIST']
    rnns = {name for name in EXPERIMENTS if name.startswith(('rnn', 'lstm', 'gru'))}
    assert {link.lower for link in conclusion.links} == rnns and len(rnns) == 12


def test_the_looks_of_the_plan():
    pairs: dict = {}
    for link in all_links():
        if link.quantity == 'test_accuracy':
            pairs.setdefault(link.looks, set()).add((link.higher, link.lower))
        else:
            assert link.looks == (28,)
    cells = {tuple(pair) for at in range(3) for pair in (
        (CELLS['gru'][at], CELLS['lstm'][at]), (CELLS['lstm'][at], CELLS['basic'][at]))}
    units = {(more, fewer) for names in CELLS.values() for fewer, more in zip(names, names[1:])}
    assert pairs == {
        (16, 32, 48): {('cnn1', 'cnn2'), ('cnn3', 'cnn2'), ('cnn9', 'cnn2')},
        (16,): {('cnn5', 'cnn2'), ('cnn4', 'cnn1'), ('evidence-tanh-1e-4', 'cnn2'),
                ('evidence-tanh-1e-4', 'evidence-tanh-1e-5')},
        (10,): {('cnn4', 'cnn6'), ('cnn2', 'cnn7'), ('cnn2', 'cnn8')} | {
            ('cnn-mnist', name) for name, settings in EXPERIMENTS.items()
            if settings.program == 'rnn'},
        (28,): {('rnn-d', 'rnn-a'), ('rnn-d', 'rnn-b'), ('rnn-d', 'rnn-c')},
        (28, 56, 84): cells | units}


def test_chain():
    assert chain((9,), 'a', 'b', 'c') == (Link('a', 'b', looks=(9,)), Link('b', 'c', looks=(9,)))


def test_questions_stand_beside_printed_numbers_and_every_settings_of_step_0_is_used():
    for question in QUESTIONS:
        for _, experiment in question.readings:
            if question.step == 0:
                assert experiment in STEP_0
            else:
                assert question.step == (EXPERIMENTS | EVIDENCE)[experiment].steps
        for quantity in question.quantities:
            for name in question.beside:
                assert any((value.quantity, value.step) == (quantity, question.step)
                           for value in reported(name))
    used = {experiment for question in QUESTIONS for _, experiment in question.readings}
    assert set(STEP_0) <= used and 'evidence-bias-0' in used


def test_the_first_reading_is_what_the_experiments_beside_it_use():
    for question in QUESTIONS:
        _, taken = question.readings[0]
        ours = STEP_0[taken] if question.step == 0 else EXPERIMENTS[taken]
        for name in question.beside:
            theirs = EXPERIMENTS[name]
            assert all(getattr(ours, field) == getattr(theirs, field) for field in (
                'act', 'fc_act', 'init', 'bias', 'keep_prob', 'batch_size', 'dataset'))
