"""Drawing. Nothing here computes a result, and nothing that computes a result draws."""

from elec576.machine import any_display

with any_display():  # before a module of this room loads it
    import matplotlib  # noqa: F401
