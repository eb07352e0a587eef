"""Is a number plausible? Whether runs of some settings give it.

    python scripts/check.py --experiment gru-128 --claim test_accuracy=0.9756
    python scripts/check.py --experiment cnn1 --eval-keep-prob 1 --claim train_accuracy@4000=0.98
    python scripts/check.py --act relu --steps 3000 --claim train_loss@1000=1.2 --claim ...
    python scripts/check.py --claims report.csv

WHAT IS CLAIMED. A quantity at a step, or at the end where no step is named: test_accuracy,
test_loss, train_accuracy, train_loss (of the step's batch), or an activation statistic of LeNet5
(h_conv1_mean, ...). LeNet5 is measured before the step's update; a recurrent net after it (a step
is the listing's "Iter" divided by the batch size). The last digit tells how the number was rounded:
0.49 stands for 0.485 to 0.495; write 0.490 if it was printed to three digits. Training values are
measured with dropout, as the report does, unless --eval-keep-prob 1 says without. A file of claims
has the columns options,quantity,step,value, with commas, semicolons or tabs between them; its
options are those of this command, such as "--experiment cnn4".

WHAT IS ANSWERED. "inside" or "OUTSIDE" the 95 % prediction interval: where 95 of 100 further runs
of the same settings would lie. Exit code 1: a claim lies outside.

BY WHICH RUNS. By the committed ones where the settings are an experiment's. Others are made (8, or
--seeds N) below results/local/check/ and kept, so that the same command answers at once the next
time; after Ctrl-C the same command resumes. Few runs do not know how far a skewed quantity reaches.
So, while a claim lies outside, or within a tenth of the interval's width from its edge, as many
runs again are made, up to 20 in all (--most N), before the answer; an answer by fewer than 20 runs
says so.
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
from elec576.comparison.prediction import ENOUGH_RUNS, SEEDS_FOR_INTERVAL
from elec576.comparison.results import read_results
from elec576.errors import UserError
from elec576.settings import CnnSettings, RnnSettings, refuse_too_many_threads


def main() -> int:
    parser = cli.Parser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        usage='%(prog)s [--experiment NAME] [settings] --claim QUANTITY[@STEP]=VALUE [--claim ...]'
              '\n       %(prog)s --claims CSV')
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--claim', action='append', metavar='QUANTITY[@STEP]=VALUE',
                      help='a number to check; can be repeated')
    what.add_argument('--claims', type=Path, metavar='CSV', help='a file of numbers to check')
    parser.add_argument('--seeds', type=cli.seeds, default=8, metavar='N',
                        help='runs to judge by, at least (8)')
    parser.add_argument('--most', type=cli.seeds, default=ENOUGH_RUNS, metavar='N',
                        help=f'runs to make for claims that few cannot decide ({ENOUGH_RUNS}); the '
                             'same as --seeds: no more are made')
    cli.add_data(parser)
    cli.add_results(parser, 'folder with the committed runs in runs/; runs that are made go to '
                            'local/check/')
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
    for settings, why in dict.fromkeys((one.settings, why) for one, why in left.items()):
        claims = [str(one.claim) for one in left if (one.settings, left[one]) == (settings, why)]
        print(f'{", ".join(claims)}: {why} ({args.results / "runs"})', file=sys.stderr)
    if left and args.seeds < SEEDS_FOR_INTERVAL:
        raise UserError(f'--seeds {args.seeds}: an interval needs {SEEDS_FOR_INTERVAL} or more')
    found |= own(left, args.results / 'local' / 'check', args.seeds, args.data, args.most)

    lines, verdicts = answers(asked, found, results, first_steps)
    print('\n'.join(lines))
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
