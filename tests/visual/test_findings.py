"""What is said of the pictures is what the arrays hold."""

import numpy as np
import pytest

from elec576 import gallery
from elec576.visual import features, findings
from elec576.visual.activations import layer_statistics
from elec576.visual.deconvnet import LAYERS
from elec576.visual.features import Evolution, top_nine
from elec576.visual.invariance import Curve
from elec576.visual.occlusion import MeanOcclusion
from elec576.visual.recurrent import ByRows


def test_untrained_weights(make_trained):
    words = findings.filters(make_trained('relu', 0))
    assert ': 1.000; by filter, 1.000 to 1.000.' in words


def test_weights_turned_round(make_trained):
    trained = make_trained('relu', 0)
    before = trained.sess.run(trained.net.W_conv1)
    trained.net.W_conv1.load(-before, trained.sess)
    try:
        assert ': -1.000;' in findings.filters(trained)
    finally:
        trained.net.W_conv1.load(before, trained.sess)


@pytest.mark.parametrize('layer, border', [
    ('conv1', 1 - (24 / 28)**2),  # a 5x5 field around each of 28x28 pixels
    ('conv2', 1 - (8 / 14)**2)])  # a 14x14 field on each of 14x14 places: 8 in a row lie inside
def test_where_the_nine_strongest_are(layer, border, make_trained):
    """Against the units' places."""
    trained = make_trained('relu', 0)
    top = top_nine(trained, layer)
    geometry = LAYERS[layer]
    first = geometry.stride * top.positions + geometry.start
    beyond = ((first < 0) | (first + geometry.field > 28)).any(axis=-1).mean()
    counts = [max(list(row).count(label) for label in row) for row in top.classes]
    assert findings.nines(top, trained.classes).startswith(
        f'{layer}, {len(top.maps)} maps that nine test images or more excite: '
        f'{100 * beyond:.0f} % of the nine strongest patches of a map reach beyond the edge of the '
        f'image ({100 * border:.0f} % '
        f'of all places in the layer do); {np.mean(counts):.1f} of the nine are of one class (')


def test_only_maps_that_an_image_excites_are_counted(make_trained):
    trained = make_trained('relu', 0)
    before = trained.sess.run(trained.net.b_conv1)
    trained.net.b_conv1.load(np.where(np.arange(32) < 5, -100, before), trained.sess)
    try:
        assert set(top_nine(trained, 'conv1').maps) <= set(range(5, 32))
        trained.net.b_conv1.load(np.full(32, -100.0), trained.sess)
        said, nothing = [], top_nine(trained, 'conv1')
        assert nothing.maps.shape == (0,) and nothing.patches.shape[2:] == (5, 5)
        names = {picture.name for picture in gallery.pictures(trained, [0], said.append)}
        assert 'conv1: no map is excited by nine test images' in said
        assert 'deconvnet-conv1' not in names and 'occlusion' in names
    finally:
        trained.net.b_conv1.load(before, trained.sess)


def test_maps_that_few_images_excite_are_left_out(make_trained, monkeypatch):
    """They would be filled up with the first images of the test set, which are of class 0."""
    trained = make_trained('relu', 0)
    largest = np.zeros((len(trained.test.images), 32), np.float32)
    largest[:3, 3], largest[-2:, 4], largest[::2, 5] = 1, 1, 1
    monkeypatch.setattr(features, 'TOP', 3)
    monkeypatch.setattr(features, 'peaks', lambda *_: largest)
    assert top_nine(trained, 'conv1').maps.tolist() == [3, 5]


def test_most_frequent_class():
    assert findings.most_frequent(np.array([[1, 1, 2], [3, 4, 5]])) == 1.5


def test_dead_units():
    h = np.zeros((4, 2, 2, 3), np.float32)
    h[0, 0, 0, 0] = 1
    words = findings.activations({'conv1': layer_statistics(h, 'relu')})
    assert 'conv1 98 % of the activations are 0, 92 % of the units and 2 of the 3 maps' in words


def test_last_change():
    images = np.array([[5, 6, 6, 6], [1, 1, 1, 1], [1, 2, 3, 4]])
    found = Evolution('conv1', np.arange(3), np.array([0, 10, 20, 30]), images, None, None)
    assert findings.evolution(found).endswith(
        'the image that excites a map most is the same one from step 10 on for 2 of 3 maps, later '
        'for the others.')
    never = found._replace(images=np.ones((2, 4), int))
    assert 'from step 0 on for 2 of 2 maps' in findings.evolution(never)


def test_the_square():
    probability = np.full((3, 3), 0.8)
    probability[1, 1], probability[2, 1] = 0.5, 0.4
    found = MeanOcclusion(np.arange(6), np.array([3, 14, 24]), probability,
                          np.full((3, 3), 0.9), 0.95)
    words = findings.occlusion(found)
    assert ('over 6 images that are classified right: 0.95 untouched; with the square in the '
            'middle 0.50, in a corner 0.80, at worst 0.40 (centre in row 24, column 14); 90 %'
            ) in words


def test_moves():
    def curve(amounts):
        column = np.array(amounts, float)
        return Curve(column, column[None] / 10, column[None] / 100, 1 - column[None] / 1000)

    words = findings.invariance({'translation': curve([0, 1, 3]), 'scale': curve([0.8, 1.5]),
                                 'rotation': curve([30, 180])})
    assert '(1.00 untouched)' in words and 'moved by 3 px: 0.30, 0.03, 1.00' in words
    assert 'scaled by 1.5: 0.15, 0.01, 1.00; turned by 30°: 3.00, 0.30, 0.97' in words


def test_rows_read():
    found = ByRows(np.arange(1, 29) / 28, None, None)
    assert findings.rows(found).endswith('26 rows 0.929, 28 rows 1.000.')
