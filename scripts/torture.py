"""Try what a run must survive, on the real scripts and readers, and say whether anything fell.

    python scripts/torture.py
    python scripts/torture.py --only kills inputs --kills 100
    python scripts/torture.py --table

A table goes to standard output, progress to standard error, all of it to results/reliability.json.
Exit code 1 if anything fell.
"""

import argparse
from pathlib import Path

from elec576 import cli
from elec576.torture import TRIALS
from elec576.torture.findings import Orders


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=TRIALS, default=TRIALS,
                        metavar='TRIAL', help=f'some of {", ".join(TRIALS)} (all)')
    parser.add_argument('--kills', type=cli.positive, default=20, metavar='N',
                        help='how often to kill a run (20: a few minutes)')
    parser.add_argument('--inputs', type=cli.positive, default=300, metavar='N',
                        help='mutated inputs of each kind (300)')
    parser.add_argument('--seed', type=int, default=0, metavar='N',
                        help='of the moments to kill at and of the mutations (0)')
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/ for the kills; the other trials '
                             'make their own')
    parser.add_argument('--pythons', nargs='+', type=Path, default=(), metavar='PROGRAM',
                        help='interpreters of other environments, for determinism')
    parser.add_argument('--table', action='store_true',
                        help='print the table of what was found before; try nothing')
    parser.add_argument('--out', type=Path, default=Path('results/reliability.json'),
                        metavar='FILE')
    args = parser.parse_args()

    # TensorFlow takes seconds to load: only once the options are known to be good
    from elec576.torture.command import kept_table, torture

    if args.table:
        print(kept_table(args.out))
        return 0
    orders = Orders(Path(__file__).resolve().parent, args.kills, args.inputs, args.seed, args.data,
                    tuple(python.absolute() for python in args.pythons))
    return 0 if torture(tuple(args.only), orders, args.out) else 1


if __name__ == '__main__':
    cli.main_guard(main)
