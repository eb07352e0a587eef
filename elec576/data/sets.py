"""What a loader returns: images with one-hot labels, and where they came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

CLASSES = 10
SIZE = 28


@dataclass(frozen=True)
class ImageSet:
    """Images as the CNN's listing feeds them.

    Attributes:
        images: float32, 0 to 1; [n, 28, 28, 1] for LeNet5, [n, 28, 28] for a recurrent network.
        labels: float64 [n, 10], one-hot.
    """

    images: np.ndarray
    labels: np.ndarray

    @classmethod
    def from_pixels(cls, pixels: np.ndarray, classes: np.ndarray) -> ImageSet:
        """From uint8 pixels [n, 28, 28] and class numbers [n].

        `im.astype(float) / 255` as the listing has it, rounded to float32 as its feeding does.
        """
        return cls(np.divide(pixels, 255, dtype=np.float32)[..., np.newaxis], one_hot(classes))

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: np.ndarray | slice) -> ImageSet:
        return ImageSet(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True)
class PixelSet:
    """Images that stay pixels, in a quarter of the memory, until some of them are taken.

    Attributes:
        pixels: uint8 [n, 28, 28].
        classes: their numbers [n].
    """

    pixels: np.ndarray
    classes: np.ndarray

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, chosen: np.ndarray | slice) -> ImageSet:
        return ImageSet.from_pixels(self.pixels[chosen], self.classes[chosen])


@dataclass(frozen=True)
class DataOrigin:
    """Which data a run saw.

    Attributes:
        name: e.g. "course CIFAR-10", "MNIST", "stand-in (scikit-learn digits)".
        digest: SHA-256 over the uint8 pixels that were used (for MNIST also over the labels).
        stand_in: these are not the report's images; nothing may be compared with the report.
    """

    name: str
    digest: str
    stand_in: bool = False


def one_hot(classes: np.ndarray) -> np.ndarray:
    """Class numbers [n] as one-hot float64 [n, 10]."""
    return np.eye(CLASSES)[classes]


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 (hexadecimal) over the bytes of uint8 arrays, each in C order, one after another."""
    sha = hashlib.sha256()
    for array in arrays:
        assert array.dtype == np.uint8, array.dtype
        sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()
