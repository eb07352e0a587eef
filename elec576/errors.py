"""The two ways in which a command ends early."""


class UserError(Exception):
    """Bad usage or bad input: one line that says what is wrong and what to do (exit code 2)."""


class Interrupted(Exception):
    """Stopped by Ctrl-C or SIGTERM after saving; the message says how to resume (exit code 130)."""
