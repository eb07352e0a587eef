"""How often a check is right: our own runs as claims about other settings, and about their own.

Each run is judged as `scripts/check.py` judges a claim, by the runs of the other seeds: runs of
equal seed share initial weights. How often numbers of the right settings lie inside all committed
runs' interval is the coverage (`elec576.comparison.report_as_a_whole`); here, inside that of few.
"""

from dataclasses import dataclass
from typing import Iterable, Sequence

import numpy as np

from elec576.claims.conclusions import CELLS
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import ENOUGH_RUNS, LIMIT, Prediction, more_runs
from elec576.comparison.results import Results
from elec576.experiments import STEP_0, settings_of
from elec576.loops.history import STATISTICS

Quantities = dict[str, tuple[str, ...]]  # in words, and by the names in a run's history

FINAL: Quantities = {'final test accuracy': ('test_accuracy',), 'final test loss': ('test_loss',)}
STEP_0_LOSS = 'train loss, step 0'
FEW = (3, 5, 8)  # runs: the fewest, fewer than are made unasked, and as many
KEEP_PROB = ('keep_prob 0.75 for 0.5', 'relu, keep_prob 0.75', 'relu')  # settings of STEP_0


def _cells(made: str, claimed: str) -> tuple[tuple[str, str], ...]:
    return tuple(zip(CELLS[made], CELLS[claimed]))


# what is wrong: pairs of experiments (whose run it is, whose it is taken for), and the quantities
WRONG: dict[str, tuple[tuple[tuple[str, str], ...], Quantities]] = {
    'biases 0 for 0.1': ((('evidence-bias-0', 'cnn4'),), {
        'activation statistics': STATISTICS, 'final test accuracy': ('test_accuracy',)}),
    'SGD for Adam': ((('cnn7', 'cnn2'),), FINAL),
    'LSTM for GRU': (_cells('lstm', 'gru'), FINAL),
    'GRU for LSTM': (_cells('gru', 'lstm'), FINAL),
    'basic cell for LSTM or GRU': (_cells('basic', 'lstm') + _cells('basic', 'gru'), FINAL),
    'LSTM or GRU for the basic cell': (_cells('lstm', 'basic') + _cells('gru', 'basic'), FINAL),
}


@dataclass(frozen=True)
class Rate:
    """Of ``judged`` claims of one kind, how many were found outside.

    Attributes:
        wrong: what is wrong with the claimed settings.
    """

    wrong: str
    quantity: str
    outside: int
    judged: int


@dataclass(frozen=True)
class FewRuns:
    """How often a number of the right settings is found outside by few runs of them.

    Attributes:
        runs: that are drawn at first.
        at_once: of ``judged`` numbers, how many were outside by these.
        in_the_end: how many still were, where as many again were drawn while the number was not
            well inside, up to `ENOUGH_RUNS`.
        drawn: runs in the end, on average.
    """

    quantity: str
    runs: int
    at_once: int
    in_the_end: int
    judged: int
    drawn: float


def few_runs(results: Results) -> tuple[FewRuns, ...]:
    """One for each quantity and each of `FEW`, over all experiments with more than `ENOUGH_RUNS`.

    Each run is judged once, by other seeds in an order drawn with seed 0.
    """
    found = []
    for words, (quantity,) in FINAL.items():
        of = [_at_end(results, name, quantity) for name, runs in results.runs.items()
              if len(runs) > ENOUGH_RUNS]
        for runs in FEW:
            random = np.random.RandomState(0)
            ends = [_ends(claims, k, runs, random) for claims in of
                    for k in range(len(claims.seeds))]
            if ends:
                at_once, in_the_end, drawn = zip(*ends)
                found.append(FewRuns(words, runs, sum(at_once), sum(in_the_end), len(ends),
                                     float(np.mean(drawn))))
    return tuple(found)


def _ends(runs: Prediction, k: int, few: int, random: np.random.RandomState
          ) -> tuple[bool, bool, int]:
    """Whether the k-th of ``runs`` is outside by ``few`` others, and in the end; by how many."""
    value, others = runs.at_step[k], runs.without(runs.seeds[k])
    order, drawn = random.permutation(len(others.seeds)), few
    by = at_first = others.only(order[:drawn])
    while drawn < ENOUGH_RUNS and not by.well_inside(value):
        drawn = more_runs(drawn, ENOUGH_RUNS)
        by = others.only(order[:drawn])
    return abs(at_first.score(value)) > LIMIT, abs(by.score(value)) > LIMIT, drawn


def error_rates(results: Results, first_steps: FirstSteps) -> tuple[Rate, ...]:
    """One for each wrong settings and kind of quantity; those without runs are left out."""
    rates = []
    for wrong, (pairs, kinds) in WRONG.items():
        rates += [_rate(wrong, words, [tuple(_at_end(results, name, quantity) for name in pair)
                                       for pair in pairs for quantity in quantities])
                  for words, quantities in kinds.items()]
    wrong, made, claimed = KEEP_PROB
    starts = tuple(Prediction.at_start('train_loss', STEP_0[name], first_steps)
                   for name in (made, claimed))
    rates.append(_rate(wrong, STEP_0_LOSS, [starts]))
    return tuple(rate for rate in rates if rate.judged)


def _at_end(results: Results, experiment: str, quantity: str) -> Prediction:
    return Prediction.of(quantity, settings_of(experiment).steps, results.of(experiment))


def _rate(wrong: str, words: str, pairs: Iterable[Sequence[Prediction]]) -> Rate:
    """Judge the runs of the first of each pair by the other seeds' runs of the second."""
    outside = judged = 0
    for made, claimed in pairs:
        scores = claimed.held_out(zip(made.seeds, made.at_step.tolist())).values()
        judged += len(scores)
        outside += sum(abs(score) > LIMIT for score in scores)
    return Rate(wrong, words, outside, judged)
