"""The machine and its software: kernels, versions, processor, clocks."""

import contextlib
import os
import platform
import subprocess
import sys
import time
import uuid
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Iterator, Mapping

import elec576
from elec576.errors import UserError

# The instruction sets that oneDNN may use (its ONEDNN_MAX_CPU_ISA), and what they need, by numpy's
# names. AVX2 kernels give the same bits on every x86-64 processor that has them.
ISAS = {'avx2': ('AVX2', {'AVX2', 'FMA3'}),
        'avx512': ('AVX512_CORE', {'AVX512F', 'AVX512BW', 'AVX512DQ', 'AVX512VL'})}
# Variables that TensorFlow, oneDNN, XLA and OpenMP read: many of them choose other kernels.
KERNEL_VARIABLES = ('TF_', 'TENSORFLOW_', 'XLA_', 'ONEDNN_', 'DNNL_', 'MKL_', 'OMP_', 'KMP_')
# These choose none: of logging, Keras, graphics cards, Terraform; scikit-learn sets the last two.
OTHER_VARIABLES = ('TF_CPP_', 'TF_USE_LEGACY_KERAS', 'TF_GPU_', 'TF_FORCE_GPU_', 'TF_CLI_',
                   'TF_VAR_', 'TF_LOG', 'KMP_DUPLICATE_LIB_OK', 'KMP_INIT_AT_FORK')
THREADS = '_NUM_THREADS'  # of OpenMP and MKL; joblib sets these in its workers
UNPINNED = 'unpinned'  # in config.json, where `isa` would be

_pinned: str | None = None  # the instruction set that this process uses
_loaded = False  # `loading` has loaded TensorFlow
_late = False  # it was loaded before, perhaps with other kernels
_own_bits: dict[str, str] | None = None  # see `own_bits`
_ours: set[str] = set()  # variables that `loading` has set
_process = uuid.uuid4().hex  # tells this process from all others


def pin_kernels(isa: str) -> None:
    """Make TensorFlow use the kernels of ``isa`` in this process.

    Environment variables that could choose other kernels are removed, and named on standard error;
    but those of numbers of threads, which choose nothing here, are not named.
    A process cannot change its instruction set later. If TensorFlow has computed something already,
    this is too late: `elec576.tf1.use_kernels` finds out.

    Args:
        isa: a key of `ISAS`.

    Raises:
        UserError: the process already uses other kernels, or the processor has no AVX-512.
    """
    global _pinned, _late
    if isa == _pinned:
        return
    if _pinned is not None:
        raise UserError(f'--isa {isa}: this process uses {_pinned} kernels; '
                        'start a new one')
    if isa == 'avx512' and not has_instructions(isa):
        raise UserError('--isa avx512: this processor has no AVX-512; drop it')
    pins = _pins(isa)
    found = [name for name in kernel_variables()
             if name not in _ours and os.environ[name] != pins.get(name)]
    for name in kernel_variables():
        del os.environ[name]
    os.environ.update(pins)
    if named := [name for name in found if not name.endswith(THREADS)]:
        say('removed from this process\'s environment, because they choose kernels: '
            f'{", ".join(sorted(named))}')
    _pinned, _late = isa, 'tensorflow' in sys.modules and not _loaded


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """The environment in which TensorFlow is loaded, as it reads some variables just then.

    Afterwards it is as before, but where no kernels were chosen those of AVX2 stay.
    """
    global _loaded
    if 'tensorflow' in sys.modules:
        yield
        return
    before = {name: os.environ.pop(name) for name in kernel_variables()}
    pins = _pins(_pinned or 'avx2')
    os.environ.update(pins)
    try:
        yield
        _loaded = True
    finally:
        _ours.update(pins.keys() - before.keys())
        os.environ.update(before)


