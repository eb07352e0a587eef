"""Which program printed these numbers? Each block of them under every experiment's runs.

A block is what one program printed under one label. Its log-likelihood under an experiment's runs
is the sum of the log densities of its numbers (`Prediction.log_densities`) and that of a Gaussian
copula, since numbers of one run depend on one another. The copula's correlation is that of the
scores of our own runs, each judged by the other runs of its experiment, taken over all experiments
together and shrunk (Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance
matrices", Journal of Multivariate Analysis 88, 2004):

    log L = sum of log densities - z' (C^-1 - 1) z / 2 - log det C / 2,  z the numbers' scores

How far such a likelihood can be trusted shows in our own runs: each of them is named in the same
way, and how often that is right, and how far the right label falls behind, is what a block is
measured by.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Collection, Mapping, Sequence

import numpy as np
from scipy import stats
from sklearn.covariance import ledoit_wolf

from elec576.claims.numbers import ReportedValue, all_reported
from elec576.claims.plan import LEVEL
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import CAP, SEEDS_FOR_INTERVAL, MeasuredRun, reference_of
from elec576.comparison.results import Results
from elec576.experiments import EVIDENCE, EXPERIMENTS, SAME_RUN, settings_of
from elec576.loops.history import STATISTICS
from elec576.settings import CnnSettings, RnnSettings

FLOOR = -50.0  # of one number's log density: beyond it "impossible" is all that can be said
CLEAR = math.log(20)  # a log-likelihood difference below this is never clear
FAINTEST = 10.0  # shown: labels this far behind the best one or farther look the same
LEAST_RUNS = SEEDS_FOR_INTERVAL + 1  # so that each can be judged by the others


@dataclass(frozen=True)
class Block:
    """Numbers that one program printed.

    Attributes:
        label: the experiment that the report prints them of.
        activations: part 1c's statistics, which are a block of their own.
    """

    label: str
    activations: bool
    numbers: tuple[ReportedValue, ...]

    @property
    def name(self) -> str:
        return self.label + ', activations' * self.activations

    @property
    def experiment(self) -> str:
        """Whose runs they are compared with: `cnn4`'s for `cnn-vis`."""
        return SAME_RUN.get(self.label, self.label)

    @property
    def measures(self) -> tuple[tuple[str, int | None, float], ...]:
        """Quantity, step (None: the end, wherever it is) and coarse rounding of each number."""
        return tuple((value.quantity,
                      None if value.step == settings_of(value.experiment).steps else value.step,
                      value.rounding if value.printed == 'prose' else 0.0)
                     for value in self.numbers)


def blocks() -> tuple[Block, ...]:
    """The report's blocks; variances are left out, being the standard deviations' squares."""
    found: dict[tuple[str, bool], list[ReportedValue]] = {}
    for value in all_reported():
        if value.compared and not value.quantity.endswith('variance'):
            found.setdefault((value.experiment, value.quantity in STATISTICS), []).append(value)
    return tuple(Block(*which, tuple(values)) for which, values in found.items())


