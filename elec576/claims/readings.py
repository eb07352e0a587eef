"""Other programs that could have printed the logs of run 1 and run 3: what was planned.

The report's log of `cnn1` is ahead of all of our runs of it, from step 1000 on; `cnn3`'s log fits
another label better than its own. Either is a rare log of the program as listed, or was printed by
a program that is not quite the one listed: a cell of a notebook is easily edited between two runs.
Each `Reading` is such a program. All of them and the rule were written down before a run that
judges them was made. They were chosen knowing the logs, the step-0 losses of `results/step0.csv`,
and one run (seed 0) each of `evaluated-without-dropout`, `keep-prob-0.75` and `500-a-class`.

* **Runs.** `STEPS` steps, seeds from `FIRST_SEED` on, evaluated every 100 steps, with AVX-512
  kernels (faster, and as good as any others for a distribution). The reading as listed has the
  committed runs of its experiment. Test accuracy is that of the last step.
* **Likelihood.** Of the whole log: training accuracy and loss at step 0 and every 1000 steps, and
  test accuracy, all as printed. It is that of the identification of labels: the same prediction of
  one more run for every number, with the correlation of the numbers of one run. Values of step 0
  come from `step0.csv` where it has the same program's.
* **First look**, at `FIRST_LOOK` seeds: a reading is excluded if its log-likelihood is behind that
  of the reading as listed by more than `EXCLUDED`.
* **Second look**, at `SECOND_LOOK` seeds, of those that are left. A reading *explains* the log if
  its log-likelihood is ahead of the reading as listed by more than log(20 n), where n is the number
  of readings tried for this log, other experiments' labels included: 20 to 1, after dividing by all
  that were tried. Ahead by less: *fits better, not clearly*; behind: *fits no better*.
* **What chance does.** Each of our own runs as listed is put in the log's place and judged in the
  same way; how often another reading is as far ahead of it is said beside the answer.
"""

from dataclasses import dataclass

from elec576.settings import CnnSettings

STEPS = 4200  # the last printed step is 4000, and is judged with its neighbours up to 4200
FIRST_SEED = 200
FIRST_LOOK, SECOND_LOOK = 4, 16
EXCLUDED = 5.0
ODDS = 20.0

# Changes of the listing that no setting makes (`scripts/readings.py` makes them)
EPOCHS = 'an epoch is one permutation: batches without replacement'
CONV1_RELU = 'relu in the first convolutional layer, tanh in the second'
CONV2_RELU = 'tanh in the first convolutional layer, relu in the second'
TWO_UPDATES = 'two updates a step on the same batch'
AFTER_UPDATE = 'a batch is evaluated after the update on it'
CONTINUED = 'the loop runs twice in one session; the second log is printed'


@dataclass(frozen=True)
class Reading:
    """A program that could have printed the log of one of the report's runs.

    Attributes:
        words: what is other than listed.
        expected: what that changes in the printed values.
        settings: of the program, but for the change.
        change: of the listing, where no setting makes it; else empty.
    """

    words: str
    expected: str
    settings: CnnSettings
    change: str = ''


def _run1(words: str, expected: str, change: str = '', **settings) -> Reading:
    return Reading(words, expected, CnnSettings(**settings, steps=STEPS), change)


def _run3(words: str, expected: str, change: str = '', **settings) -> Reading:
    return Reading(words, expected, CnnSettings(
        **{'act': 'tanh', 'train_per_class': 1000, **settings}, steps=STEPS), change)


