"""Is a number plausible? Claims beside the runs, judged as each of the report's numbers is."""

import dataclasses
import math
import sys
from functools import cache
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple, Sequence

from elec576.checking.claims import Asked, Claim, measuring
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import (
    ENOUGH_RUNS,
    Judgement,
    Prediction,
    more_runs,
    reference_of,
)
from elec576.comparison.results import Results, Run
from elec576.data import ORIGINALS, origin_of
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, folder_name, name_of, settings_of
from elec576.runs.many import Job, make, outstanding
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings, all_cores, describe
from elec576.telling.words import count_words, digits, interval

MEANING = ('intervals: 95 % prediction intervals, in which 95 of 100 further runs of the same '
           'settings would lie')


class Found(NamedTuple):
    """What a claim is judged by; ``data`` is the data set of a user's own runs, else None."""

    reference: Prediction
    data: str | None = None

    @property
    def comparable(self) -> bool:
        """Whether it is the report's data."""
        return self.data is None or self.data in ORIGINALS


class Judged(NamedTuple):
    """A claim with its judgement; ``others`` are `alternatives` where they were compared."""

    asked: Asked
    found: Found
    judgement: Judgement
    others: Mapping[str, bool] | None


def experiment_of(settings: CnnSettings | RnnSettings) -> str | None:
    """The experiment, of the report's or of the further ones, that ``settings`` are, or None."""
    return name_of(settings, EXPERIMENTS | EVIDENCE)


def as_measured(one: Asked) -> CnnSettings | RnnSettings:
    """The settings without what the claimed quantity does not depend on.

    Evaluating a training batch without dropout changes that batch's values only.
    """
    if isinstance(one.settings, CnnSettings) and not one.claim.quantity.startswith('train_'):
        return dataclasses.replace(one.settings, eval_keep_prob=None)
    return one.settings


def committed(asked: Iterable[Asked], results: Results, first_steps: FirstSteps, needed: int,
              data: str | None = None) -> tuple[dict[Asked, Found], dict[Asked, str]]:
    """What the committed runs judge claims by; and the others, with why they do not.

    Args:
        needed: of how many runs.
        data: the folder of the data (`--data`), if it is named: other images may be in it.

    Raises:
        UserError: that folder cannot be used.
    """
    found, left = {}, {}
    origin = cache(origin_of)
    for one in asked:
        name = experiment_of(as_measured(one))
        same = not data or origin(one.settings, data).name in ORIGINALS
        try:
            if name is None:
                raise UserError('no committed runs have these settings')
            if not same:
                raise UserError(f'the images in {data} are not those of the committed runs')
            found[one] = Found(committed_reference(one.claim, name, results, first_steps, needed))
        except UserError as why:
            left[one] = str(why)
    return found, left


def own(left: Iterable[Asked], folder: Path, seeds: int, data: str | None = None,
        most: int = ENOUGH_RUNS) -> dict[Asked, Found]:
    """Runs to judge claims by, in the tables below ``folder``; those that are missing are made.

    Args:
        seeds: how many at first, from that of the settings on.
        most: as many runs again are made, up to this many in all, while a claim about these
            settings is not settled: not well inside (`Prediction.well_inside`), and not a value
            that no run can give.

    Raises:
        UserError: the data cannot be used or are the stand-in, or no run with some of the settings
            can finish.
        Interrupted: see `elec576.runs.many.reproduce`.
    """
    claims: dict[CnnSettings | RnnSettings, list[Asked]] = {}
    for one in left:
        claims.setdefault(one.settings, []).append(one)
    _refuse_stand_in(claims, data)
    found: dict[Asked, Found] = {}
    wanted, tried = dict.fromkeys(claims, seeds), set()
    while wanted:
        jobs = {settings: _jobs(settings, claims[settings], runs)
                for settings, runs in wanted.items()}
        untried = [job for each in jobs.values() for job in each if job not in tried]
        _make(untried, folder, data, [
            _why_more(one, found[one], runs) for settings, runs in wanted.items()
            for one in claims[settings] if one in found and not _settled(one, found[one])])
        tried |= set(untried)
        for settings, each in jobs.items():
            found |= _by_runs(each, claims[settings], folder)
        wanted = {settings: more_runs(runs, most) for settings, runs in wanted.items()
                  if more_runs(runs, most) > runs
                  and not all(_settled(one, found[one]) for one in claims[settings])}
    return found


