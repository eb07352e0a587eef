"""How settings, quantities and numbers are written, in text and pictures alike."""

import math
from collections import Counter
from typing import Iterable, Sequence

from elec576.claims.plan import BOUNDS, EVALUATIONS_APART, LAST_EVALUATIONS, MARGINS
from elec576.claims.questions import Question
from elec576.claims.readings import EXCLUDED, FIRST_LOOK, ODDS, SECOND_LOOK, STEPS
from elec576.comparison.comparison import Comparison
from elec576.comparison.conclusions import VERDICTS, JudgedConclusion
from elec576.comparison.identification import Fit, Identification
from elec576.comparison.links import THESE_IMAGES, JudgedLink
from elec576.comparison.prediction import Summary
from elec576.comparison.questions import Answer
from elec576.comparison.readings import EXPLAINS, JudgedLog, Tried
from elec576.comparison.report_as_a_whole import ReportAsAWhole
from elec576.comparison.results import Results, Run
from elec576.experiments import SAME_RUN, settings_of
from elec576.settings import CnnSettings, RnnSettings


def digits(value: float | None, significant: int = 4) -> str:
    """``value`` to some significant digits; a dash for none."""
    return '–' if value is None else f'{value:.{significant}g}'


def interval(low: float | None, high: float | None) -> str:
    """'low … high', or why there is no interval."""
    return 'too few seeds' if low is None else f'{digits(low)} … {digits(high)}'


def range_words(found: Summary) -> str:
    """The lowest and the highest run."""
    return f'{digits(found.lowest)} … {digits(found.highest)}' if found.n else '–'


def same_words(values: Sequence[float]) -> str:
    """That nearly all runs give one value, where an interval would mislead."""
    if not values:
        return ''
    (value, times), = Counter(values).most_common(1)
    return (f'; {times} of {len(values)} give {digits(value)}'
            if 0.8 * len(values) <= times < len(values) else '')


def likelihood_words(relative: float | None) -> str:
    """A relative likelihood; far out it is an extrapolation, whose digits have no meaning."""
    return '< 1e-6' if relative is not None and relative < 1e-6 else digits(relative, 2)


def question_words(question: Question) -> str:
    """A question with what answers it."""
    return (f'{question.question} '
            f'({"loss at step 0" if question.step == 0 else "activation statistics"})')


def verdict_words(judged: JudgedConclusion) -> str:
    """A verdict; that on a sentence of several parts names them where they differ."""
    parts: dict[str, list[str]] = {}
    for link, part in zip(judged.links, judged.conclusion.parts):
        parts.setdefault(link.verdict, []).append(part)
    these = ' (for these test images)' * any(THESE_IMAGES in link.reason for link in judged.links
                                             if link.verdict == judged.verdict)
    if len(parts) < 2:
        return judged.verdict + these
    named = [f'{kind}{these if kind == judged.verdict else ""}: '
             + (', '.join(found) if len(found) < 3 else f'{len(found)} parts')
             for kind in sorted(VERDICTS, key=judged.verdict.__ne__)  # its own verdict first
             if (found := parts.get(kind))]
    return '; '.join(named)


def remarks(judged: JudgedConclusion, comparison: Comparison) -> list[str]:
    """What is said below a conclusion's links and its numbers, in sentences."""
    found = []
    inside = [name for name, one in judged.around.items() if one.compatible]
    outside = [name for name, one in judged.around.items() if one.compatible is False]
    if inside or outside:
        found.append(
            f'The number in it, {judged.conclusion.around}: compatible with {len(inside)} of '
            f'{len(inside) + len(outside)} recurrent nets ({names_words(inside) or "none"}), not '
            f'compatible with the others ({names_words(outside) or "none"}).')
    found += [f'Not planned: {link.higher} over {link.lower} {effect.mean:+.4f} (ordinary 95 % '
              f'interval {effect.low:+.4f} … {effect.high:+.4f}, n {effect.n}).'
              for link, effect in judged.beside.items()]
    same = comparison.continuation
    if same and [(link.link.higher, link.link.lower) for link in judged.links] == [
            ('cnn5', 'cnn2')]:
        found.append(
            f'Up to step {same.steps}, `cnn5` and `cnn2` are the same run: every recorded value is '
            f'equal to the last bit for {same.equal} of {same.pairs} seeds, on whatever '
            f'processors. Their mean test accuracy is highest at step {same.best}.')
    return found


def literal_words(conclusions: Iterable[JudgedConclusion]) -> list[str]:
    """The verdicts on second readings of a sentence, which are not counted."""
    return [f'Taken literally, a sentence is "{judged.conclusion.statement}": {judged.verdict}, '
            'not counted.' for judged in conclusions if not judged.conclusion.counted]


