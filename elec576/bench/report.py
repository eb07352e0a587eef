"""What was measured, as Markdown: each function returns text, with a heading and a table."""

from __future__ import annotations

import math

from elec576.bench import against_frameworks, against_listing, arithmetic, costs, on_tf115, \
    side_by_side, startup, whole_report, work
from elec576.bench.tables import milliseconds, percent, seconds, table, times
from elec576.bench.timing import Summary


def section(heading: str, *parts: str) -> str:
    """Parts under a heading."""
    return '\n\n'.join((f'### {heading}', *parts))


def lenet5_steps(rows: dict[str, against_listing.Row]) -> str:
    """A step of the listing against one of ours, by thread count."""
    kinds = {against_listing.LISTING: 'the listing',
             **{f'eval-every {n}': f'ours, `--eval-every {n}`' for n in against_listing.EVAL_EVERY},
             against_listing.TRAIN: 'ours, evaluating never'}
    lines = []
    for kind, words in kinds.items():
        cells = [words]
        for row in rows.values():
            gain = row[against_listing.LISTING].median / row[kind].median
            cells += [milliseconds(row[kind]), times(gain)]
        lines.append(cells)
    head = ['step'] + [part for name in rows for part in (name, 'times as fast')]
    return section("LeNet5: milliseconds of a step, the listing's and ours", table(head, lines))


def rnn_steps(rows: dict[str, against_listing.Row]) -> str:
    """The same for the recurrent networks."""
    lines = []
    for model, row in rows.items():
        if against_listing.DISPLAY in row:
            listing, ours, train = (row[kind] for kind in (
                against_listing.LISTING, against_listing.DISPLAY, against_listing.TRAIN))
            lines.append([model, milliseconds(listing), milliseconds(ours),
                          times(listing.median / ours.median), milliseconds(train)])
    return section("Recurrent networks: milliseconds of a step, the listing's and ours", table(
        ['', 'the listing', 'ours', 'times as fast', 'ours, nothing evaluated'], lines))


def experiments(ways: dict[str, tuple[whole_report.Way, whole_report.Way]]) -> str:
    """The arithmetic of all experiments."""
    lines = [[name, str(listing), f'{listing.seconds:.0f} s', str(ours), f'{ours.seconds:.0f} s',
              times(listing.seconds / ours.seconds)]
             for name, (listing, ours) in ways.items()]
    for words, some in (('all {}', ways), ('the {} of the listings themselves',
                                           whole_report.of_the_listings(ways))):
        listing, ours = whole_report.total(some)
        lines.append([f'**{words.format(len(some))}**', '', f'**{listing / 60:.0f} min**', '',
                      f'**{ours / 60:.0f} min**', f'**{times(listing / ours)}**'])
    return section(
        "The whole report, one seed, computed from the above: the listing's way and ours",
        table(['', 'the listing', '', 'ours', '', 'times as fast'], lines))


def tf115_steps(old: on_tf115.OnTf115, rows: dict[str, against_listing.Row],
                ways: dict[str, tuple[whole_report.Way, whole_report.Way]]) -> str:
    """The listings on TensorFlow 1.15.5, and the whole report as its author ran it."""
    lines = []
    for model, step in old.steps.items():
        today = rows[model][against_listing.LISTING]
        ours = rows[model].get(against_listing.DISPLAY) or \
            rows[model][f'eval-every {against_listing.EVAL_EVERY[-1]}']
        lines.append([model, milliseconds(step), milliseconds(today),
                      times(step.median / today.median), milliseconds(ours),
                      times(step.median / ours.median)])
    on_1_15 = on_tf115.arithmetic(old)
    pairs = {name: (on_1_15[name], ours) for name, (_, ours) in ways.items()}
    for words, some in (('all {} experiments', pairs), ('the {} of the listings themselves',
                                                        whole_report.of_the_listings(pairs))):
        (author, ours), today = whole_report.total(some), sum(
            ways[name][0].seconds for name in some)
        lines.append([f'**{words.format(len(some))}**', f'**{author / 60:.0f} min**',
                      f'**{today / 60:.0f} min**', f'**{times(author / today)}**',
                      f'**{ours / 60:.0f} min**', f'**{times(author / ours)}**'])
    return section(
        'The listing on TensorFlow 1.15.5, as the report ran it, today, and ours: milliseconds of '
        'a step, and the whole report',
        table(['', 'the listing on 1.15', 'the listing today', 'times as fast', 'ours',
               'times as fast'], lines),
        'On 1.15 they run after the others, not in turns with them.')


