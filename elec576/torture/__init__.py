"""What a run must survive, tried on the real scripts: `scripts/torture.py`.

Each trial is a module; `command` carries them out, prints what they found and keeps it.
"""

TRIALS = ('kills',)