EVIDENCE_HEADERS = ('question', 'used here', 'relative', 'other readings, relative')


def evidence_rows(answers: Iterable[Answer]) -> list[tuple]:
    """A table's rows: the questions that have several readings, and how likely each reading is."""
    rows = []
    for answer in answers:
        (own, relative), *others = ((label, likelihood_words(value))
                                    for label, value in answer.relative.items())
        if others:
            rows.append((question_words(answer.question), own, relative,
                         '; '.join(f'{label}: {value}' for label, value in others)))
    return rows


def score_words(score: float) -> str:
    """How far out a number lies."""
    return 'a value that no run can give' if math.isinf(score) else f'score {score:+.1f}'


def p_words(p: float | None) -> str:
    """A probability to two digits."""
    return '–' if p is None else f'{p:.2g}' if p >= 1e-4 else f'{p:.0e}'


def rough_p_words(p: float) -> str:
    """A probability that moves with what is cut off and sampled: to one digit."""
    return f'{p:.1g}' if p >= 1e-4 else '< 0.0001'


def percent_words(share: float | None) -> str:
    """A share in per cent; only 0 and 1 are shown as 0 % and 100 %."""
    if share is None:
        return '–'
    percent = 100 * share
    return ('< 1 %' if 0 < percent < 1 else '> 99 %' if 99 < percent < 100 else
            f'{percent:.0f} %')


def chance_words(chance: float | None) -> str:
    """How probable the sentences that hang on one run of the report are, all together."""
    return ('Four of the sentences put other runs above one and the same, the report\'s run 2. '
            'The probability that relu, 8000 iterations, 10000 samples and Xavier all beat one run '
            f'of it is {"not known yet" if chance is None else percent_words(chance)}.')


def is_time(link: JudgedLink) -> bool:
    return link.link.quantity == 'cpu_seconds'


def effect_words(link: JudgedLink) -> str:
    """A difference of accuracies, or how many times as long; a dash before the first look."""
    if link.look is None:
        return '–'
    mean = link.look.effect.mean
    return f'× {math.exp(mean):.3g}' if is_time(link) else f'{mean:+.4f}'


def effect_interval_words(link: JudgedLink, limits: tuple[float, float] | None) -> str:
    """An interval of the effect; a dash for none."""
    if limits is None:
        return '–'
    return ' … '.join(f'{math.exp(limit):.3g}' if is_time(link) else f'{limit:+.4f}'
                      for limit in limits)


def look_interval(link: JudgedLink) -> tuple[float, float] | None:
    """The interval that the verdict is made of; None before the first look."""
    return None if link.look is None else (link.look.effect.low, link.look.effect.high)


def look_words(link: JudgedLink) -> str:
    """'16, look 1 of 3'; a dash before the first look."""
    if link.look is None:
        return '–'
    return f'{link.look.effect.n}, look {link.look.number} of {len(link.link.looks)}'


def margin_words(link: JudgedLink) -> str:
    return '–' if link.margin is None else f'± {link.margin:g}'


def report_words(found: ReportAsAWhole | None) -> tuple[str, ...]:
    """How the report ranks among reports made of our own runs, in sentences."""
    if found is None:
        return ('too few seeds for any interval.',)
    kinds = '; '.join(
        f'{name} {rms:.2f} beside {expected:.2f}, p = {rough_p_words(p)}' for name, rms, expected, p
        in (('all numbers', found.rms, found.rms_expected, found.p_extremeness),
            *((kind.name, kind.rms, kind.rms_expected, kind.p) for kind in found.kinds)))
    return (
        f'{found.inside} of {found.count} numbers are compatible with our runs; in reports made '
        f'of our own runs, {found.expected:.0f} on average, {found.low} to {found.high} in 95 of '
        f'100: p = {rough_p_words(found.p_inside)}.',
        'How far the report lies from our runs, in standard units (root mean square), beside '
        f'reports made of our runs: {kinds}. The split by kind was made after looking.')


def power_words(found: ReportAsAWhole) -> str:
    """How often a wrong label is noticed."""
    noticed = '; '.join(f'{what} {percent_words(share)}' for what, share in found.power.items())
    return ('This finds gross errors, not exchanged neighbours. Of made-up reports with a wrong '
            f'label, it notices (p ≤ 0.05): {noticed}. Without one, 5 %.')


LOG_HEADERS = ('log', 'numbers', 'compatible', "our runs' logs", 'squared scores',
               "our runs' squared scores", 'n', 'p')


