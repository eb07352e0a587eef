"""Is a number plausible? Claims beside the runs, judged as each of the report's numbers is."""

import dataclasses
import sys
from functools import cache
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple, Sequence

from elec576.checking.claims import Asked, Claim, measuring
from elec576.comparison.first_steps import FirstSteps
from elec576.comparison.prediction import Judgement, Prediction, reference_of
from elec576.comparison.results import Results, Run
from elec576.data import ORIGINALS, origin_of
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, folder_name, name_of, settings_of
from elec576.runs.many import Job, make, outstanding
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings, all_cores, describe
from elec576.telling.words import count_words, digits, interval


class Found(NamedTuple):
    """What a claim is judged by; ``data`` is the data set of a user's own runs, else None."""

    reference: Prediction
    data: str | None = None

    @property
    def comparable(self) -> bool:
        """Whether it is the report's data."""
        return self.data is None or self.data in ORIGINALS


def experiment_of(settings: CnnSettings | RnnSettings) -> str | None:
    """The experiment, of the report's or of the further ones, that ``settings`` are, or None."""
    return name_of(settings, EXPERIMENTS | EVIDENCE)


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
        name = experiment_of(one.settings)
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


def own(left: Iterable[Asked], folder: Path, seeds: int, data: str | None) -> dict[Asked, Found]:
    """Runs to judge claims by, in the tables below ``folder``; those that are missing are made.

    Args:
        seeds: how many, from that of the settings on.

    Raises:
        UserError: the data cannot be used, or no run with some of the settings can finish.
        Interrupted: see `elec576.runs.many.reproduce`.
    """
    claims: dict[CnnSettings | RnnSettings, list[Asked]] = {}
    for one in left:
        claims.setdefault(one.settings, []).append(one)
    jobs: dict[CnnSettings | RnnSettings, list[Job]] = {}
    for settings, group in claims.items():
        made = measuring(settings, [one.claim for one in group])
        name = folder_name(made, experiment_of(made), free=('seed',))
        jobs[settings] = [Job(name, seed, dataclasses.replace(made, seed=seed))
                          for seed in range(made.seed, made.seed + seeds)]
    expected = outstanding([job for each in jobs.values() for job in each], folder, data)
    if expected:
        at_once = max(1, all_cores() // max(job.settings.threads for job in expected))
        minutes = max(1, sum(expected.values()) / min(at_once, len(expected)) / 60)
        print(f'making {count_words([len(expected)], "run")} in {folder}, {at_once} at a time, in '
              f'about {minutes:.0f} min; after Ctrl-C the same command resumes', file=sys.stderr)
        make(expected, folder, data, at_once, sys.stderr)
    found = {}
    for settings, wanted in jobs.items():
        name = wanted[0].experiment
        table = read_table(folder_of(folder, name))
        runs = [Run(name, job.seed, table) for job in wanted
                if table is not None and job.seed in table.seeds]
        if table is None or not runs:
            raise UserError(f'{name}: no run with these settings has finished')
        for one in claims[settings]:
            reference = Prediction.of(one.claim.quantity, one.claim.step_in(settings), runs)
            found[one] = Found(reference, table.config['dataset']['name'])
    return found


def committed_reference(found: Claim, experiment: str, results: Results, first_steps: FirstSteps,
                        needed: int = 0) -> Prediction:
    """What ``found`` is judged by if it is about ``experiment``.

    Raises:
        UserError: fewer than ``needed`` committed runs have measured it.
    """
    settings = settings_of(experiment)
    reference = reference_of(found.quantity, found.step_in(settings), settings,
                             results.of(experiment), first_steps)
    if len(reference.values) < needed:
        raise UserError(f'{len(reference.values)} committed runs, {needed} are needed')
    return reference


def alternatives(found: Claim, settings: CnnSettings | RnnSettings, results: Results,
                 first_steps: FirstSteps, without: str | None) -> Mapping[str, bool]:
    """By experiment, whether the claim lies in the interval of its committed runs.

    Those that did not measure the quantity at the step, or have too few runs, are left out, and so
    is the experiment ``without``. The end of a run is compared with the end of the others.
    """
    if found.step == settings.steps:
        found = dataclasses.replace(found, step=None)
    fits = {}
    for name in results.runs:
        try:
            judged = committed_reference(found, name, results, first_steps).judge(
                found.number, found.rounding)
        except UserError:  # it was not measured
            continue
        if judged.compatible is not None and name != without:
            fits[name] = judged.compatible
    return fits


def answer(found: Claim, judged: Judgement, source: str, others: Mapping[str, bool] | None = None
           ) -> str:
    """The line that answers a claim.

    Args:
        source: what it was judged by, such as 'committed runs'.
        others: `alternatives`; None where the data is not the report's.
    """
    known = f'n = {judged.n} {source}, mean {digits(judged.mean)}, sd {digits(judged.sd, 2)}'
    if judged.compatible is None:
        return f'{found}: too few runs for an interval ({known})'
    line = (f'{found}: {"inside" if judged.compatible else "OUTSIDE"} '
            f'{interval(judged.low, judged.high)}, the 95 % prediction interval ({known})')
    if judged.compatible or others is None:
        return line
    names = [name for name, fits in others.items() if fits]
    return f'{line}; inside that of {", ".join(names) or "no other experiment"}' + (
        f' (of {len(others)} compared)')


def answers(asked: Sequence[Asked], found: Mapping[Asked, Found], results: Results,
            first_steps: FirstSteps) -> tuple[list[str], list[bool | None]]:
    """The lines that answer all claims, by settings, and for each claim whether it is inside.

    None instead, where there are too few runs.
    """
    lines, verdicts = [], []
    for settings in dict.fromkeys(one.settings for one in asked):
        name = experiment_of(settings)
        lines.append(f'{name}: {describe(settings)}' if name else describe(settings))
        for one in asked:
            if one.settings == settings:
                judged = found[one].reference.judge(one.claim.number, one.claim.rounding)
                source = 'committed seeds' if found[one].data is None else (
                    'seeds of your own' + f', {found[one].data}' * (not found[one].comparable))
                others = alternatives(one.claim, settings, results, first_steps, name
                                      ) if found[one].comparable else None
                lines.append(f'  {answer(one.claim, judged, source, others)}')
                verdicts.append(judged.compatible)
    return lines, verdicts
