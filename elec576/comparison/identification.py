"""Which program printed these numbers? Each block of them under every experiment's runs.

A block is what one program printed together. Its log-likelihood under an experiment is the sum of
the log densities of its numbers (`elec576.comparison.judgement.Reference`) and that of a Gaussian
copula, since numbers of one run depend on one another: the correlation of the scores of our own
runs, each judged by the others of its experiment, taken over all experiments together and shrunk as
Ledoit and Wolf say ("A well-conditioned estimator for large-dimensional covariance matrices",
Journal of Multivariate Analysis 88, 2004). What is wrong with this shows in our own runs: each of
them is named in the same way, and how often that is right, and how far the right label falls
behind, is what a block is measured by.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Sequence

import numpy as np
from sklearn.covariance import ledoit_wolf

from elec576.claims.numbers import ReportedValue, all_reported
from elec576.claims.plan import LEVEL
from elec576.claims.questions import STATISTICS
from elec576.comparison.judgement import measurements
from elec576.comparison.numbers import reference_of
from elec576.comparison.results import Results, Run
from elec576.comparison.statistics import SEEDS_FOR_INTERVAL
from elec576.comparison.step0 import FirstSteps
from elec576.comparison.yardstick import CAP
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, named
from elec576.settings import CnnSettings, RnnSettings

CLEAR = math.log(20)  # a log-likelihood difference below this is never clear
FLOOR = -50.0  # of one number's log density: beyond it "impossible" is all that can be said
FAINTEST = 10.0  # shown: labels this far behind the best one or farther look the same
LEAST_RUNS = SEEDS_FOR_INTERVAL + 1  # so that each can be judged by the others
ACTIVATIONS = ', activations'  # part 1c's statistics are a block of their own
# These two looked exchanged on seeds 0 to 9, which are retired; our runs begin with other seeds.
EXPECTED = ('lstm-128', 'gru-128')


@dataclass(frozen=True)
class Block:
    """Numbers that one program printed, under the label ``experiment``."""

    name: str
    experiment: str  # whose runs they are compared with: cnn4 for cnn-vis
    part: str
    numbers: tuple[ReportedValue, ...]

    @property
    def measures(self) -> tuple[tuple[str, int | None, float], ...]:
        """Quantity, step (None: the end, wherever it is) and coarse rounding of each number."""
        return tuple((value.quantity,
                      None if value.step == named(value.experiment).steps else value.step,
                      value.rounding if value.printed == 'prose' else 0.0)
                     for value in self.numbers)


@dataclass(frozen=True, eq=False)
class Fit:
    """A block under every experiment that could have printed it.

    Attributes:
        log_likelihoods: by experiment.
        limit: a label is excluded if it falls behind the best one by more: by more than 20 to 1,
            and by more than the right label does for 95 % of our own runs in the block's place.
        best_of: by experiment, which labels fit its own runs best, and how many of them.
    """

    block: Block
    log_likelihoods: dict[str, float]
    limit: float
    best_of: dict[str, Counter[str]]

    def behind(self, name: str) -> float:
        """By how much a label's log-likelihood is below the best one's."""
        return max(self.log_likelihoods.values()) - self.log_likelihoods[name]

    @property
    def possible(self) -> tuple[str, ...]:
        """The labels that are not excluded, the best one first."""
        return tuple(sorted((name for name in self.log_likelihoods
                             if self.behind(name) <= self.limit), key=self.behind))

    @property
    def misfit(self) -> bool:
        """Whether another label fits clearly better than the block's own."""
        return self.block.experiment not in self.possible

    def named_right(self, *names: str) -> tuple[int, int]:
        """How many own runs of ``names``, or of all, fit their own label best; of how many."""
        chosen = {name: self.best_of[name] for name in names or self.best_of}
        return (sum(best[name] for name, best in chosen.items()),
                sum(best.total() for best in chosen.values()))


@dataclass(frozen=True)
class Exchange:
    """Two blocks of one part of the report, as if each had the other's label.

    Attributes:
        log_factor: the log of the Bayes factor for the exchange.
        lowest, highest: of it, with one seed left out.
        reached, pairs: in how many pairs of own runs with right labels it is as large; of how many.
    """

    part: str
    labels: tuple[str, str]
    log_factor: float
    lowest: float
    highest: float
    reached: int
    pairs: int

    @property
    def verdict(self) -> str:
        """The rule of `Fit.limit`, for an exchange."""
        if self.log_factor >= CLEAR and self.reached <= (1 - LEVEL) * self.pairs:
            return 'confirmed'
        return ('not clear' if self.log_factor > 0 else
                'not confirmed' if self.log_factor > -CLEAR else 'refuted')


