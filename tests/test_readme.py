"""What README.md names and links is there."""

import re

import pytest
from helpers import REPOSITORY

README = (REPOSITORY / 'README.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('link', sorted(set(re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', README))))
def test_links_lead_somewhere(link):
    assert (REPOSITORY / link).exists()


@pytest.mark.parametrize('name', sorted(set(re.findall(
    r'`((?:elec576|starter|scripts|results)/[\w/.]+)`', README))))
def test_files_that_it_names_are_there(name):
    assert (REPOSITORY / name).exists()
