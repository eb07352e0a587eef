"""The progress bar: a line in a terminal, a widget in a notebook; elsewhere none.

A notebook without ipywidgets has none either: a line would be repeated between all others.
"""

import warnings

from tqdm import TqdmWarning

with warnings.catch_warnings():
    warnings.simplefilter('ignore', TqdmWarning)  # that ipywidgets are missing
    from tqdm.auto import tqdm

__all__ = ['tqdm']