def jobs(rows: dict[str, side_by_side.Pair], cores: int) -> str:
    """Runs side by side against runs one after the other."""
    return section(
        f'{cores} runs of one thread side by side, or one after the other with {cores} threads',
        table(['', f'milliseconds a step: {cores} side by side', 'one after the other',
               'times as fast'],
              [[model, milliseconds(pair.side_by_side), milliseconds(pair.one_after_another),
                times(pair.gain)] for model, pair in rows.items()]),
        'A step of runs side by side is what each takes, divided by their number.')


def what_is_saved(found: dict[str, costs.Costs]) -> str:
    """What checkpoints and TensorBoard events cost a run."""
    lines = []
    for model, cost in found.items():
        lines.append([
            model, milliseconds(cost.step), milliseconds(cost.checkpoint),
            percent(cost.checkpoint_share, 2), milliseconds(cost.histograms),
            milliseconds(cost.scalars), percent(cost.events_share, 2)])
    return section(
        'What is saved on the way: milliseconds, and the share of the whole run',
        table(['', 'training step', 'a checkpoint', 'share', 'histograms', 'scalars', 'share'],
              lines))


def sgemm_speed(rows: dict[str, against_frameworks.Row]) -> Summary:
    """Floating-point operations a second of the matrix product, over all models' rounds."""
    return Summary.of([against_frameworks.sgemm_speed(row) for row in rows.values()])


def frameworks(rows: dict[str, dict[str, against_frameworks.Row]]) -> str:
    """One table for each setting: everybody's step, ratios, shares of sgemm."""
    titles = {'torch': 'PyTorch', 'keras': 'Keras'}
    sections = []
    for name, models in rows.items():
        ways = [way for way in titles if way in next(iter(models.values()))]
        lines = []
        for model, row in models.items():
            cells = [model, milliseconds(row[against_frameworks.OURS].summary)]
            for way in ways:
                cells += [f'{milliseconds(row[way].summary)} {row[way].variant}',
                          times(against_frameworks.ratio(row, way))]
            cells += [percent(against_frameworks.share_of_sgemm(model, row, way))
                      for way in [against_frameworks.OURS, *ways]]
            lines.append(cells)
        means = ['**geometric mean**', '']
        for way in ways:
            means += ['', f'**{times(against_frameworks.mean_ratio(models, way))}**']
        lines.append(means + [''] * (1 + len(ways)))
        speed = sgemm_speed(models)
        sections.append(section(
            f'Training step, {name}: milliseconds; and shares of sgemm',
            table(['', 'ours']
                  + [cell for way in ways for cell in (titles[way], 'ours is times as fast')]
                  + ['sgemm: ours'] + [titles[way] for way in ways], lines),
            f'sgemm here: {speed.median / 1e9:.0f} ({speed.low / 1e9:.0f}–'
            f'{speed.high / 1e9:.0f}) Gflop/s.'))
    return '\n\n'.join(sections)


def multiply_adds() -> str:
    """What the shares are made of."""
    lines = []
    for model, settings in work.WORK.items():
        parts = arithmetic.layers(settings)
        sums = [sum(getattr(part, kind) for part in parts)
                for kind in ('forward', 'weights', 'inputs', 'training')]
        lines.append([model, *(f'{value / 1e6:.1f}' for value in sums)])
    return section('Millions of multiply-adds of a training step', table(
        ['', 'forward', 'gradient of the weights', 'gradient of the inputs', 'all'], lines))


def starts(found: dict[str, dict[str, startup.Start]]) -> str:
    """Start-up and memory."""
    return section('From a fresh process to the first step; peak memory', table(
        ['', 'seconds to the first step', 'peak MB'],
        [[f'{model}, {way}', seconds(start.first_step),
          f'{math.ceil(start.peak_bytes.median / 1e6)}']
         for model, ways in found.items() for way, start in ways.items()]))
