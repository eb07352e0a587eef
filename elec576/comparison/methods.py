"""How the comparison was computed, in words; text and page tell it alike."""

from elec576.comparison.statistics import RESAMPLES, SEEDS_FOR_INTERVAL

METHODS: tuple[tuple[str, str], ...] = (  # what, how
    ('Prediction interval',
     'where one more run would lie with 95 % probability, mean ± t sd √(1 + 1/n) with '
     f'Student\'s t, from {SEEDS_FOR_INTERVAL} seeds on, cut off at values that cannot be '
     '(accuracies outside 0 and 1, losses below 0). It is exact for normal values and approximate '
     'for accuracies on a batch of 50 and for skewed losses.'),
    ('A printed number is inside',
     'if it, or any number that prints the same, lies in the interval.'),
    ('Likelihood of a reading',
     'the probability density of the printed losses of step 0, taken as independent, where one '
     'more seed would lie: Student\'s t with the mean and the spread of the logs of our losses. '
     'The logs are closer to normal than the losses, which are skewed. Far from all of our seeds '
     'it is an extrapolation: read it as "very unlikely", not as a number.'),
    ('Effect interval',
     'scipy\'s percentile bootstrap of the difference of means, widened for small n (Hesterberg '
     f'2015), {RESAMPLES} resamples from a fixed seed. Conclusions are judged one at a time; '
     'nothing is corrected for their number.'),
    ('P, the probability of improvement',
     'the share of pairs of runs in which the first is above, a tie counting half.'),
    ('Runs that hang together',
     'runs of the same seed start from the same weights where the settings allow it, and `cnn4` '
     'and `cnn-vis` have the same settings: their runs of one seed are the same run. Numbers of '
     'one run hang together, and so do these.'),
    ('Runtime',
     'processor time of a run, so that other work on the machine counts little; runs are compared '
     'if processor and number of threads are the same.'),
)

TF115_METHOD = (
    "The listings, trained to the end on the TensorFlow that the report names; the CNN's evaluates "
    'rarely there, which draws other dropout noise. So the distributions of the final test '
    'accuracy are compared, not run with run. Runs of one seed begin with the same weights and '
    'batches on both sides; the test takes them for independent, which can only hide a difference.')
TF115_FIGURE = (
    'The relative difference of the training loss between the package and the listings on 1.15, '
    'from the same bits at the start: rounding, and what training makes of it.')
