"""Run the whole report, or a part of it, over many seeds; see `scripts/compare.py` for the rest.

    python scripts/reproduce.py --seeds 5 --jobs 2
    python scripts/reproduce.py --only cnn4,gru-300 --seeds 10
    python scripts/reproduce.py --only evidence
    python scripts/reproduce.py --list
"""

import argparse
import sys
from pathlib import Path

from tabulate import tabulate
from tqdm import tqdm

from elec576 import cli
from elec576.runs import many
from elec576.machine import ISAS
from elec576.claims.plan import FIRST_SEED
from elec576.settings import all_cores, describe


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', default='all', metavar='NAMES',
                        help='experiments by name, or the groups '
                             f'{", ".join(many.GROUPS)}, separated by commas (all)')
    parser.add_argument('--seeds', type=cli.positive, default=1, metavar='N',
                        help=f'seeds {FIRST_SEED} to {FIRST_SEED}+N-1 of each (1)')
    parser.add_argument('--jobs', type=cli.positive, default=all_cores(), metavar='N',
                        help='runs at a time (the number of cores)')
    parser.add_argument('--threads', type=cli.positive, default=1, metavar='N',
                        help='threads of each run (1); decides the last bits')
    parser.add_argument('--isa', choices=list(ISAS), default='avx2',
                        help='kernels of each run (avx2); decides the bits')
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/; with --dask, on each worker')
    parser.add_argument('--results', type=Path, default=Path('results'), metavar='DIR')
    parser.add_argument('--dask', metavar='ADDRESS',
                        help='hand the runs to the Dask cluster of this scheduler')
    parser.add_argument('--list', action='store_true',
                        help='run nothing; list the experiments that --only names')
    args = parser.parse_args()

    jobs = many.plan(
        args.only, range(FIRST_SEED, FIRST_SEED + args.seeds), args.threads, args.isa)
    if args.list:
        named = {job.experiment: describe(job.settings) for job in jobs}
        print(tabulate([(f'`{name}`', named[name]) for name in many.GROUPS['all']
                        + many.GROUPS['evidence'] if name in named],
                       ('experiment', 'settings'), tablefmt='github'))
        return 0
    todo = [job for job in jobs if not job.directory(args.results).metrics.exists()]
    expected = {job: many.expected_seconds(job, args.results) for job in todo}
    failed = []
    with tqdm(total=sum(expected.values()), file=sys.stderr, dynamic_ncols=True,
              disable=None, bar_format='{l_bar}{bar}| {elapsed} done, {remaining} to go{postfix}'
              ) as bar:
        bar.set_postfix_str(f'{len(todo)} of {len(jobs)} runs to do')

        def on_outcome(outcome: many.Outcome) -> None:
            if not outcome.busy:
                bar.update(expected[outcome.job])
            if outcome.error is not None and not (outcome.interrupted or outcome.busy):
                failed.append(outcome)
            with bar.external_write_mode():
                print(f'{outcome.job}: {outcome.words()}', flush=True)

        many.reproduce(todo, args.results, args.data, args.jobs, on_outcome, args.dask)

    for outcome in failed:
        print(f'{outcome.job} failed: {outcome.error}', file=sys.stderr)
    print(f'{len(jobs) - len(failed)} of {len(jobs)} runs are finished in {args.results}')
    return 1 if failed else 0


if __name__ == '__main__':
    cli.main_guard(main)
