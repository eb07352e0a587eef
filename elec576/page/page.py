"""The page: one HTML file with its styles, scripts, chart library and data inside.

The same comparison gives the same bytes: the page does not say when or where it was built.
"""

import json
import math
import re
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from elec576.comparison import links
from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import VERDICTS
from elec576.comparison.identification import FAINTEST
from elec576.comparison.numbers import COMPATIBLE, NOT_COMPARED, NOT_COMPATIBLE, TOO_FEW
from elec576.comparison.prediction import LIMIT, SEEDS_FOR_INTERVAL, summarise
from elec576.experiments import settings_of
from elec576.loops.history import STATISTICS
from elec576.page.charts import charts
from elec576.page.commands import rerun_commands
from elec576.page.origins import settings_origins
from elec576.page.strips import effect_strips, number_strip
from elec576.settings import describe
from elec576.telling import figures, methods, quantities, words
from elec576.telling.tables import PACKAGES, TABLES, origins

# the chart library with what it needs, in the order in which it is loaded; vendor/README.md
LIBRARIES = ('d3', 'plot.umd')
LICENCES = ('d3', 'plot', 'interval-tree-1d', 'binary-search-bounds', 'isoformat')
SCRIPTS = ('charts.js', 'tables.js')
DARKEST = 50  # per cent of the colour


def page_text(comparison: Comparison) -> str:
    """The whole page.

    Raises:
        UserError: a run's filters are damaged, or there is no listing.
    """
    drawn = charts(comparison)
    environment = Environment(loader=PackageLoader('elec576.page', 'template'), autoescape=True,
                              extensions=['jinja2.ext.do'],
                              trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters.update(digits=words.digits, quantity_words=quantities.quantity_words,
                               describe=describe, code=_code,
                               sorted_by=_sorted_by, fit_row=words.fit_row)
    environment.tests['begins'] = str.startswith
    environment.globals.update(
        figures=figures, links=links, methods=methods, quantities=quantities, words=words,
        LIMIT=LIMIT, settings_of=settings_of, summarise=summarise, number_strip=number_strip,
        effect_strips=effect_strips,
        rerun_commands=rerun_commands, settings_origins=settings_origins, VERDICTS=VERDICTS,
        NUMBER_VERDICTS=(COMPATIBLE, NOT_COMPATIBLE, TOO_FEW, NOT_COMPARED), STATISTICS=STATISTICS,
        PACKAGES=PACKAGES, SEEDS_FOR_INTERVAL=SEEDS_FOR_INTERVAL, TABLES=tuple(TABLES),
        shade=_shade)
    return environment.get_template('page.html').render(
        comparison=comparison, results=comparison.results, whole=comparison.report_as_a_whole,
        seeds=words.seeds_by_program(comparison.results, comparison.experiments),
        few=[f'{name} ({words.count_words([len(comparison.results.of(name))], "seed")})'
             for name in comparison.experiments
             if len(comparison.results.of(name)) < SEEDS_FOR_INTERVAL],
        runs=comparison.runs,
        origins=origins(comparison.results), style=Markup(_resource('template', 'page.css')),
        drawn=drawn, data=_json(drawn),
        licences=[(name, _resource('vendor', f'{name}.LICENSE').strip()) for name in LICENCES],
        libraries=[Markup(_resource('vendor', f'{name}.min.js').strip()) for name in LIBRARIES],
        scripts=[Markup(_resource('template', name)) for name in SCRIPTS])


def _resource(folder: str, name: str) -> str:
    return resources.files('elec576.page').joinpath(folder, name).read_text(encoding='utf-8')


def _json(value: object) -> Markup:
    """JSON that may stand in a script element: no '<' that could end it."""
    text = json.dumps(value, separators=(',', ':'), allow_nan=False)
    return Markup(text.replace('<', '\\u003c'))


def _code(text: str) -> Markup:
    """Text between backticks as code."""
    return Markup(re.sub('`(.*?)`', r'<code>\1</code>', str(escape(text))))


def _shade(behind: float) -> int:
    """How dark a cell of the matrix is, in per cent; text stays readable on the darkest."""
    return round(DARKEST * max(0.0, 1 - behind / FAINTEST))


def _sorted_by(value: float | None) -> str:
    """A number as JavaScript reads it; empty for none."""
    return '' if value is None else 'Infinity' if math.isinf(value) else repr(value)
