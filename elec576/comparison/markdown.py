"""The comparison as text: Markdown that reads well in a terminal and on a code-hosting page."""

from __future__ import annotations

from typing import Iterable

from tabulate import tabulate

from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import (AGREES, CONTRADICTED, DISAGREES, SILENT, SUPPORTED,
                                            UNDECIDED, JudgedConclusion, JudgedLink, value_verdict)
from elec576.comparison.figures import Figure, figures
from elec576.comparison.methods import METHODS, TF115_FIGURE, TF115_METHOD
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.provenance import PACKAGES, origins
from elec576.comparison.statistics import SEEDS_FOR_VERDICT, Summary, summarise
from elec576.comparison.tf115 import FIGURE, POWER, Tf115
from elec576.comparison.words import (count_words, data_words, digits, interval, likelihood_words,
                                      measured_words, quantity_words, same_means_words,
                                      seeds_by_program)
from elec576.experiments import named
from elec576.settings import describe

_OWN = {AGREES: 'agree', DISAGREES: '**disagree**', SILENT: 'it prints none'}


def report_text(comparison: Comparison) -> str:
    """The whole comparison, starting with what holds and what does not."""
    drawn = figures(comparison)
    parts = ['# The report, tested', headline(comparison), *_notices(comparison),
             '## What the report concludes', *_conclusions(comparison, drawn),
             "## The report's numbers", *_numbers(comparison, drawn),
             '## What the report does not say', *_evidence(comparison, drawn),
             *_tf115(comparison.tf115),
             '## The curves', *_pictures(drawn, 'curves'), *_pictures(drawn, 'filters'),
             '## Every number', _every_number(comparison),
             '## How it was computed', _methods(),
             '## Where it comes from', _provenance(comparison)]
    return '\n\n'.join(parts) + '\n'


