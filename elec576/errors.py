"""The ways in which a command ends early."""


class UserError(Exception):
    """Bad usage or bad input: one line that says what is wrong and what to do (exit code 2)."""


class Busy(UserError):
    """Another process is at the same work; waiting for it is what to do."""


class Diverged(UserError):
    """A loss that is no longer a finite number: with these settings nothing will come of the run.

    It ends with exit code 2, for it is the settings that are to be changed.
    """


class Interrupted(Exception):
    """Stopped by Ctrl-C or SIGTERM after saving; the message says how to resume (exit code 130)."""
