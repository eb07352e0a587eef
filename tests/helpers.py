"""What several test files need: where the repository is, and the listings as oracles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]


def run_listing(program: str, dump: Path, *options: object) -> tuple[dict[str, np.ndarray], str]:
    """Run a listing of `starter/`; return what it computed and what it printed."""
    done = subprocess.run(
        [sys.executable, REPOSITORY / 'starter' / program, *map(str, options), '--dump', dump],
        env={**os.environ, 'MPLBACKEND': 'Agg', 'TF_CPP_MIN_LOG_LEVEL': '2'},
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(dump) as arrays:
        return dict(arrays), done.stdout


def options_of(settings: dict[str, object]) -> list[str]:
    """Settings as command-line options."""
    return [part for name, value in settings.items()
            for part in ('--' + name.replace('_', '-'), str(value))]
