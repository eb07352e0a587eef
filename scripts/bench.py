"""Measure how fast everything is, side by side in one run (about ten minutes).

    python scripts/bench.py
    python scripts/bench.py --only frameworks
    python scripts/bench.py --quick --out /tmp/bench.json
    python scripts/bench.py --table
    python scripts/bench.py --only listing --tf115 ~/tf115

Tables go to standard output, progress to standard error, all numbers to results/bench.json.
Needs `pip install -e .[bench]` for the comparison with PyTorch. `--tf115` takes the environment
that scripts/golden_tf115.py makes, and times the listings on the report's own TensorFlow, too.
"""

import argparse
from pathlib import Path

from elec576 import cli
from elec576.bench.command import ITEMS, bench, tables
from elec576.bench.remote import WorkerFailed
from elec576.errors import UserError
from elec576.golden import environment


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', nargs='+', choices=tuple(ITEMS), metavar='ITEM',
                        default=tuple(ITEMS),
                        help=f'some of {", ".join(ITEMS)} (all)')
    parser.add_argument('--quick', action='store_true',
                        help='few rounds, to see that it works; not to be quoted')
    parser.add_argument('--table', action='store_true',
                        help='measure nothing; print the tables of --out, or of --only')
    parser.add_argument('--out', type=Path, default=Path('results/bench.json'), metavar='FILE')
    parser.add_argument('--tf115', type=Path, metavar='DIR',
                        help='environment with TensorFlow 1.15, for the item "listing"')
    args = parser.parse_args()
    if args.table:
        print(tables(args.out, tuple(args.only)))
        return
    try:
        bench(tuple(args.only), args.quick, args.out,
              environment.python_of(args.tf115) if args.tf115 else None)
    except WorkerFailed as failure:
        raise UserError(f'a measurement failed ({failure}); try again with --only') from None


if __name__ == '__main__':
    cli.main_guard(main)
