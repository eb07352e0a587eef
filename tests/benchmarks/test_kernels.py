"""Which instruction set a library says that it uses, and when that is refused."""

import os

import pytest
from benchmarks import kernels
from benchmarks.kernels import AVX2, AVX512, NotHeld, check, choose, level, mkl, onednn

# as oneDNN 3.7 and 3.12 and MKL 2024 print it
HELD = '''a line of somebody else
onednn_verbose,v1,info,oneDNN v3.7.3 (commit N/A)
onednn_verbose,v1,info,cpu,isa:Intel AVX2
onednn_verbose,v1,primitive,info,template:operation,engine,primitive,implementation,prop_kind
onednn_verbose,v1,primitive,create:cache_miss,cpu,convolution,brg_conv_fwd:avx2,forward_training,s
'''
FREE = '''onednn_verbose,v1,info,cpu,isa:Intel AVX10.1 and Intel AMX with bfloat16 support
onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core,forward_training,src
'''
MKL = ('MKL_VERBOSE oneMKL 2024.0 Update 2 Product build 20240605 for Intel(R) 64 architecture '
       'Intel(R) Advanced Vector Extensions %s, Lnx 2.10GHz lp64 gnu_thread\n')


def test_what_onednn_says():
    assert onednn('nothing of it\n') == {}
    assert onednn(HELD) == {'oneDNN': 'Intel AVX2'}
    assert list(map(level, onednn(FREE).values())) == [AVX512]
    # one kernel is enough to belie it
    wide = HELD + FREE.splitlines()[1]
    assert onednn(wide) == {'oneDNN': 'Intel AVX2', 'a kernel of oneDNN': 'jit:avx512_core'}


@pytest.mark.parametrize('words, expected', [
    ('2 (Intel(R) AVX2) enabled processors', AVX2),
    ('512 (Intel(R) AVX-512) with support for INT8, BF16', AVX512)])
def test_what_mkl_says(words, expected):
    assert level(mkl(MKL % words)['MKL']) == expected
    assert mkl('onednn_verbose') == {}


@pytest.mark.parametrize('words, expected', [
    ('AVX2', AVX2), ('avx2', AVX2), ('AVX512', AVX512), ('avx512 avx512_vnni amx_tile', AVX512),
    ('Intel AVX-512 with AVX512BW', AVX512), ('DEFAULT', 'DEFAULT')])
def test_levels(words, expected):
    assert level(words) == expected


def test_who_is_refused():
    check({'ATen': 'AVX2', **onednn(HELD)}, 'avx2', as_they_are=True)
    check(onednn(FREE), 'avx512', as_they_are=False)
    check({'ATen': 'DEFAULT'}, 'avx512', as_they_are=True)  # a peer beside ours with AVX-512
    for reports, isa, peer in ((onednn(FREE), 'avx2', True), ({'ATen': 'DEFAULT'}, 'avx2', True),
                               (onednn(HELD + FREE.splitlines()[1]), 'avx2', False),
                               (onednn(HELD), 'avx512', False)):
        with pytest.raises(NotHeld, match='says ".*" where AVX.* was asked for'):
            check(reports, isa, peer)


def test_the_environment_is_ours_to_choose(monkeypatch):
    monkeypatch.setattr(os, 'environ', {'ATEN_CPU_CAPABILITY': 'default', 'MKL_VERBOSE': '1',
                                        'TF_CPP_MIN_LOG_LEVEL': '3', 'HOME': '/'})
    choose('avx2')
    assert os.environ == {'TF_CPP_MIN_LOG_LEVEL': '3', 'HOME': '/', **kernels.HELD}
    choose('avx512')
    assert os.environ == {'TF_CPP_MIN_LOG_LEVEL': '3', 'HOME': '/'}
