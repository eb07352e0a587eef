"""The comparison as text: Markdown that reads well in a terminal and on a code-hosting page."""

from typing import Iterable

from tabulate import tabulate

from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import VERDICTS, JudgedConclusion
from elec576.comparison.error_rates import FewRuns, Rate
from elec576.comparison.links import AGREES, DISAGREES, SILENT, UNDECIDED, WAITING, JudgedLink
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import ENOUGH_RUNS, NEAR, summarise
from elec576.experiments import settings_of
from elec576.settings import describe
from elec576.telling import words
from elec576.telling.figures import Figure, figures
from elec576.telling.methods import METHODS
from elec576.telling.quantities import measured_words, quantity_words
from elec576.telling.tables import PACKAGES, origins
from elec576.telling.words import digits, interval, range_words

_OWN = {AGREES: 'agree', DISAGREES: '**disagree**', SILENT: 'none'}


def report_text(comparison: Comparison) -> str:
    """The whole comparison, starting with what holds and what does not."""
    drawn = figures(comparison)
    parts = ['# The report, tested', headline(comparison), *_notices(comparison),
             '## What the report concludes', *_conclusions(comparison, drawn),
             "## The report's numbers", *_numbers(comparison, drawn),
             '## Which program printed these numbers?', *_identification(comparison, drawn),
             '## What the report does not say', *_evidence(comparison, drawn),
             *_error_rates(comparison.error_rates, comparison.few_runs),
             '## The curves', *_pictures(drawn, 'curves'), *_pictures(drawn, 'filters'),
             '## How it was computed', _methods(),
             '## Where it comes from', _provenance(comparison)]
    return '\n\n'.join(parts) + '\n'