class Likelihoods:
    """Log-likelihoods of logs under the runs of several programs.

    The logs are the blocks as the report prints them, and then every run, in a block's place. By
    program there is an array [1 + n, logs]: first by all of its n runs, then by all but the first,
    by all but the second, and so on: a run's own log is judged by the others.

    Args:
        own: the blocks.
        runs: by program (an experiment or a reading), of one settings each.
        first_steps: judge values of step 0, but for the programs in ``own_starts``, whose step 0 is
            not that of their settings.

    Attributes:
        block_log: the place of each block among the logs.
        run_logs: the places of each program's runs.
        seeds: of these, by program.
    """

    def __init__(self, own: Sequence[Block], runs: Mapping[str, Sequence[MeasuredRun]],
                 first_steps: FirstSteps, own_starts: Collection[str] = ()):
        self.block_log = {block: k for k, block in enumerate(own)}
        self.seeds = {name: [run.seed for run in found] for name, found in runs.items()}
        ends = len(own) + np.cumsum([len(seeds) for seeds in self.seeds.values()])
        self.run_logs = {name: np.arange(end - len(seeds), end)
                         for end, (name, seeds) in zip(ends, self.seeds.items())}
        self._joint: dict[tuple, dict[str, np.ndarray]] = {}
        self._marginal: dict[tuple, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
        for measure in dict.fromkeys(measure for block in own for measure in block.measures):
            quantity, step, rounding = measure
            ours = [run.measured(quantity)[_step(step, run.settings)]
                    for found in runs.values() for run in found]
            printed = [dict(zip(block.measures, block.numbers)).get(measure) for block in own]
            # a block without this number is never asked for it
            values = np.array([value.number if value else ours[0] for value in printed] + ours)
            self._marginal[measure] = {}
            for name, found in runs.items():
                settings = found[0].settings
                whole = reference_of(quantity, _step(step, settings), settings, found,
                                     FirstSteps() if name in own_starts else first_steps)
                references = [whole, *map(whole.without, self.seeds[name])]
                self._marginal[measure][name] = (
                    np.array([one.log_densities(values, rounding) for one in references]),
                    np.array([one.scores(values, rounding) for one in references]))

    def held_out(self, tables: dict[str, np.ndarray], name: str) -> np.ndarray:
        """[n]: of a program's own runs, each by the others."""
        logs = self.run_logs[name]
        return tables[name][1 + np.arange(len(logs)), logs]

    def joint(self, block: Block) -> dict[str, np.ndarray]:
        """[1 + n, logs] by program, of the block's quantities."""
        if block.measures not in self._joint:
            logs, scores = ({name: np.stack([self._marginal[measure][name][kind]
                                             for measure in block.measures], axis=-1)
                             for name in self.seeds} for kind in (0, 1))
            scores = {name: np.clip(found, -CAP, CAP) for name, found in scores.items()}
            correlation = shrunk_correlation(np.concatenate([
                self.held_out(scores, name) for name in self.run_logs]))
            more = np.linalg.inv(correlation) - np.eye(len(correlation))
            self._joint[block.measures] = {
                name: np.maximum(logs[name], FLOOR).sum(axis=-1)
                - (np.einsum('...i,ij,...j', scores[name], more, scores[name])
                   + np.linalg.slogdet(correlation)[1]) / 2 for name in self.seeds}
        return self._joint[block.measures]


def measured(own: Sequence[Block], runs: Sequence[MeasuredRun]) -> bool:
    """Whether all ``runs`` measured every number of the blocks."""
    return all(_step(step, run.settings) in run.measured(quantity)
               for block in own for quantity, step, _ in block.measures for run in runs)


def _step(step: int | None, settings: CnnSettings | RnnSettings) -> int:
    return settings.steps if step is None else step


def shrunk_correlation(scores: np.ndarray) -> np.ndarray:
    """The correlation [numbers, numbers] of scores [runs, numbers] about 0."""
    covariance = ledoit_wolf(scores, assume_centered=True)[0]
    sd = np.sqrt(np.diagonal(covariance))
    sd = np.where(sd > 0, sd, 1.0)  # numbers that all agree
    correlation = covariance / np.outer(sd, sd)
    np.fill_diagonal(correlation, 1.0)
    return correlation


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

    @property
    def as_far(self) -> int:
        """For how many of our own runs the right label is as far behind as the block's own."""
        return int((self.right_behind >= self.behind(self.block.experiment)).sum())

    @property
    def as_far_interval(self) -> tuple[float, float]:
        """The exact 95 % interval (Clopper and Pearson) of the share of such runs."""
        found = stats.binomtest(self.as_far, len(self.right_behind)).proportion_ci(LEVEL, 'exact')
        return float(found.low), float(found.high)

    def named_right(self, *names: str) -> tuple[int, int]:
        """How many own runs of ``names``, or of all, fit their own label best; of how many."""
        chosen = {name: self.best_of[name] for name in names or self.best_of}
        return (sum(best[name] for name, best in chosen.items()),
                sum(best.total() for best in chosen.values()))


@dataclass(frozen=True)
class Identification:
    """All blocks whose label and at least one other have enough runs.

    Attributes:
        waiting: blocks whose label has too few runs.
        alone: blocks that no other experiment with runs could have printed.
    """

    fits: tuple[Fit, ...] = ()
    waiting: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()

    @property
    def misfits_by_chance(self) -> float:
        """How many blocks with right labels would be misfits, each by its own limit."""
        return float(sum((fit.right_behind > fit.limit).mean() for fit in self.fits))

    @property
    def groups(self) -> list[list[Fit]]:
        """The fits by the experiments that they are compared with."""
        return [list(group) for _, group in groupby(self.fits, lambda fit: [*fit.log_likelihoods])]

    def fit(self, label: str, activations: bool = False) -> Fit | None:
        return next((fit for fit in self.fits if (fit.block.label, fit.block.activations) == (
            label, activations)), None)


def identify(results: Results, first_steps: FirstSteps) -> Identification:
    """Every block of the report under every experiment that could have printed it."""
    fits, waiting, alone = [], [], []
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
    return Identification(tuple(fits), tuple(waiting), tuple(alone))


def _family(experiment: str) -> tuple:
    """Equal for experiments that can print the same lines: LeNet5's log counts its steps."""
    settings = settings_of(experiment)
    return (settings.program, *((settings.dataset, settings.steps)
                                if isinstance(settings, CnnSettings) else ()))


def _fit(weighed: Likelihoods, block: Block) -> Fit:
    joint, best_of, right_behind = weighed.joint(block), {}, []
    for name, own in weighed.run_logs.items():
        logs = {other: table[0, own] for other, table in joint.items()}
        logs[name] = weighed.held_out(joint, name)
        every = np.array(list(logs.values()))
        best_of[name] = Counter(list(logs)[k] for k in every.argmax(axis=0))
        right_behind.append(every.max(axis=0) - logs[name])
    return Fit(block, {name: float(table[0, weighed.block_log[block]])
                       for name, table in joint.items()}, np.concatenate(right_behind), best_of)
