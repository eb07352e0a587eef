"""Is a number plausible? Where one more run would lie, from runs of the same settings.

A number of the report and any other claim are judged by the same reference, `reference_of`. What
differs is how far a number may be from its digits. How the report printed is known (0.49 by ``%g``
is 490 of 1000 images; `elec576.claims.numbers`), but not how others did: their 0.49 may be 0.485 to
0.495 (`elec576.checking.claims`). Taking the report's so, too, would throw away what it says.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Iterable, Protocol, Sequence

import numpy as np
from scipy import special, stats

from elec576.claims.plan import EVALUATIONS_APART, LEVEL
from elec576.comparison.first_steps import FirstSteps
from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings

SEEDS_FOR_INTERVAL = 3
ENOUGH_RUNS = 20  # with fewer, an interval is rough: they may not show a skewed quantity's tail
NEAR = 0.1  # of an interval's width from an edge: the next runs may move it there
LIMIT = float(stats.norm.ppf((1 + LEVEL) / 2))  # of a compatible number's score
CAP = 5.0  # where scores are summed: so that no single number decides
LEAST = 1e-6  # of accuracies, losses and statistics, before their logarithm is taken
NEIGHBOURS = 2  # evaluations on either side of a step, whose spread is taken for the step's too
FINEST = 1e-3  # no density is narrower, scaled: one test image weighs more than this
NODES = 32  # of the mean density of all values that print the same


class MeasuredRun(Protocol):
    """What a run is judged by, whoever keeps it."""

    @property
    def seed(self) -> int: ...

    @property
    def settings(self) -> CnnSettings | RnnSettings: ...

    def measured(self, quantity: str) -> dict[int, float]:
        """What it gave for ``quantity``, by step."""


@dataclass(frozen=True)
class Summary:
    """n runs' values; what needs a larger n is None.

    Attributes:
        low, high: where one more run would lie with 95 % probability (see `Prediction`).
    """

    n: int
    mean: float | None = None
    sd: float | None = None  # of the runs, n - 1 in the denominator
    lowest: float | None = None
    highest: float | None = None
    low: float | None = None
    high: float | None = None


def summarise(values: Sequence[float] | np.ndarray) -> Summary:
    """Mean and spread; values that all agree have them exactly."""
    n = len(values)
    if n == 0:
        return Summary(0)
    values = np.asarray(values, float)
    same = values.min() == values.max()
    return Summary(n, float(values[0] if same else values.mean()),
                   None if n < 2 else 0.0 if same else float(values.std(ddof=1)),
                   float(values.min()), float(values.max()))


@dataclass(frozen=True)
class Judgement(Summary):
    """A number beside n runs of its settings; with too few runs, what follows `highest` is None.

    Attributes:
        between, within: the spread between runs and, where neighbouring evaluations tell it apart,
            within one; standard deviations on the scale of `Prediction`.
        score: the number's place among further runs, as a normal score: beyond ±1.96 outside `low`
            and `high`.
        compatible: whether the number, or one that prints the same, lies in the interval.
    """

    between: float | None = None
    within: float | None = None
    score: float | None = None
    compatible: bool | None = None


@dataclass(frozen=True, eq=False)
class Prediction:
    """What runs gave for one quantity at one step, and at neighbouring evaluations.

    Accuracies on a training batch are counts: beta-binomial, with the spread that the runs have
    beyond chance. All others are taken on a scale on which runs are about normal: losses and the
    activations' statistics their logarithm, accuracies on the test set their logit. There, one more
    run y lies about the mean m of the n runs at the step as Student's t says,

        (y - m) / (s sqrt(1 + 1 / n))  ~  t(f).

    With one evaluation, s is the runs' standard deviation and f = n - 1. With E evaluations near
    the step, s^2 is the mean of their E variances, which is B / E + W (E - 1) / E for the mean
    squares B between runs and W within them; f is Satterthwaite's,

        s^4 / f  =  (B / E)^2 / (n - 1)  +  (W (E - 1) / E)^2 / ((n - 1) (E - 1)).

    Attributes:
        values: [n, evaluations].
        column: the evaluation that is the step itself.
        seeds: [n].
        batch: how many images an accuracy counts, for accuracies on a training batch; else None.
    """

    quantity: str
    values: np.ndarray
    column: int
    seeds: tuple[int, ...]
    batch: int | None

    @classmethod
    def of(cls, quantity: str, step: int, runs: Sequence[MeasuredRun]) -> Prediction:
        """Gather ``quantity`` around ``step`` from ``runs`` of the same settings.

        Raises:
            UserError: a run did not measure it there.
        """
        measured = [run.measured(quantity) for run in runs]
        for run, values in zip(runs, measured):
            if step not in values:
                raise UserError(f'{quantity}: not measured at step {step} by seed {run.seed}; '
                                f'it was at {_some(values)}')
        steps = [step]
        if quantity.startswith('train_') and step > 0:  # at step 0 nothing was learnt yet
            steps = [near for near in (step + k * EVALUATIONS_APART
                                       for k in range(-NEIGHBOURS, NEIGHBOURS + 1))
                     if near > 0 and all(near in values for values in measured)]
        batch = runs[0].settings.batch_size if runs and quantity == 'train_accuracy' else None
        return cls(quantity, np.array([[values[near] for near in steps] for values in measured]
                                      ).reshape(len(runs), len(steps)), steps.index(step),
                   tuple(run.seed for run in runs), batch)

    @classmethod
    def at_start(cls, quantity: str, settings: CnnSettings | RnnSettings,
                 first_steps: FirstSteps) -> Prediction:
        """The same before the first update, from the starts of many more seeds, if there are any.
        """
        rows = first_steps.rows_of(settings)
        return cls(quantity, rows[[quantity]].to_numpy(float), 0, tuple(rows['seed'].tolist()),
                   settings.batch_size if quantity == 'train_accuracy' else None)

    def without(self, seed: int) -> Prediction:
        """The same without the run of ``seed``, if there is one."""
        return self.only([k for k, other in enumerate(self.seeds) if other != seed])

    def only(self, kept: Sequence[int] | np.ndarray) -> Prediction:
        """The same by some of the runs, in this order."""
        return Prediction(self.quantity, self.values[kept], self.column,
                          tuple(self.seeds[k] for k in kept), self.batch)

    @property
    def at_step(self) -> np.ndarray:
        """[n]: the runs' values at the step itself."""
        return self.values[:, self.column]

    @property
    def summary(self) -> Summary:
        """Of the values at the step, with the interval where there are enough runs."""
        found = summarise(self.at_step)
        if not self.enough:
            return found
        low, high = self.interval()
        return dataclasses.replace(found, low=low, high=high)

    @property
    def enough(self) -> bool:
        return len(self.values) >= SEEDS_FOR_INTERVAL

    def judge(self, value: float, rounding: float = 0.0) -> Judgement:
        """Judge a number that is known to within ± ``rounding``."""
        known = dataclasses.asdict(self.summary)
        if not self.enough:
            return Judgement(**known)
        between, within, _, _ = _spread(self._scaled_runs())
        score = self.score(value, rounding)
        return Judgement(**known, between=between, within=within, score=score,
                         compatible=abs(score) <= LIMIT)

    def well_inside(self, value: float, rounding: float = 0.0) -> bool:
        """Whether a number lies in the interval, and not within `NEAR` of its width from an edge.

        An accuracy of 0 or 1 is no edge: nothing lies beyond it. At least 3 runs are needed.
        """
        low, high = self.interval()
        apart = NEAR * (high - low) - 1e-9  # the scale's way there and back costs a last digit
        most = 1 if self.quantity.endswith('_accuracy') else math.inf
        return bool(abs(self.score(value, rounding)) <= LIMIT
                    and (low <= 0 or value + rounding >= low + apart)
                    and (high >= most or value - rounding <= high - apart))

    def interval(self) -> tuple[float, float]:
        """Where one more run would lie with 95 % probability; at least 3 runs are needed."""
        if self.batch is not None:
            inside = np.flatnonzero(np.abs(self._count_scores) <= LIMIT)
            return float(inside[0] / self.batch), float(inside[-1] / self.batch)
        center, error, freedom = self._student
        half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
        return float(self._unscaled(center - half)), float(self._unscaled(center + half))

    def score(self, value: float, rounding: float = 0.0) -> float:
        """The place of a number among further runs as a normal score; at least 3 runs are needed.

        It is the least extreme of all numbers within ± ``rounding``; infinite where no run can be.
        """
        return float(self.scores(np.array(value), rounding))

    def scores(self, values: np.ndarray, rounding: float = 0.0) -> np.ndarray:
        """The `score` of each of ``values``, an array of any shape."""
        if self.batch is not None:
            near = self._counts_near(values, rounding)
            least = np.where(near, np.abs(self._count_scores), np.inf).argmin(axis=-1)
            return np.where(near.any(axis=-1), self._count_scores[least],
                            np.copysign(np.inf, values - self.at_step.mean()))
        center, error, freedom = self._student
        low, high = self._scaled(values - rounding), self._scaled(values + rounding)
        distance = np.where(low > center, low - center, np.minimum(high - center, 0.0))
        if error == 0:
            return np.where(distance == 0, 0.0, np.copysign(np.inf, distance))
        return np.copysign(stats.norm.isf(stats.t.sf(np.abs(distance) / error, freedom)), distance)

    def held_out(self, runs: Iterable[tuple[int, float]], rounding: float = 0.0
                 ) -> dict[int, float]:
        """By seed, the score of each of ``runs``, (seed, value), by the runs of other seeds.

        Seeds without enough others are left out.
        """
        found = {}
        for seed, value in runs:
            others = self.without(seed)
            if others.enough:
                found[seed] = others.score(value, rounding)
        return found

    def log_densities(self, values: np.ndarray, rounding: float = 0.0) -> np.ndarray:
        """The log of the probability density of one more run, on the scale of the values.

        It is the mean density of all values within ± ``rounding``, so that settings are comparable
        however a number was rounded. Accuracies on a training batch have the probability of their
        count instead (-inf where no batch has it). At least 3 runs are needed.

        Args:
            values: an array of any shape.
        """
        if self.batch is not None:
            near = self._counts_near(values, rounding)
            return np.logaddexp.reduce(np.where(near, self._log_mass, -np.inf), axis=-1)
        nodes, weights = np.polynomial.legendre.leggauss(NODES if rounding else 1)
        near = self._possible(values[..., None] + rounding * nodes)
        center, error, freedom = self._student
        error = max(error, FINEST)
        slope = near * (1 - near) if self.quantity.endswith('_accuracy') else near
        logs = (stats.t.logpdf((self._scaled(near) - center) / error, freedom)
                - np.log(error * slope))
        return np.logaddexp.reduce(logs + np.log(weights / 2), axis=-1)

    def _counts_near(self, values: np.ndarray, rounding: float) -> np.ndarray:
        """[..., batch + 1]: which counts print as each value."""
        assert self.batch is not None, self.quantity
        # float32's multiples of 1/50 are none exactly
        return np.abs(np.arange(self.batch + 1) / self.batch
                      - np.asarray(values)[..., None]) <= rounding + 1e-6

    def _possible(self, values: np.ndarray) -> np.ndarray:
        """0 and 1 taken for what is next to them, where the scale is finite."""
        most = 1 - LEAST if self.quantity.endswith('_accuracy') else math.inf
        return np.clip(values, LEAST, most)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(divide='ignore', invalid='ignore'):
            if self.quantity.endswith('_accuracy'):
                return special.logit(np.clip(values, 0, 1))
            return np.log(np.maximum(values, 0))

    def _scaled_runs(self) -> np.ndarray:
        """[n, evaluations], counts as they are."""
        return self.values if self.batch is not None else self._scaled(self._possible(self.values))

    def _unscaled(self, value: float) -> float:
        return special.expit(value) if self.quantity.endswith('_accuracy') else np.exp(value)

    @cached_property
    def _student(self) -> tuple[float, float, float]:
        """Center, standard error and degrees of freedom of one more run, scaled."""
        scaled = self._scaled_runs()
        own = scaled[:, self.column]
        _, _, variance, freedom = _spread(scaled)
        if own.min() == own.max():
            return float(own[0]), 0.0, 1.0
        return float(own.mean()), math.sqrt(variance * (1 + 1 / len(own))), freedom

    @cached_property
    def _log_mass(self) -> np.ndarray:
        """[batch + 1]: the log of the probability of each count."""
        n, images = len(self.values), self.batch
        assert images is not None, self.quantity
        hits = self.at_step.sum() * images
        share = (hits + 0.5) / (n * images + 1)  # never exactly 0 or 1
        _, _, variance, _ = _spread(self.values)
        # Var(count / images) = share (1 - share) / images (1 + (images - 1) correlation)
        excess = variance * (1 + 1 / n) * images / (share * (1 - share))
        correlation = (excess - 1) / (images - 1) if images > 1 else 0.0
        counts = np.arange(images + 1)
        if correlation > 1e-4:
            size = 1 / min(correlation, 0.99) - 1
            return stats.betabinom.logpmf(counts, images, share * size, (1 - share) * size)
        return stats.binom.logpmf(counts, images, share)

    @cached_property
    def _count_scores(self) -> np.ndarray:
        """[batch + 1]: the score of each count; half of its own probability lies on either side."""
        mass = np.exp(self._log_mass)
        below = np.cumsum(mass) - mass / 2
        above = np.cumsum(mass[::-1])[::-1] - mass / 2
        return np.where(below < above, stats.norm.ppf(np.minimum(below, 0.5)),
                        stats.norm.isf(np.minimum(above, 0.5)))


