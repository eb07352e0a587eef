"""Try what a run must survive, on the real scripts, and say whether anything was lost.

    python scripts/torture.py
    python scripts/torture.py --only kills --kills 20

A table goes to standard output, progress to standard error, all of it to results/reliability.json.
Exit code 1 if anything was lost.
"""

import argparse
from pathlib import Path

from elec576 import cli
from elec576.torture import TRIALS


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=TRIALS, default=TRIALS,
                        metavar='TRIAL', help=f'some of {", ".join(TRIALS)} (all)')
    parser.add_argument('--kills', type=cli.positive, default=20, metavar='N',
                        help='how often to kill (20: a few minutes)')
    parser.add_argument('--seed', type=int, default=0, metavar='N',
                        help='of the moments to kill at (0)')
    parser.add_argument('--data', metavar='DIR', help='folder with CIFAR10/ and MNIST_data/')
    parser.add_argument('--out', type=Path, default=Path('results/reliability.json'),
                        metavar='FILE')
    args = parser.parse_args()

    # TensorFlow takes seconds to load: only once the options are known to be good
    from elec576.torture.command import torture

    return 0 if torture(tuple(args.only), Path(__file__).parent, args.kills, args.data, args.seed,
                        args.out) else 1


if __name__ == '__main__':
    cli.main_guard(main)
