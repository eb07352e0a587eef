"""Downloads from a server that misbehaves."""

from elec576.torture import download as trial


def test_some_of_each(tmp_path):
    bad, repaired, good = trial.findings(
        tmp_path, ('redirected',), ('not found', 'cut off', 'wrong bytes', 'another set'))
    assert (bad.tried, bad.held) == (4, 4), bad.note
    assert (repaired.tried, repaired.held) == (3, 3), repaired.note
    assert (good.tried, good.held) == (1, 1), good.note


def test_a_download_that_should_have_failed_is_seen(tmp_path):
    made_up = trial.mnist_pixels()
    with trial.Server(trial.npz(made_up), b'').running() as server:
        assert trial.fails_well(tmp_path, server, 'good') == 'taken for good'
