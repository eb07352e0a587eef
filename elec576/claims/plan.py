"""The plan of the comparison, fixed before the runs that it judges.

Plan and margins were chosen after looking at seeds 0 to 9 of runs with other kernels, which are
retired. Of the runs that they judge, seeds 100 and on, none had been seen.

* **Pairs.** All comparisons are paired by seed: runs of equal seed share initial weights and mostly
  batches, and where they share nothing, pairing costs next to nothing.
* **What is compared.** LeNet5 on CIFAR-10: the mean of the last ten evaluations of the test set
  (every 100 steps). Recurrent nets: final test accuracy. For `cnn-mnist` against them, likewise
  each program's own.
* **Looks.** A link is looked at when all of its experiments have the n seeds of a look. Links that
  the retired runs left open have three looks, and go to the next only while they are undecided;
  paired t intervals are widened for that by O'Brien and Fleming's bounds for three equal steps, as
  t quantiles of the same tail probability. All others have one look with the ordinary 95 %
  interval.
* **Verdict on a link.** Interval above 0: supported ("smaller than the margin" is added where it
  also lies within the margin); below 0: contradicted; within the margin and holding 0: practically
  equal; else undecided, after the last look with the n that would decide it.
* **Verdict on a sentence.** Supported if all links are; contradicted if a link is at the level
  divided by the number of links; practically equal if all links are supported or equal and one is
  equal; else undecided.
* **A value in a sentence** is compatible or not, never supported: it lies in the prediction
  interval or does not.
"""

FIRST_SEED = 100

LAST_EVALUATIONS = 10  # of the test set, whose mean is compared for LeNet5
EVALUATIONS_APART = 100  # steps

LEVEL = 0.95
# O'Brien and Fleming's bounds on z for three looks at equal steps, for two sides of LEVEL together
BOUNDS = {1: (1.960,), 3: (3.471, 2.454, 2.004)}

# Two settings are practically equal when the interval of their difference lies within these.
# CIFAR-10: one standard error of 1000 test images, and half the spread of one printed difference.
# MNIST: two standard errors of 10,000 images at 0.977, and the smallest difference that the report
# interprets, 0.9756 against 0.9728.
MARGINS = {'cifar10': 0.016, 'mnist': 0.003}

# How many seeds each look at a link needs (`elec576.claims.conclusions` says which link has which)
CNN_OPEN, CNN_FIXED, CNN_CLEAR = (16, 32, 48), (16,), (10,)
RNN_OPEN, RNN_FIXED = (28, 56, 84), (28,)

# Experiments whose runs no link needs: the initial biases of part 1c
FURTHER = {'evidence-bias-0': 10}


def seeds(n: int) -> range:
    """The seeds of a look at ``n``."""
    return range(FIRST_SEED, FIRST_SEED + n)
