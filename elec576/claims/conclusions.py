"""The report's conclusions, each a statement about experiments that runs can support or contradict.

Only directions are stated: the report's "slightly" names no size that could be tested.
"""

from dataclasses import dataclass

from elec576.claims.plan import CNN_CLEAR, CNN_FIXED, CNN_OPEN, FURTHER, RNN_FIXED, RNN_OPEN


@dataclass(frozen=True)
class Link:
    """``quantity`` is higher, on average over seeds, in one experiment than in another.

    Attributes:
        looks: how many seeds of both each planned look needs; none if it is not planned.
    """

    higher: str
    lower: str
    quantity: str = 'test_accuracy'
    looks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Conclusion:
    """It holds if all of its links do; its ``values`` are judged apart."""

    name: str
    statement: str  # ours, in the names of the experiments' settings
    sentence: str  # the report's own
    links: tuple[Link, ...]
    values: tuple[tuple[str, str], ...] = ()  # (experiment, quantity) of numbers in the sentence
    around: str = ''  # an accuracy that the sentence gives for every `lower` of its links
    parts: tuple[str, ...] = ()  # of several links, each in words
    beside: tuple[Link, ...] = ()  # shown, but neither planned nor counted
    note: str = ''
    counted: bool = True  # False: a second reading of the sentence of the one before


def chain(looks: tuple[int, ...], *names: str, quantity: str = 'test_accuracy'
          ) -> tuple[Link, ...]:
    """Links: each of ``names`` above the next."""
    return tuple(Link(*pair, quantity, looks) for pair in zip(names, names[1:]))


def over(looks: tuple[int, ...], name: str, *others: str) -> tuple[Link, ...]:
    """Links: ``name`` above each of ``others``."""
    return tuple(Link(name, other, looks=looks) for other in others)


# The cells by hidden units, ascending; the basic cell's 128 are the report's rnn-d.
CELLS = {'basic': ('rnn-50', 'rnn-d', 'rnn-300'),
         'lstm': ('lstm-50', 'lstm-128', 'lstm-300'),
         'gru': ('gru-50', 'gru-128', 'gru-300')}

# one sentence, on 50 and 300 units: it counts once for each
_GRU_SENTENCE = ('Using the same parameters, the GRU model performed slightly better than the LSTM '
                 'model, which performed better than the basic RNN model.')

