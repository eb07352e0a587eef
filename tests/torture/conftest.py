"""The trials are as near to a user's runs as tests can be."""

import pytest


@pytest.fixture(scope='module', autouse=True)
def no_waiting_for_the_disk():
    """They wait for it."""


@pytest.fixture(scope='session')
def in_full(trial_options):
    """For trials that take too long without `--full`."""
    if not trial_options.full:
        pytest.skip('--full tries it')
