"""The trials are as near to a user's runs as tests can be."""

import pytest


@pytest.fixture(scope='module', autouse=True)
def no_waiting_for_the_disk():
    """They wait for it."""
