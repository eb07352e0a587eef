"""Execute `starter/report.ipynb`; `python tests/starter/report_notebook.py` renews its outputs."""

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / 'starter' / 'report.ipynb'


def executed(folder: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs that it has in ``folder``, where its runs are made.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environment = dict(os.environ)
    if data := environment.get('ELEC576_DATA'):  # the kernel works in another folder
        environment['ELEC576_DATA'] = os.path.abspath(data)
    NotebookClient(notebook, kernel_name='python3', timeout=None, record_timing=False,
                   coalesce_streams=True,
                   resources={'metadata': {'path': str(folder)}}).execute(env=environment)
    return notebook


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder:
        done = executed(Path(folder))
    kept = nbformat.read(NOTEBOOK, as_version=4).metadata  # not this machine's Python
    nbformat.write(nbformat.from_dict(done | {'metadata': kept}), NOTEBOOK)
