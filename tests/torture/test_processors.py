"""Trial `processors`: the first steps of every network have this machine's bits on other ones.

The other processors are emulated. QEMU's have other caches and instructions, none has AVX-512;
with the recurrent networks it crashes once oneDNN is on, for which valgrind's processor (AVX2, no
AVX-512) serves.
"""

import dataclasses
import functools
import shutil

import pytest
from commands import command_of, run_well
from same_run import differences

from elec576.machine import has_instructions
from elec576.runs.rundir import RunDirectory
from elec576.settings import CnnSettings, RnnSettings

LENET5 = {name: CnnSettings(steps=3, eval_every=1, train_per_class=12, test_per_class=2, threads=1,
                            **settings)
          for name, settings in {
              'relu + Adam': {'act': 'relu', 'optimizer': 'adam', 'lr': 1e-3},
              'tanh + Xavier + gradient descent': {
                  'act': 'tanh', 'init': 'xavier', 'optimizer': 'sgd', 'lr': 1e-3}}.items()}
RECURRENT = {f'{cell}-16': RnnSettings(cell=cell, hidden=16, iterations=50 * 6, display_step=1,
                                       eval_every=0, threads=1)
             for cell in ('basic', 'lstm', 'gru')}
# an emulator needs minutes for a step on 50 images
QUICK = {'relu + Adam, 10 images a batch': dataclasses.replace(
    LENET5['relu + Adam'], batch_size=10)}
CASES = {**LENET5, **QUICK, **RECURRENT}
CPUS = ('Haswell-v4', 'Skylake-Client-v3', 'EPYC-Rome')
VALGRIND = ('valgrind', '--tool=none', '-q', '--smc-check=all-non-file')

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not has_instructions('avx2'), reason='not an x86-64 processor with AVX2')]


def qemu(cpu: str) -> tuple[str, ...]:
    return 'qemu-x86_64', '-cpu', cpu


@pytest.fixture(scope='module')
def make(small_data, tmp_path_factory):
    """Make the run of a case, by an emulator or without."""
    @functools.cache
    def make_run(case: str, *emulator: str, isa: str = 'avx2') -> RunDirectory:
        if emulator and not shutil.which(emulator[0]):
            package = 'valgrind' if emulator == VALGRIND else 'qemu-user'
            pytest.skip(f'no {emulator[0]} here: apt-get install {package}')
        run = RunDirectory(tmp_path_factory.mktemp('run'))
        run_well([*emulator, *command_of(dataclasses.replace(CASES[case], isa=isa), run.path,
                                         small_data, '--no-events')])
        return run

    return make_run


def other(make, case: str, *emulator: str, isa: str = 'avx2') -> list[str]:
    """The results and variables that are not this processor's with AVX2 kernels.

    Nor is config.json, where another instruction set or a processor without AVX2 is asked for.
    """
    return [name for name in differences(make(case, *emulator, isa=isa), make(case))
            if name != 'config.json' or isa == 'avx2' and emulator != qemu('IvyBridge-v2')]


def differing(make, cases: dict, *emulator: str) -> list[str]:
    """The cases that have other bits by an emulator."""
    found = {case: other(make, case, *emulator) for case in cases}
    return [f'{case}: {", ".join(names[:4])} ...' for case, names in found.items() if names]


@pytest.mark.parametrize('cpu', CPUS)
def test_lenet5(cpu, make, trial_options, finding):
    if cpu != CPUS[0] and not trial_options.full:
        pytest.skip('--full tries it')
    cases = LENET5 if trial_options.full else QUICK
    finding(f'three steps of LeNet5 ({"; ".join(cases)}) on an emulated {cpu}: the bits of this '
            'processor', len(cases), differing(make, cases, *qemu(cpu)))


def test_recurrent_networks(make, trial_options, finding):
    cases = RECURRENT if trial_options.full else {'gru-16': RECURRENT['gru-16']}
    finding(f'five steps of {", ".join(cases)} on the processor of valgrind: the bits of this '
            'processor', len(cases), differing(make, cases, *VALGRIND))


# ---- without these, emulators that hand their work to this processor would pass

def test_a_processor_without_avx2(in_full, make, finding):
    same = not other(make, 'relu + Adam', *qemu('IvyBridge-v2'))
    finding('three steps of LeNet5 on an emulated IvyBridge-v2, which has no AVX2: other bits', 1,
            ['the same bits'] * same)


@pytest.mark.skipif(not has_instructions('avx512'), reason='this processor has no AVX-512')
def test_avx512(make, trial_options, finding):
    cases = {**LENET5, **RECURRENT} if trial_options.full else ('relu + Adam', 'gru-16')
    finding('first steps of every network with AVX-512 kernels: other bits', len(cases),
            [f'{case}: the same bits' for case in cases if not other(make, case, isa='avx512')])
