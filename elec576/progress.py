"""The progress bar: a line in a terminal, a widget in a notebook; elsewhere none.

A notebook without ipywidgets has none either: a line would be repeated between all others.
"""

import sys
import warnings
from typing import Any

from tqdm import TqdmWarning

with warnings.catch_warnings():
    warnings.simplefilter('ignore', TqdmWarning)  # that ipywidgets are missing
    from tqdm.auto import tqdm

__all__ = ['progress_bar', 'tqdm']


def progress_bar(disable: bool | None = None, **options: Any) -> tqdm:
    """A bar on standard error; none where there is no standard error (Windows's pythonw).

    Args:
        disable: whether to show none; None: where it is not a terminal or a notebook.
        **options: tqdm's.
    """
    return tqdm(file=sys.stderr, dynamic_ncols=True,
                disable=True if sys.stderr is None else disable, **options)
