"""Installation: `pip install -e .` (extras: test, dev, bench, dask)."""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class WithListings(build_py):
    """The page quotes the listings, so an installation without the repository has a copy."""

    def run(self):
        super().run()
        if not self.editable_mode:
            copies = Path(self.build_lib) / 'elec576' / 'starter'
            self.mkpath(str(copies))
            for listing in Path(__file__).with_name('starter').glob('*StarterCode.py'):
                self.copy_file(str(listing), str(copies / listing.name))


version = next(line.split("'")[1] for line in Path(__file__).with_name('elec576')
               .joinpath('__init__.py').read_text(encoding='utf-8').splitlines()
               if line.startswith('__version__'))

setup(
    name='elec576',
    version=version,
    description="A student's report on Rice ELEC 576, Assignment 2, run again and judged",
    cmdclass={'build_py': WithListings},
    python_requires='>=3.10,<3.14',
    packages=find_packages(include=['elec576', 'elec576.*']),
    package_data={'elec576': ['claims/*.csv', 'page/template/*', 'page/vendor/*']},
    install_requires=[
        'tensorflow>=2.16.1,<2.22',
        'numpy>=1.26',
        'imageio',
        'pillow',
        'matplotlib',
        'scikit-learn',
        'pandas',
        'scipy>=1.15',
        'jinja2',
        'markupsafe',
        'tabulate',
        'tqdm',
        'filelock',
        'platformdirs',
        'joblib',
    ],
    extras_require={
        'test': ['pytest', 'pytest-xdist', 'hypothesis', 'psutil', 'distributed',
                 'playwright', 'axe-playwright-python', 'nbclient', 'ipykernel'],
        'bench': ['torch'],
        'dask': ['distributed'],
        'dev': ['ruff', 'mypy', 'import-linter', 'pandas-stubs', 'types-tabulate', 'types-tqdm',
                'cosmic-ray'],
    },
)
