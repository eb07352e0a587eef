"""The report as a notebook: what is committed, and that it runs from its first cell to its last."""

import base64
import getpass
import io
import json
import os
import re
import socket
from pathlib import Path

import nbformat
import pytest
from helpers import REPOSITORY
from PIL import Image
from report_notebook import NOTEBOOK, executed

TEXT = NOTEBOOK.read_text(encoding='utf-8')
CELLS = [cell for cell in nbformat.reads(TEXT, as_version=4).cells if cell.cell_type == 'code']
OUTPUTS = [output for cell in CELLS for output in cell.outputs]
SECTIONS = ['1a', '1b', '1c', '2', '3a', '3b', '3c']


def pictures(outputs):
    return [output.data['image/png'] for output in outputs if 'image/png' in output.get('data', {})]


def test_it_was_executed_from_its_first_cell_to_its_last():
    assert [cell.execution_count for cell in CELLS] == list(range(1, len(CELLS) + 1))
    assert [output for output in OUTPUTS if output.output_type == 'error'] == []
    assert [output for output in OUTPUTS if output.get('name') == 'stderr'] == []
    assert len(TEXT.encode()) <= 600_000


def test_every_section_of_the_report_has_its_picture():
    cells = nbformat.reads(TEXT, as_version=4).cells
    starts = {name: k for k, cell in enumerate(cells) if cell.cell_type == 'markdown'
              for name in re.findall(r'^## (\w+)\.', cell.source, re.MULTILINE)}
    assert list(starts) == SECTIONS
    for name, end in zip(SECTIONS, [*list(starts.values())[1:], len(cells)]):
        section = [output for cell in cells[starts[name]:end] for output in cell.get('outputs', ())]
        assert pictures(section), name
    for picture in pictures(OUTPUTS):
        with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
            assert image.width > 300 and len(image.convert('L').getcolors()) > 2


def test_its_outputs_name_no_machine():
    said = json.dumps([{**output, 'data': {
        kind: value for kind, value in output.get('data', {}).items() if kind != 'image/png'}}
        for output in OUTPUTS])
    names = {str(REPOSITORY), str(Path.home()), socket.gethostname(), getpass.getuser()}
    assert [name for name in names if re.search(rf'(?<!\w){re.escape(name)}(?!\w)', said)] == []
    assert not re.search(r'/(home|root|tmp|Users|work|var)/|[A-Z]:\\\\', said)
    assert 'STAND-IN' not in said.upper()


def test_its_files_and_links_are_there():
    for link in re.findall(r'\]\((.*?)\)', TEXT):
        assert (NOTEBOOK.parent / link).exists(), link


@pytest.mark.slow
def test_it_runs(tmp_path):
    """On the data that there is; without a network and `$ELEC576_DATA`, on the stand-in."""
    cells = [cell for cell in executed(tmp_path).cells if cell.cell_type == 'code']
    assert len(pictures(output for cell in cells for output in cell.outputs)) == len(
        pictures(OUTPUTS))
    if os.environ.get('ELEC576_DATA'):  # what is committed is what it gives
        for ours, theirs in zip(cells, CELLS):
            assert [output.get('text') for output in ours.outputs] == [
                output.get('text') for output in theirs.outputs]


class Kernel:
    """A notebook's kernel in ``folder``, and its outputs."""

    def __init__(self, folder):
        jupyter_client = pytest.importorskip('jupyter_client')
        self.manager, self.client = jupyter_client.manager.start_new_kernel(
            kernel_name='python3', cwd=str(folder), startup_timeout=300)

    def run(self, source, interrupt_at=None):
        """The outputs of a cell; interrupted when it has printed ``interrupt_at``."""
        def hook(message):
            outputs.append(message['content'])
            if interrupt_at and interrupt_at in message['content'].get('text', '') and not done:
                done.append(True)
                self.manager.interrupt_kernel()

        outputs, done = [], []
        self.client.execute_interactive(source, output_hook=hook, timeout=600)
        return outputs


@pytest.fixture
def kernel(tmp_path):
    found = Kernel(tmp_path)
    yield found
    found.client.stop_channels()
    found.manager.shutdown_kernel(now=True)


@pytest.mark.slow
def test_a_notebook_is_interrupted_and_goes_on(kernel, small_data, tmp_path):
    """TensorFlow first, a run that is interrupted, the same cell again, a picture, a number."""
    def printed(outputs):
        return ''.join(output.get('text', '') for output in outputs)

    def shown(outputs):
        return next(output['data'] for output in outputs if 'data' in output)

    def tracebacks(outputs):
        return [output['traceback'] for output in outputs if 'traceback' in output]

    kernel.run("import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'")
    assert not tracebacks(kernel.run('import tensorflow as tf\nimport elec576'))
    cell = (f"run = elec576.run('gru-50', iterations=20000, threads=1, data={str(small_data)!r}"
            ", out={!r})")
    stopped = kernel.run(cell.format('ours'), interrupt_at='Iter 1000,')
    [[line]] = tracebacks(stopped)
    assert re.fullmatch(r'Interrupted: interrupted after step \d+; saved in ours; the same call '
                        'resumes it', line)
    resumed = kernel.run(cell.format('ours'))
    assert not tracebacks(resumed) and 'Iter 1000,' not in printed(resumed)
    assert 'Testing Accuracy' in printed(resumed)
    again = kernel.run(cell.format('ours'))
    assert 'this run is finished' in printed(again) and 'Iter' not in printed(again)
    assert not tracebacks(kernel.run(cell.format('usual')))
    for file in ('config.json', 'history.csv', 'test_correct.npy'):
        assert (tmp_path / 'ours' / file).read_bytes() == (tmp_path / 'usual' / file).read_bytes()
    config = json.loads((tmp_path / 'ours/config.json').read_text(encoding='utf-8'))
    assert 'process' not in config  # the kernels are the usual ones
    assert 'image/png' in shown(kernel.run('run.plot()'))
    verdict = kernel.run("elec576.check('gru-50', test_accuracy=0.9728)['verdict'].item()")
    assert shown(verdict)['text/plain'] == "'inside'"
    [[line]] = tracebacks(kernel.run("elec576.run('gru-50', hidden=0)"))
    assert line == 'UserError: --hidden 0: a whole number of at least 1 is needed'
