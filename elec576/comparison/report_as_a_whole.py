"""The report as a whole: how it ranks among reports made of our own runs.

Each of our runs in turn is put in the place of the report's log of its experiment and judged by the
others in exactly the same way. A made-up report draws one such log for each of the report's logs,
independently, as the report's own runs are. So the logs are the units: numbers of one log depend on
one another in it as they do in the report.

The same is asked of each kind of number apart; and of reports in which a log has a wrong label, to
see how often that is noticed.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from elec576.claims.numbers import ReportedValue
from elec576.claims.plan import LEVEL
from elec576.comparison.first_steps import first_step_of
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import CAP, LIMIT
from elec576.comparison.results import Results
from elec576.experiments import EXPERIMENTS, SAME_RUN
from elec576.settings import CnnSettings

REPORTS = 99_999
KINDS = ('training values at step 0', 'training values later', 'final values')

# Wrong labels, by which the power is measured: by log, whose runs are put in its place
WRONG_LABELS: dict[str, dict[str, str]] = {
    'run 1 made by run 2 (tanh for relu)': {'cnn1': 'cnn2'},
    'LSTM and GRU of 128 units exchanged': {'lstm-128': 'gru-128', 'gru-128': 'lstm-128'},
    'run 3 with 8000 samples': {'cnn3': 'cnn2'},
    'run 9 without Xavier': {'cnn9': 'cnn2'},
    'part 1c with biases 0': {'cnn-vis': 'evidence-bias-0'},
    'run 7 with Adam': {'cnn7': 'cnn2'},
}


@dataclass(frozen=True)
class Log:
    """The numbers of one experiment's log.

    Attributes:
        scores: [numbers], the report's.
        seeds: of our runs that can be judged by others.
        held_out: [seeds, numbers], these runs' scores in the report's place.
    """

    experiment: str
    numbers: tuple[JudgedNumber, ...]
    scores: np.ndarray
    seeds: tuple[int, ...]
    held_out: np.ndarray

    @property
    def inside(self) -> int:
        """How many of the report's numbers are compatible."""
        return int(_inside(self.scores))

    @property
    def extremeness(self) -> float:
        """The sum of their squared scores, each cut off at `CAP`."""
        return float(_extremeness(self.scores))

    @property
    def held_out_inside(self) -> np.ndarray:
        """[seeds]"""
        return _inside(self.held_out)

    @property
    def held_out_extremeness(self) -> np.ndarray:
        """[seeds]"""
        return _extremeness(self.held_out)

    @property
    def p(self) -> float:
        """How probable a log at least as extreme is."""
        return _share(self.held_out_extremeness >= self.extremeness)


@dataclass(frozen=True)
class Kind:
    """The report's numbers of one kind.

    Attributes:
        rms: the root mean square of the report's scores, and `rms_expected` of made-up reports'.
        p: how probable it is that their squares sum up to at least as much.
    """

    name: str
    count: int
    rms: float
    rms_expected: float
    p: float


@dataclass(frozen=True)
class ReportAsAWhole:
    """The report among `REPORTS` made-up ones.

    Attributes:
        inside, expected, low, high: how many numbers are compatible: the report's, the mean and
            the middle 95 % of made-up reports'.
        p_inside: how probable it is that no more are.
        rms, rms_expected, p_extremeness: of all numbers, as in `Kind`.
        kinds: the same by kind; the split was made after looking at the numbers.
        power: by wrong label, in how many of 100 reports it is noticed at p <= 0.05.
        coverage: by kind of quantity, how many of our runs' numbers are compatible, of how many.
    """

    logs: tuple[Log, ...]
    count: int
    inside: int
    expected: float
    low: int
    high: int
    p_inside: float
    rms: float
    rms_expected: float
    p_extremeness: float
    kinds: tuple[Kind, ...]
    power: dict[str, float]
    coverage: dict[str, tuple[int, int]]

    @property
    def held_out(self) -> tuple[int, int]:
        """The coverage of all kinds together."""
        inside, judged = zip(*self.coverage.values())
        return sum(inside), sum(judged)


def judge_report(numbers: tuple[JudgedNumber, ...], results: Results) -> ReportAsAWhole | None:
    """Compare the report with made-up ones; None where no experiment has enough runs."""
    judged = [(number, number.held_out()) for number in numbers if number.compatible is not None]
    by_experiment: dict[str, list[tuple[JudgedNumber, dict[int, float]]]] = {}
    for number, held_out in judged:
        by_experiment.setdefault(number.reported.experiment, []).append((number, held_out))
    logs = [log for name, own in by_experiment.items() if (log := _log(name, *zip(*own)))]
    if not logs:
        return None
    inside = _made_up(logs, [log.held_out_inside for log in logs])
    own_inside = sum(log.inside for log in logs)
    low, high = np.quantile(inside, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method='nearest')
    whole = _kind('all', logs)
    kinds = [_kind(name, parts) for name in KINDS if (parts := [part for log in logs if (
        part := _part(log, name)) is not None])]
    return ReportAsAWhole(
        tuple(logs), whole.count, own_inside,
        float(sum(log.held_out_inside.mean() for log in logs)), int(low), int(high),
        _share(inside <= own_inside), whole.rms, whole.rms_expected, whole.p, tuple(kinds),
        _power(logs, results), _coverage(judged))


