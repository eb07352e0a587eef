"""Measure what the report logs at step 0 for many seeds: `results/step0.csv`.

    python scripts/step0.py --seeds 1000 --jobs 2

Train accuracy and train loss of the first batch, before any training, under each reading of what
the report does not say; `scripts/compare.py` sets them beside the report's numbers. Seeds that are
in the file are not measured again, so an interrupted command can be resumed by the same command.
"""

import argparse

from first_steps.make import make

from elec576 import cli
from elec576.comparison.first_steps import table_path
from elec576.experiments import STEP_0
from elec576.progress import progress_bar
from elec576.settings import all_cores


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seeds', type=cli.seeds, default=1000, metavar='N',
                        help='seeds 0 to N-1 of each settings (1000)')
    parser.add_argument('--jobs', type=cli.positive, default=all_cores(), metavar='N',
                        help='processes at a time, of one thread each (the number of cores)')
    cli.add_data(parser, 'CIFAR10/')
    cli.add_results(parser, 'where step0.csv and step0.json go')
    args = parser.parse_args()
    with progress_bar(total=args.seeds * len(STEP_0), unit='row') as bar:
        table = make(args.results, args.seeds, args.jobs, args.data, bar.update)
    print(f'{len(table)} rows are in {table_path(args.results)}')


if __name__ == '__main__':
    cli.main_guard(main)
