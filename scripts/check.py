"""Is a number plausible? Whether runs of some settings give it.

    python scripts/check.py --experiment gru-128 --claim test_accuracy=0.9756
    python scripts/check.py --act relu --steps 3000 --claim train_loss@1000=1.2 --claim ...
    python scripts/check.py --claims report.csv

A claim is a quantity of history.csv or an activation statistic (h_conv1_mean, ...), at a step
(before its update; a recurrent net's step is the listing's "Iter" divided by the batch size) or at
the end. Its last digit tells how it was rounded. A file of claims has the columns
options,quantity,step,value; its options are those of this command, such as "--experiment cnn4".

The committed runs answer where the settings are an experiment's. Other runs are made below
results/local/check/ and kept, so the same command answers at once the next time; an interrupted
command can be resumed by the same command. Exit code 1: a claim lies outside.
"""

import argparse
import dataclasses
import shlex
import sys
from pathlib import Path

from elec576 import cli
from elec576.comparison.asked import Asked, Claim, measuring, parse, read_claims, refuse_unmeasurable
from elec576.comparison.check import Found, answers, committed_reference, experiment_of
from elec576.comparison.judgement import Reference
from elec576.comparison.results import Run, read_results
from elec576.comparison.step0 import read_first_steps
from elec576.data import ORIGINALS, origin_of
from elec576.data.standin import NAME, NOTICE
from elec576.errors import UserError
from elec576.runs import many
from elec576.runs.tables import folder_of, read_table
from elec576.settings import CnnSettings, RnnSettings, all_cores, describe

Settings = CnnSettings | RnnSettings


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--claim', action='append', metavar='QUANTITY[@STEP]=VALUE',
                      help='a number to check; can be repeated')
    what.add_argument('--claims', type=Path, metavar='CSV', help='a file of numbers to check')
    parser.add_argument('--seeds', type=cli.positive, default=8, metavar='N',
                        help='runs to judge by (8); those that are made have seeds from --seed on')
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/ (else $ELEC576_DATA, ...)')
    parser.add_argument('--results', type=Path, default=Path('results'), metavar='DIR',
                        help='folder with runs/; runs that are made go to local/check/ (results)')
    cli.add_settings_of_either(parser)
    args = parser.parse_args()
    if args.claims:
        if args.experiment or cli.given_settings(args):
            raise UserError('--claims: the settings of each claim are in its row; drop the others')
        asked = read_claims(args.claims, settings_in)
    else:
        settings = settings_of(args)
        asked = [Asked(settings, claim) for claim in map(parse, args.claim)]
    for one in asked:
        refuse_unmeasurable(one)

    results = read_results(args.results, allow_empty=True)
    first_steps = read_first_steps(args.results, results)
    found: dict[Asked, Found] = {}
    left: dict[Settings, list[Claim]] = {}
    for one in asked:
        name = experiment_of(one.settings)
        try:
            if name is None:
                raise UserError('not an experiment of the report')
            if args.data and origin_of(one.settings, args.data).name not in ORIGINALS:
                raise UserError(f'the images in {args.data} are not those of the committed runs')
            found[one] = Found(committed_reference(one.claim, name, results, first_steps,
                                                   args.seeds))
        except UserError as why:
            left.setdefault(one.settings, []).append(one.claim)
            print(f'{name or describe(one.settings)}: {why}', file=sys.stderr)
    found |= make(left, args)

    lines, verdicts = answers(asked, found, results, first_steps)
    loud = [NOTICE] * any(each.data == NAME for each in found.values())
    print('\n'.join([*loud, *lines, *loud]))
    if None in verdicts:
        raise UserError('too few runs for an interval: --seeds 3 or more')
    return 0 if all(verdicts) else 1


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings that the options ask for; one thread, for as many runs at a time as cores."""
    settings = cli.settings_of_either(args)
    return settings if hasattr(args, 'threads') else dataclasses.replace(settings, threads=1)


def settings_in(options: str) -> Settings:
    """The settings that a row of a file of claims asks for."""
    parser = cli.Parser(add_help=False)
    cli.add_settings_of_either(parser)
    try:
        return settings_of(parser.parse_args(shlex.split(options)))
    except ValueError as error:  # of the quotes
        raise UserError(f'{options}: not options ({error})') from None


def make(left: dict[Settings, list[Claim]], args: argparse.Namespace) -> dict[Asked, Found]:
    """Make the runs that these claims are judged by; those that are there are not made again."""
    folder = args.results / 'local' / 'check'
    jobs = {}
    for settings, claims in left.items():
        own = measuring(settings, claims)
        name = cli.folder_name(own, experiment_of(own), free=('seed',))
        jobs[settings] = [many.Job(name, seed, dataclasses.replace(own, seed=seed))
                          for seed in range(own.seed, own.seed + args.seeds)]
    expected = many.outstanding([job for each in jobs.values() for job in each], folder, args.data)
    if expected:
        at_once = max(1, all_cores() // max(job.settings.threads for job in expected))
        minutes = max(1, sum(expected.values()) / min(at_once, len(expected)) / 60)
        print(f'making {len(expected)} runs in {folder}, {at_once} at a time, in about '
              f'{minutes:.0f} min; after Ctrl-C the same command resumes', file=sys.stderr)
        many.make(expected, folder, args.data, at_once, sys.stderr)
    found = {}
    for settings, wanted in jobs.items():
        table = read_table(folder_of(folder, wanted[0].experiment))
        if table is None or not (seeds := {job.seed for job in wanted} & set(table.seeds)):
            raise UserError(f'{wanted[0].experiment}: no run with these settings has finished')
        runs = [Run(wanted[0].experiment, seed, table) for seed in sorted(seeds)]
        found |= {Asked(settings, claim): Found(
            Reference.of(claim.quantity, claim.step_in(settings), runs),
            table.config['dataset']['name']) for claim in left[settings]}
    return found


if __name__ == '__main__':
    cli.main_guard(main)
