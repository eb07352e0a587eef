"""Is a number plausible? Claims beside the runs, judged as each of the report's numbers is."""

from __future__ import annotations

import dataclasses
from typing import Mapping, NamedTuple, Sequence

from elec576.comparison.asked import Asked, Claim
from elec576.comparison.judgement import Judgement, Reference, reference_of
from elec576.comparison.results import Results
from elec576.comparison.step0 import FirstSteps
from elec576.comparison.words import digits, interval
from elec576.data import ORIGINALS
from elec576.errors import UserError
from elec576.experiments import EVIDENCE, EXPERIMENTS, name_of, named
from elec576.settings import CnnSettings, RnnSettings, describe


class Found(NamedTuple):
    """What a claim is judged by; ``data`` is the data set of a user's own runs, else None."""

    reference: Reference
    data: str | None = None

    @property
    def comparable(self) -> bool:
        """Whether it is the report's data."""
        return self.data is None or self.data in ORIGINALS


def experiment_of(settings: CnnSettings | RnnSettings) -> str | None:
    """The experiment, of the report's or of the further ones, that ``settings`` are, or None."""
    return name_of(settings, EXPERIMENTS | EVIDENCE)


def committed_reference(found: Claim, experiment: str, results: Results, first_steps: FirstSteps,
                        needed: int = 0) -> Reference:
    """What ``found`` is judged by if it is about ``experiment``.

    Raises:
        UserError: fewer than ``needed`` committed runs have measured it.
    """
    settings = named(experiment)
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
