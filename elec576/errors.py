"""The ways in which a command ends early."""

import errno
from pathlib import Path


def first_line(error: BaseException) -> str:
    """What ``error`` says, in one line; its type if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def advice(error: OSError) -> str:
    """What to do about a file that cannot be written."""
    # Windows's ERROR_FILENAME_EXCED_RANGE
    if error.errno == errno.ENAMETOOLONG or getattr(error, 'winerror', None) == 206:
        return 'give a shorter name'
    return 'free disk space or fix permissions'


class OneLine(Exception):
    """What its message says is all that helps: IPython, too, shows that line and no frames."""

    def _render_traceback_(self) -> list[str]:
        return [f'{type(self).__name__}: {self}']


class UserError(OneLine):
    """Bad usage or bad input: one line that says what is wrong and what to do (exit code 2)."""


class Busy(UserError):
    """Another process is doing the same work; wait for it."""


class Diverged(UserError):
    """The loss is NaN or infinite: no run with these settings can finish.

    The exit code is 2, because the settings must be changed.
    """


class Interrupted(OneLine):
    """Stopped by Ctrl-C or SIGTERM after saving; the message says how to resume (exit code 130)."""


def refuse_unwritable_name(path: Path) -> None:
    """Raise UserError for a name that TensorFlow cannot write: it knows UTF-8 only."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UserError(f'{path}: TensorFlow writes to names in UTF-8 only; give another name'
                        ', or choose a UTF-8 locale (LC_ALL=C.UTF-8) if this one is in UTF-8'
                        ) from None
