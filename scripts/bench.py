"""Measure how fast everything is, side by side in one run, and write results/SPEED.md.

    python scripts/bench.py                              # all four questions: about an hour
    python scripts/bench.py --only peers                 # listing, peers, roofline or startup
    python scripts/bench.py --quick --results /tmp/bench
    python scripts/bench.py --table
    python scripts/bench.py --only listing --tf115 ~/tf115

All numbers go to bench.json beside it, progress to standard error. SPEED.md says how many minutes
each question took. Needs `pip install -e .[bench]` for the comparison with PyTorch. `--tf115` takes
the environment that scripts/golden_tf115.py makes, and also times the listings on the report's own
TensorFlow.
"""

if __name__ == '__main__':  # worker processes import this file and must import nothing else
    from benchmarks.command import main

    from elec576 import cli

    cli.main_guard(lambda: main(__doc__))
