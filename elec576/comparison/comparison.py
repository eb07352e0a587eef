"""The whole comparison as one object, from which tables, text, pictures and page are made."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Mapping

import numpy as np

from elec576.claims.conclusions import CELLS
from elec576.comparison.conclusions import JudgedConclusion, chance_together, judge_conclusions
from elec576.comparison.error_rates import FewRuns, Rate, error_rates, few_runs
from elec576.comparison.first_steps import FirstSteps, read_first_steps
from elec576.comparison.identification import Identification, identify
from elec576.comparison.numbers import JudgedNumber, judge_numbers
from elec576.comparison.prediction import reference_of
from elec576.comparison.questions import Answer, answer_questions
from elec576.comparison.readings import JudgedLog, ReadingRun, judge_readings, read_readings
from elec576.comparison.report_as_a_whole import ReportAsAWhole, judge_report
from elec576.comparison.results import Results, Run, read_results
from elec576.experiments import EXPERIMENTS, settings_of
from elec576.loops.history import CNN_COLUMNS


@dataclass(frozen=True)
class Curves:
    """One quantity over training; steps that not every run measured are left out."""

    steps: np.ndarray  # [steps]
    seeds: tuple[int, ...]
    values: np.ndarray  # [seeds, steps]
    mean: np.ndarray  # [steps]
    band: np.ndarray | None  # [2, steps]: 95 % prediction interval; None with too few runs


@dataclass(frozen=True)
class Continuation:
    """Pairs of a run and a longer one of the same settings: the same run, continued.

    Attributes:
        steps: where the shorter one ends.
        equal, pairs: for how many seeds every value recorded until then is equal, of how many.
        best: the step at which the longer one's mean test accuracy is highest.
    """

    steps: int
    equal: int
    pairs: int
    best: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """The report against the runs. Each part is computed when it is first asked for.

    Raises:
        UserError: see `elec576.comparison.links.judge_link`.
    """

    results: Results
    first_steps: FirstSteps = FirstSteps()
    readings: Mapping[str, tuple[ReadingRun, ...]] = field(default_factory=dict)
    _curves: dict[tuple[str, str], Curves] = field(default_factory=dict, repr=False)

    @cached_property
    def numbers(self) -> tuple[JudgedNumber, ...]:
        return judge_numbers(self.results, self.first_steps)

    @cached_property
    def conclusions(self) -> tuple[JudgedConclusion, ...]:
        return judge_conclusions(self.results, self.numbers)

    @property
    def sentences(self) -> tuple[JudgedConclusion, ...]:
        """The conclusions that are counted: all but second readings of a sentence."""
        return tuple(judged for judged in self.conclusions if judged.conclusion.counted)

    @cached_property
    def chance(self) -> float | None:
        """The probability that all sentences on the report's run 2 come out in its order.

        None while one of their links waits for its first look.
        """
        return chance_together(self.conclusions, self.results)

    @cached_property
    def report_as_a_whole(self) -> ReportAsAWhole | None:
        """None with too few runs."""
        return judge_report(self.numbers, self.results)

    @cached_property
    def identification(self) -> Identification:
        return identify(self.results, self.first_steps)

    @cached_property
    def logs(self) -> tuple[JudgedLog, ...]:
        """Those of which other programs were tried."""
        return judge_readings(self.results, self.first_steps, self.numbers, self.readings)

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        return answer_questions(self.results, self.first_steps, self.identification)

    @cached_property
    def error_rates(self) -> tuple[Rate, ...]:
        return error_rates(self.results, self.first_steps)

    @cached_property
    def few_runs(self) -> tuple[FewRuns, ...]:
        return few_runs(self.results)

    def curves(self, experiment: str, quantity: str) -> Curves:
        """One of the quantities in a history, in the runs of one of `experiments`."""
        key = experiment, quantity
        if key not in self._curves:
            self._curves[key] = curves(self.results.of(experiment), quantity, self.first_steps)
        return self._curves[key]

    @cached_property
    def continuation(self) -> Continuation | None:
        """Of the report's run 2 by its run 5; None without pairs."""
        longer, shorter = ({run.seed: run for run in self.results.of(name)}
                           for name in ('cnn5', 'cnn2'))
        both = longer.keys() & shorter.keys()
        if not both:
            return None
        steps = settings_of('cnn2').steps
        equal = sum(all(longer[seed].measured(quantity).get(step) == value
                        for quantity in CNN_COLUMNS[1:]
                        for step, value in shorter[seed].measured(quantity).items()
                        if step < steps or quantity.startswith('test_')) for seed in both)
        found = self.curves('cnn5', 'test_accuracy')
        return Continuation(steps, equal, len(both), int(found.steps[found.mean.argmax()]))

    @cached_property
    def timing_processor(self) -> str | None:
        """The processor whose CPU seconds of the cells are shown by hidden units."""
        return self.results.timing_processor(*(
            name for names in CELLS.values() for name in names if self.results.of(name)))

    def by_hidden_units(self, experiment: str, quantity: str) -> tuple[Run, ...]:
        """The runs of a cell that are shown: of CPU seconds, those on `timing_processor`."""
        return tuple(run for run in self.results.of(experiment) if quantity != 'cpu_seconds'
                     or run.metrics['processor'] == self.timing_processor)

    @property
    def experiments(self) -> tuple[str, ...]:
        """The report's experiments that have runs, in its order."""
        return tuple(name for name in EXPERIMENTS if self.results.of(name))

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of these, each once: part 1c's are those of `cnn4`."""
        return tuple({(run.experiment, run.seed): run for name in self.experiments
                      for run in self.results.of(name)}.values())

    def numbers_of(self, experiment: str) -> tuple[JudgedNumber, ...]:
        """The report's numbers on ``experiment``, or none."""
        return tuple(number for number in self.numbers
                     if number.reported.experiment == experiment)


def compare(folder: Path) -> Comparison:
    """Compare the runs below ``folder``/runs with the report; nothing is trained or written.

    Raises:
        UserError: see `elec576.comparison.results.read_results`,
            `elec576.comparison.first_steps.read_first_steps` and
            `elec576.comparison.readings.read_readings`.
    """
    results = read_results(folder)
    return Comparison(results, read_first_steps(folder, results), read_readings(folder))


def curves(runs: tuple[Run, ...], quantity: str, first_steps: FirstSteps) -> Curves:
    """The curves of ``quantity`` in ``runs``, one or more of one experiment.

    The band is the interval by which a number at that step is judged, step by step.
    """
    measured = [run.measured(quantity) for run in runs]
    steps = sorted(set.intersection(*(set(values) for values in measured)))
    values = np.array([[found[step] for step in steps] for found in measured])
    references = [reference_of(quantity, step, runs[0].settings, runs, first_steps)
                  for step in steps]
    band = None
    if references and references[0].enough:
        band = np.array([reference.interval() for reference in references]).T
    return Curves(np.array(steps), tuple(run.seed for run in runs), values, values.mean(axis=0),
                  band)
