"""README.md says what its commands say, and its commands and links are there."""

import re

import pytest

from helpers import REPOSITORY

README = (REPOSITORY / 'README.md').read_text(encoding='utf-8')


def test_measured_blocks_are_what_their_commands_print(script):
    """Nothing between the marks was typed in."""
    assert README.count('<!-- from: ') == README.count('<!-- end -->') > 3
    assert script('fill_readme.py', '--check') == (0, '', '')


def test_a_block_that_was_touched_is_found_and_mended(script, tmp_path):
    path = tmp_path / 'README.md'
    path.write_text('a\n<!-- from: scripts/reproduce.py --list --only rnn-a -->\n9\n<!-- end -->\n')
    code, _, error = script('fill_readme.py', '--check', '--readme', path)
    assert code == 2 and 'not what its commands print' in error
    assert script('fill_readme.py', '--readme', path)[0] == 0
    assert 'basic cell, 128 hidden units' in path.read_text()
    assert script('fill_readme.py', '--check', '--readme', path)[0] == 0


@pytest.mark.parametrize('link', sorted(set(re.findall(r'\]\(([^)#]+)(?:#[^)]*)?\)', README))))
def test_links_lead_somewhere(link):
    assert (REPOSITORY / link).exists()


@pytest.mark.parametrize('name', sorted(set(re.findall(
    r'`((?:elec576|starter|scripts|results)/[\w/.]+)`', README))))
def test_files_that_it_names_are_there(name):
    assert (REPOSITORY / name).exists()