def kind_of(value: ReportedValue) -> str:
    """Which of `KINDS` a number is of."""
    if not value.quantity.startswith('train_'):
        return KINDS[2]
    return KINDS[value.step > 0]


def _log(name: str, numbers: tuple[JudgedNumber, ...], held_out: tuple[dict[int, float], ...]
         ) -> Log | None:
    # at step 0 a run can be judged by other seeds' starts even where there are too few other runs
    seeds = tuple(seed for seed in held_out[0] if all(seed in scores for scores in held_out))
    if not seeds:
        return None
    return Log(name, numbers, np.array([number.score for number in numbers]), seeds,
               np.array([[scores[seed] for scores in held_out] for seed in seeds]))


def _part(log: Log, kind: str) -> Log | None:
    """The numbers of one kind."""
    own = [k for k, number in enumerate(log.numbers) if kind_of(number.reported) == kind]
    return dataclasses.replace(log, numbers=tuple(log.numbers[k] for k in own),
                               scores=log.scores[own], held_out=log.held_out[:, own]
                               ) if own else None


def _kind(name: str, logs: list[Log]) -> Kind:
    count = sum(len(log.numbers) for log in logs)
    own = sum(log.extremeness for log in logs)
    made_up = _made_up(logs, [log.held_out_extremeness for log in logs])
    expected = sum(log.held_out_extremeness.mean() for log in logs)
    return Kind(name, count, float(np.sqrt(own / count)), float(np.sqrt(expected / count)),
                _share(made_up >= own - 1e-9))


def _made_up(logs: list[Log], values: list[np.ndarray]) -> np.ndarray:
    """[REPORTS]: the sum of one of each log's ``values``, drawn with a fixed seed."""
    random = np.random.default_rng(0)
    return np.sum([own[random.integers(len(own), size=REPORTS)] for own in values], axis=0)


def _power(logs: list[Log], results: Results) -> dict[str, float]:
    """Of reports with wrong labels, the share at least as extreme as 5 % of those with right ones.

    Labels without runs are left out.
    """
    right = [log.held_out_extremeness for log in logs]
    limit = np.quantile(_made_up(logs, right), LEVEL)
    power = {}
    for what, labels in WRONG_LABELS.items():
        wrong = [own if log.experiment not in labels else _wrong(log, labels[log.experiment],
                                                                 results)
                 for log, own in zip(logs, right)]
        if labels.keys() <= {log.experiment for log in logs} and all(map(len, wrong)):
            power[what] = float((_made_up(logs, wrong) >= limit).mean())
    return power


def _wrong(log: Log, name: str, results: Results) -> np.ndarray:
    """[runs]: the extremeness of runs of another experiment in a log's place."""
    runs = results.of(name)
    scores = [number.reference.held_out(
        [(run.seed, run.measured(number.reported.quantity)[number.reported.step]) for run in runs],
        number.reported.rounding) for number in log.numbers]
    return _extremeness(np.array([[found[run.seed] for found in scores] for run in runs
                                  if all(run.seed in found for found in scores)]
                                 ).reshape(-1, len(scores)))


def _inside(scores: np.ndarray) -> np.ndarray:
    return (np.abs(scores) <= LIMIT).sum(axis=-1)


def _extremeness(scores: np.ndarray) -> np.ndarray:
    return (np.minimum(np.abs(scores), CAP) ** 2).sum(axis=-1)


def _share(at_least: np.ndarray) -> float:
    """A p-value: the report itself counts as one of the reports."""
    return float((1 + at_least.sum()) / (1 + len(at_least)))


def _coverage(judged: list[tuple[JudgedNumber, dict[int, float]]]
              ) -> dict[str, tuple[int, int]]:
    """Each measurement once: experiments that differ later begin with the same ones."""
    found: dict[str, dict[tuple, bool]] = {}
    for number, held_out in judged:
        value = number.reported
        kind = ('activation statistics' if value.quantity.startswith('h_conv') else
                value.quantity.replace('_', ' ') + ', step 0' * (value.step == 0))
        for seed, score in held_out.items():
            measured = value.quantity, value.step, seed, _program(value)
            found.setdefault(kind, {}).setdefault(measured, abs(score) <= LIMIT)
    return {kind: (sum(inside.values()), len(inside)) for kind, inside in found.items()}


def _program(value: ReportedValue) -> object:
    """What a measured value depends on, besides quantity, step and seed."""
    name = SAME_RUN.get(value.experiment, value.experiment)
    settings = EXPERIMENTS.get(name)
    if not isinstance(settings, CnnSettings):
        return name
    if value.step == 0 and value.quantity.startswith('train_'):
        return first_step_of(settings), settings.train_per_class
    return dataclasses.replace(settings, steps=1)  # how long it goes on changes nothing before
