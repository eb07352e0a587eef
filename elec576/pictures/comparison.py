"""The comparison's pictures, drawn from what `elec576.comparison` computed."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from elec576.claims.conclusions import CELLS, Link
from elec576.claims.numbers import reported
from elec576.claims.plan import MARGINS
from elec576.comparison.comparison import Comparison, Curves
from elec576.comparison.links import CONTRADICTED, EQUAL, SUPPORTED, UNDECIDED, JudgedLink, data_of
from elec576.comparison.numbers import JudgedNumber
from elec576.comparison.prediction import LIMIT, Summary
from elec576.experiments import hidden_units_of, settings_of
from elec576.pictures.figure import BLUE, GREEN, ORANGE, VERMILION, new_figure, save
from elec576.pictures.filters import draw_filters
from elec576.pictures.identification import draw_identification
from elec576.pictures.run import mark_reported
from elec576.telling.figures import Figure, answers_of, figures
from elec576.telling.quantities import measured_words, quantity_words

EDGE = 4.0  # scores farther out are drawn here
SCALE = '\n(from two margins on, logarithmic)'
ROW = 0.17  # inches for a line of text in a picture with one line a number


def draw_comparison(comparison: Comparison, folder: Path) -> None:
    """Draw every picture for which there are enough runs into ``folder``; remove the others."""
    planned = figures(comparison)
    for plan in planned:
        _DRAW[plan.kind](comparison, plan, folder / plan.name)
    for kind in _DRAW:  # the name of every picture begins with its kind
        for path in folder.glob(f'{kind}*.png'):
            if path.name not in {figure.name for figure in planned}:
                path.unlink()


def _draw_curves(comparison: Comparison, plan: Figure, path: Path) -> None:
    figure = new_figure(12, 5)
    figure.suptitle(plan.title)
    left, right = figure.subplots(1, 2)
    for axes, quantity in ((left, 'accuracy'), (right, 'loss')):
        for part, color in (('train', ORANGE), ('test', BLUE)):
            _draw_curve(axes, comparison.curves(plan.experiment, f'{part}_{quantity}'), color, part)
            mark_reported(axes, plan.experiment, part, quantity)
        axes.set(xlabel='Steps', xlim=(0, settings_of(plan.experiment).steps))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    left.set(title='Accuracy', ylabel='Accuracy', ylim=(0, 1))
    right.set(title='Cross entropy', ylabel='Loss')
    right.set_ylim(0, _upper_limit(comparison, plan.experiment))
    save(figure, path)


def _draw_curve(axes: Axes, drawn: Curves, color: str, part: str) -> None:
    for values in drawn.values:
        axes.plot(drawn.steps, values, color=color, linewidth=0.5, alpha=0.55)
    if drawn.band is not None:
        axes.fill_between(drawn.steps, *drawn.band, color=color, alpha=0.16, linewidth=0,
                          label=f'{part}, 95 % prediction interval')
    axes.plot(drawn.steps, drawn.mean, color=color, linewidth=2,
              linestyle='-' if part == 'test' else '--', label=f'{part}, mean of our runs')


def _upper_limit(comparison: Comparison, experiment: str) -> float:
    """The loss axis holds every curve and point; a wide band may leave it."""
    highest = [comparison.curves(experiment, f'{part}_loss').values.max(initial=0)
               for part in ('train', 'test')]
    points = [value.number for value in reported(experiment) if value.quantity.endswith('_loss')]
    return 1.05 * max(*highest, *points, 1e-6)


def _draw_numbers(comparison: Comparison, plan: Figure, path: Path) -> None:
    groups = [group for name in comparison.experiments
              if (group := [number for number in comparison.numbers_of(name)
                            if number.compatible is not None])]
    columns = _two_columns(groups)
    rows = max(sum(len(group) + 1 for group in column) for column in columns)
    figure = new_figure(12, 1.6 + ROW * rows)
    figure.suptitle(plan.title)
    for axes, column in zip(figure.subplots(1, 2), columns):
        labels, y = [], 0.0
        for group in column:
            labels.append((y, group[0].reported.experiment, True))
            for number in group:
                y += 1
                labels.append((y, measured_words(number.reported.quantity, number.reported.step),
                               False))
                _draw_number(axes, number, y)
            y += 1
        axes.axvline(0, color='black', linewidth=0.6, zorder=0)
        for limit in (-LIMIT, LIMIT):
            axes.axvline(limit, color='black', linewidth=0.6, linestyle=':', zorder=0)
        axes.set_yticks([y for y, _, _ in labels], [text for _, text, _ in labels], fontsize=8)
        for tick, (_, _, heading) in zip(axes.get_yticklabels(), labels):
            tick.set_fontweight('bold' if heading else 'normal')
        axes.set(xlim=(-EDGE - 0.4, EDGE + 0.4), ylim=(rows - 0.5, -0.8),
                 xlabel=f'score: beyond ±{LIMIT:.2f} outside the 95 % prediction interval')
        axes.tick_params(axis='y', length=0)
    figure.legend([Line2D([], [], **_mark(True)),
                   Line2D([], [], **_mark(False)),
                   Line2D([], [], marker='|', color='0.4', linestyle='none'), Patch(color='0.88')],
                  ['the report, compatible', 'the report, not compatible', 'our runs',
                   '95 % prediction interval'], ncols=4, loc='outside lower center')
    save(figure, path)


def _two_columns(groups: list[list[JudgedNumber]]) -> tuple[list, list]:
    """Split whole groups so that both columns are about as long."""
    lengths = np.cumsum([len(group) + 1 for group in groups])
    half = int(np.searchsorted(lengths, lengths[-1] / 2)) + 1
    return groups[:half], groups[half:]


def _mark(compatible: bool) -> dict:
    """The report's mark: its shape and lightness show the verdict without its colour."""
    return {'marker': 'o' if compatible else 'D', 'color': BLUE if compatible else VERMILION,
            'markeredgecolor': 'black', 'markeredgewidth': 0.5,
            'markersize': 5 if compatible else 7, 'linestyle': 'none', 'zorder': 4}


