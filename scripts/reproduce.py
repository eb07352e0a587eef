"""Run the whole report, or a part of it, over many seeds; `scripts/compare.py` then judges it.

    python scripts/reproduce.py --seeds 5 --jobs 2
    python scripts/reproduce.py --only cnn4,gru-300 --seeds 10
    python scripts/reproduce.py --to-next-look
    python scripts/reproduce.py --verify 5
    python scripts/reproduce.py --verify 1 --only rnn-d --seed 103
    python scripts/reproduce.py --list

Finished runs are in tables below results/runs/; they are not made again.
"""

import argparse
import sys
from collections import Counter

from tabulate import tabulate

from elec576 import cli
from elec576.claims.plan import FIRST_SEED
from elec576.comparison.links import next_runs
from elec576.comparison.results import read_results
from elec576.errors import UserError
from elec576.machine import ISAS
from elec576.runs import many
from elec576.runs.verify import Verdict, choose, committed, kernels_found, verify
from elec576.settings import all_cores, describe


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', default='all', metavar='NAMES',
                        help='experiments by name, or the groups '
                             f'{", ".join(many.GROUPS)}, separated by commas (all)')
    seeds_of_each = parser.add_mutually_exclusive_group()
    seeds_of_each.add_argument('--seeds', type=cli.seeds, default=1, metavar='N',
                               help=f'N seeds of each, from {FIRST_SEED} on (1)')
    seeds_of_each.add_argument('--seed', type=cli.whole, metavar='K', help='this seed only')
    parser.add_argument('--jobs', type=cli.positive, default=all_cores(), metavar='N',
                        help='runs at a time (the number of cores)')
    parser.add_argument('--threads', type=cli.positive, default=1, metavar='N',
                        help='threads of each run (1); changes the last bits')
    parser.add_argument('--isa', choices=list(ISAS), default='avx2',
                        help='kernels of each run (avx2); decides the bits')
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/; with --dask, on each worker')
    cli.add_results(parser, 'folder in which runs/ is filled')
    parser.add_argument('--dask', metavar='ADDRESS',
                        help='make the runs on the Dask cluster of this scheduler')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--verify', type=cli.positive, metavar='N',
                      help='make N of the runs in --results again as they were, cheap ones first, '
                           'and compare their bytes; exit code 1 if one differs')
    what.add_argument('--to-next-look', action='store_true',
                      help='make the runs that the plan of the comparison asks for next: those of '
                           'the first looks, then those that undecided links need')
    parser.add_argument('--list', action='store_true',
                        help='run nothing; list the experiments that --only names')
    args = parser.parse_args()
    if args.verify and args.dask:
        raise UserError('--dask: --verify makes runs on this machine; drop one of the two')

    seeds = [args.seed] if args.seed is not None else range(FIRST_SEED, FIRST_SEED + args.seeds)
    jobs = many.plan(args.only, seeds, args.threads, args.isa)
    if args.to_next_look:
        asked = {job.experiment for job in jobs}
        runs = [run for run in next_runs(read_results(args.results, allow_empty=True))
                if run[0] in asked or args.only == 'all']
        jobs = many.jobs_of(runs, args.threads, args.isa)
        if not jobs and not args.list:
            print('every link is decided, or has had its last look')
            return 0
    if args.list:
        list_experiments(jobs, args.to_next_look)
        return 0
    if args.verify:
        return verify_runs(list({job.experiment: None for job in jobs}), args)
    return make(jobs, args)


def list_experiments(jobs: list[many.Job], count: bool) -> None:
    """Print the experiments of ``jobs`` in the report's order, with how many runs if asked."""
    named = {job.experiment: job.settings for job in jobs}
    runs = Counter(job.experiment for job in jobs)
    rows = [(f'`{name}`', describe(named[name]), *([runs[name]] if count else []))
            for name in many.GROUPS['all'] + many.GROUPS['evidence'] if name in named]
    print(tabulate(rows, ('experiment', 'settings', *(['runs'] if count else [])),
                   tablefmt='github'))


def make(jobs: list[many.Job], args: argparse.Namespace) -> int:
    """Make those of ``jobs`` that are not finished."""
    expected = many.outstanding(jobs, args.results, args.data, elsewhere=bool(args.dask))
    failed = many.make(expected, args.results, args.data, args.jobs, sys.stdout, args.dask)
    print(f'{len(jobs) - len(failed)} of {len(jobs)} runs are finished in {args.results}')
    return 1 if failed else 0


def verify_runs(experiments: list[str], args: argparse.Namespace) -> int:
    """Make committed runs again and print for each whether it is equal."""
    tables = committed(args.results, experiments)
    jobs = choose(tables, args.verify, args.seed)
    print(f'making {len(jobs)} runs again: {", ".join(map(str, jobs))}', file=sys.stderr)
    equal = []

    def on_verdict(verdict: Verdict) -> None:
        print(verdict, flush=True)
        equal.append(verdict.equal)

    verify(jobs, tables, args.data, args.jobs, on_verdict)
    print(kernels_found(jobs[0].settings.isa))
    print(f'{sum(equal)} of {len(jobs)} runs are equal')
    return 0 if all(equal) else 1


if __name__ == '__main__':
    cli.main_guard(main)
