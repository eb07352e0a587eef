"""The machine: its processor, on every system, and the variables that choose kernels."""

import io
import os
import platform
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from elec576 import machine

CPUINFO = Path('/proc/cpuinfo')


@pytest.fixture
def no_cpuinfo(monkeypatch):
    """As on systems that have no /proc."""
    def read_text(path, *arguments, **more):
        if path == CPUINFO:
            raise FileNotFoundError(path)
        return real(path, *arguments, **more)

    real = Path.read_text
    monkeypatch.setattr(Path, 'read_text', read_text)


@pytest.mark.skipif(not CPUINFO.exists() or platform.machine() != 'x86_64', reason='asks Linux')
def test_numpy_knows_the_instructions_that_linux_knows():
    flags = set(CPUINFO.read_text().split())
    assert machine.has_instructions('avx2') == ({'avx2', 'fma'} <= flags)
    assert machine.has_instructions('avx512') == (
        {'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'} <= flags)


def test_instructions_are_known_without_proc(no_cpuinfo):
    before = {isa: machine.has_instructions(isa) for isa in machine.ISAS}
    assert before == {isa: machine.has_instructions(isa) for isa in machine.ISAS}
    if CPUINFO.parent.exists() and platform.machine() == 'x86_64':
        flags = subprocess.run(['cat', str(CPUINFO)], capture_output=True, text=True).stdout
        assert before['avx2'] == (' avx2 ' in flags)


@pytest.mark.parametrize('features, expected', [
    ({'AVX2': True, 'FMA3': True}, (True, False)), ({'AVX2': True}, (False, False)),
    ({'ASIMD': True, 'NEON': True}, (False, False)),  # ARM
    (dict.fromkeys(('AVX2', 'FMA3', 'AVX512F', 'AVX512BW', 'AVX512DQ', 'AVX512VL'), True),
     (True, True))])
def test_instructions_by_numpys_names(features, expected, monkeypatch):
    monkeypatch.setitem(sys.modules, 'numpy._core._multiarray_umath',
                        SimpleNamespace(__cpu_features__=features))
    assert (machine.has_instructions('avx2'), machine.has_instructions('avx512')) == expected


@pytest.mark.skipif(not CPUINFO.exists(), reason='asks Linux')
def test_the_processors_name_is_linuxs():
    names = [line.partition(':')[2].strip() for line in CPUINFO.read_text().splitlines()
             if line.startswith('model name')]
    if names:
        assert machine.processor() == f'{names[0]}, {os.cpu_count()} cores'


def test_the_processors_name_on_arm(monkeypatch):
    """Its cores have numbers, which tell one processor's bits from another's."""
    core = ('processor\t: {}\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU architecture: 8\n'
            'CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\n')
    monkeypatch.setattr(Path, 'read_text', lambda path, **more: core.format(0) + core.format(1))
    monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
    assert machine.processor().startswith(
        'aarch64, CPU implementer 0x41, CPU variant 0x3, CPU part 0xd0c, ')


def test_the_processors_name_on_macos(no_cpuinfo, monkeypatch):
    monkeypatch.setattr(sys, 'platform', 'darwin')
    monkeypatch.setattr(subprocess, 'run', lambda words, **more: SimpleNamespace(
        stdout='Apple M2\n' if words == ['sysctl', '-n', 'machdep.cpu.brand_string'] else ''))
    assert machine.processor().startswith('Apple M2, ')
    def fails(words, **more):
        raise FileNotFoundError(words[0])
    monkeypatch.setattr(subprocess, 'run', fails)
    monkeypatch.setattr(platform, 'processor', lambda: '')
    monkeypatch.setattr(platform, 'machine', lambda: 'arm64')
    assert machine.processor().startswith('arm64, ')


def test_the_processors_name_on_windows(no_cpuinfo, monkeypatch):
    key = io.StringIO()  # a context manager, as the registry's keys are
    monkeypatch.setitem(sys.modules, 'winreg', SimpleNamespace(
        HKEY_LOCAL_MACHINE=1, OpenKey=lambda root, path: key,
        QueryValueEx=lambda key, name: ({'ProcessorNameString': ' AMD Ryzen 5 '}[name], 1)))
    assert machine.processor().startswith('AMD Ryzen 5, ')