def _draw_number(axes: Axes, number: JudgedNumber, y: float) -> None:
    axes.barh(y, 2 * LIMIT, left=-LIMIT, height=0.7, color='0.88', zorder=1)
    ours = np.clip(number.run_scores(), -EDGE, EDGE)
    axes.plot(ours, [y] * len(ours), '|', color='0.4', markersize=6, zorder=2)
    x = number.score
    assert x is not None  # only judged numbers are drawn
    shown = min(max(x, -EDGE), EDGE)
    axes.plot(shown, y, **_mark(bool(number.compatible)))
    if shown != x and np.isfinite(x):
        axes.annotate(f'{x:.1f}', (shown, y), textcoords='offset points', fontsize=7,
                      xytext=(6 if x < 0 else -6, 0), va='center', ha='left' if x < 0 else 'right')


_LINK_MARKS = {SUPPORTED: ('o', BLUE), CONTRADICTED: ('D', VERMILION), EQUAL: ('s', GREEN),
               UNDECIDED: ('o', 'white')}


def _draw_links(comparison: Comparison, plan: Figure, path: Path) -> None:
    """One panel for each program's accuracies and one for running times, each with one scale."""
    panels: dict[str, dict[str, list[JudgedLink]]] = {'cifar10': {}, 'times': {}, 'mnist': {}}
    drawn: set[Link] = set()
    for judged in comparison.conclusions:
        for link in judged.links:
            if link.link not in drawn:
                kind = 'times' if link.margin is None else data_of(link.link)
                panels[kind].setdefault(judged.conclusion.name, []).append(link)
                drawn.add(link.link)
    heights = {kind: 1.5 + sum(len(links) + 1 for links in groups.values())
               for kind, groups in panels.items()}
    left = heights['cifar10'] + heights['times']
    figure = new_figure(13, 1.4 + 0.21 * max(left, heights['mnist']))
    figure.suptitle(plan.title)
    columns = figure.add_gridspec(1, 2)
    both = columns[0, 0].subgridspec(2, 1, height_ratios=(heights['cifar10'], heights['times']))
    for kind, place, label in (
            ('cifar10', both[0], f'LeNet5 on CIFAR-10: difference of accuracy{SCALE}'),
            ('times', both[1], 'running times: how many times as long'),
            ('mnist', columns[0, 1], f'MNIST: difference of accuracy{SCALE}')):
        axes = figure.add_subplot(place)
        _draw_panel(axes, panels[kind])
        axes.set_xlabel(label)
        if kind == 'times':
            factors = (1, 1.5, 2, 3, 4, 6, 8)
            shown = [factor for factor in factors if np.log(factor) <= axes.get_xlim()[1]]
            axes.set_xticks(np.log(shown), [f'× {factor:g}' for factor in shown], fontsize=8)
        else:
            _scale_by_margin(axes, MARGINS[kind])
    figure.legend([Line2D([], [], marker=marker, color=color, markeredgecolor='black',
                          linestyle='none') for marker, color in _LINK_MARKS.values()]
                  + [Patch(color='0.88')],
                  [*_LINK_MARKS, 'the margin'], ncols=5, loc='outside lower center')
    save(figure, path)


