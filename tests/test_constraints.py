"""`scripts/constraints.txt` has the versions of the committed runs, for all that is installed."""

import re
from importlib.metadata import requires

import pandas as pd
from helpers import REPOSITORY
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TEXT = (REPOSITORY / 'scripts/constraints.txt').read_text(encoding='utf-8')
PINS = dict(line.split('==') for line in TEXT.splitlines() if not line.startswith('#'))


def test_they_are_those_of_the_runs():
    runs = pd.concat(pd.read_csv(path, dtype=str)
                     for path in (REPOSITORY / 'results/runs').glob('*/runs.csv'))
    assert set(runs['tensorflow']) == {PINS['tensorflow']}
    assert set(runs['numpy']) == {PINS['numpy']}
    assert set(runs['python']) == {re.search(r'Python (\d+\.\d+\.\d+)', TEXT)[1]}


def test_they_are_allowed_and_complete():
    needed = [Requirement(text) for text in requires('elec576')]
    for requirement in needed:
        if 'extra' not in str(requirement.marker):
            assert PINS[canonicalize_name(requirement.name)] in requirement.specifier
