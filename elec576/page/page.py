"""The page: one HTML file with its styles, scripts, chart library and data inside.

The same comparison gives the same bytes: the page does not say when or where it was built.
"""

from __future__ import annotations

import json
import math
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from elec576.claims.questions import STATISTICS
from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import VERDICTS
from elec576.comparison.identification import FAINTEST
from elec576.comparison.links import AGREES, CONTRADICTED, DISAGREES, SILENT, WAITING
from elec576.comparison.methods import METHODS, TF115_FIGURE, TF115_METHOD
from elec576.comparison.numbers import COMPATIBLE, NOT_COMPARED, NOT_COMPATIBLE, TOO_FEW
from elec576.comparison.provenance import PACKAGES, origins
from elec576.comparison.results import Run
from elec576.comparison.statistics import SEEDS_FOR_INTERVAL, summarise
from elec576.comparison.tf115 import FIGURE
from elec576.comparison.words import (
    EVIDENCE_HEADERS,
    EXCHANGE_HEADERS,
    FIT_HEADERS,
    behind_words,
    count_words,
    data_words,
    digits,
    effect_interval_words,
    effect_words,
    evidence_rows,
    exchange_rows,
    exchange_words,
    fit_row,
    identification_words,
    interval,
    likelihood_words,
    look_interval,
    look_words,
    margin_words,
    measured_words,
    p_words,
    percent_words,
    place_words,
    plan_words,
    quantity_words,
    same_means_words,
    seed_words,
    seeds_by_program,
    yardstick_words,
)
from elec576.experiments import named
from elec576.page import alternatives
from elec576.page.charts import charts
from elec576.page.commands import rerun_commands
from elec576.page.origins import settings_origins
from elec576.page.strips import effect_strips, number_strip
from elec576.settings import describe

# the chart library with what it needs, in the order in which it is loaded; vendor/README.md
LIBRARIES = ('d3', 'plot.umd')
LICENCES = ('d3', 'plot', 'interval-tree-1d', 'binary-search-bounds', 'isoformat')
SCRIPTS = ('charts.js', 'tables.js')
DARKEST = 50  # per cent of the colour


def page_text(comparison: Comparison) -> str:
    """The whole page.

    Raises:
        UserError: a run's filters are damaged, or a listing lacks a line that a setting comes from.
    """
    drawn = charts(comparison)
    environment = Environment(loader=PackageLoader('elec576.page', 'template'), autoescape=True,
                              extensions=['jinja2.ext.do'],
                              trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters.update(digits=digits, quantity_words=quantity_words, describe=describe,
                               code=_code, signed=_signed, fit_row=fit_row,
                               sorted_by=_sorted_by)
    environment.tests['begins'] = str.startswith
    environment.globals.update(
        interval=interval, measured_words=measured_words, named=named, count_words=count_words,
        data_words=data_words, place_words=place_words, seed_words=seed_words,
        likelihood_words=likelihood_words,
        identification_words=identification_words, exchange_words=exchange_words,
        exchange_rows=exchange_rows, evidence_rows=evidence_rows, behind_words=behind_words,
        shade=_shade, FIT_HEADERS=FIT_HEADERS, EXCHANGE_HEADERS=EXCHANGE_HEADERS,
        EVIDENCE_HEADERS=EVIDENCE_HEADERS,
        same_means_words=same_means_words, plan_words=plan_words, p_words=p_words,
        percent_words=percent_words, yardstick_words=yardstick_words, look_words=look_words,
        look_interval=look_interval, effect_words=effect_words, margin_words=margin_words,
        effect_interval_words=effect_interval_words, summarise=summarise, words=alternatives,
        number_strip=number_strip, effect_strips=effect_strips, rerun_commands=rerun_commands,
        settings_origins=settings_origins, VERDICTS=VERDICTS, CONTRADICTED=CONTRADICTED,
        WAITING=WAITING, NUMBER_VERDICTS=(COMPATIBLE, NOT_COMPATIBLE, TOO_FEW, NOT_COMPARED),
        AGREES=AGREES, DISAGREES=DISAGREES, SILENT=SILENT, STATISTICS=STATISTICS,
        METHODS=METHODS, TF115_METHOD=TF115_METHOD, TF115_FIGURE=TF115_FIGURE,
        TF115_PICTURE=FIGURE, PACKAGES=PACKAGES, SEEDS_FOR_INTERVAL=SEEDS_FOR_INTERVAL)
    return environment.get_template('page.html').render(
        comparison=comparison, results=comparison.results, yardstick=comparison.yardstick,
        seeds=seeds_by_program(comparison.results, comparison.experiments),
        few=[f'{name} ({count_words([len(comparison.results.of(name))], "seed")})'
             for name in comparison.experiments
             if len(comparison.results.of(name)) < SEEDS_FOR_INTERVAL],
        runs=comparison.runs,
        origins=origins(comparison.results), final=_final, style=Markup(_resource('template',
                                                                                  'page.css')),
        drawn=drawn, data=_json(drawn), licences=_licences(),
        libraries=[Markup(_resource('vendor', f'{name}.min.js').strip()) for name in LIBRARIES],
        scripts=[Markup(_resource('template', name)) for name in SCRIPTS])


def _final(runs: tuple[Run, ...], quantity: str):
    """What ``runs`` gave for a metric, or for a statistic of the activations."""
    return summarise([run.statistics[quantity] if quantity in STATISTICS else
                      float(run.metrics[quantity]) for run in runs])


def _resource(folder: str, name: str) -> str:
    return resources.files('elec576.page').joinpath(folder, name).read_text(encoding='utf-8')


def _licences() -> list[tuple[str, str]]:
    return [(name, _resource('vendor', f'{name}.LICENSE').strip()) for name in LICENCES]


def _json(value: object) -> Markup:
    """JSON that may stand in a script element: no '<' that could end it."""
    text = json.dumps(value, separators=(',', ':'), allow_nan=False)
    return Markup(text.replace('<', '\\u003c'))


def _code(text: str) -> Markup:
    """Text between backticks as code."""
    parts = [escape(part) for part in text.split('`')]
    return Markup('').join(Markup('<code>{}</code>').format(part) if k % 2 else part
                           for k, part in enumerate(parts))


def _signed(value: float | None) -> str:
    return '–' if value is None else f'{value:+.4g}'.replace('-', '−')


def _shade(behind: float) -> int:
    """How dark a cell of the matrix is, in per cent; text stays readable on the darkest."""
    return round(DARKEST * max(0.0, 1 - behind / FAINTEST))


def _sorted_by(value: float | None) -> str:
    """A number as JavaScript reads it; empty for none."""
    return '' if value is None else 'Infinity' if math.isinf(value) else repr(value)
