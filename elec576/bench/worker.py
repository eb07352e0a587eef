"""A process that does steps when it is told to: `python -m elec576.bench.worker WAY THREADS`.

It reads commands from standard input and answers on standard output, one JSON object a line:

    {"variants": MODEL}                                 -> {"variants": [...]}
    {"model": MODEL, "variant": VARIANT, "steps": N}    -> {"seconds": S, "peak_bytes": B}
    {"forget": true}                                    -> {}

A model is built the first time that it is asked for. A command that fails gives {"error": ...}.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import resource
import sys

from elec576.machine import versions

WAYS = {'elec576': 'ours', 'listing': 'listing', 'torch': 'in_torch', 'keras': 'in_keras',
        'sgemm': 'sgemm'}


def serve(way: str, threads: int) -> None:
    """Answer commands until standard input ends."""
    answers = os.fdopen(os.dup(1), 'w')
    os.dup2(2, 1)  # whatever a framework prints is no answer
    module = importlib.import_module(f'elec576.bench.{WAYS[way]}')
    runs = {}

    def answer(command: dict) -> dict:
        if 'variants' in command:
            return {'variants': module.variants(command['variants'])}
        if 'forget' in command:
            runs.clear()
            return {}
        key = command['model'], command['variant']
        if key not in runs:
            runs[key] = module.start(*key, threads)
        seconds = runs[key](command['steps'])
        # Linux counts in units of 1024 bytes, macOS in bytes
        unit = 1 if sys.platform == 'darwin' else 1024
        return {'seconds': seconds,
                'peak_bytes': unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}

    print(json.dumps({'versions': versions(*module.PACKAGES)}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except Exception as error:
            reply = {'error': f'{type(error).__name__}: {error}'}
        print(json.dumps(reply), file=answers, flush=True)
    atexit._run_exitfuncs()
    os._exit(0)  # a listing's thread waits for ever


if __name__ == '__main__':
    serve(sys.argv[1], int(sys.argv[2]))