def _refuse_stand_in(claims: Iterable[CnnSettings | RnnSettings], data: str | None) -> None:
    """Raise UserError where runs would be made on the stand-in: no claim is about its images."""
    for settings in {getattr(settings, 'dataset', 'mnist'): settings for settings in claims
                     }.values():
        if origin_of(settings, data).stand_in:
            raise UserError('the images are not here and cannot be downloaded, and the stand-in '
                            'judges no claim; name the folder that holds CIFAR10/ or MNIST_data/ '
                            'with --data DIR')


def _jobs(settings: CnnSettings | RnnSettings, claims: Iterable[Asked], runs: int) -> list[Job]:
    """The first ``runs`` runs with ``settings``, which measure what is claimed."""
    made = measuring(settings, [one.claim for one in claims])
    name = folder_name(made, experiment_of(made), free=('seed',))
    return [Job(name, seed, dataclasses.replace(made, seed=seed))
            for seed in range(made.seed, made.seed + runs)]


def _make(jobs: list[Job], folder: Path, data: str | None, why: Iterable[str]) -> None:
    """Make those of ``jobs`` that are missing below ``folder``, and say ``why``."""
    expected = outstanding(jobs, folder, data)
    if expected:
        at_once = max(1, all_cores() // max(job.settings.threads for job in expected))
        print(*why, f'making {count_words([len(expected)], "run")} in {folder}, {at_once} at a '
              'time; after Ctrl-C the same command resumes', sep='\n', file=sys.stderr)
        make(expected, folder, data, at_once, sys.stderr)


def _by_runs(jobs: list[Job], claims: Iterable[Asked], folder: Path) -> dict[Asked, Found]:
    """What those of ``jobs`` that are finished gave for ``claims``."""
    name = jobs[0].experiment
    table = read_table(folder_of(folder, name))
    runs = [Run(name, job.seed, table) for job in jobs
            if table is not None and job.seed in table.seeds]
    if table is None or not runs:
        raise UserError(f'{name}: no run with these settings has finished')
    return {one: Found(Prediction.of(one.claim.quantity, one.claim.step_in(one.settings), runs),
                       table.config['dataset']['name']) for one in claims}


def _settled(one: Asked, found: Found) -> bool:
    """Whether more runs can change nothing: well inside, or what no run can give."""
    reference, claim = found.reference, one.claim
    return reference.enough and (reference.well_inside(claim.number, claim.rounding)
                                 or math.isinf(reference.score(claim.number, claim.rounding)))


def _why_more(one: Asked, found: Found, runs: int) -> str:
    judged = found.reference.judge(one.claim.number, one.claim.rounding)
    where = ('has no interval yet' if judged.compatible is None else
             f'is {"near the edge of" if judged.compatible else "outside"} '
             f'{interval(judged.low, judged.high)}')
    return (f'{one.claim} {where} by {count_words([judged.n], "run")}: too few to be sure, so '
            f'there will be {runs}')


def committed_reference(claim: Claim, experiment: str, results: Results, first_steps: FirstSteps,
                        needed: int = 0) -> Prediction:
    """What ``claim`` is judged by if it is about ``experiment``.

    Raises:
        UserError: fewer than ``needed`` committed runs have measured it.
    """
    settings = settings_of(experiment)
    reference = reference_of(claim.quantity, claim.step_in(settings), settings,
                             results.of(experiment), first_steps)
    if len(reference.values) < needed:
        raise UserError(f'{len(reference.values)} committed runs, {needed} are needed')
    return reference


def alternatives(claim: Claim, settings: CnnSettings | RnnSettings, results: Results,
                 first_steps: FirstSteps, without: str | None) -> Mapping[str, bool]:
    """By experiment, whether the claim lies in the interval of its committed runs.

    Those that did not measure the quantity at the step, or have too few runs, are left out, and so
    is the experiment ``without``, and so are those that evaluate training batches with another
    dropout. The end of a run is compared with the end of the others.
    """
    if claim.step == settings.steps:
        claim = dataclasses.replace(claim, step=None)
    fits = {}
    for name in results.runs:
        if name == without or not _same_dropout(claim, settings, settings_of(name)):
            continue
        try:
            judged = committed_reference(claim, name, results, first_steps).judge(
                claim.number, claim.rounding)
        except UserError:  # it was not measured
            continue
        if judged.compatible is not None:
            fits[name] = judged.compatible
    return fits


def _same_dropout(claimed: Claim, *settings: CnnSettings | RnnSettings) -> bool:
    keep = {each.evaluation_keep_prob for each in settings if isinstance(each, CnnSettings)}
    return len(keep) < 2 or not claimed.quantity.startswith('train_')


def answer(claim: Claim, judged: Judgement, runs: str, others: Mapping[str, bool] | None = None
           ) -> str:
    """The line that answers a claim.

    Args:
        runs: what it was judged by, such as '28 committed runs'.
        others: `alternatives`; None where they were not compared.
    """
    known = f'mean {digits(judged.mean)}, sd {digits(judged.sd, 2)}'
    if judged.compatible is None:
        return f'{claim}: {runs} are too few for an interval ({known})'
    if judged.score is not None and math.isinf(judged.score):
        return f'{claim}: OUTSIDE: a value that no run can give ({runs}; {known})'
    rough = ': a rough interval' if judged.n < ENOUGH_RUNS else ''
    line = (f'{claim}: {"inside" if judged.compatible else "OUTSIDE"} '
            f'{interval(judged.low, judged.high)} ({runs}{rough}; {known})')
    if judged.compatible or others is None:
        return line
    names = [name for name, fits in others.items() if fits]
    return f'{line}; inside that of {", ".join(names) or "no other experiment"}' + (
        f' (of {len(others)} compared)')


def judge(asked: Iterable[Asked], found: Mapping[Asked, Found], results: Results,
          first_steps: FirstSteps) -> list[Judged]:
    """Every claim beside its runs; one that is outside beside the other experiments', too."""
    judged = []
    for one in asked:
        by, claim, others = found[one], one.claim, None
        judgement = by.reference.judge(claim.number, claim.rounding)
        if judgement.compatible is False and by.comparable:
            others = alternatives(claim, one.settings, results, first_steps,
                                  experiment_of(as_measured(one)))
        judged.append(Judged(one, by, judgement, others))
    return judged


def answers(asked: Sequence[Asked], found: Mapping[Asked, Found], results: Results,
            first_steps: FirstSteps) -> tuple[list[str], list[bool | None]]:
    """The lines that answer all claims, by settings, and for each claim whether it is inside.

    None instead, where there are too few runs. The last line says what the intervals are.
    """
    lines, verdicts = [], []
    judged = judge(asked, found, results, first_steps)
    for settings in dict.fromkeys(one.settings for one in asked):
        name = experiment_of(settings)
        lines.append(f'{name}: {describe(settings)}' if name else describe(settings))
        for one, by, judgement, others in judged:
            if one.settings == settings:
                start = (one.claim.step_in(settings) == 0
                         and one.claim.quantity.startswith('train_'))
                what = 'first steps' if start else 'committed runs'
                runs = f'{judgement.n} {what}' if by.data is None else (
                    f'{judgement.n} runs of your own' + f' on {by.data}' * (not by.comparable))
                lines.append(f'  {answer(one.claim, judgement, runs, others)}')
                verdicts.append(judgement.compatible)
    if len(verdicts) > 1:
        lines.append(f'{verdicts.count(True)} of {len(verdicts)} claims are inside; of right ones, '
                     'about 1 in 20 is outside by chance')
    return [*lines, MEANING], verdicts
