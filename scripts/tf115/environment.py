"""A Python 3.7 with TensorFlow 1.15.5 in a directory of its own, and the driver run in it."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from elec576.errors import UserError
from elec576.listings import command, program
from elec576.machine import ISAS, KERNEL_VARIABLES
from elec576.settings import CnnSettings, RnnSettings

TENSORFLOW = '1.15.5'
# protobuf 4 refuses the generated code that TensorFlow 1.15 brings along
REQUIREMENTS = (f'tensorflow=={TENSORFLOW}', 'protobuf<3.21', 'imageio', 'matplotlib')
DRIVER = Path(__file__).with_name('driver.py')
GET_PYTHON = 'get one with pyenv install 3.7 or uv python install 3.7, and say where it is with ' \
             '--python FILE'


def find_python37() -> Path:
    """A Python 3.7: `python3.7` of the path, or the newest one of pyenv or uv.

    Raises:
        UserError: there is none; the message says how to get one.
    """
    found = shutil.which('python3.7')
    if found and _version(Path(found)) == '3.7':
        return Path(found)
    home = Path.home()
    roots = [Path(os.environ.get('PYENV_ROOT', home / '.pyenv')) / 'versions',
             home / '.local/share/uv/python']
    for root in roots:
        for path in sorted(root.glob('*3.7.*/bin/python3.7'), reverse=True):
            if _version(path) == '3.7':
                return path
    raise UserError(f'TensorFlow {TENSORFLOW} needs Python 3.7 and there is none; {GET_PYTHON}')


def _version(python: Path) -> str:
    """'3.7'; empty if it does not run (pyenv's shims name Pythons that are not there)."""
    done = subprocess.run([python, '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
                          capture_output=True, encoding='utf-8', errors='replace')
    return done.stdout.strip()


def make_environment(folder: Path, python37: Path | None = None) -> Path:
    """Make the environment in ``folder`` unless it is there; return its Python.

    Raises:
        UserError: there is no Python 3.7, or the packages cannot be installed.
    """
    python = folder / 'bin' / 'python'
    if _tensorflow(python) == TENSORFLOW:
        return python
    if folder.exists() and any(folder.iterdir()) and not (folder / 'pyvenv.cfg').exists():
        raise UserError(f'{folder}: there is something else; name a folder that is not there yet')
    if python37 is not None and (not python37.exists() or _version(python37) != '3.7'):
        raise UserError(f'{python37}: not a Python 3.7; {GET_PYTHON}')
    for words in ([python37 or find_python37(), '-m', 'venv', folder],
                  [python, '-m', 'pip', 'install', '--quiet', *REQUIREMENTS]):
        done = subprocess.run(words, capture_output=True, encoding='utf-8', errors='replace')
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ['no message'])[-1]
            raise UserError(f'{folder}: the environment cannot be made ({last})')
    return python


def python_of(folder: Path) -> Path:
    """The Python of the environment in ``folder``.

    Raises:
        UserError: there is no such environment.
    """
    python = folder / 'bin' / 'python'
    if _tensorflow(python) != TENSORFLOW:
        raise UserError(f'{folder}: there is no TensorFlow {TENSORFLOW}; make it with '
                        f'python scripts/golden_tf115.py --env {folder}')
    return python


def _tensorflow(python: Path) -> str:
    """The version of TensorFlow that is installed for ``python``; empty for none."""
    if not python.exists():
        return ''
    done = subprocess.run(
        [python, '-I', '-c', 'import pkg_resources; '
         'print(pkg_resources.get_distribution("tensorflow").version)'],
        capture_output=True, encoding='utf-8', errors='replace')
    return done.stdout.strip()


def clean_environment(threads: int, isa: str = 'avx2') -> dict[str, str]:
    """The variables for a process with a TensorFlow of its own.

    TensorFlow 2 sets TF2_BEHAVIOR in its own process, and 1.15 would obey it. The kernels are
    those that the listing itself asks for: `driver` loads TensorFlow before the listing can.
    """
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(('TF', *KERNEL_VARIABLES))}
    return {**kept, 'TF_ENABLE_ONEDNN_OPTS': '1', 'ONEDNN_MAX_CPU_ISA': ISAS[isa][0],
            'OPENBLAS_NUM_THREADS': str(threads), 'MPLBACKEND': 'Agg'}


def run_listing(python: Path, settings: CnnSettings | RnnSettings, data: Path,
                mask_steps: int = 0) -> dict:
    """Run the listing that ``settings`` describe with ``python``; what `driver` wrote of it.

    Args:
        python: an interpreter that has TensorFlow, 1.15 or 2.
        data: the folder with CIFAR10/ and MNIST_data/.
        mask_steps: in how many steps to look at the masks of dropout.

    Raises:
        UserError: the listing failed; the message ends with the last line of its stderr.
    """
    name, options = command(settings)
    with tempfile.TemporaryDirectory(prefix='elec576-tf115-') as folder:
        out = Path(folder) / 'out.json'
        # -I: it cannot import this package or another one of ours
        done = subprocess.run(
            [python, '-I', DRIVER, '--out', out, '--mask-steps', str(mask_steps),
             program(name), *options, '--data', data.resolve()],
            env=clean_environment(settings.threads, settings.isa),
            capture_output=True, encoding='utf-8', errors='replace', cwd=folder)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ['no message'])[-1]
            raise UserError(f'{name} under {python}: {last}')
        return json.loads(out.read_text(encoding='utf-8'))
