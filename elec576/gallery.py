"""All pictures of a trained network: computed by `elec576.visual`, drawn by `elec576.pictures`.

The arrays of a picture NAME.png are in NAME.npz beside it.
"""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

from elec576.errors import UserError
from elec576.files import write_whole
from elec576.pictures.activations import draw_activations
from elec576.pictures.features import draw_evolution, draw_top_nine
from elec576.pictures.filters import draw_filters, draw_filters_on_one_scale
from elec576.pictures.invariance import draw_invariance
from elec576.pictures.occlusion import draw_mean_occlusion, draw_occlusions
from elec576.pictures.recurrent import draw_by_rows, draw_path_over_digit, draw_paths
from elec576.settings import CnnSettings
from elec576.visual import findings
from elec576.visual.activations import activation_statistics, report_lines
from elec576.visual.deconvnet import LAYERS
from elec576.visual.features import evolution, top_nine
from elec576.visual.invariance import invariance
from elec576.visual.occlusion import mean_occlusion, occlusions, right_images
from elec576.visual.recurrent import by_rows, first_of_each_class, hidden_paths
from elec576.visual.trained import Trained, TrainedCnn, TrainedRnn

CIFAR10 = ('airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck')
DIGITS = tuple('0123456789')
KEY = 'mid grey: 0; pale blue: beyond the edge'
PER_CLASS = 10  # images of each class for the invariance curves
PER_CLASS_OCCLUDED = 5  # for the mean occlusion map, where each image is 196


@dataclass(frozen=True)
class Selection:
    """What to show; with None, each picture makes its own choice."""

    layer: str | None = None
    maps: list[int] | None = None
    images: list[int] | None = None


@dataclass(frozen=True)
class Picture:
    """A picture to be drawn."""

    name: str
    what: str  # what its title says it shows
    shows_images: bool  # it shows images of the data set, and must not be published
    arrays: dict[str, Any]
    draw: Callable[[Path, str], None]  # takes the path and the title
    finding: str = ''  # what it shows, in numbers


def pictures(trained: Trained, selection: Selection,
             echo: Callable[[str], None]) -> Iterator[Picture]:
    """Every picture of the run, one after another as they are computed.

    Args:
        echo: takes the report's lines of part 1c.

    Raises:
        UserError: a layer, map or image that does not exist, or is not of this kind of network.
    """
    for index in selection.images or []:
        if not 0 <= index < len(trained.test.images):
            raise UserError(f'--images {index}: the test set has the images 0 to '
                            f'{len(trained.test.images) - 1}')
    if isinstance(trained.settings, CnnSettings):
        return _cnn_pictures(trained, selection, echo)
    if selection.layer is not None or selection.maps is not None:
        raise UserError(f'{trained.path}: is a recurrent network; '
                        '--layer and --maps are for convolutional ones')
    return _rnn_pictures(trained, selection)


def _cnn_pictures(trained: TrainedCnn, selection: Selection,
                  echo: Callable[[str], None]) -> Iterator[Picture]:
    if selection.maps is not None and selection.layer is None:
        raise UserError(f'--maps: name the layer with --layer {{{",".join(LAYERS)}}}')
    layers = [selection.layer] if selection.layer else list(LAYERS)
    # first what depends on the selection, so that a wrong one is reported at once
    tops = {layer: top_nine(trained, layer, selection.maps) for layer in layers}

    W_conv1 = trained.sess.run(trained.net.W_conv1)
    for name, what, draw in (
            ('filters', "first layer's weights, each on its own scale", draw_filters),
            ('filters-one-scale', "first layer's weights on one scale",
             draw_filters_on_one_scale)):
        yield Picture(name, what, False, {'W_conv1': W_conv1}, partial(draw, W_conv1),
                      findings.filters(trained) if draw is draw_filters else '')

    statistics = activation_statistics(trained)
    for line in report_lines(statistics, trained.settings.act):
        echo(line)
    yield Picture('activations', 'activations over the test set', False,
                  {f'{layer}_{name}': value for layer, found in statistics.items()
                   for name, value in found._asdict().items()},
                  partial(draw_activations, statistics), findings.activations(statistics))

    for layer, top in tops.items():
        what = (f'{layer}: the nine strongest activations of a map, down to pixels by the '
                f'deconvnet ({KEY})')
        yield Picture(f'deconvnet-{layer}', f'{what}, and the patches', True, top._asdict(),
                      partial(draw_top_nine, top))
        yield Picture(f'deconvnet-{layer}-reconstructions', what, False,
                      {name: value for name, value in top._asdict().items() if name != 'patches'},
                      partial(draw_top_nine, top, patches=False),
                      findings.of_nines(findings.nines(trained, layer)))
        found = evolution(trained, layer, selection.maps)
        if found is not None:
            yield Picture(f'evolution-{layer}',
                          f"{layer}: a map's strongest activation over the test set, by training "
                          f'step\n({KEY})', False, found._asdict(),
                          partial(draw_evolution, found), findings.evolution(found))

    chosen = right_images(trained, 1) if selection.images is None else selection.images
    if len(chosen):
        covered = occlusions(trained, np.asarray(chosen))
        names = DIGITS if _shows_digits(trained) else CIFAR10
        size = covered[0].size
        yield Picture('occlusion', f'a grey square of {size} x {size} pixels over a test image; '
                      'maps by its centre', True,
                      {name: np.stack(values) for name, values
                       in zip(covered[0]._fields, zip(*covered))},
                      partial(draw_occlusions, covered, names))
    right = right_images(trained, PER_CLASS_OCCLUDED)
    if len(right):
        mean = mean_occlusion(trained, right)
        yield Picture('occlusion-mean', f'a grey square of {mean.size} x {mean.size} pixels, mean '
                      f'over {len(right)} test images', False, mean._asdict(),
                      partial(draw_mean_occlusion, mean), findings.occlusion(mean))

    several = right_images(trained, PER_CLASS)
    if len(several) > 1:
        curves = invariance(trained, several)
        yield Picture('invariance', f'{len(several)} test images transformed: medians, and bands '
                      'that hold half of them', False,
                      {f'{kind}_{name}': value for kind, curve in curves.items()
                       for name, value in curve._asdict().items()},
                      partial(draw_invariance, curves), findings.invariance(curves))


