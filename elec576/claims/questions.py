"""What the report leaves open, each with the settings that distinguish its possible readings."""

from dataclasses import dataclass

from elec576.claims.numbers import reported


@dataclass(frozen=True)
class Question:
    """Readings of the report, each compared with numbers that the report prints.

    A reading is settings of `elec576.experiments.STEP_0` where the question is about step 0, and
    an experiment otherwise.
    """

    name: str
    question: str
    readings: tuple[tuple[str, str], ...]  # (label, name); the first is what we took
    quantities: tuple[str, ...]
    step: int
    beside: tuple[str, ...]  # experiments whose reported numbers are compared


# part 1c's, in its order
_ACTIVATIONS = tuple(value.quantity for value in reported('cnn-vis')
                     if value.quantity.startswith('h_conv'))
_RELU = ('cnn1', 'cnn4', 'cnn6', 'cnn-vis')
_TANH = ('cnn2', 'cnn3', 'cnn5', 'cnn7')

QUESTIONS: tuple[Question, ...] = (
    Question('fc1, relu', 'Does a relu "activation function" change fc1 too?',
             (('fc1 stays tanh', 'relu'), ('fc1 relu', 'relu, fc1 relu')),
             ('train_loss',), 0, _RELU),
    Question('fc1, sigmoid', 'Does sigmoid change fc1 too?',
             (('fc1 stays tanh', 'sigmoid'), ('fc1 sigmoid', 'sigmoid, fc1 sigmoid')),
             ('train_loss',), 0, ('cnn8',)),
    Question('fc1, tanh', 'Do the tanh runs start where tanh throughout does?',
             (('fc1 tanh', 'tanh'),), ('train_loss',), 0, _TANH),
    Question('Xavier', 'Is run 9\'s initializer Glorot\'s normal for all weights?',
             (('Glorot normal', 'tanh, Xavier'), ('truncated normal', 'tanh')),
             ('train_loss',), 0, ('cnn9',)),
    Question('keep_prob', 'What keep_prob are the logged losses measured with?',
             (('keep_prob 0.5', 'relu'), ('keep_prob 0.75', 'relu, keep_prob 0.75'),
              ('keep_prob 1, no dropout', 'relu, keep_prob 1')),
             ('train_loss',), 0, _RELU),
    Question('bias, loss', 'What do the biases start at?',
             (('biases 0.1', 'relu'), ('biases 0', 'relu, biases 0'),
              ('biases 0.5', 'relu, biases 0.5')),
             ('train_loss',), 0, _RELU),
    Question('bias, activations',
             'What do the biases start at?',
             # part 1c's run is cnn4 once more (elec576.experiments.SAME_RUN)
             (('biases 0.1', 'cnn4'), ('biases 0', 'evidence-bias-0')), _ACTIVATIONS, 5000,
             ('cnn-vis',)),
)
