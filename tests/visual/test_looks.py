"""Top nine, statistics, occlusion, invariance: properties that hold for any network."""

import numpy as np
import pytest
from visual_networks import random_images, with_images

from elec576.loops.cnn import activation_statistics as listed_statistics
from elec576.visual.activations import activation_statistics, layer_statistics, report_lines
from elec576.visual.features import choose_maps, peaks, spread, top_nine
from elec576.visual.invariance import NEUTRAL, invariance, transform
from elec576.visual.occlusion import (
    SIZE,
    grey_of,
    grid,
    mean_occlusion,
    occlude,
    occlusions,
    probabilities,
)
from elec576.visual.trained import in_batches


def test_top_nine_are_the_most_exciting_images(make_trained):
    trained = with_images(make_trained(), random_images(20).images)
    top = top_nine(trained, 'conv2').of(np.array([5, 60]))
    h = trained.sess.run(trained.net.h_conv2, {trained.net.tf_data: trained.test.images})
    for k, number in enumerate([5, 60]):
        largest = h[..., number].max(axis=(1, 2))
        assert set(top.strongest[k]) == set(np.sort(largest)[-9:])
        assert (np.diff(top.strongest[k]) <= 0).all()
        for image, (row, column), value in zip(top.images[k], top.positions[k], top.strongest[k]):
            assert h[image, row, column, number] == value
    assert top.reconstructions.shape == top.patches.shape == (2, 9, 14, 14)


def test_a_patch_is_what_the_unit_sees(make_trained):
    trained = with_images(make_trained(), random_images(12).images)
    top = top_nine(trained, 'conv1').of(np.array([4]))
    row, column = top.positions[0, 0]
    padded = np.pad(trained.test.images[top.images[0, 0], ..., 0].astype(np.float32), 2,
                    constant_values=np.nan)
    assert np.array_equal(top.patches[0, 0], padded[row:row + 5, column:column + 5],
                          equal_nan=True)


def test_maps_are_chosen_among_those_given():
    assert list(choose_maps(np.array([4, 9]), 'conv1')) == [4, 9]
    chosen = choose_maps(np.arange(1, 64, 2), 'conv2')
    assert len(chosen) == 16 and (np.diff(chosen) > 0).all() and (chosen % 2 == 1).all()


def test_batches_are_joined_in_order():
    rows = np.arange(10)
    calls = []

    def compute(part, other):
        calls.append(len(part))
        return [part * 2, part + other]

    twice, sums = in_batches(compute, rows, rows, size=4)
    assert calls == [4, 4, 2]
    assert (twice == rows * 2).all() and (sums == rows * 2).all()
    assert (in_batches(lambda part: part, rows, size=3) == rows).all()


def test_peaks_are_the_maxima_of_the_maps(make_trained):
    trained = make_trained()
    h = trained.sess.run(trained.net.h_conv2, {trained.net.tf_data: trained.test.images})
    assert (peaks(trained, 'conv2') == h.max(axis=(1, 2))).all()


def test_spread_keeps_the_ends_and_the_early_steps():
    steps = list(range(0, 10001, 100))
    shown = spread(steps)
    assert len(shown) == len(set(shown)) == 8 and shown[0] == 0 and shown[-1] == 10000
    assert (np.diff(np.diff(shown)) >= 0).all()
    assert spread([0, 5]) == [0, 5]
    assert spread(list(range(9)))[-1] == 8


@pytest.mark.parametrize('act, name', [('relu', 'ReLu'), ('tanh', 'Tanh'), ('sigmoid', 'Sigmoid')])
def test_statistics_are_the_listed_ones(make_trained, act, name):
    trained = make_trained(act)
    statistics = activation_statistics(trained)
    listed = listed_statistics(trained.net, trained.sess, trained.test)
    lines = report_lines(statistics, act)
    for number, (ours, theirs, line) in enumerate(zip(
            statistics.values(), listed.values(), lines, strict=True), 1):
        assert [ours.mean, ours.standard_deviation, ours.variance] == list(theirs.values())
        assert line == '%s activation %d: mean %g, standard deviation %g, variance %g' % (
            name, number, *theirs.values())
        assert ours.counts.sum() == trained.test.images.shape[0] * (28 * 28 * 32, 14 * 14 * 64)[
            number - 1]
        assert np.isclose(ours.map_means.mean(), ours.mean)