def log_rows(found: ReportAsAWhole) -> list[tuple]:
    """A table's rows: the report's logs among those of our runs."""
    return [(log.experiment, len(log.numbers), log.inside, f'{log.held_out_inside.mean():.1f}',
             f'{log.extremeness:.1f}', f'{log.held_out_extremeness.mean():.1f}',
             len(log.seeds), p_words(log.p)) for log in found.logs]


def coverage_rows(found: ReportAsAWhole) -> list[tuple]:
    """A table's rows: how many numbers of our own runs lie inside, by quantity, and of all."""
    return [(kind, inside, judged, f'{100 * inside / judged:.1f} %')
            for kind, (inside, judged) in (*found.coverage.items(), ('all', found.held_out))]


def behind_words(behind: float) -> str:
    """How far a label's log-likelihood falls behind the best one's."""
    return '0' if behind == 0 else f'−{behind:.{1 if behind < 9.95 else 0}f}'


def identification_words(found: Identification) -> tuple[str, ...]:
    """What the fits of all blocks say, in sentences; none without fits."""
    if not found.fits:
        return ('Too few runs yet.',)
    first = [fit for fit in found.fits if fit.possible[0] == fit.block.experiment]
    only = [fit for fit in first if len(fit.possible) == 1]
    sentences = [misfit_words(fit) for fit in found.fits if fit.misfit] or [
        'No block fits another label better than its own by more than its limit.']
    sentences.append(f'Of {len(found.fits)} blocks with right labels, '
                     f'{found.misfits_by_chance:.2g} would pass their limits by chance.')
    sentences.append(
        f'Its own label fits best: {len(first)} of {len(found.fits)} blocks; of these, {len(only)} '
        'with all other labels excluded.')
    if found.waiting:
        sentences.append(f'Waiting for runs: {names_words(found.waiting)}.')
    if found.alone:
        sentences.append(f'No other experiment with runs could have printed '
                         f'{names_words(found.alone)}.')
    return tuple(sentences)


def misfit_words(fit: Fit) -> str:
    """That another label fits a block better, and how often that happens to right labels."""
    low, high = fit.as_far_interval
    return (f'The numbers of `{fit.block.name}` fit `{fit.possible[0]}` better than their own '
            f'label: its log-likelihood is higher by {fit.behind(fit.block.experiment):.1f}, which '
            f'is more than its limit, {fit.limit:.1f}. The right label falls as far behind for '
            f'{fit.as_far} of {len(fit.right_behind)} of our own runs (95 % interval '
            f'{100 * low:.1g} to {100 * high:.2g} %).')


def fit_row(fit: Fit) -> tuple:
    """A table's row on one block."""
    own = fit.block.experiment
    others = [f'{name} ({behind_words(fit.behind(name))})' for name in fit.possible[1:]]
    return (fit.block.name, len(fit.block.numbers), fit.possible[0],
            behind_words(fit.behind(own)) + ' (beyond the limit)' * fit.misfit,
            ', '.join(others) or '–',
            f'{len(fit.log_likelihoods) - len(fit.possible)} of {len(fit.log_likelihoods)}',
            f'{fit.limit:.1f}', *(f'{right} of {n}' for right, n in (
                fit.named_right(own), fit.named_right())))


FIT_HEADERS = ('block', 'numbers', 'fits best', 'its own label', 'cannot be told apart',
               'excluded', 'limit', 'own label\'s runs named right', 'all runs named right')


def log_words(log: JudgedLog) -> tuple[str, ...]:
    """Whether another program explains a log, in sentences."""
    best, as_far = log.best, int((log.our_leads >= log.lead).sum())
    sentences = [
        f'What the report prints of `{log.experiment}`\'s training after step 0 is '
        f'{abs(log.lead):.1f} standard units {"ahead of" if log.lead > 0 else "behind"} our '
        f'{count_words([log.n], "run")} on average'
        + (f'; {as_far or "none"} of these {"is" if as_far < 2 else "are"} as far ahead of the '
           'others.' if log.lead > 0 else '.')]
    judged = len(log.tried) - len(log.waiting)
    if best and best.ahead is not None:
        said = f'{program_words(best)}: log-likelihood {best.ahead:+.1f}'
        chance = (f'of our {log.n} runs, put in its place, {log.as_far or "none"} '
                  f'{"have" if log.as_far > 1 else "has"} a program as far ahead')
        if best.verdict == EXPLAINS:
            sentences.append(f'Another program explains it, of {judged} that we tried ({said}, '
                             f'where {log.needed:.1f} is needed; {chance}).')
        else:
            sentences.append(f'None of {judged} other programs that we tried explains it (best: '
                             f'{said}, where {log.needed:.1f} is needed; {chance}).')
    if log.waiting:
        sentences.append(f'{count_words([len(log.waiting)], "more program")} '
                         f'{"waits" if len(log.waiting) == 1 else "wait"} for runs.')
    return tuple(sentences)


