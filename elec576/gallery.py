"""All pictures of a trained network: computed by `elec576.visual`, drawn by `elec576.pictures`."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Iterator, Mapping

import numpy as np

from elec576.errors import UserError
from elec576.pictures import visual
from elec576.pictures.filters import draw_filters
from elec576.settings import CnnSettings
from elec576.visual import findings
from elec576.visual.activations import activation_statistics, report_lines
from elec576.visual.deconvnet import LAYERS
from elec576.visual.features import choose_maps, evolution, top_nine
from elec576.visual.invariance import invariance
from elec576.visual.occlusion import SIZE, mean_occlusion, occlusions, right_images
from elec576.visual.recurrent import by_rows
from elec576.visual.trained import RestoredCnn, RestoredRnn, RestoredRun

CIFAR10 = ('airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck')
DIGITS = tuple('0123456789')
KEY = 'mid grey: 0; pale blue: beyond the edge'
SQUARE = f'a grey square of {SIZE} x {SIZE} pixels'
PER_CLASS = 10  # images of each class for the invariance curves
PER_CLASS_OCCLUDED = 5  # for the mean occlusion map, where each image is 484


@dataclass(frozen=True)
class Picture:
    """A picture to be drawn."""

    name: str
    what: str  # what its title says it shows
    draw: Callable[[Path, str], None]  # takes the path and the title
    finding: str = ''  # what it shows, in numbers
    shows_images: bool = False  # of the data set: it must not be published


def pictures(trained: RestoredRun, images: list[int] | None,
             echo: Callable[[str], None]) -> Iterator[Picture]:
    """Every picture of the run, one after another as they are computed.

    Args:
        images: the test images to occlude; with None, one of each class.
        echo: takes the report's lines of part 1c.

    Raises:
        UserError: an image that does not exist, or the network is recurrent and occludes none.
    """
    if not isinstance(trained.settings, CnnSettings):
        if images is not None:
            raise UserError(f'--images: {trained.path} is a recurrent network; leave it out')
        return _rnn_pictures(trained)
    for place in images or []:
        if not 0 <= place < len(trained.test.images):
            raise UserError(f'--images {place}: the test set has the images 0 to '
                            f'{len(trained.test.images) - 1}')
    return _cnn_pictures(trained, images, echo)


def _cnn_pictures(trained: RestoredCnn, images: list[int] | None,
                  echo: Callable[[str], None]) -> Iterator[Picture]:
    W_conv1 = trained.sess.run(trained.net.W_conv1)
    yield Picture('filters', "first layer's weights, each on its own scale",
                  partial(draw_filters, W_conv1), findings.filters(trained))

    statistics = activation_statistics(trained)
    for line in report_lines(statistics, trained.settings.act):
        echo(line)
    yield Picture('activations', 'activations over the test set',
                  partial(visual.draw_activations, statistics), findings.activations(statistics))

    for layer in LAYERS:
        every = top_nine(trained, layer)
        if not len(every.maps):
            echo(f'{layer}: no map is excited by nine test images')
            continue
        maps = choose_maps(every.maps, layer)
        top = every.of(maps)
        what = (f'{layer}: the nine strongest activations of a map, down to pixels by the '
                f'deconvnet ({KEY})')
        yield Picture(f'deconvnet-{layer}', f'{what}, and the patches',
                      partial(visual.draw_top_nine, top), shows_images=True)
        yield Picture(f'deconvnet-{layer}-reconstructions', what,
                      partial(visual.draw_top_nine, top, patches=False),
                      findings.nines(every, trained.classes))
        found = evolution(trained, layer, maps)
        if found is not None:
            yield Picture(f'evolution-{layer}',
                          f"{layer}: a map's strongest activation over the test set, by training "
                          f'step\n({KEY})', partial(visual.draw_evolution, found),
                          findings.evolution(found))

    chosen = right_images(trained, 1) if images is None else np.array(images)
    if len(chosen):
        digits = trained.settings.dataset == 'mnist' or trained.origin.stand_in
        yield Picture('occlusion', f'{SQUARE} over a test image; maps by its centre',
                      partial(visual.draw_occlusions, occlusions(trained, chosen),
                              DIGITS if digits else CIFAR10), shows_images=True)
    right = right_images(trained, PER_CLASS_OCCLUDED)
    if len(right):
        mean = mean_occlusion(trained, right)
        yield Picture('occlusion-mean', f'{SQUARE}, mean over {len(right)} test images that are '
                      'classified right', partial(visual.draw_mean_occlusion, mean),
                      findings.occlusion(mean))

    several = right_images(trained, PER_CLASS)
    if len(several) > 1:
        curves = invariance(trained, several)
        yield Picture('invariance', f'{len(several)} test images that are classified right, '
                      'transformed: medians, and bands that hold half of them',
                      partial(visual.draw_invariance, curves), findings.invariance(curves))


def _rnn_pictures(trained: RestoredRnn) -> Iterator[Picture]:
    rows = by_rows(trained)
    yield Picture('rows', 'test set, classified after each row', partial(visual.draw_by_rows, rows),
                  findings.rows(rows))


def title(trained: RestoredRun, what: str) -> str:
    """What a picture shows, of which run, seed and data."""
    settings, origin = trained.settings, trained.origin
    steps = '' if trained.step == settings.steps else f', unfinished, step {trained.step}'
    data = f'STAND-IN DATA: {origin.name}' if origin.stand_in else origin.name
    return f'{what}\nrun {trained.name}, seed {settings.seed}{steps}; {data}'


def save_picture(trained: RestoredRun, picture: Picture, out: Path) -> Path:
    """Draw a picture into the folder ``out``; return its path.

    Raises:
        OSError: the folder cannot be written.
    """
    path = out / f'{picture.name}.png'
    picture.draw(path, title(trained, picture.what))
    return path


def publish(trained: RestoredRun, saved: Mapping[Path, Picture], results: Path) -> str:
    """Copy the pictures that show no image of the data set to ``results``/figures.

    Returns:
        The run's section of `INSIDE.md`: these pictures, each with what it shows in numbers.
    """
    settings = trained.settings
    parts = [f'## Run {trained.name}, seed {settings.seed}, {settings.threads} '
             f'thread{"s" * (settings.threads > 1)}, {trained.origin.name}']
    for path, picture in saved.items():
        if not picture.shows_images:
            copy = results / 'figures' / f'{trained.name}-seed{settings.seed}-{path.name}'
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            what = ' '.join(picture.what.split())
            parts.append(f'![{what}](figures/{copy.name})')
            parts += [picture.finding] * bool(picture.finding)
    return '\n\n'.join(parts) + '\n'