@contextlib.contextmanager
def any_display() -> Iterator[None]:
    """matplotlib loads in here whatever `MPLBACKEND` says; no picture of ours needs a display.

    Notebooks export the name of a module that other environments lack. The variable stays, and so
    does what it asks for, if matplotlib knows it.
    """
    if 'matplotlib' in sys.modules:
        yield
        return
    backend = os.environ.pop('MPLBACKEND', None)
    try:
        yield
    finally:
        if backend is not None:
            os.environ['MPLBACKEND'] = backend
    if backend and 'matplotlib' in sys.modules:
        with contextlib.suppress(ValueError):
            sys.modules['matplotlib'].rcParams['backend'] = backend


def _pins(isa: str) -> dict[str, str]:
    return {
        'TF_ENABLE_ONEDNN_OPTS': '1',  # off by default on a processor without VNNI and the like
        'ONEDNN_MAX_CPU_ISA': ISAS[isa][0],
        # Otherwise the first session of a process decides how many threads all later ones compute
        # with (common_runtime/local_device.cc), and the number of threads decides the last bits.
        'TF_OVERRIDE_GLOBAL_THREADPOOL': '1'}


def kernel_variables(*more: str) -> list[str]:
    """The environment's variables that may choose kernels; and those that begin like ``more``."""
    return [name for name in os.environ if name.startswith((*KERNEL_VARIABLES, *more))
            and not name.startswith(OTHER_VARIABLES)]


def pinned() -> str | None:
    """The instruction set that this process uses; None before it is chosen."""
    return _pinned


def not_pinned() -> None:
    """Note, and say, that TensorFlow does not use the kernels that were chosen."""
    global _own_bits
    of = 'this process' if _late else 'this machine'
    _own_bits = {'isa': UNPINNED,
                 **({'process': _process} if _late else {'processor': processor()})}
    why = 'had computed something before its kernels were chosen' if _late else \
        f'has other bits than known of {_pinned} kernels'
    say(f'TensorFlow {why}; the bits of this run are specific to {of}' + (
        ': no other one can resume it (start a new one, and elec576 first, for the usual bits)'
        if _late else ''))


def own_bits() -> dict[str, str]:
    """Whose bits a run of this process has, by the names in config.json.

    Empty where they are those of every processor with the instructions; which is assumed before
    `elec576.tf1.use_kernels` has looked.
    """
    if _own_bits is not None:
        return _own_bits
    return {} if has_instructions('avx2') else {'processor': processor()}


def has_instructions(isa: str) -> bool:
    """Whether this is known to be an x86-64 processor with the instructions of ``isa``."""
    # numpy asks the processor itself, on every system
    from numpy._core._multiarray_umath import __cpu_features__ as features
    return all(features.get(name) for name in ISAS[isa][1])


def say(line: str) -> None:
    """Print a line on standard error, if there is one."""
    if sys.stderr is not None:
        print(line, file=sys.stderr)


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
    return f'{_processor_name()}, {os.cpu_count()} cores'


def _processor_name() -> str:
    with contextlib.suppress(OSError):  # Linux
        text = Path('/proc/cpuinfo').read_text(encoding='utf-8', errors='replace')
        lines = [(key.strip(), value.strip()) for key, _, value in (
            line.partition(':') for line in text.splitlines())]
        for key, value in lines:
            if key == 'model name':
                return value
        # ARM's has numbers instead, for each core
        if parts := dict.fromkeys(f'{key} {value}' for key, value in lines
                                  if key in ('CPU implementer', 'CPU variant', 'CPU part')):
            return ', '.join((platform.machine(), *parts))
    with contextlib.suppress(ImportError, OSError):  # Windows
        import winreg
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE,  # type: ignore[attr-defined]
                            r'HARDWARE\DESCRIPTION\System\CentralProcessor\0') as key:
            return winreg.QueryValueEx(key, 'ProcessorNameString')[0].strip()  # type: ignore
    if sys.platform == 'darwin':
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(['sysctl', '-n', 'machdep.cpu.brand_string'], check=True,
                                  capture_output=True, encoding='utf-8').stdout.strip()
    return platform.processor() or platform.machine()


class Stopwatch:
    """Wall and CPU seconds since its creation, plus those of earlier processes."""

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
