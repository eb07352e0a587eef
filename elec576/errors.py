"""The ways in which a command ends early."""


def first_line(error: BaseException) -> str:
    """What ``error`` says, in one line; its type if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


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
