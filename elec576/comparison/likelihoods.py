"""The likelihood of numbers that one program printed together, under several experiments' runs.

A block's log-likelihood is the sum of the log densities of its numbers
(`elec576.comparison.prediction.Reference`) and that of a Gaussian copula, since numbers of one run
depend on one another: the correlation of the scores of our own runs, each judged by the others of
its experiment, taken over all experiments together and shrunk (Ledoit and Wolf, "A well-conditioned
estimator for large-dimensional covariance matrices", Journal of Multivariate Analysis 88, 2004).
"""

from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np
from sklearn.covariance import ledoit_wolf

from elec576.claims.numbers import ReportedValue, all_reported
from elec576.claims.questions import STATISTICS
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import reference_of
from elec576.comparison.report_as_a_whole import CAP
from elec576.comparison.results import Run
from elec576.experiments import SAME_RUN, named
from elec576.settings import CnnSettings, RnnSettings

FLOOR = -50.0  # of one number's log density: beyond it "impossible" is all that can be said
ACTIVATIONS = ', activations'  # part 1c's statistics are a block of their own


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


class Likelihoods:
    """Log-likelihoods of rows of numbers: of the blocks as printed, and then of all runs.

    Each experiment has a table [1 + n, rows]: by all of its n runs, then without one after another.

    Attributes:
        row: of each block, by its name.
        rows: of each experiment's own runs.
        seeds: of these, by experiment.
    """

    def __init__(self, own: Sequence[Block], runs: Mapping[str, Sequence[Run]],
                 first_steps: FirstSteps):
        self.row = {block.name: k for k, block in enumerate(own)}
        self.seeds = {name: [run.seed for run in found] for name, found in runs.items()}
        ends = len(own) + np.cumsum([len(seeds) for seeds in self.seeds.values()])
        self.rows = {name: np.arange(end - len(seeds), end)
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
                whole = reference_of(quantity, _step(step, named(name)), named(name), found,
                                     first_steps)
                references = [whole, *map(whole.without, self.seeds[name])]
                self._marginal[measure][name] = (
                    np.array([one.log_densities(values, rounding) for one in references]),
                    np.array([one.scores(values, rounding) for one in references]))

    def held_out(self, tables: dict[str, np.ndarray], name: str) -> np.ndarray:
        """[n]: the rows of an experiment's own runs in its table, each without the run itself."""
        rows = self.rows[name]
        return tables[name][1 + np.arange(len(rows)), rows]

    def joint(self, block: Block) -> dict[str, np.ndarray]:
        """By experiment, its table for rows of the block's quantities."""
        if block.measures not in self._joint:
            logs, scores = ({name: np.stack([self._marginal[measure][name][kind]
                                             for measure in block.measures], axis=-1)
                             for name in self.seeds} for kind in (0, 1))
            scores = {name: np.clip(found, -CAP, CAP) for name, found in scores.items()}
            correlation = shrunk_correlation(np.concatenate([
                self.held_out(scores, name) for name in self.rows]))
            more = np.linalg.inv(correlation) - np.eye(len(correlation))
            self._joint[block.measures] = {
                name: np.maximum(logs[name], FLOOR).sum(axis=-1)
                - (np.einsum('...i,ij,...j', scores[name], more, scores[name])
                   + np.linalg.slogdet(correlation)[1]) / 2 for name in self.seeds}
        return self._joint[block.measures]


def measured(own: Sequence[Block], runs: Sequence[Run]) -> bool:
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
