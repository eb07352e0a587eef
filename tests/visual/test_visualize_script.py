"""scripts/visualize.py on small runs: its pictures, and its errors."""

import json
import re
import runpy
import shutil
import sys

import pytest
from helpers import REPOSITORY

from elec576 import gallery
from elec576.data import standin
from elec576.runs.run import Options, run
from elec576.settings import CnnSettings, RnnSettings

QUIET = {'progress_bar': False}
WITH_IMAGES = {'deconvnet-conv1', 'deconvnet-conv2', 'occlusion'}


@pytest.fixture(scope='module')
def cnn(small_data, tmp_path_factory):
    settings = CnnSettings(steps=5, train_per_class=5, test_per_class=2, eval_every=0, threads=1)
    path = tmp_path_factory.mktemp('my-cnn') / 'seed0'
    run(settings, path, Options(data=str(small_data), **QUIET), lambda line: None)
    return path


@pytest.fixture(scope='module')
def rnn(small_data, tmp_path_factory):
    settings = RnnSettings(hidden=8, iterations=500, eval_every=0, threads=1)
    path = tmp_path_factory.mktemp('rnn')
    run(settings, path, Options(data=str(small_data), **QUIET), lambda line: None)
    return path


@pytest.fixture
def visualize(monkeypatch, capsys, small_data):
    """Run the script; return its exit code and what it wrote on both streams."""
    def run(*options, data=small_data):
        arguments = ['visualize.py', *map(str, options), *(['--data', str(data)] if data else [])]
        monkeypatch.setattr(sys, 'argv', arguments)
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(REPOSITORY / 'scripts' / 'visualize.py'), run_name='__main__')
        return end.value.code, *capsys.readouterr()
    return run


