"""Which program printed these numbers? Each block of them under every experiment's runs.

What is wrong with the likelihoods (`elec576.comparison.likelihoods`) shows in our own runs: each of
them is named in the same way, and how often that is right, and how far the right label falls
behind, is what a block is measured by.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, groupby

import numpy as np

from elec576.claims.plan import LEVEL
from elec576.comparison.estimates import SEEDS_FOR_INTERVAL
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.likelihoods import Block, Likelihoods, blocks, measured
from elec576.comparison.results import Results
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, named
from elec576.settings import CnnSettings

CLEAR = math.log(20)  # a log-likelihood difference below this is never clear
FAINTEST = 10.0  # shown: labels this far behind the best one or farther look the same
LEAST_RUNS = SEEDS_FOR_INTERVAL + 1  # so that each can be judged by the others
# These two looked exchanged on seeds 0 to 9, which are retired; our runs begin with other seeds.
EXPECTED = ('lstm-128', 'gru-128')


@dataclass(frozen=True, eq=False)
class Fit:
    """A block under every experiment that could have printed it.

    Attributes:
        log_likelihoods: by experiment.
        right_behind: [runs], by how much the right label is behind the best one for each of our
            own runs in the block's place.
        best_of: by experiment, which labels fit its own runs best, and how many of them.
    """

    block: Block
    log_likelihoods: dict[str, float]
    right_behind: np.ndarray
    best_of: dict[str, Counter[str]]

    @cached_property
    def limit(self) -> float:
        """A label is excluded if it falls behind the best one by more.

        By more than 20 to 1, and by more than the right label does for 95 % of our own runs.
        """
        return max(CLEAR, float(np.quantile(self.right_behind, LEVEL, method='higher')))

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
        return next((one for one in self.exchanges if one.labels == EXPECTED), None)

    @property
    def groups(self) -> list[list[Fit]]:
        """The fits by the experiments that they are compared with."""
        return [list(group) for _, group in groupby(self.fits, lambda fit: [*fit.log_likelihoods])]

    def fit(self, block: str) -> Fit | None:
        return next((fit for fit in self.fits if fit.block.name == block), None)


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
        runs = {name: found for name, found in runs.items() if measured(own, found)}
        if len(runs) < 2:
            alone += [block.name for block in own]
            continue
        weighed = Likelihoods(own, runs, first_steps)
        fits += [_fit(weighed, block) for block in own]
        exchanges += [_exchange(weighed, *pair) for pair in combinations(own, 2)
                      if pair[0].part == pair[1].part and pair[0].experiment != pair[1].experiment]
    return Identification(tuple(fits), tuple(sorted(exchanges, key=lambda one: (
        one.part, -one.log_factor))), tuple(waiting), tuple(alone))


def _family(experiment: str) -> tuple:
    """Equal for experiments that can print the same lines: LeNet5's log counts its steps."""
    settings = named(experiment)
    return (settings.program, *((settings.dataset, settings.steps)
                                if isinstance(settings, CnnSettings) else ()))


def _fit(weighed: Likelihoods, block: Block) -> Fit:
    joint, best_of, right_behind = weighed.joint(block), {}, []
    for name, rows in weighed.rows.items():
        logs = {other: table[0, rows] for other, table in joint.items()}
        logs[name] = weighed.held_out(joint, name)
        every = np.array(list(logs.values()))
        best_of[name] = Counter(list(logs)[k] for k in every.argmax(axis=0))
        right_behind.append(every.max(axis=0) - logs[name])
    return Fit(block, {name: float(table[0, weighed.row[block.name]])
                       for name, table in joint.items()}, np.concatenate(right_behind), best_of)


def _exchange(weighed: Likelihoods, one: Block, other: Block) -> Exchange:
    a, b, by_one, by_other = (one.experiment, other.experiment, weighed.joint(one),
                              weighed.joint(other))

    def log_factor(seed: int | None) -> float:
        """Without the runs of ``seed``."""
        i, j = (1 + weighed.seeds[name].index(seed) if seed in weighed.seeds[name] else 0
                for name in (a, b))
        x, y = weighed.row[one.name], weighed.row[other.name]
        return float(by_one[b][j, x] - by_one[a][i, x] + by_other[a][i, y] - by_other[b][j, y])

    found = log_factor(None)
    left_out = [log_factor(seed) for seed in {*weighed.seeds[a], *weighed.seeds[b]}]
    rows_a, rows_b = weighed.rows[a], weighed.rows[b]
    # [n of b, n of a]: a run of each in the blocks' places, judged by the others of both
    chance = (by_one[b][1:, rows_a] - by_one[a][1:, rows_a].diagonal()
              + by_other[a][1:, rows_b].T - by_other[b][1:, rows_b].diagonal()[:, None])
    return Exchange(one.part, (one.name, other.name), found, min(left_out), max(left_out),
                    int((chance >= found).sum()), chance.size)