@dataclass(frozen=True)
class Identification:
    """All blocks whose label and at least one other have enough runs.

    Attributes:
        exchanges: within each part, the likeliest first.
        waiting: blocks whose label has too few runs.
        alone: blocks that no other experiment with runs could have printed.
    """

    fits: tuple[Fit, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    waiting: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    @property
    def expected(self) -> Exchange | None:
        """The exchange of `EXPECTED`, if it can be weighed."""
        return next((exchange for exchange in self.exchanges
                     if set(exchange.labels) == set(EXPECTED)), None)

    @property
    def groups(self) -> list[list[Fit]]:
        """The fits by the experiments that they are compared with."""
        return [list(group) for _, group in groupby(self.fits, lambda fit: [*fit.log_likelihoods])]

    def fit(self, block: str) -> Fit | None:
        return next((fit for fit in self.fits if fit.block.name == block), None)


def blocks() -> tuple[Block, ...]:
    """The report's blocks; variances are left out, being the standard deviations' squares."""
    found: dict[str, list[ReportedValue]] = {}
    for value in all_reported():
        if value.compared and not value.quantity.endswith('variance'):
            name = value.experiment + ACTIVATIONS * (value.quantity in STATISTICS)
            found.setdefault(name, []).append(value)
    return tuple(Block(name, SAME_RUN.get(values[0].experiment, values[0].experiment),
                       values[0].where.partition(',')[0], tuple(values))
                 for name, values in found.items())


def identify(results: Results, first_steps: FirstSteps) -> Identification:
    """Every block of the report under every experiment that could have printed it."""
    fits, exchanges, waiting, alone = [], [], [], []
    families: dict[tuple, list[Block]] = {}
    for block in blocks():
        families.setdefault(_family(block.experiment), []).append(block)
    for family, own in families.items():
        runs = {name: results.of(name) for name in (*EXPERIMENTS, *EVIDENCE)
                if name not in SAME_RUN and _family(name) == family
                and len(results.of(name)) >= LEAST_RUNS}
        waiting += [block.name for block in own if block.experiment not in runs]
        own = [block for block in own if block.experiment in runs]
        runs = {name: found for name, found in runs.items() if _measured(own, found)}
        if len(runs) < 2:
            alone += [block.name for block in own]
            continue
        weighed = _Weighed(own, runs, first_steps)
        fits += map(weighed.fit, own)
        exchanges += [weighed.exchange(*pair) for pair in combinations(own, 2)
                      if pair[0].part == pair[1].part and pair[0].experiment != pair[1].experiment]
    return Identification(tuple(fits), tuple(sorted(exchanges, key=lambda one: (
        one.part, -one.log_factor))), tuple(waiting), tuple(alone))


def _family(experiment: str) -> tuple:
    """Equal for experiments that can print the same lines: LeNet5's log counts its steps."""
    settings = named(experiment)
    return (settings.program, *((settings.dataset, settings.steps)
                                if isinstance(settings, CnnSettings) else ()))


def _measured(own: Sequence[Block], runs: Sequence[Run]) -> bool:
    return all(_step(step, run.settings) in measurements(run, quantity)
               for block in own for quantity, step, _ in block.measures for run in runs)


def _step(step: int | None, settings: CnnSettings | RnnSettings) -> int:
    return settings.steps if step is None else step


class _Weighed:
    """Log-likelihoods of rows of numbers: of the blocks as printed, and then of all runs.

    Each experiment has a table [1 + n, rows]: by all of its n runs, then without one after another.
    """

    def __init__(self, own: Sequence[Block], runs: dict[str, Sequence[Run]],
                 first_steps: FirstSteps):
        self.row = {block.name: k for k, block in enumerate(own)}
        self.seeds = {name: [run.seed for run in found] for name, found in runs.items()}
        ends = len(own) + np.cumsum([len(seeds) for seeds in self.seeds.values()])
        self.rows = {name: np.arange(end - len(seeds), end)  # of each experiment's own runs
                     for end, (name, seeds) in zip(ends, self.seeds.items())}
        self._joint: dict[tuple, dict[str, np.ndarray]] = {}
        self._marginal: dict[tuple, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
        for measure in dict.fromkeys(measure for block in own for measure in block.measures):
            quantity, step, rounding = measure
            ours = [measurements(run, quantity)[_step(step, run.settings)]
                    for found in runs.values() for run in found]
            printed = [dict(zip(block.measures, block.numbers)).get(measure) for block in own]
            # a block without this number is never asked for it
            values = np.array([value.number if value else ours[0] for value in printed] + ours)
            self._marginal[measure] = {}
            for name, found in runs.items():
                whole = reference_of(quantity, _step(step, named(name)), name, found, first_steps)
                references = [whole, *map(whole.without, self.seeds[name])]
                self._marginal[measure][name] = (
                    np.array([one.log_densities(values, rounding) for one in references]),
                    np.array([one.scores(values, rounding) for one in references]))

    def joint(self, block: Block) -> dict[str, np.ndarray]:
        """By experiment, its table for rows of the block's quantities."""
        if block.measures not in self._joint:
            logs, scores = ({name: np.stack([self._marginal[measure][name][kind]
                                             for measure in block.measures], axis=-1)
                             for name in self.seeds} for kind in (0, 1))
            scores = {name: np.clip(found, -CAP, CAP) for name, found in scores.items()}
            correlation = _correlation(np.concatenate([
                scores[name][1 + np.arange(len(rows)), rows] for name, rows in self.rows.items()]))
            more = np.linalg.inv(correlation) - np.eye(len(correlation))
            self._joint[block.measures] = {
                name: np.maximum(logs[name], FLOOR).sum(axis=-1)
                - (np.einsum('...i,ij,...j', scores[name], more, scores[name])
                   + np.linalg.slogdet(correlation)[1]) / 2 for name in self.seeds}
        return self._joint[block.measures]

    def fit(self, block: Block) -> Fit:
        joint, best_of, behind = self.joint(block), {}, []
        for name, rows in self.rows.items():
            logs = {other: table[0, rows] for other, table in joint.items()}
            logs[name] = joint[name][1 + np.arange(len(rows)), rows]  # without the run itself
            every = np.array(list(logs.values()))
            best_of[name] = Counter(list(logs)[k] for k in every.argmax(axis=0))
            behind.append(every.max(axis=0) - logs[name])
        limit = np.quantile(np.concatenate(behind), LEVEL, method='higher')
        return Fit(block, {name: float(table[0, self.row[block.name]])
                           for name, table in joint.items()}, max(CLEAR, float(limit)), best_of)

    def exchange(self, one: Block, other: Block) -> Exchange:
        a, b, by_one, by_other = (one.experiment, other.experiment, self.joint(one),
                                  self.joint(other))

        def log_factor(seed: int | None) -> float:
            """Without the runs of ``seed``."""
            i, j = (1 + self.seeds[name].index(seed) if seed in self.seeds[name] else 0
                    for name in (a, b))
            x, y = self.row[one.name], self.row[other.name]
            return float(by_one[b][j, x] - by_one[a][i, x] + by_other[a][i, y] - by_other[b][j, y])

        found = log_factor(None)
        left_out = [log_factor(seed) for seed in {*self.seeds[a], *self.seeds[b]}]
        rows_a, rows_b = self.rows[a], self.rows[b]
        # [n of b, n of a]: a run of each in the blocks' places, judged by the others of both
        chance = (by_one[b][1:, rows_a] - by_one[a][1:, rows_a].diagonal()
                  + by_other[a][1:, rows_b].T - by_other[b][1:, rows_b].diagonal()[:, None])
        return Exchange(one.part, (one.name, other.name), found, min(left_out), max(left_out),
                        int((chance >= found).sum()), chance.size)


def _correlation(scores: np.ndarray) -> np.ndarray:
    """The shrunk correlation of scores [runs, numbers] about 0."""
    covariance = ledoit_wolf(scores, assume_centered=True)[0]
    sd = np.sqrt(np.diagonal(covariance))
    sd = np.where(sd > 0, sd, 1.0)  # numbers that all agree
    correlation = covariance / np.outer(sd, sd)
    np.fill_diagonal(correlation, 1.0)
    return correlation
