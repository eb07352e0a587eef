"""Which lines of the report's listing each setting of an experiment comes from.

Only what to look for is written here; numbers and texts of the lines are read from `starter/`.
"""

import dataclasses
from dataclasses import dataclass

from elec576.comparison.results import Run
from elec576.listings import CNN_PROGRAM, RNN_PROGRAM, program
from elec576.settings import CnnSettings, RnnSettings, flag_of

# Settings by field, or by field and value where each value has a line of its own. A text is a part
# of exactly one line.
_Texts = dict[str | tuple[str, object], tuple[str, ...]]
_BOTH: _Texts = {
    'seed': ('np.random.seed(args.seed)', 'tf.set_random_seed(args.seed)'),
    'threads': ('intra_op_parallelism_threads=args.threads',),
    'isa': ("os.environ['ONEDNN_MAX_CPU_ISA'] = ",),
}
_CNN: _Texts = _BOTH | {
    'act': ('activation[args.act](conv2d(tf_data,', 'activation[args.act](conv2d(h_pool1,'),
    'fc_act': ('activation[args.fc_act](',),
    ('optimizer', 'adam'): ('tf.train.AdamOptimizer(',),
    ('optimizer', 'sgd'): ('tf.train.GradientDescentOptimizer(',),
    ('optimizer', 'momentum'): ('tf.train.MomentumOptimizer(',),
    ('optimizer', 'rmsprop'): ('tf.train.RMSPropOptimizer(',),
    ('optimizer', 'adagrad'): ('tf.train.AdagradOptimizer(',),
    ('momentum', 0.9): ('tf.train.MomentumOptimizer(',),
    'lr': ('[args.optimizer](args.lr)',),
    'stddev': ('stddev=args.stddev',),
    ('init', 'truncated-normal'): ('= tf.truncated_normal(',),
    ('init', 'xavier'): ('= tf.glorot_normal_initializer()',),
    ('bias', 0.1): ('= tf.constant(0.1,',),
    'steps': ('step_size = args.steps', 'for i in range(step_size)'),
    'train_per_class': ('ntrain = args.train_per_class',),
    'test_per_class': ('ntest = args.test_per_class',),
    'batch_size': ('batchsize = args.batch_size',),
    'eval_keep_prob': ('else args.eval_keep_prob',),
    'keep_prob': ('keep_prob: args.keep_prob})  # dropout only during training',),
    ('dataset', 'cifar10'): ("'CIFAR10/Train/%d/Image%05d.png'", "'CIFAR10/Test/%d/Image%05d.png'"),
    'log_every': ('if i % args.log_every == 0',),
}
_RNN: _Texts = _BOTH | {
    ('cell', 'basic'): ('rnn_cell.BasicRNNCell(',),
    ('cell', 'lstm'): ('rnn_cell.BasicLSTMCell(',),
    ('cell', 'gru'): ('rnn_cell.GRUCell(',),
    'hidden': ('nHidden = args.hidden',),
    'lr': ('learningRate = args.lr',),
    'iterations': ('trainingIters = args.iterations', 'while step * batchSize < trainingIters'),
    'batch_size': ('batchSize = args.batch_size',),
    'display_step': ('displayStep = args.display_step',),
    ('optimizer', 'rmsprop'): ('tf.train.RMSPropOptimizer(',),
}
_LISTINGS = {CnnSettings: (CNN_PROGRAM, _CNN), RnnSettings: (RNN_PROGRAM, _RNN)}

_ELSEWHERE = {  # what no line of a listing says
    (CnnSettings, 'eval_every'): 'not in the listing, which measures before every step',
    (RnnSettings, 'eval_every'): 'not in the listing, which measures on the test set at the end',
    (CnnSettings, 'dataset'): "not in the listing: assignment 1's data set (part 3c)",
}


@dataclass(frozen=True)
class Line:
    """A line of a listing."""

    number: int  # from 1
    text: str  # without what surrounds it


@dataclass(frozen=True)
class Origin:
    """One setting of an experiment and where it comes from: lines of ``listing``, or a ``note``."""

    flag: str
    value: str  # over all runs, if they differ
    meaning: str
    listing: str  # its file's name
    lines: tuple[Line, ...]
    note: str = ''


def settings_origins(runs: tuple[Run, ...]) -> tuple[Origin, ...]:
    """The settings of ``runs``, one or more of one experiment, except those that are not set.

    Raises:
        UserError: there is no listing.
    """
    settings = runs[0].settings
    listing = _LISTINGS[type(settings)][0]
    found = []
    for item in dataclasses.fields(settings):
        if getattr(settings, item.name) is None:
            continue
        values = sorted({getattr(run.settings, item.name) for run in runs})
        lines = setting_lines(settings, item.name)
        note = '' if lines else _ELSEWHERE.get((type(settings), item.name), 'not in the listing')
        found.append(Origin(flag_of(item.name), ', '.join(map(str, values)),
                            item.metadata['help'], listing, lines, note))
    return tuple(found)


def setting_lines(settings: CnnSettings | RnnSettings, name: str) -> tuple[Line, ...]:
    """The lines of the listing that the field ``name`` of ``settings`` comes from, or none.

    Raises:
        UserError: there is no listing.
    """
    listing, searched = _LISTINGS[type(settings)]
    texts = searched.get(name) or searched.get((name, getattr(settings, name)), ())
    lines = program(listing).read_text(encoding='utf-8').splitlines()
    return tuple(Line(number, line.strip()) for text in texts
                 for number, line in enumerate(lines, 1) if text in line)