def _draw_panel(axes: Axes, groups: dict[str, list[JudgedLink]]) -> None:
    y, labels = 0.0, []
    for name, links in groups.items():
        labels.append((y, name, True))
        for link in links:
            y += 1
            labels.append((y, f'{link.link.higher} > {link.link.lower}', False))
            _draw_link(axes, link, y)
        y += 1
    axes.axvline(0, color='black', linewidth=0.8, zorder=1)
    axes.set_yticks([y for y, _, _ in labels], [text for _, text, _ in labels], fontsize=8)
    for tick, (_, _, heading) in zip(axes.get_yticklabels(), labels):
        tick.set_fontweight('bold' if heading else 'normal')
    axes.set_ylim(y - 0.3, -0.8)
    axes.tick_params(axis='y', length=0)
    axes.grid(alpha=0.3, axis='x')


def _draw_link(axes: Axes, link: JudgedLink, y: float) -> None:
    if link.look is None:
        axes.annotate(f'{link.verdict}: {link.reason}', (0, y), textcoords='offset points',
                      xytext=(5, 0), fontsize=7, color='0.35', va='center')
        return
    effect = link.look.effect
    marker, color = _LINK_MARKS[link.verdict]
    line = 'black' if link.verdict == UNDECIDED else color
    if link.look.images is not None:
        axes.plot(link.look.images, (y, y), color='0.45', linewidth=0.8, zorder=2,
                  marker='|', markersize=5)
    axes.plot((effect.low, effect.high), (y, y), color=line, linewidth=3, zorder=3,
              solid_capstyle='butt')
    axes.plot(effect.mean, y, marker, color=color, markeredgecolor='black', markersize=6, zorder=4)


def _scale_by_margin(axes: Axes, margin: float) -> None:
    """Linear within two margins and logarithmic beyond, so that large effects fit."""
    axes.axvspan(-margin, margin, color='0.88', zorder=0, linewidth=0)
    reach = max(4 * margin, *np.abs(axes.dataLim.intervalx[np.isfinite(axes.dataLim.intervalx)]))
    axes.set_xscale('symlog', linthresh=2 * margin, linscale=1.5)
    lowest = -1.3 * max(3 * margin, -axes.dataLim.x0)
    ticks = [tick for step in (1, 2, 10, 100) for tick in (-step * margin, step * margin)
             if lowest <= tick <= 1.3 * reach]
    axes.set_xlim(lowest, 1.3 * reach)
    axes.set_xticks([0, *ticks], ['0', *(f'{tick:+.3g}' for tick in ticks)], fontsize=8)
    axes.set_xticks([], minor=True)


def _draw_hidden_units(comparison: Comparison, plan: Figure, path: Path) -> None:
    results, figure = comparison.results, new_figure(11, 5)
    figure.suptitle(plan.title)
    left, right = figure.subplots(1, 2)
    styles = {'basic': ('o', GREEN, ':'), 'lstm': ('s', BLUE, '-'), 'gru': ('^', ORANGE, '--')}
    for k, (cell, names) in enumerate(CELLS.items()):
        marker, color, line = styles[cell]
        places = {name: hidden_units_of(name) * 1.05 ** (k - 1)  # side by side
                  for name in names if results.of(name)}
        for axes, quantity in ((left, 'test_accuracy'), (right, 'cpu_seconds')):
            found = {x: [run.final(quantity) for run in runs] for name, x in places.items()
                     if (runs := comparison.by_hidden_units(name, quantity))}
            for x, runs in found.items():
                axes.plot([x] * len(runs), runs, marker, color=color, markersize=3, alpha=0.6)
            axes.plot(list(found), [np.mean(runs) for runs in found.values()], marker=marker,
                      color=color, linestyle=line, markeredgecolor='black', markersize=8,
                      label=cell)
        points = [(x, value.number) for name, x in places.items()
                  for value in reported(name) if value.quantity == 'test_accuracy']
        if points:
            left.plot(*zip(*points), 'x', color='black', markersize=9, markeredgewidth=2, zorder=5)
    left.plot([], [], 'x', color='black', markersize=9, markeredgewidth=2, label='the report')
    for axes in (left, right):
        axes.set_xscale('log')
        axes.set_xticks([50, 128, 300], ['50', '128', '300'])
        axes.set_xticks([], minor=True)
        axes.set_xlabel('Hidden units')
        axes.grid(alpha=0.3)
        axes.legend()
    left.set(title='Test accuracy', ylabel='Test accuracy')
    right.set(title=f'Runtime on {comparison.timing_processor or "no common processor"}',
              ylabel='CPU seconds for a run', ylim=(0, None))
    save(figure, path)


