"""The machine and its software: kernels, versions, processor, clocks."""

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Mapping

import elec576
from elec576.errors import UserError

# The instruction sets that oneDNN may use (its ONEDNN_MAX_CPU_ISA), and the flags in /proc/cpuinfo
# that they need. AVX2 kernels give the same bits on every x86-64 processor that has them.
ISAS = {'avx2': ('AVX2', {'avx2', 'fma'}),
        'avx512': ('AVX512_CORE', {'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'})}
# Variables that TensorFlow, oneDNN, XLA and OpenMP read: many of them choose other kernels.
KERNEL_VARIABLES = ('TF_', 'TENSORFLOW_', 'XLA_', 'ONEDNN_', 'DNNL_', 'MKL_', 'OMP_', 'KMP_')
LOG_VARIABLES = ('TF_CPP_',)

_pinned: str | None = None  # the instruction set that this process uses


def pin_kernels(isa: str) -> None:
    """Make TensorFlow use the kernels of ``isa`` in this process.

    Call it before TensorFlow is loaded; otherwise `elec576.tf1` calls it with 'avx2'. Environment
    variables that could choose other kernels are removed. A process cannot change its instruction
    set later.

    Args:
        isa: a key of `ISAS`.

    Raises:
        UserError: the process already uses other kernels, or the processor has no AVX-512.
    """
    global _pinned
    if isa == _pinned:
        return
    if _pinned is not None:
        raise UserError(f'--isa {isa}: this process uses {_pinned} kernels; '
                        'start a new one')
    if 'tensorflow' in sys.modules:
        raise UserError('TensorFlow was loaded before its kernels were chosen; import elec576.tf1 '
                        'before tensorflow')
    if isa == 'avx512' and not has_instructions(isa):
        raise UserError('--isa avx512: this processor has no AVX-512; drop it')
    for name in list(os.environ):
        if name.startswith(KERNEL_VARIABLES) and not name.startswith(LOG_VARIABLES):
            del os.environ[name]
    os.environ.update(
        TF_ENABLE_ONEDNN_OPTS='1',  # off by default on a processor without VNNI and the like
        ONEDNN_MAX_CPU_ISA=ISAS[isa][0],
        # Otherwise the first session of a process decides how many threads all later ones compute
        # with (common_runtime/local_device.cc), and the number of threads decides the last bits.
        TF_OVERRIDE_GLOBAL_THREADPOOL='1')
    _pinned = isa


def pinned() -> str | None:
    """The instruction set that this process uses; None before it is chosen."""
    return _pinned


def has_instructions(isa: str) -> bool:
    """Whether this is known to be an x86-64 processor with the instructions of ``isa``."""
    flags = _cpuinfo('flags')
    return bool(flags) and ISAS[isa][1] <= set(flags[0].split())


def _cpuinfo(name: str) -> list[str]:
    """A field of /proc/cpuinfo, once for each core; empty where there is none."""
    path = Path('/proc/cpuinfo')
    lines = path.read_text().splitlines() if path.exists() else []
    return [value.strip() for key, _, value in (line.partition(':') for line in lines)
            if key.strip() == name]


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
    """What `versions` returns as text, e.g. "elec576 0.1.0, python 3.11.7"."""
    return ', '.join(f'{package} {number}' for package, number in found.items())


def processor() -> str:
    """The processor's name and the number of its cores."""
    name = (_cpuinfo('model name') or [platform.processor() or platform.machine()])[0]
    return f'{name}, {os.cpu_count()} cores'


class Stopwatch:
    """Wall and processor seconds since its creation, plus those of earlier processes."""

    def __init__(self, wall_seconds: float = 0.0, cpu_seconds: float = 0.0):
        self._wall = time.perf_counter() - wall_seconds
        self._cpu = time.process_time() - cpu_seconds

    @property
    def wall_seconds(self) -> float:
        return time.perf_counter() - self._wall

    @property
    def cpu_seconds(self) -> float:
        """Processor time of this process, summed over its threads."""
        return time.process_time() - self._cpu
