"""What one of several processes does that are started at once; prints what it got.

    python -m elec576.torture.race pixels FOLDER TIME
    python -m elec576.torture.race fetch FOLDER TIME
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from elec576.data import fetch, mnist
from elec576.data.cifar10 import read_cifar10_folder
from elec576.data.sets import digest
from tf115.cases import TEST_PER_CLASS, TRAIN_PER_CLASS
from tf115.made_up import mnist_pixels


def pixels(folder: Path) -> str:
    """Read the PNG tree through the pixel cache; the digest of its pixels."""
    return read_cifar10_folder(folder, TRAIN_PER_CLASS, TEST_PER_CLASS)[2].digest


def fetched(folder: Path) -> str:
    """Fetch a set, for which a made-up one stands; what the folder then holds."""
    made_up = mnist_pixels()

    def load_public(name: str):
        with open(folder / 'asked', 'a') as asked:
            asked.write(f'{name}\n')
        time.sleep(0.5)  # so that the others have to wait
        return made_up[:2], made_up[2:]

    fetch.load_public, fetch.reachable = load_public, lambda host: True
    fetch.MNIST_DIGEST = digest(*made_up)
    return digest(*mnist.read_mnist_folder(fetch.fetch('MNIST_data', folder / 'target')))


if __name__ == '__main__':
    what, place, begin = sys.argv[1:]
    time.sleep(max(0.0, float(begin) - time.time()))
    print({'pixels': pixels, 'fetch': fetched}[what](Path(place)))