READINGS: dict[str, Reading] = {
    # of run 1
    'evaluated-without-dropout': _run1(
        'keep_prob 1 in both train evaluations', 'lower train losses at every step, step 0 too',
        eval_keep_prob=1.0),
    'trained-without-dropout': _run1(
        'keep_prob 1 in training, 0.5 in the evaluations',
        'step 0 as listed, then faster', keep_prob=1.0, eval_keep_prob=0.5),
    'trained-with-0.75': _run1(
        'keep_prob 0.75 in training, 0.5 in the evaluations',
        'step 0 as listed, then faster', keep_prob=0.75, eval_keep_prob=0.5),
    'keep-prob-0.75': _run1(
        'keep_prob 0.75', 'lower train losses at every step, step 0 too', keep_prob=0.75),
    'keep-prob-1': _run1(
        'keep_prob 1: no dropout', 'lower train losses at every step, step 0 too', keep_prob=1.0),
    '500-a-class': _run1(
        '5000 training samples', 'step 0 as listed; each image is seen more often: faster; lower '
        'test accuracy', train_per_class=500),
    '900-a-class': _run1(
        '9000 training samples', 'step 0 as listed, then slower', train_per_class=900),
    '1000-a-class': _run1(
        "run 1's relu, run 3's 10000 training samples", "run 1's step 0, then slower than run 1",
        train_per_class=1000),  # tried for both logs
    'epochs': _run1(
        'batches without replacement', 'step 0 as listed, then slightly faster', EPOCHS),
    'lr-2e-3': _run1('learning rate 2e-3', 'step 0 as listed, then another speed', lr=2e-3),
    'momentum': _run1(
        'momentum in place of Adam', 'step 0 as listed, then another speed', optimizer='momentum'),
    'rmsprop': _run1(
        'RMSProp in place of Adam', 'step 0 as listed, then another speed', optimizer='rmsprop'),
    'batch-100': _run1(
        'batches of 100', 'accuracies in hundredths; faster', batch_size=100),
    'biases-0': _run1('biases 0', 'lower loss at step 0', bias=0.0),
    'fc1-relu-stddev-0.05': _run1(
        'fc1 relu, initial standard deviation 0.05', 'lower loss at step 0, then faster',
        fc_act='relu', stddev=0.05),
    'conv1-relu': _run1(
        'relu in conv1 alone: run 2 edited in one of two lines',
        'step 0 between relu and tanh, then likewise', CONV1_RELU),
    'conv2-relu': _run1(
        'relu in conv2 alone: run 2 edited in one of two lines',
        'step 0 between relu and tanh, then likewise', CONV2_RELU),
    'two-updates': _run1(
        'the line of the update pasted twice', 'step 0 as listed, then nearly twice as fast',
        TWO_UPDATES),
    'after-the-update': _run1(
        'the update moved above the evaluations', 'lower train losses at every step, step 0 too',
        AFTER_UPDATE),
    'cell-run-twice': _run1(
        'training goes on from trained weights', 'step 0 is a trained network\'s', CONTINUED),
    # of run 3
    'run3-conv1-relu': _run3(
        'relu in conv1 alone: edited in one of two lines',
        'step 0 between relu and tanh, then likewise', CONV1_RELU),
    'run3-conv2-relu': _run3(
        'relu in conv2 alone: edited in one of two lines',
        'step 0 between relu and tanh, then likewise', CONV2_RELU),
    'run3-evaluated-without-dropout': _run3(
        'keep_prob 1 in both train evaluations', 'lower train losses at every step, step 0 too',
        eval_keep_prob=1.0),
    'run3-keep-prob-0.75': _run3(
        'keep_prob 0.75', 'lower train losses at every step, step 0 too', keep_prob=0.75),
    'run3-epochs': _run3(
        'batches without replacement', 'step 0 as listed, then slightly faster', EPOCHS),
    'run3-lr-2e-3': _run3('learning rate 2e-3', 'step 0 as listed, then another speed', lr=2e-3),
    'run3-lr-5e-4': _run3('learning rate 5e-4', 'step 0 as listed, then another speed', lr=5e-4),
}

# By log: the readings tried, and the experiments whose committed runs are tried as well
# (for run 3 also run 1 with its number of samples, which is tried for run 1)
TRIED: dict[str, tuple[str, ...]] = {
    'cnn1': tuple(name for name in READINGS if not name.startswith('run3-')),
    'cnn3': (*(name for name in READINGS if name.startswith('run3-')), '1000-a-class'),
}
OTHER_LABELS: dict[str, tuple[str, ...]] = {'cnn1': ('cnn2', 'cnn3'), 'cnn3': ('cnn1', 'cnn2')}


def seeds(n: int) -> range:
    """The seeds of a look at ``n``."""
    return range(FIRST_SEED, FIRST_SEED + n)