def test_dead_units():
    h = np.zeros((3, 2, 2, 3))
    h[1, 0, 0, 0] = 0.5  # one living unit in map 0
    h[..., 1] = 2.0
    statistics = layer_statistics(h, 'relu')
    assert statistics.dead_share == 7 / 12
    assert list(statistics.map_dead) == [False, False, True]
    assert np.isclose(statistics.zero_share, (36 - 1 - 12) / 36)
    saturated = np.array([0.999, -0.999, 0.5]).reshape(1, 1, 1, 3)
    assert list(layer_statistics(saturated, 'tanh').map_dead) == [True, True, False]
    assert list(layer_statistics(np.abs(saturated), 'sigmoid').map_dead) == [True, True, False]


def test_occluding_nothing_changes_nothing(make_trained):
    trained = make_trained()
    image = trained.test.images[4]
    _, centres = grid()
    assert (occlude(image, 0, 0.3, centres) == image).all()
    found, = occlusions(trained, [4], size=0)
    activity, probability, most_likely = found.untouched
    assert (found.activity == activity).all() or np.ptp(found.activity) < 1e-5 * abs(activity)
    assert np.allclose(found.probability, probability, atol=1e-6)
    assert (found.most_likely == most_likely).all()


def test_occluding_everything_gives_a_constant(make_trained):
    trained = make_trained()
    _, centres = grid()
    assert (occlude(trained.test.images[4], 55, 0.3, centres) == 0.3).all()
    assert (occlude(trained.test.images[4], 53, 0.3, centres) != 0.3).any()
    found, = occlusions(trained, [4], size=55)
    for values in (found.activity, found.probability, found.most_likely):
        assert np.ptp(values) <= 1e-5 * np.abs(values).max()
    grey = np.full((1, 28, 28, 1), grey_of(trained.test.images))
    assert np.isclose(found.probability[0, 0],
                      probabilities(trained, grey)[0, found.true_class], atol=1e-6)


@pytest.mark.parametrize('size', [1, 4, 7])
def test_the_square_is_where_it_should_be(size):
    image = np.random.RandomState(0).uniform(size=(28, 28, 1))
    hidden = occlude(image, size, 2.0, np.array([[10, 12], [0, 27]])) == 2.0
    rows, columns = np.nonzero(hidden[0, :, :, 0])
    first = np.array([10, 12]) - size // 2
    assert len(rows) == size**2
    assert (rows.min(), columns.min()) == tuple(first)
    assert (rows.max(), columns.max()) == tuple(first + size - 1)
    assert hidden[1, 0, 27, 0]
    assert hidden[1].sum() == (size - size // 2) * (size // 2 + 1 if size > 1 else 1)


def test_mean_occlusion_is_the_mean_of_the_single_ones(make_trained):
    trained = make_trained()
    mean = mean_occlusion(trained, np.array([0, 4]))
    single = np.mean([one.probability for one in occlusions(trained, [0, 4])], axis=0)
    assert mean.centres.tolist() == list(range(3, 25))
    assert np.allclose(mean.probability, single[3:25, 3:25], atol=1e-5)


def test_the_mean_occlusions_square_is_never_cut():
    line, centres = grid(SIZE // 2)
    covered = occlude(np.zeros((28, 28, 1)), SIZE, 1.0, centres).sum(axis=(1, 2, 3))
    assert set(covered) == {SIZE ** 2} and len(covered) == len(line) ** 2
    assert sorted(27 - line) == line.tolist()  # as far from each edge


@pytest.mark.parametrize('kind', NEUTRAL)
def test_the_neutral_transformation_changes_nothing(kind):
    image = np.random.RandomState(1).uniform(size=(28, 28))
    assert np.allclose(transform(image, kind, NEUTRAL[kind]), image, atol=1e-12)


def test_transformations_move_as_they_say():
    image = np.zeros((28, 28))
    image[5, 20] = 1
    assert transform(image, 'translation', 3)[8, 20] == 1
    assert np.allclose(transform(image, 'rotation', 90), np.rot90(image), atol=1e-9)
    block = np.zeros((28, 28))
    block[11:17, 11:17] = 1
    assert transform(block, 'scale', 1.5).sum() == pytest.approx(36 * 1.5**2, rel=0.1)


def test_invariance_starts_from_zero_distance(make_trained):
    trained = make_trained()
    curves = invariance(trained, np.arange(4), {'translation': np.array([-2, 0, 2]),
                                                'rotation': np.array([0, 90, 360])})
    untouched = probabilities(trained, trained.test.images[:4])[np.arange(4), np.arange(4)]
    moved = curves['translation']
    for features in (moved.first, moved.last):
        assert np.allclose(features[:, 1], 0, atol=1e-6) and (features[:, [0, 2]] > 0).all()
    assert np.allclose(moved.probability[:, 1], untouched, atol=1e-6)
    assert np.allclose(curves['rotation'].last[:, 2], 0, atol=1e-4)
