"""What the pictures show, in numbers: one sentence each, of what was computed for them."""

import numpy as np

from elec576.graphs.lenet5 import IMSIZE
from elec576.tf1 import session
from elec576.visual.activations import LayerStatistics
from elec576.visual.deconvnet import LAYERS, crop
from elec576.visual.features import TOP, Evolution, TopNine
from elec576.visual.invariance import Curve
from elec576.visual.occlusion import MeanOcclusion
from elec576.visual.recurrent import ByRows
from elec576.visual.trained import RestoredCnn

ROWS = (14, 20, 22, 24, 26, 28)
MOVES = {'translation': (1, 3), 'scale': (0.8, 1.5), 'rotation': (30, 180)}
AMOUNTS = {'translation': 'moved by {:g} px', 'scale': 'scaled by {:g}',
           'rotation': 'turned by {:g}°'}


def filters(trained: RestoredCnn) -> str:
    """How far training moved the first layer's weights from their initial values."""
    net = trained.net
    with session(net.graph, trained.settings.threads) as sess:
        sess.run(net.initializer)
        before = sess.run(net.W_conv1).reshape(-1, LAYERS['conv1'].maps)
    after = trained.sess.run(net.W_conv1).reshape(before.shape)
    each = [np.corrcoef(before[:, k], after[:, k])[0, 1] for k in range(before.shape[1])]
    return (f'Correlation of the trained first-layer weights with their initial values: '
            f'{np.corrcoef(before.ravel(), after.ravel())[0, 1]:.3f}; by filter, '
            f'{min(each):.3f} to {max(each):.3f}.')


def activations(statistics: dict[str, LayerStatistics]) -> str:
    """Zeros and dead units."""
    return 'Over the test set: ' + '; '.join(
        f'{layer} {100 * found.zero_share:.0f} % of the activations are 0, '
        f'{100 * found.dead_share:.0f} % of the units and {found.map_dead.sum()} of the '
        f'{len(found.map_dead)} maps are dead' for layer, found in statistics.items()) + '.'


def nines(top: TopNine, classes: np.ndarray) -> str:
    """Where in the images the nine strongest patches are, and of what class the images are.

    Args:
        classes: of all test images, int [n]; what the classes are by chance is drawn from them.
    """
    side = IMSIZE // LAYERS[top.layer].stride
    places = np.indices((side, side)).reshape(2, -1).T
    anywhere = crop(np.zeros((len(places), IMSIZE, IMSIZE)), top.layer, places)
    drawn = np.random.RandomState(0).choice(classes, (10_000, TOP))
    return (f'{top.layer}, {len(top.maps)} maps that nine test images or more excite: '
            f'{100 * beyond_the_edge(top.patches):.0f} % of the nine strongest patches of a map '
            f'reach beyond the edge of the image ({100 * beyond_the_edge(anywhere):.0f} % of all '
            f'places in the layer do); {most_frequent(top.classes):.1f} of the nine are of one '
            f'class ({most_frequent(drawn):.1f} by chance).')


def beyond_the_edge(patches: np.ndarray) -> float:
    """The share of ``patches`` [..., f, f] that hold a NaN."""
    return np.isnan(patches).any(axis=(-2, -1)).mean()


def most_frequent(classes: np.ndarray) -> float:
    """How often the most frequent class of each row of ``classes`` [m, 9] is there, mean."""
    return np.mean([np.bincount(row).max() for row in classes])


def evolution(found: Evolution) -> str:
    """From when on the image that excites a map most is the same one."""
    changes = found.images[:, 1:] != found.images[:, :-1]
    since = [found.steps[1:][row].max() if row.any() else found.steps[0] for row in changes]
    middle = np.percentile(since, 50, method='inverted_cdf')
    return (f'{found.layer}: of the steps shown ({", ".join(map(str, found.steps))}), the image '
            f'that excites a map most is the same one from step {middle} on for '
            f'{sum(step <= middle for step in since)} of {len(since)} maps, later for the others.')


def occlusion(found: MeanOcclusion) -> str:
    """How much the square lowers the true class's probability."""
    middle = len(found.centres) // 2
    row, column = np.unravel_index(found.probability.argmin(), found.probability.shape)
    corners = found.probability[[0, 0, -1, -1], [0, -1, 0, -1]].mean()
    return (f'The true class\'s probability over {len(found.images)} images that are classified '
            f'right: {found.untouched:.2f} untouched; with the square in the middle '
            f'{found.probability[middle, middle]:.2f}, in a corner {corners:.2f}, at worst '
            f'{found.probability.min():.2f} (centre in row {found.centres[row]}, column '
            f'{found.centres[column]}); {100 * found.still_right.min():.0f} % at least are still '
            f'classified right.')


def invariance(curves: dict[str, Curve]) -> str:
    """What a small and a large move do to the features and to the true class's probability."""
    def at(kind: str, amount: float) -> str:
        curve = curves[kind]
        place = int(np.argmin(abs(curve.amounts - amount)))
        return (f'{AMOUNTS[kind].format(amount)}: {np.median(curve.first[:, place]):.2f}, '
                f'{np.median(curve.last[:, place]):.2f}, '
                f'{np.median(curve.probability[:, place]):.2f}')

    untouched = curves['translation']
    still = np.median(untouched.probability[:, int(np.argmin(abs(untouched.amounts)))])
    return (f'Over {len(untouched.first)} images that are classified right, medians of the '
            'distance of h_pool1, of h_fc1 (1: as far as another image), and of the true class\'s '
            f'probability ({still:.2f} untouched): '
            + '; '.join(at(kind, amount) for kind, amounts in MOVES.items() for amount in amounts)
            + '.')


def rows(found: ByRows) -> str:
    """Test accuracy by rows read."""
    return 'Test accuracy after ' + ', '.join(
        f'{row} rows {found.accuracy[row - 1]:.3f}' for row in ROWS) + '.'