def _draw_activations(comparison: Comparison, plan: Figure, path: Path) -> None:
    figure = new_figure(11, 5)
    figure.suptitle(plan.title)
    (answer,) = answers_of(comparison, plan.kind)
    labels = [label for label, _ in answer.question.readings]
    for axes, quantity in zip(figure.subplots(2, 3).flat, answer.question.quantities):
        for y, reading in enumerate(reading for reading in answer.readings
                                    if reading.quantity == quantity):
            _draw_readings(axes, y, reading.values, reading.summary)
        for value in answer.beside[quantity]:
            axes.axvline(value.number, color=VERMILION, linewidth=2)
            axes.set_title(f'{quantity_words(quantity)}\nthe report: {value.value}', fontsize=10)
        axes.set_yticks(range(len(labels)), [
            f'{label}\nn = {len(comparison.results.of(name))}'
            for label, name in answer.question.readings])
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.locator_params(axis='x', nbins=5)
        axes.grid(alpha=0.3, axis='x')
    figure.legend([Line2D([], [], marker='o', color=BLUE, markersize=5, linestyle='none'),
                   Patch(color='0.85'), Line2D([], [], color=VERMILION, linewidth=2)],
                  ['our runs', '95 % prediction interval', 'the report'], ncols=3,
                  loc='outside lower center')
    save(figure, path)


def _draw_readings(axes: Axes, y: float, values: tuple[float, ...], summary: Summary) -> None:
    if summary.low is not None and summary.high is not None:
        axes.barh(y, summary.high - summary.low, left=summary.low, height=0.5, color='0.85',
                  zorder=1)
        axes.use_sticky_edges = False
    axes.plot(values, [y] * len(values), 'o', color=BLUE, markersize=5, alpha=0.7, zorder=3)


def _draw_step_0(comparison: Comparison, plan: Figure, path: Path) -> None:
    answers = answers_of(comparison, plan.kind)
    heights = [len(answer.question.readings) + 0.7 for answer in answers]
    figure = new_figure(10, 1.1 + 0.5 * sum(heights))
    figure.suptitle(plan.title)
    grid = figure.subplots(len(answers), 1, sharex=True, squeeze=False,
                           gridspec_kw={'height_ratios': heights})
    for axes, answer in zip(grid.flat, answers):
        for y, reading in enumerate(answer.readings):
            counts, bins = np.histogram(reading.values, 'fd')
            axes.stairs(y - 0.85 * counts / counts.max(), bins, baseline=y, fill=True,
                        facecolor=BLUE if y == 0 else '0.75', edgecolor='0.3', linewidth=0.6)
            printed = [value.number for value in answer.beside[reading.quantity]]
            axes.vlines(printed, y - 0.95, y, color='black', linewidth=1.6)
        axes.set_yticks(range(len(answer.readings)),
                        [reading.label for reading in answer.readings], va='bottom')
        axes.tick_params(axis='y', length=0)
        axes.set_ylim(len(answer.readings) - 0.95, -1.05)
        axes.set_title(answer.question.question, fontsize=10, loc='left')
        axes.grid(alpha=0.3, axis='x')
    grid[-1, 0].set_xlabel('Training loss of the first batch, before the first update')
    figure.legend([Patch(color=BLUE), Patch(facecolor='0.75', edgecolor='0.3'),
                   Line2D([], [], color='black', linewidth=1.6)],
                  ['our seeds, the reading used here', 'our seeds, another reading', 'the report'],
                  ncols=3, loc='outside lower center')
    save(figure, path)


def _draw_filters(comparison: Comparison, plan: Figure, path: Path) -> None:
    draw_filters(comparison.results.of(plan.experiment)[0].filters(), path, plan.title)


def _draw_identification(comparison: Comparison, plan: Figure, path: Path) -> None:
    draw_identification(comparison.identification, path, plan.title)


_DRAW = {'curves': _draw_curves, 'links': _draw_links, 'numbers': _draw_numbers,
         'hidden-units': _draw_hidden_units, 'activations': _draw_activations,
         'step-0': _draw_step_0, 'identification': _draw_identification, 'filters': _draw_filters}
