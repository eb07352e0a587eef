"""What a measurement was made on: versions, processor, clocks."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Mapping

import elec576


def versions(*packages: str) -> dict[str, str]:
    """Versions of elec576, Python and ``packages`` (those installed)."""
    found = {'elec576': elec576.__version__, 'python': platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            pass
    return found


def versions_text(found: Mapping[str, str]) -> str:
    """What `versions` returns as words, e.g. "elec576 0.1.0, python 3.11.7"."""
    return ', '.join(f'{package} {number}' for package, number in found.items())


def processor() -> str:
    """The processor's name and the number of cores that this process may use."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path('/proc/cpuinfo')
    if cpuinfo.exists():
        names = [line.split(':', 1)[1].strip() for line in cpuinfo.read_text().splitlines()
                 if line.startswith('model name')]
        name = names[0] if names else name
    return f'{name}, {os.cpu_count()} cores'


class Stopwatch:
    """Wall and processor seconds since its making, on top of those of earlier sittings."""

    def __init__(self, wall_seconds: float = 0.0, cpu_seconds: float = 0.0):
        self._wall = time.perf_counter() - wall_seconds
        self._cpu = time.process_time() - cpu_seconds

    @property
    def wall_seconds(self) -> float:
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """Processor time of this process, all its threads together."""
        return time.process_time() - self._cpu
