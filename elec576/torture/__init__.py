"""What a run must survive, tried on the real scripts and readers: `scripts/torture.py`.

Each trial is a module with a function ``trial``; `command` carries them out, prints what they found
and keeps it.
"""

TRIALS = ('kills', 'disk', 'inputs', 'nan', 'concurrency', 'download', 'determinism', 'endurance')