CONCLUSIONS: tuple[Conclusion, ...] = (
    Conclusion(
        'activation', 'relu > tanh > sigmoid',
        'ReLu performed better than Tanh activation, which performed better than sigmoid '
        'activation.',
        chain(CNN_OPEN, 'cnn1', 'cnn2') + chain(CNN_CLEAR, 'cnn2', 'cnn8'),
        parts=('relu > tanh', 'tanh > sigmoid')),
    Conclusion(
        'iterations', '8000 iterations > 5000',
        'As the number of iterations increased, the test accuracy also increased.',
        chain(CNN_FIXED, 'cnn5', 'cnn2'),
        note='A run of 8000 iterations is one of 5000 and its own continuation.'),
    Conclusion(
        'training samples', '10000 training samples > 8000',
        'As the number of the training samples increased, the accuracy increased.',
        chain(CNN_OPEN, 'cnn3', 'cnn2')),
    Conclusion(
        'optimizer', 'Adam > gradient descent',
        'Adam Optimizer worked better than GradientDescent Optimizer did.',
        chain(CNN_CLEAR, 'cnn2', 'cnn7')),
    Conclusion(
        'initialisation', 'Xavier > truncated normal',
        'With the addition of Xavier initializer, the model performed slightly better than using '
        'truncated normal with standard deviation 0.1.',
        chain(CNN_OPEN, 'cnn9', 'cnn2')),
    Conclusion(
        'learning rate', '1e-4 > 1e-3 and 1e-5',
        'The learning rate 1e-4 seemed to work the best compared to 1e-3 and 1e-5, using tanh '
        'activation functions, 8000 training samples, and 5000 iterations.',
        over(CNN_FIXED, 'cnn4', 'cnn1') + over(CNN_CLEAR, 'cnn4', 'cnn6'),
        parts=('1e-4 > 1e-3', '1e-4 > 1e-5'),
        note='The sentence says tanh; the three runs that it compares are relu.'),
    Conclusion(
        'learning rate, as written', '1e-4 > 1e-3 and 1e-5, with tanh',
        'The learning rate 1e-4 seemed to work the best compared to 1e-3 and 1e-5, using tanh '
        'activation functions, 8000 training samples, and 5000 iterations.',
        over(CNN_FIXED, 'evidence-tanh-1e-4', 'cnn2', 'evidence-tanh-1e-5'),
        parts=('1e-4 > 1e-3', '1e-4 > 1e-5'),
        note='The same sentence taken literally: with tanh. The report shows no such runs at '
             '1e-4 and 1e-5.', counted=False),
    Conclusion(
        'basic RNN', '1e-3, 150000 iterations, batch 50 > the other three',
        'The model with the 1e-3 learning rate, 150,000 iterations, and 50 batch size seemed to '
        'give the highest testing accuracy 0.95 for basic rnn.',
        over(RNN_FIXED, 'rnn-d', 'rnn-a', 'rnn-b', 'rnn-c'),
        values=(('rnn-d', 'test_accuracy'),)),
    Conclusion(
        'cell, 128 hidden units', 'GRU > LSTM and basic, 128 hidden units',
        'GRU seemed to perform better than LSTM, and basic RNN under the condition: with the 1e-3 '
        'learning rate, 150,000 iterations, and 50 batch size.',
        chain(RNN_OPEN, 'gru-128', 'lstm-128', 'rnn-d'), parts=('GRU > LSTM', 'LSTM > basic'),
        beside=(Link('gru-128', 'rnn-d'),),
        note='The sentence puts the GRU above both; the plan compares it with the LSTM, and the '
             'LSTM with the basic cell.'),
    Conclusion(
        'cell, 50 hidden units', 'GRU > LSTM > basic, 50 hidden units', _GRU_SENTENCE,
        chain(RNN_OPEN, 'gru-50', 'lstm-50', 'rnn-50'), parts=('GRU > LSTM', 'LSTM > basic')),
    Conclusion(
        'cell, 300 hidden units', 'GRU > LSTM > basic, 300 hidden units', _GRU_SENTENCE,
        chain(RNN_OPEN, 'gru-300', 'lstm-300', 'rnn-300'), parts=('GRU > LSTM', 'LSTM > basic')),
    Conclusion(
        'hidden units, accuracy', '300 hidden units > 128 > 50, each cell',
        'As the size of the hidden units increased from 50, 128, to 300, the testing accuracy '
        'increased slightly.',
        sum((chain(RNN_OPEN, *reversed(names)) for names in CELLS.values()), ()),
        parts=tuple(f'{cell} cell {step}' for cell in CELLS for step in ('300 > 128', '128 > 50'))),
    Conclusion(
        'hidden units, runtime', '300 hidden units take longer than 128, these than 50, each cell',
        'However, as the number of hidden units increased, the runtime increased.',
        sum((chain(RNN_FIXED, *reversed(names), quantity='cpu_seconds')
             for names in CELLS.values()), ()),
        note='Runtime is processor time: a busy machine affects it less than wall time.'),
    Conclusion(
        'CNN on MNIST', "assignment 1's CNN > every RNN",
        'CNN from assignment 1 gave test accuracy of 0.9861 which is the highest among basic_RNN, '
        'GRU, and LSTM, which were around 0.983.',
        over(CNN_CLEAR, 'cnn-mnist', 'rnn-a', 'rnn-b', 'rnn-c', *CELLS['basic'],
             *CELLS['lstm'], *CELLS['gru']),
        values=(('cnn-mnist', 'test_accuracy'),), around='0.983',
        note='No accuracy that the report prints is 0.983: the highest of its recurrent nets is '
             '0.9823, that of the basic cell 0.95.'),
)

# Four of the sentences put another run above one and the same, the report's run 2
HANGING_ON_ONE_RUN = tuple((name, 'cnn2') for name in ('cnn1', 'cnn5', 'cnn3', 'cnn9'))


def all_links() -> tuple[Link, ...]:
    """The links of all conclusions, each once."""
    return tuple(dict.fromkeys(link for conclusion in CONCLUSIONS for link in conclusion.links))


def first_look() -> dict[str, int]:
    """How many seeds of each experiment all first looks together need."""
    needed = dict(FURTHER)
    for link in all_links():
        for name in (link.higher, link.lower):
            needed[name] = max(needed.get(name, 0), link.looks[0])
    return needed