def reference_of(quantity: str, step: int, settings: CnnSettings | RnnSettings,
                 runs: Sequence[MeasuredRun], first_steps: FirstSteps) -> Prediction:
    """What ``quantity`` at ``step`` is judged by: runs of ``settings`` on the report's data.

    Training values at step 0 are judged by the starts of many more seeds, where there are some.

    Raises:
        UserError: a run did not measure the quantity at the step.
    """
    if step == 0 and quantity.startswith('train_'):
        starts = Prediction.at_start(quantity, settings, first_steps)
        if starts.seeds:
            return starts
    return Prediction.of(quantity, step, runs)


def more_runs(runs: int, most: int) -> int:
    """How many runs a number is judged by next that is not `Prediction.well_inside` by ``runs``."""
    return max(runs, min(2 * runs, most))


def _some(steps: dict[int, float]) -> str:
    found = list(steps)
    return ('no step' if not found else ', '.join(map(str, found)) if len(found) < 5 else
            f'{found[0]}, {found[1]} … {found[-1]}')


def _spread(values: np.ndarray) -> tuple[float, float | None, float, float]:
    """How far runs differ.

    Args:
        values: [n, evaluations], n >= 2.

    Returns:
        The standard deviation between runs and the one within a run (None with one evaluation),
        the variance of one run's value, and its degrees of freedom.
    """
    n, evaluations = values.shape
    by_run = values.mean(axis=1)
    between = evaluations * by_run.var(ddof=1)  # a mean square, as `within`
    if evaluations == 1:
        return math.sqrt(between), None, float(between), n - 1.0
    rest = values - by_run[:, None] - values.mean(axis=0) + values.mean()
    within = (rest ** 2).sum() / ((n - 1) * (evaluations - 1))
    parts = between / evaluations, within * (evaluations - 1) / evaluations
    variance = sum(parts)
    freedom = n - 1.0
    if variance > 0:
        freedom = variance ** 2 / (parts[0] ** 2 / (n - 1)
                                   + parts[1] ** 2 / ((n - 1) * (evaluations - 1)))
    return (math.sqrt(max(0.0, between - within) / evaluations), math.sqrt(within),
            float(variance), float(freedom))