def program_words(tried: Tried) -> str:
    """What a program is, other than the one listed."""
    return tried.reading.words if tried.reading else f'the program of {tried.name}'


TRIED_HEADERS = ('program', 'what it would change in the log', 'runs', 'log-likelihood', 'verdict')


def tried_rows(log: JudgedLog) -> list[tuple]:
    """A table's rows: the programs tried for a log, the best first."""
    return [(program_words(each), each.reading.expected if each.reading else 'all of it', each.n,
             '–' if each.ahead is None else f'{each.ahead:+.1f}', each.verdict)
            for each in log.tried]


def tried_words(logs: Iterable[JudgedLog]) -> str:
    """How other programs are judged."""
    ahead = '; '.join(f'{log.head_start:+.1f} for `{log.experiment}`' for log in logs
                      if log.head_start is not None)
    cut = (f' Programs are run to step {STEPS}, where their test accuracy is taken; the program as '
           f'listed, whose runs are longer, would by that be ahead of itself: {ahead}.')
    return (f'Log-likelihoods are of the whole log, minus that of the program as listed. A first '
            f'look at {FIRST_LOOK} runs excludes a program that is behind by more than '
            f'{EXCLUDED:g}; of the others, {SECOND_LOOK} runs decide. A program explains the log '
            f'if it is ahead by more than log({ODDS:g} n), n being the number of programs in its '
            'table. All of this was written down (`elec576/claims/readings.py`) before the runs '
            'were made (`scripts/readings.py`).' + cut * bool(ahead))


def names_words(names: Iterable[str]) -> str:
    return ', '.join(f'`{name}`' for name in names)


def plan_words() -> tuple[str, ...]:
    """The plan's margins, looks and bounds, in sentences."""
    several = max(BOUNDS)
    return (
        f'Compared are pairs of runs of equal seed: of LeNet5 the mean of the last '
        f'{LAST_EVALUATIONS} evaluations of the test set, {EVALUATIONS_APART} steps apart, of the '
        f'recurrent nets the final test accuracy.',
        f'Two settings are practically equal where the interval of their mean difference holds 0 '
        f'and lies within ± {MARGINS["cifar10"]:g} (CIFAR-10) or ± {MARGINS["mnist"]:g} (MNIST).',
        f'A link is looked at when all of its runs are there: most links once, with the ordinary '
        f'95 % interval; those that older runs left open up to {several} times, and again only '
        f'while they are undecided. Their intervals are widened for that, to z = '
        f'{", ".join(f"{z:.3f}" for z in BOUNDS[several])} instead of {BOUNDS[1][0]:.3f} '
        f'(O\'Brien and Fleming), as quantiles of Student\'s t.',
        'A sentence is supported if all of its links are; contradicted if one is at the level '
        'divided by their number; practically equal if each link is supported or equal and one is '
        'equal; else undecided. Nothing is adjusted for there being several sentences. All of this '
        'was in the package (`elec576/claims/plan.py`) before the first of these runs was made.')


def seed_words(runs: tuple[Run, ...]) -> str:
    """'5 seeds (0–4)', '3 seeds (0, 2, 3)'."""
    seeds = [run.seed for run in runs]
    together = len(seeds) > 2 and seeds == list(range(seeds[0], seeds[-1] + 1))
    which = f'{seeds[0]}–{seeds[-1]}' if together else ', '.join(map(str, seeds))
    return f'{count_words([len(seeds)], "seed")} ({which})'


def count_words(counts: Iterable[int], thing: str) -> str:
    """'1 seed', '5 seeds' or '5–10 seeds': a number of things, or the range of several."""
    counts = set(counts)
    number = '–'.join(map(str, dict.fromkeys((min(counts), max(counts)))))
    return f'{number} {thing}{"s" * (counts != {1})}'


def seeds_by_program(results: Results, experiments: Iterable[str]) -> str:
    """'5 seeds of 11 CNN experiments and 10 seeds of 12 RNN experiments'; empty without any."""
    counts: dict[type, list[int]] = {CnnSettings: [], RnnSettings: []}
    for name in dict.fromkeys(SAME_RUN.get(name, name) for name in experiments):
        counts[type(settings_of(name))].append(len(results.of(name)))
    return ' and '.join(
        f'{count_words(found, "seed")} of {count_words([len(found)], f"{what} experiment")}'
        for found, what in zip(counts.values(), ('CNN', 'RNN')) if found)


def data_words(runs: tuple[Run, ...]) -> str:
    """The names of the runs' data sets."""
    return ', '.join(sorted({run.metrics['dataset']['name'] for run in runs}))
