"""The report's second listing (1a): the whole folder read by pattern, to see the data's size.

As listed, with our reader for `skimage.io.imread_collection`; what it imports or defines and never
uses is left out.
"""

import glob
import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder

from elec576.data.cifar10 import read_image
from elec576.data.find import spelled
from elec576.errors import UserError


def read_cifar10(folder: str | os.PathLike = 'CIFAR10'
                 ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Every image of ``folder``.

    Returns:
        train_images float64 [n, 28, 28], train_labels float64 one-hot [n, classes], test_images,
        test_labels; ordered by path.

    Raises:
        UserError: there are no images, or one of them is not what it should be.
    """
    file_spec = '*.[pP][nN][gG]'
    train, test = (glob.escape(os.path.dirname(spelled(folder, f'{part}/*')))
                   for part in ('Train', 'Test'))
    train_files = sorted(glob.glob(os.path.join(train, '*/', file_spec)))
    test_files = sorted(glob.glob(os.path.join(test, '*/', file_spec)))
    for part, files in (('Train', train_files), ('Test', test_files)):
        if not files:
            raise UserError(f'{folder}/{part}/*/: there are no PNG images; '
                            f'scripts/prepare_data.py says which data is there')
    # Normalization of pixel values (to [0-1] range)
    train_images = np.stack([read_image(file) for file in train_files]).astype(float) / 255
    test_images = np.stack([read_image(file) for file in test_files]).astype(float) / 255
    label_encoder = OneHotEncoder()
    train_set = pd.DataFrame([Path(file).parent.name for file in train_files])
    train_labels = label_encoder.fit_transform(train_set[[0]]).toarray()
    test_set = pd.DataFrame([Path(file).parent.name for file in test_files])
    test_labels = label_encoder.fit_transform(test_set[[0]]).toarray()
    return train_images, train_labels, test_images, test_labels


def print_size(folder: str | os.PathLike) -> None:
    """Print the four shapes as the report's notebook shows them."""
    X_train, y_train, X_test, y_test = read_cifar10(folder)
    print((X_train.shape, y_train.shape, X_test.shape, y_test.shape))