def _rnn_pictures(trained: TrainedRnn, selection: Selection) -> Iterator[Picture]:
    rows = by_rows(trained)
    yield Picture('rows', 'test set, classified after each row', False, rows._asdict(),
                  partial(draw_by_rows, rows), findings.rows(rows))
    images = (first_of_each_class(trained) if selection.images is None else
              np.array(selection.images))
    paths = hidden_paths(trained, images)
    arrays = paths._asdict()
    what = 'hidden state, in the plane of its two largest principal components'
    yield Picture(
        'paths', f'{what}: from the black square on, after each row (circle: class right, cross: '
        'wrong);\ndots: where test digits end, of the same class in orange', False,
        {name: value for name, value in arrays.items() if name != 'pixels'},
        partial(draw_paths, paths))
    yield Picture('path', f'{what}, over test image {images[0]}', True, arrays,
                  partial(draw_path_over_digit, paths))


def _shows_digits(trained: TrainedCnn) -> bool:
    return trained.settings.dataset == 'mnist' or trained.origin.stand_in


def title(trained: Trained, what: str) -> str:
    """What a picture shows, of which run, seed and data."""
    settings, origin = trained.settings, trained.origin
    steps = '' if trained.step == settings.steps else f', unfinished, step {trained.step}'
    data = f'STAND-IN DATA: {origin.name}' if origin.stand_in else origin.name
    return f'{what}\nrun {trained.name}, seed {settings.seed}{steps}; {data}'


def save_picture(trained: Trained, picture: Picture, out: Path,
                 publish: Path | None = None) -> Path:
    """Draw a picture into the folder ``out``, its arrays beside it; return its path.

    Args:
        publish: a folder that gets a copy, named after the run, unless images of the data set show.

    Raises:
        UserError: a folder cannot be written.
    """
    path = out / f'{picture.name}.png'
    try:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **picture.arrays)
        write_whole(path.with_suffix('.npz'), buffer.getvalue())
        picture.draw(path, title(trained, picture.what))
        if publish is not None and not picture.shows_images:
            publish.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, published(trained, path.name, publish))
    except OSError as error:
        raise UserError(f'{error.filename or out}: cannot be written ({error.strerror}); '
                        'give another --out or --publish') from None
    return path


def save_findings(trained: Trained, findings: list[str], out: Path,
                  publish: Path | None = None) -> None:
    """Write what was found, as a list, into the folder ``out``; ``publish`` gets a copy."""
    settings = trained.settings
    text = (f'Run {trained.name}, seed {settings.seed}, {settings.threads} '
            f'thread{"s" * (settings.threads > 1)}, {trained.origin.name}:\n\n'
            + ''.join(f'- {finding}\n' for finding in findings))
    write_whole(out / 'findings.md', text)
    if publish is not None:
        write_whole(published(trained, 'findings.md', publish), text)


def published(trained: Trained, name: str, folder: Path) -> Path:
    """The path of a published copy of a run's file; the name says which run."""
    return folder / f'{trained.name}-seed{trained.settings.seed}-{name}'
