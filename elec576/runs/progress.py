"""The progress bar: a line in a terminal, a widget in a notebook that can show one."""

import sys
import warnings

from tqdm import TqdmWarning

with warnings.catch_warnings():
    warnings.simplefilter('ignore', TqdmWarning)  # a notebook without ipywidgets shows a line
    from tqdm.auto import tqdm

__all__ = ['tqdm', 'unseen']


def unseen() -> bool | None:
    """tqdm's `disable`: None, unless standard error is a terminal; a notebook's is always seen."""
    kernel = sys.modules.get('ipykernel.kernelapp')
    return False if kernel is not None and kernel.IPKernelApp.initialized() else None
