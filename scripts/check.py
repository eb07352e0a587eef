"""Is a number plausible? Whether runs of some settings give it.

    python scripts/check.py --experiment gru-128 --claim test_accuracy=0.9756
    python scripts/check.py --act relu --steps 3000 --claim train_loss@1000=1.2 --claim ...
    python scripts/check.py --claims report.csv

A claim is a quantity of history.csv or an activation statistic (h_conv1_mean, ...), at a step
(LeNet5: before its update; a recurrent net: after it, the listing's "Iter" divided by the batch
size) or at the end. Its last digit tells how it was rounded; accuracies have two digits at least,
since programs drop zeros. A file of claims has the columns
options,quantity,step,value; its options are those of this command, such as "--experiment cnn4".

The committed runs answer where the settings are an experiment's. Other runs are made below
results/local/check/ and kept, so the same command answers at once the next time; an interrupted
command can be resumed by the same command. They have one thread each, unless --threads says
otherwise. Exit code 1: a claim lies outside.
"""

import argparse
import dataclasses
import shlex
import sys
from pathlib import Path

from elec576 import cli
from elec576.checking.answers import answers, committed, own
from elec576.checking.claims import Asked, parse, read_claims, refuse_unmeasurable
from elec576.comparison.first_steps import read_first_steps
from elec576.comparison.prediction import SEEDS_FOR_INTERVAL
from elec576.comparison.results import read_results
from elec576.data.standin import NAME, NOTICE
from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings, refuse_too_many_threads


def main() -> int:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--claim', action='append', metavar='QUANTITY[@STEP]=VALUE',
                      help='a number to check; can be repeated')
    what.add_argument('--claims', type=Path, metavar='CSV', help='a file of numbers to check')
    parser.add_argument('--seeds', type=cli.positive, default=8, metavar='N',
                        help='runs to judge by (8); those that are made have seeds from --seed on')
    parser.add_argument('--data', metavar='DIR',
                        help='folder that holds CIFAR10/ or MNIST_data/ (default: $ELEC576_DATA, '
                             'then the working directory, then the cache)')
    parser.add_argument('--results', type=Path, default=Path('results'), metavar='DIR',
                        help='folder with runs/; runs that are made go to local/check/ (results)')
    cli.add_settings_of_either(parser)
    args = parser.parse_args()
    if args.claims:
        if args.experiment is not None or cli.given_settings(args):
            raise UserError('--claims: the settings of each claim are in its row; drop the others')
        asked = read_claims(args.claims, settings_in)
    else:
        settings = settings_of(args)
        asked = [Asked(settings, claim) for claim in map(parse, args.claim)]
    for one in asked:
        refuse_unmeasurable(one)

    results = read_results(args.results, allow_empty=True)
    first_steps = read_first_steps(args.results, results)
    found, left = committed(asked, results, first_steps, args.seeds, args.data)
    for one, why in left.items():
        print(f'{one.claim}: {why}', file=sys.stderr)
    if left and args.seeds < SEEDS_FOR_INTERVAL:
        raise UserError(f'--seeds {args.seeds}: an interval needs {SEEDS_FOR_INTERVAL} or more')
    found |= own(left, args.results / 'local' / 'check', args.seeds, args.data)

    lines, verdicts = answers(asked, found, results, first_steps)
    loud = [NOTICE] * any(each.data == NAME for each in found.values())
    print('\n'.join([*loud, *lines, *loud]))
    if None in verdicts:
        raise UserError('too few runs for an interval')
    return 0 if all(verdicts) else 1


def settings_of(args: argparse.Namespace) -> CnnSettings | RnnSettings:
    """The settings that the options ask for; one thread, for as many runs at a time as cores."""
    settings = cli.settings_of_either(args)
    refuse_too_many_threads(getattr(args, 'threads', 1))
    return dataclasses.replace(settings, threads=getattr(args, 'threads', 1))


def settings_in(options: str) -> CnnSettings | RnnSettings:
    """The settings that a row of a file of claims asks for."""
    parser = cli.Parser(add_help=False)
    cli.add_settings_of_either(parser)
    try:
        return settings_of(parser.parse_args(shlex.split(options)))
    except ValueError as error:  # of the quotes
        raise UserError(f'{options}: not options ({error})') from None


if __name__ == '__main__':
    cli.main_guard(main)
