"""A process held to an instruction set, and what its libraries say that they compute with.

`ours avx2` is compared with peers held to AVX2, `ours avx512` with peers as they are. A variable
that nobody reads would make the comparison unfair without a word; so every process is asked, after
its first step, and one that was not held is refused.
"""

import os
import re

from elec576.machine import kernel_variables

# oneDNN is in TensorFlow and in PyTorch; MKL and ATen (with TorchInductor) are PyTorch's
HELD = {'ONEDNN_MAX_CPU_ISA': 'AVX2', 'MKL_ENABLE_INSTRUCTIONS': 'AVX2',
        'ATEN_CPU_CAPABILITY': 'avx2'}
# oneDNN then prints its instruction set and every kernel that it makes: where these are kept, as
# in all of our nets, at most some lines in a step. (With "1" it prints every call.)
VERBOSE = {'ONEDNN_VERBOSE': 'profile_create'}
AVX2, AVX512 = 'AVX2', 'AVX-512'


class NotHeld(Exception):
    """A library says that it computes with other instructions than asked for."""


def choose(isa: str) -> None:
    """Hold PyTorch or Keras to AVX2, or ('avx512') leave them as they are, whatever the environment
    says. Call it before they are imported.
    """
    for name in kernel_variables('ATEN_'):
        del os.environ[name]
    if isa == 'avx2':
        os.environ.update(HELD)


def onednn(said: str) -> dict[str, str]:
    """What oneDNN's verbose output ``said``: its instruction set, and a kernel that belies it.

    Returns:
        e.g. {'oneDNN': 'Intel AVX2'}; with a kernel 'jit:avx512_core' also {'a kernel of oneDNN':
        'jit:avx512_core'}; empty where oneDNN has not computed yet.
    """
    found = re.search(r'^onednn_verbose,.*\bcpu,isa:(.*)$', said, re.MULTILINE)
    if found is None:
        return {}
    kernels = re.findall(r'^onednn_verbose,.*?primitive,\w+[^,]*,cpu,\w+,([^,\n]+)', said,
                         re.MULTILINE)
    wide = [kernel for kernel in kernels if level(kernel) == AVX512]
    return {'oneDNN': found[1]} | ({} if level(found[1]) == AVX512 else
                                   {'a kernel of oneDNN': kernel for kernel in wide[:1]})


def mkl(said: str) -> dict[str, str]:
    """What MKL's verbose output ``said``, likewise."""
    found = re.search(r'^MKL_VERBOSE .* architecture (.*?),', said, re.MULTILINE)
    return {} if found is None else {'MKL': found[1]}


def level(words: str) -> str:
    """`AVX2`, `AVX512`, or ``words`` themselves if they name neither."""
    if re.search('avx-?512|avx10|amx', words, re.IGNORECASE):
        return AVX512
    return AVX2 if re.search('avx2', words, re.IGNORECASE) else words


def check(reports: dict[str, str], isa: str, as_they_are: bool) -> None:
    """Refuse a process that computes with other instructions.

    Args:
        reports: by library, what it says.
        as_they_are: beside `ours avx512` a peer may use what it likes.

    Raises:
        NotHeld: the message says which library says what.
    """
    if as_they_are and isa != 'avx2':
        return
    wanted = {'avx2': AVX2, 'avx512': AVX512}[isa]
    for library, words in reports.items():
        if level(words) != wanted:
            raise NotHeld(f'{library} says "{words}" where {wanted} was asked for; the '
                          'measurement is refused')
