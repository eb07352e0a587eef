"""The settings of an experiment's runs, each with the lines of the report's listing that use it."""

import dataclasses
import re
from typing import NamedTuple

from elec576.comparison.results import Run
from elec576.listings import CNN_PROGRAM, RNN_PROGRAM, program
from elec576.settings import CnnSettings, RnnSettings, flag_of

LISTINGS = {'cnn': CNN_PROGRAM, 'rnn': RNN_PROGRAM}


class Origin(NamedTuple):
    """One setting."""

    flag: str
    value: str  # over all runs, if they differ
    meaning: str
    lines: tuple[tuple[int, str], ...]  # number, from 1, and text; none if it is no option there


def settings_origins(runs: tuple[Run, ...]) -> tuple[Origin, ...]:
    """The settings of ``runs``, one or more of one experiment, except those that are not set.

    Raises:
        UserError: there is no listing.
    """
    found = []
    for item in dataclasses.fields(runs[0].settings):
        values = sorted({getattr(run.settings, item.name) for run in runs} - {None})
        if values:
            found.append(Origin(flag_of(item.name), ', '.join(map(str, values)),
                                item.metadata['help'].split(';')[0].split(' (')[0],
                                setting_lines(runs[0].settings, item.name)))
    return tuple(found)


def setting_lines(settings: CnnSettings | RnnSettings, name: str) -> tuple[tuple[int, str], ...]:
    """The lines of the listing with the option ``name``, or in which its value is a choice.

    Raises:
        UserError: there is no listing.
    """
    lines = program(LISTINGS[settings.program]).read_text(encoding='utf-8').splitlines()
    used = re.compile(rf"args\.{name}\b|'{re.escape(str(getattr(settings, name)))}':")
    parsed = lines.index('args = parser.parse_args()') + 1
    return tuple((number, line.strip()) for number, line in enumerate(lines, 1)
                 if number > parsed and used.search(line))
