"""How the comparison was computed, in words; text and page share them."""

from elec576.comparison.identification import CLEAR, LEAST_RUNS
from elec576.comparison.prediction import CAP, NEIGHBOURS, SEEDS_FOR_INTERVAL
from elec576.comparison.report_as_a_whole import REPORTS

METHODS: tuple[tuple[str, str], ...] = (  # what, how
    ('Prediction interval',
     f'where one more run would lie with 95 % probability, from {SEEDS_FOR_INTERVAL} seeds on. '
     'Losses and the activations\' statistics are taken on a log scale and test accuracies on the '
     'logit scale, with Student\'s t; accuracies on a training batch are counts of 50 images, '
     'beta-binomial. The spread of training values is that of the step and of '
     f'{NEIGHBOURS} evaluations on either side, the spread between runs and the one within a run '
     'kept apart. Values of step 0 are judged by forward passes of many more seeds, where '
     '`step0.csv` has them.'),
    ('Which program printed a block',
     'its log-likelihood is the sum of its numbers\' log densities, each where one more run would '
     'lie, and that of a Gaussian copula, since numbers of one run depend on one another; the '
     'copula\'s correlation is that of our own runs\' scores within experiments, shrunk (Ledoit '
     'and Wolf). Variances are left out: they are the standard deviations\' squares. Each of our '
     'own runs is named in the same way, without itself. A label is excluded if it is behind the '
     'best one by more than the limit: the right label\'s 95 % quantile for our own runs, and at '
     f'least {CLEAR:.1f} (20 to 1). LeNet5\'s log counts its steps, so only experiments with as '
     'many steps on the same data set could have printed it; of the recurrent nets only the end is '
     f'printed, so all could have. From {LEAST_RUNS} runs on.'),
    ('Likelihood of a reading',
     'the probability density of the printed losses of step 0, taken as independent, where one '
     'more seed would lie: Student\'s t with the mean and the spread of the logs of our losses. '
     'Of the activations\' statistics it is the block\'s. Far from all of our runs it is an '
     'extrapolation: read it as "very unlikely", not as a number.'),
    ('Score',
     'the place of a number among further runs as a normal score: beyond ±1.96 outside its '
     'interval. A count of images has half of its own probability on either side. A printed number '
     'has the least extreme score of all that print the same.'),
    ('The report as a whole',
     'each of our runs in turn is put in the place of the report\'s log of its experiment, and '
     f'judged by the others in the same way; {REPORTS:,} made-up reports draw one such log for '
     'each of the report\'s, from a fixed seed. p is the share of reports, the real one among '
     'them, that are as bad: that have no more compatible numbers, or squared scores (each cut '
     f'off at {CAP:g}) that sum up to as much. Numbers of one log depend on one another; they do '
     'so in the made-up reports too.'),
    ('Interval over seeds and images',
     'the interval of a link, widened as if the test images had been sampled again, too: to the '
     'variance of the mean the images\' component is added, from two-way random effects of the '
     'trained networks\' hits. The verdict is about these test images and does not use it.'),
    ('One run of each, in order',
     'the probability that one run of each setting, each drawn from all of ours, comes out in the '
     'sentence\'s order by its final test accuracy (or CPU time); a tie is not in order.'),
    ('Pairs',
     'runs of the same seed start from the same weights where the settings allow it; `cnn4` and '
     '`cnn-vis` have the same settings, so their runs are the same runs.'),
    ('Runtime',
     'CPU time of a run, so that other work on the machine counts little; the runs of a '
     'pair are compared if processor and number of threads are the same.'),
    ('TensorFlow 1.15',
     'the version that the report names: `results/TF115.md` has its runs beside ours.'),
)