def table(headers: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table, padded so that it reads well in a terminal too."""
    return tabulate([list(map(str, row)) for row in rows], list(headers), tablefmt='github',
                    disable_numparse=True)


def headline(comparison: Comparison) -> str:
    """The summary for a reader with one minute."""
    seeds = words.seeds_by_program(comparison.results, comparison.experiments)
    runs = comparison.runs
    lines = [f'A student\'s report, and {words.count_words([len(runs)], "run")} of its '
             'experiments; those of one experiment differ in the seed alone (and the processor, '
             f'which changes no bit): {seeds or "none"}. Data: {words.data_words(runs) or "none"}.',
             f'- **Conclusions: {verdict_counts(comparison)}.**']
    lines += [f'  {sentence}' for sentence in words.literal_words(comparison.conclusions)]
    first, *others = words.report_words(comparison.report_as_a_whole)
    lines += [f'- **The report as a whole:** {first}', *(f'  {other}' for other in others)]
    lines += [f'- **Run {log.experiment.removeprefix("cnn")} (`{log.experiment}`):** '
              + ' '.join(words.log_words(log)) for log in comparison.logs[:1]]
    rows = [(judged.conclusion.statement, _bold(judged), words.percent_words(judged.chance),
             _own_words(judged))
            for judged in comparison.conclusions]
    rows = [('the report says', 'our runs', 'one run of each, in order',
             'the numbers that it prints'), ('---',) * 4, *rows]
    # not padded: one long verdict would fill the page's source with blanks
    return '\n'.join([*lines, '', *(f'| {" | ".join(row)} |' for row in rows)])


def verdict_counts(comparison: Comparison) -> str:
    """'of 13, 7 supported, 1 contradicted, ...'; waiting ones only where there are any."""
    verdicts = [judged.verdict for judged in comparison.sentences]
    counts = [f'{verdicts.count(kind)} {kind}' for kind in VERDICTS
              if kind != WAITING or WAITING in verdicts]
    sentences = len({judged.conclusion.sentence for judged in comparison.sentences})
    return f'of {len(verdicts)} (from {sentences} sentences), {", ".join(counts)}'


def _bold(judged: JudgedConclusion) -> str:
    shown = words.verdict_words(judged)
    return shown if judged.verdict in (UNDECIDED, WAITING) else f'**{shown}**'


def _own_words(judged: JudgedConclusion) -> str:
    """What the report's own numbers say, and on how many parts it prints any."""
    printed = sum(link.own_verdict != SILENT for link in judged.links)
    some = (f', on {printed} of its {len(judged.links)} comparisons'
            if 0 < printed < len(judged.links) else '')
    return _OWN[judged.own_verdict] + some


def _notices(comparison: Comparison) -> list[str]:
    notices = comparison.results.notices
    return ['\n'.join(['Please note:', '', *(f'- {notice}' for notice in notices)])
            ] if notices else []


def _conclusions(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    parts = ['\n'.join(f'- {sentence}' for sentence in words.plan_words()),
             '"One run of each, in order" is the probability that one run of each setting comes '
             'out in the sentence\'s order, by the final test accuracy (of runtime: CPU time). '
             + words.chance_words(comparison.chance),
             *_pictures(drawn, 'links')]
    for judged in comparison.conclusions:
        conclusion = judged.conclusion
        text = [f'### {conclusion.statement}: {words.verdict_words(judged)}',
                f'> {conclusion.sentence}']
        text += [conclusion.note] * bool(conclusion.note)
        text.append(table(
            ('higher', 'lower', 'what', 'n', 'effect', 'interval', 'over images too', 'margin',
             'final', 'verdict', 'the report'), [_link_row(link) for link in judged.links]))
        text += [_named_value(number) for number in judged.values]
        text += words.remarks(judged, comparison)
        parts += text
    return parts + _pictures(drawn, 'hidden-units')


def _link_row(link: JudgedLink) -> tuple:
    own = SILENT
    if link.own:
        higher, lower = (value.value for value in link.own)
        sign = '>' if link.own_verdict == AGREES else 'not >'
        own = f'{link.own_verdict}: {higher} {sign} {lower}'
    final, images = (None, None) if link.look is None else (link.look.final, link.look.images)
    return (link.link.higher, link.link.lower, quantity_words(link.link.quantity),
            words.look_words(link), words.effect_words(link),
            words.effect_interval_words(link, words.look_interval(link)),
            words.effect_interval_words(link, images), words.margin_words(link),
            '–' if final is None else f'{final:+.4f}',
            f'{link.verdict}: {link.reason}' if link.reason else link.verdict, own)


def _named_value(number: JudgedNumber) -> str:
    found, value = number.judgement, number.reported
    mean = f'mean {digits(found.mean)}, ' if found.n else ''
    return (f'The number in it, {quantity_words(value.quantity)} {value.value} of '
            f'`{value.experiment}`: **{number.verdict}** ({mean}n {found.n}, 95 % '
            f'prediction interval: {interval(found.low, found.high)}).')


def _numbers(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    outside = [number for number in comparison.numbers if number.compatible is False]
    parts = ['Test accuracy by experiment; "compatible" counts all numbers that the report prints '
             'on it.',
             _experiments(comparison)]
    found = comparison.report_as_a_whole
    if found:
        parts += ['### The report as a whole', ' '.join(words.report_words(found)),
                  words.power_words(found), table(words.LOG_HEADERS, words.log_rows(found)),
                  'Where p is 1 / (n + 1), no run of ours is as extreme.',
                  'Do our intervals have the coverage that they claim? Of our own runs\' numbers, '
                  'each judged by the other runs and counted once, these are inside:',
                  table(('quantity', 'inside', 'of', 'share'), words.coverage_rows(found))]
    if outside:
        parts += ['### The numbers that are not compatible', _number_table(outside)]
    return parts + _pictures(drawn, 'numbers')


def _experiments(comparison: Comparison) -> str:
    rows = []
    for name in comparison.experiments:
        numbers = comparison.numbers_of(name)
        judged = [number.compatible for number in numbers if number.compatible is not None]
        found = summarise(comparison.results.final(name, 'test_accuracy'))
        own = [number.reported.value for number in numbers
               if number.reported.quantity == 'test_accuracy']
        rows.append((f'`{name}`', describe(settings_of(name)), found.n, digits(found.mean),
                     digits(found.sd, 2), range_words(found) + words.same_words(
                         comparison.results.final(name, 'test_accuracy')),
                     own[0] if own else '–',
                     f'{sum(judged)} of {len(judged)}' if judged
                     else 'too few seeds' if numbers else '–'))
    return table(('experiment', 'settings', 'n', 'mean', 'sd', 'range', 'the report',
                  'compatible'), rows)


def _number_table(numbers: Iterable[JudgedNumber]) -> str:
    rows = []
    for number in numbers:
        value, found = number.reported, number.judgement
        verdict = f'**{number.verdict}**' if number.compatible is False else number.verdict
        rows.append((f'`{value.experiment}`', measured_words(value.quantity, value.step),
                     value.value, found.n, digits(found.mean), digits(found.sd, 2),
                     range_words(found) + words.same_words(number.reference.at_step.tolist()),
                     interval(found.low, found.high),
                     '–' if found.score is None else f'{found.score:+.1f}',
                     verdict if value.compared else f'{verdict} ({value.note})'))
    return table(('experiment', 'quantity', 'the report', 'n', 'mean', 'sd', 'range',
                  '95 % prediction interval', 'score', 'verdict'), rows)


def _identification(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    found = comparison.identification
    parts = ['Each block of numbers that one program printed, under the runs of every experiment '
             'that could have printed it.',
             '\n'.join(f'- {sentence}' for sentence in words.identification_words(found))]
    if found.fits:
        parts += [table(words.FIT_HEADERS, map(words.fit_row, found.fits)),
                  'The last two columns: how many of our own runs, named in the same way by the '
                  'other runs, fit their own label best.']
    return parts + _pictures(drawn, 'identification') + _tried(comparison)


def _tried(comparison: Comparison) -> list[str]:
    """Other programs than the experiments."""
    parts = []
    for log in comparison.logs:
        parts += [f'### What else could have printed the log of `{log.experiment}`?',
                  ' '.join(words.log_words(log)),
                  table(words.TRIED_HEADERS, words.tried_rows(log))]
    return parts + [words.tried_words(comparison.logs)] * bool(parts)


def _evidence(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    parts = ['The listing leaves some things open. Each possible reading was run and set beside '
             'the numbers that the report prints; the first one is what the experiments here use. '
             '"Relative" is a reading\'s likelihood, given these numbers, relative to the best '
             'reading\'s. `python scripts/step0.py` measures the losses at step 0 again, '
             '`python scripts/reproduce.py --only cnn4,evidence-bias-0` the activations.',
             table(words.EVIDENCE_HEADERS, words.evidence_rows(comparison.answers))]
    for answer in comparison.answers:
        question = answer.question
        parts.append(f'### {words.question_words(question)}')
        several, first = len(question.quantities) > 1, question.step == 0
        rows = [(*((quantity_words(reading.quantity),) if several else ()),
                 reading.label, reading.summary.n,
                 digits(reading.summary.mean), digits(reading.summary.sd, 2),
                 range_words(reading.summary), interval(reading.summary.low, reading.summary.high),
                 ', '.join(value.value for value in answer.beside[reading.quantity]),
                 '–' if None in reading.inside
                 else f'{sum(map(bool, reading.inside))} of {len(reading.inside)}',
                 *((digits(answer.log_likelihoods[reading.label]),
                    words.likelihood_words(answer.relative[reading.label])) if first else ()))
                for reading in answer.readings]
        parts.append(table((*(('quantity',) if several else ()), 'reading', 'n', 'mean', 'sd',
                            'range', '95 % prediction interval', 'the report', 'inside',
                            *(('log-likelihood', 'relative') if first else ())), rows))
        counts = {label: answer.count(label) for label, _ in question.readings}
        parts.append('; '.join(
            f'{label}: ' + ('too few seeds' if count is None
                            else f'{count[0]} of {count[1]} inside')
            for label, count in counts.items()) + '.')
    return parts + _pictures(drawn, 'step-0') + _pictures(drawn, 'activations')


def _error_rates(rates: tuple[Rate, ...], few: tuple[FewRuns, ...]) -> list[str]:
    """How often `scripts/check.py` is right; nothing if there are too few runs."""
    if not rates:
        return []
    return ['## How often a check is right',
            '`python scripts/check.py` judges any number as the report\'s are judged here. Beside '
            'runs of its own settings, 95 of 100 numbers should be inside: [the coverage]'
            '(#the-report-as-a-whole) says how many are. Beside runs of other settings they should '
            'lie outside; where few do, the quantity does not tell the two settings apart. Our own '
            'runs, each taken for a claim about other settings:',
            table(('true setting, claimed setting', 'quantity', 'outside', 'of', 'share'),
                  [(rate.wrong, rate.quantity, rate.outside, rate.judged,
                    f'{100 * rate.outside / rate.judged:.1f} %') for rate in rates]),
            *([f'Where there are no committed runs, few are made at first. A number outside their '
               f'interval, or within {100 * NEAR:.0f} % of its width from an edge, is not judged '
               f'before as many again have been made, and as many again, up to {ENOUGH_RUNS}. Our '
               'own runs as claims about their own settings, each judged by others drawn at random '
               '(5 % outside are to be expected):',
               table(('quantity', 'runs at first', 'outside by these', 'in the end',
                      'runs in the end, mean', 'of'),
                     [(each.quantity, each.runs, f'{100 * each.at_once / each.judged:.1f} %',
                       f'{100 * each.in_the_end / each.judged:.1f} %', f'{each.drawn:.1f}',
                       each.judged) for each in few])] if few else [])]


def _pictures(drawn: tuple[Figure, ...], kind: str) -> list[str]:
    parts = []
    for figure in drawn:
        if figure.kind == kind:
            title = ' — '.join(figure.title.splitlines())
            parts += [f'**{title}.** {figure.text}', f'![{title}](figures/{figure.name})']
    return parts or ['(no runs)'] * (kind == 'curves')


def _methods() -> str:
    return '\n'.join((
        *(f'- **{term}**: {text}' for term, text in METHODS),
        '- Tables with all digits: `tables/*.csv`. This text is what `python scripts/compare.py` '
        'prints.'))


def _provenance(comparison: Comparison) -> str:
    rows = [(origin.dataset, f'`{origin.digest[:16]}`', origin.images, origin.runs,
             *(origin.versions[package] for package in PACKAGES), origin.threads,
             origin.processor, ' … '.join(dict.fromkeys((origin.first, origin.last))))
            for origin in origins(comparison.results)]
    return ('Digests are SHA-256 over the pixels that the runs use, their first 16 digits here, '
            'whole in `runs/*/config.json`.\n\n' + table(
                ('data', 'digest', 'training images', 'runs', *PACKAGES.values(), 'threads',
                 'processor', 'finished'), rows))