def table(headers: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table, padded so that it is one in a terminal too."""
    return tabulate([list(map(str, row)) for row in rows], list(headers), tablefmt='github',
                    disable_numparse=True)


def headline(comparison: Comparison) -> str:
    """What a reader who has one minute should see."""
    results, tally = comparison.results, comparison.tally
    seeds = seeds_by_program(results, comparison.experiments)
    runs = [run for name in comparison.experiments for run in results.of(name)]
    lines = [f'A student\'s report, and {count_words([len(runs)], "run")} of its experiments that '
             f'differ in nothing but the seed: {seeds or "none"}. '
             f'Data: {data_words(runs) or "none"}.']
    if tally.judged:
        low, high = tally.binomial
        lines.append(
            f'- **Numbers: {tally.inside} of {tally.judged}** lie where 95 % of further runs '
            f'would; {tally.expected:.0f} should ({low} to {high} by chance, if the numbers were '
            'independent).')
    else:
        lines.append('- **Numbers:** too few seeds for any interval.')
    if tally.held_out:
        inside, judged = tally.held_out
        lines.append(f'  Of our own runs\' numbers, each judged in the same way by the other runs, '
                     f'{100 * inside / judged:.1f} % do; of the report\'s, '
                     f'{100 * tally.inside / tally.judged:.1f} %.')
    if tally.judged and tally.too_few:
        lines.append(f'  Another {tally.too_few} cannot be judged: too few seeds.')
    verdicts = [judged.verdict for judged in comparison.conclusions]
    lines.append('- **Conclusions:** of ' + str(len(verdicts)) + ', ' + ', '.join(
        f'{verdicts.count(kind)} {kind}' for kind in (SUPPORTED, CONTRADICTED, UNDECIDED)) + ':')
    rows = [(judged.conclusion.statement, _bold(judged.verdict), _parts(judged),
             _own_words(judged)) for judged in comparison.conclusions]
    return '\n'.join(lines) + '\n\n' + table(
        ('the report says', 'our runs', 'its parts', 'its own numbers'), rows)


def _bold(verdict: str) -> str:
    return verdict if verdict == UNDECIDED else f'**{verdict}**'


def _parts(judged: JudgedConclusion) -> str:
    if len(judged.parts) == 1:
        return ''
    return ', '.join(f'{judged.parts.count(kind)} {kind}'
                     for kind in (SUPPORTED, CONTRADICTED, UNDECIDED) if kind in judged.parts)


def _own_words(judged: JudgedConclusion) -> str:
    """What the report's own numbers say, and on how many parts it prints any."""
    printed = sum(link.own_verdict != SILENT for link in judged.links)
    some = f' ({printed} of {len(judged.links)} parts)' if 0 < printed < len(judged.links) else ''
    return _OWN[judged.own_verdict] + some


def _notices(comparison: Comparison) -> list[str]:
    notices = comparison.results.notices
    return ['\n'.join(['To know beforehand:', '', *(f'- {notice}' for notice in notices)])
            ] if notices else []


def _conclusions(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    parts = [f'A part is supported (contradicted) when the 95 % interval of its effect, the '
             f'difference of the two means, lies wholly above (below) 0; with fewer than '
             f'{SEEDS_FOR_VERDICT} seeds on a side it stays undecided. A conclusion is supported '
             f'when all its parts are, contradicted when one is. "P" is the probability that a '
             f'run of the first is above one of the second.']
    for judged in comparison.conclusions:
        conclusion = judged.conclusion
        text = [f'### {conclusion.statement}: {judged.verdict}', f'> {conclusion.sentence}']
        text += [conclusion.note] * bool(conclusion.note)
        text.append(table(
            ('higher', 'lower', 'what', 'n', 'effect', '95 % interval', 'P', 'verdict',
             'the report'), [_link_row(link) for link in judged.links]))
        text += [_named_value(number) for number in judged.values]
        parts += text
    return parts + _pictures(drawn, 'hidden-units')


def _link_row(link: JudgedLink) -> tuple:
    found = link.effect
    own = SILENT
    if link.own:
        higher, lower = (value.value for value in link.own)
        sign = '>' if link.own_verdict == AGREES else 'not >'
        own = f'{link.own_verdict}: {higher} {sign} {lower}'
    probability = '–' if found.probability is None else f'{100 * found.probability:.0f} %'
    limits = '–' if found.low is None else f'{found.low:+.4g} … {found.high:+.4g}'
    verdict = f'{link.verdict}: {link.reason}' if link.reason else link.verdict
    effect = '–' if found.difference is None else f'{found.difference:+.4g}'
    return (link.link.higher, link.link.lower, quantity_words(link.link.quantity),
            ' / '.join(map(str, found.n)), effect, limits, probability, verdict, own)


def _named_value(number: JudgedNumber) -> str:
    summary, value = number.summary, number.reported
    mean = f'mean {digits(summary.mean)}, ' if summary.n else ''
    return (f'The number in it, {quantity_words(value.quantity)} {value.value} of '
            f'`{value.experiment}`: **{value_verdict(number)}** ({mean}n {summary.n}, 95 % '
            f'prediction interval: {interval(summary.low, summary.high)}).')


def _numbers(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    outside = [number for number in comparison.numbers if number.inside is False]
    parts = ['Test accuracy by experiment; "inside" counts all numbers that the report prints on '
             'it.', _experiments(comparison)]
    if outside:
        parts += ['Outside:', _number_table(outside)]
    return parts + _pictures(drawn, 'numbers')


def _experiments(comparison: Comparison) -> str:
    rows = []
    for name in comparison.experiments:
        numbers = comparison.numbers_of(name)
        judged = [number for number in numbers if number.inside is not None]
        values = comparison.results.values(name, 'test_accuracy', named(name).steps)
        seconds = comparison.results.cpu_seconds(name)
        own = [number.reported.value for number in numbers
               if number.reported.quantity == 'test_accuracy']
        rows.append((f'`{name}`', describe(named(name)), *_mean_sd_range(values),
                     own[0] if own else '–',
                     f'{sum(number.inside for number in judged)} of {len(judged)}' if judged
                     else 'too few seeds' if numbers else '–',
                     f'{sum(seconds) / len(seconds):.0f}'))
    return table(('experiment', 'settings', 'n', 'mean', 'sd', 'range', 'the report', 'inside',
                  'processor seconds'), rows)


def _mean_sd_range(values: tuple[float, ...]) -> tuple[str, ...]:
    found = summarise(values)
    return str(found.n), digits(found.mean), digits(found.sd, 2), _range(found)


def _range(found: Summary) -> str:
    return f'{digits(found.lowest)} … {digits(found.highest)}' if found.n else '–'


def _number_table(numbers: Iterable[JudgedNumber]) -> str:
    rows = []
    for number in numbers:
        value, found = number.reported, number.summary
        verdict = {True: 'inside', False: '**outside**', None: 'too few seeds'}[number.inside]
        rows.append((f'`{value.experiment}`', measured_words(value.quantity, value.step),
                     value.value, found.n, digits(found.mean), digits(found.sd, 2),
                     _range(found), interval(found.low, found.high),
                     verdict if value.compared else f'not compared ({value.note})'))
    return table(('experiment', 'quantity', 'the report', 'n', 'mean', 'sd', 'range',
                  '95 % prediction interval', 'verdict'), rows)


def _every_number(comparison: Comparison) -> str:
    return _number_table(comparison.numbers)


def _evidence(comparison: Comparison, drawn: tuple[Figure, ...]) -> list[str]:
    parts = ['The listing leaves some things open. Each possible reading was run and set beside '
             'the numbers that the report prints; the first one is what the experiments here use. '
             '"Relative" is a reading\'s likelihood, given these numbers, relative to the best '
             'reading\'s. `python scripts/step0.py` measures the losses at step 0 again, '
             '`python scripts/reproduce.py --only cnn4,evidence-bias-0` the activations.']
    for answer in comparison.answers:
        question = answer.question
        parts.append(f'### {question.question}')
        several, first = len(question.quantities) > 1, question.step == 0
        rows = [(*((quantity_words(reading.quantity),) if several else ()),
                 reading.label, reading.summary.n,
                 digits(reading.summary.mean), digits(reading.summary.sd, 2),
                 _range(reading.summary), interval(reading.summary.low, reading.summary.high),
                 ', '.join(value.value for value in answer.beside[reading.quantity]),
                 '–' if None in reading.inside
                 else f'{sum(reading.inside)} of {len(reading.inside)}',
                 *((digits(reading.log_likelihood), likelihood_words(reading.relative_likelihood))
                   if first else ()))
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


def _tf115(found: Tf115) -> list[str]:
    """Runs on TensorFlow 1.15.5 beside ours; nothing if there are none."""
    if not (found.means or found.pictured):
        return []
    parts = ['## Does TensorFlow 1.15 give the same?']
    if found.means:
        rows = [(f'`{means.experiment}`', means.tf115.n, digits(means.tf115.mean),
                 digits(means.tf115.sd, 2), means.ours.n, digits(means.ours.mean),
                 digits(means.ours.sd, 2), f'{means.difference:+.4f}',
                 '–' if means.low is None else f'{means.low:+.4f} … {means.high:+.4f}',
                 digits(means.p, 2), digits(means.detectable, 2)) for means in found.means]
        parts += [TF115_METHOD,
                  table(('experiment', 'n, 1.15', 'mean', 'sd', 'n, ours', 'mean', 'sd',
                         'ours - 1.15', '95 % interval', "Welch's p",
                         f'found with {100 * POWER:.0f} %'), rows),
                  '\n'.join(f'- {same_means_words(means)}' for means in found.means)]
    if found.pictured:
        parts += [f'**Step by step.** {TF115_FIGURE}',
                  f'![Growth of the difference](figures/{FIGURE})']
    return parts


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
            'whole in `tables/runs.csv`.\n\n' + table(
                ('data', 'digest', 'training images', 'runs', *PACKAGES.values(), 'threads',
                 'processor', 'finished'), rows))
