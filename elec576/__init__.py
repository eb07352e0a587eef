"""elec576: a student's report on Rice ELEC 576, Assignment 2, run again and judged.

From Python or a notebook:

    run = elec576.run('cnn1', seed=0)          # train, or resume, or find it finished
    run.history, run.test_accuracy, run.plot()
    elec576.open_run('results/local/cnn1/seed0')
    elec576.committed('cnn1')                  # the runs behind results/REPORT.md
    elec576.check('cnn1', test_accuracy=0.49)  # is a number plausible?

`help` on each says more. Importing this loads nothing else; TensorFlow is loaded by `run`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elec576.api import CnnSettings, RnnSettings, check, committed, open_run, run

__version__ = '0.1.0'
__all__ = ['CnnSettings', 'RnnSettings', 'check', 'committed', 'open_run', 'run']


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from elec576 import api
    return getattr(api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