@pytest.mark.slow
def test_pictures_of_two_runs(cnn, visualize, tmp_path):
    other = shutil.copytree(cnn, tmp_path / 'other')
    code, out, _ = visualize('--run', cnn, other, '--publish', tmp_path)
    assert code == 0
    lines = out.splitlines()
    half = lines[:len(lines) // 2]
    assert lines == 2 * half  # the same network
    statistics = json.loads((cnn / 'activations.json').read_text())
    assert half[0] == half[-1] and "not known to be the report's images" in half[0]
    assert half[1:3] == [
        'ReLu activation %d: mean %g, standard deviation %g, variance %g'
        % (number, *layer.values()) for number, layer in enumerate(statistics.values(), 1)]
    names = {path.stem for path in (cnn / 'figures').glob('*.png')}
    assert names >= {'filters', 'activations', 'deconvnet-conv1', 'deconvnet-conv2',
                     'deconvnet-conv1-reconstructions'}
    assert names == {path.stem for path in (other / 'figures').glob('*.png')}
    shown = {title: {f'{title}-seed0-{name}.png' for name in names - WITH_IMAGES}
             for title in (cnn.parent.name, 'other')}
    assert {path.name for path in (tmp_path / 'figures').iterdir()} == set().union(*shown.values())
    found = (tmp_path / 'INSIDE.md').read_text()
    for title, section in zip(shown, found.split('## Run ')[1:], strict=True):
        assert section.startswith(f'{title}, seed 0, 1 thread, ')
        assert set(re.findall(r'^!\[.+\]\(figures/(.+)\)$', section, re.MULTILINE)) == shown[
            title]
        assert [line for line in section.splitlines()[2:] if line and line[0] != '!'] == half[3:-1]
    for what in ('initial values', 'are dead', 'conv1, ', 'conv2, ', 'in the middle', 'turned by'):
        assert what in found


@pytest.mark.slow
def test_a_choice_of_images(cnn, visualize, tmp_path, monkeypatch):
    for other in ('top_nine', 'activations', 'mean_occlusion', 'invariance'):
        monkeypatch.setattr(f'elec576.pictures.visual.draw_{other}', lambda *_, **__: None)
    drawn = []
    monkeypatch.setattr('elec576.pictures.visual.draw_occlusions',
                        lambda found, *_: drawn.extend(found))
    code, _, _ = visualize('--run', cnn, '--images', '7', '3', '--out', tmp_path)
    assert code == 0 and [one.place for one in drawn] == [7, 3]


def test_pictures_of_recurrent_networks(rnn, visualize, tmp_path):
    other = shutil.copytree(rnn, tmp_path / 'other')
    code, out, _ = visualize('--run', rnn, other, '--publish', tmp_path / 'results')
    assert code == 0
    accuracy = json.loads((rnn / 'metrics.json').read_text())['test_accuracy']
    assert out.count(f'28 rows {accuracy:.3f}.') == 2
    found = (tmp_path / 'results/INSIDE.md').read_text()
    for path in (rnn, other):
        assert {path.stem for path in (path / 'figures').glob('*.png')} == {'rows'}
        assert found.count(f'## Run {path.name}, ') == 1
        assert (tmp_path / f'results/figures/{path.name}-seed0-rows.png').exists()
    code, _, error = visualize('--run', rnn, other, '--out', tmp_path)
    assert code == 2 and len(error.splitlines()) == 1 and '--out' in error


@pytest.mark.parametrize('place', ['20', '-1'])
def test_no_such_image(cnn, visualize, tmp_path, place):
    code, out, error = visualize('--run', cnn, '--out', tmp_path, f'--images={place}')
    assert code == 2 and '0 to 19' in error and len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_recurrent_network_occludes_nothing(rnn, visualize):
    code, _, error = visualize('--run', rnn, '--images', '3')
    assert code == 2 and '--images' in error and len(error.splitlines()) == 1


def copy_of(run, folder, **settings):
    """A copy of a run whose configuration says otherwise."""
    shutil.copytree(run, folder)
    config = json.loads((folder / 'config.json').read_text())
    config['settings'].update(settings)
    (folder / 'config.json').write_text(json.dumps(config))
    return folder


def test_no_run_and_no_checkpoint(cnn, visualize, tmp_path):
    code, _, error = visualize('--run', tmp_path / 'nothing')
    assert code == 2 and 'nothing' in error and len(error.splitlines()) == 1
    copy = copy_of(cnn, tmp_path / 'copy')
    shutil.rmtree(copy / 'checkpoint')
    code, _, error = visualize('--run', copy)
    assert code == 2 and 'no checkpoint' in error and len(error.splitlines()) == 1


def test_a_checkpoint_of_another_network(rnn, cnn, visualize, tmp_path):
    for copy in (copy_of(rnn, tmp_path / 'wider', hidden=9),
                 copy_of(rnn, tmp_path / 'other-cell', cell='gru')):
        code, _, error = visualize('--run', copy)
        assert code == 2 and 'not a checkpoint of this run' in error
        assert len(error.splitlines()) == 1
    shutil.rmtree(copy_of(cnn, tmp_path / 'mixed') / 'checkpoint')
    shutil.copytree(rnn / 'checkpoint', tmp_path / 'mixed' / 'checkpoint')
    code, _, error = visualize('--run', tmp_path / 'mixed')
    assert code == 2 and 'not a checkpoint of this run' in error and len(error.splitlines()) == 1


def test_other_data_than_the_run_was_trained_on(cnn, visualize, small_data, tmp_path):
    shutil.copytree(small_data / 'CIFAR10', tmp_path / 'CIFAR10')
    image = tmp_path / 'CIFAR10' / 'Test' / '0' / 'Image00000.png'
    shutil.copy(tmp_path / 'CIFAR10' / 'Test' / '1' / 'Image00000.png', image)
    code, _, error = visualize('--run', cnn, data=tmp_path)
    assert code == 2 and 'trained on' in error and len(error.splitlines()) == 1


@pytest.mark.slow
def test_the_stand_in_says_so(visualize, monkeypatch, tmp_path):
    monkeypatch.setattr('elec576.loops.cnn.load_cifar10',
                        lambda train, test, data: standin.cifar10(train, test))
    titles = []
    monkeypatch.setattr('elec576.gallery.save_picture', lambda trained, picture, *_:
                        titles.append(gallery.title(trained, picture.what)))
    run(CnnSettings(steps=1, train_per_class=5, test_per_class=1, eval_every=0, threads=1),
            tmp_path, Options(**QUIET), lambda line: None)
    code, out, _ = visualize('--run', tmp_path, data=None)
    lines = out.splitlines()
    assert code == 0 and lines[0] == lines[-1] == standin.NOTICE
    assert len(titles) > 5 and all('STAND-IN DATA' in title for title in titles)
