"""Compute golden values with the report's listings on the real TensorFlow 1.15.5.

    python scripts/golden_tf115.py --env ~/tf115 --data DIR

makes an environment with Python 3.7 and TensorFlow 1.15.5 in ~/tf115 (if it is not there), runs the
listings in it and writes scripts/tf115/tf115.json, which tests/tf115/test_golden.py compares the
package with. Without --data, only values on made-up images are written.

    python scripts/golden_tf115.py --env ~/tf115 --data DIR --train

trains cnn1 and gru-128 to the end instead, into results/tf115/ (hours; existing runs are not
repeated).

    python scripts/golden_tf115.py --difference --data DIR

needs no TensorFlow 1.15: it computes the golden cases with the package and writes how far the two
are apart, results/TF115.md, with its picture and its numbers (results/tf115/difference.json). The
document has our whole runs beside those on 1.15, too; --table writes it again and computes nothing.
"""

import argparse
import sys
from pathlib import Path

from tf115 import environment, means, values

from elec576 import cli
from elec576.comparison.results import read_results
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.runs.rundir import read_json


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--env', type=Path, metavar='DIR', help='where the environment is made')
    parser.add_argument('--python', type=Path, metavar='FILE', help='a Python 3.7 to make it with')
    parser.add_argument('--data', type=Path, metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/, the course\'s')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--train', action='store_true', help='train to the end instead')
    what.add_argument('--difference', action='store_true',
                      help='write how far the package is from the golden values instead')
    what.add_argument('--table', action='store_true',
                      help='write TF115.md again, from the numbers that are there')
    parser.add_argument('--seeds', type=cli.positive, default=5, metavar='N',
                        help='seeds of each experiment that --train makes (5)')
    parser.add_argument('--jobs', type=cli.positive, default=1, metavar='N',
                        help='runs side by side that --train makes, one thread each (1)')
    parser.add_argument('--results', type=Path, default=Path('results'), metavar='DIR',
                        help='folder for TF115.md, tf115/ and figures/ (results)')
    args = parser.parse_args()

    if args.difference or args.table:
        from tf115.growth import FIGURE, document, growth
        from tf115.picture import draw_growth
        kept = args.results / means.FOLDER / 'difference.json'
        if args.difference:
            found = growth(values.read_golden(), args.data)
            write_json(kept, found)
            draw_growth(found, args.results / 'figures' / FIGURE)
        whole = means.compare_means(read_results(args.results, allow_empty=True), args.results)
        write_whole(args.results / 'TF115.md', document(read_json(kept), whole))
        print(args.results / 'TF115.md')
        return
    if args.env is None:
        raise UserError('--env DIR is needed: where the environment of TensorFlow 1.15 is, or is '
                        'to be made')
    if args.train and args.data is None:
        raise UserError('--train needs the course\'s data: --data DIR')
    python = environment.make_environment(args.env, args.python)
    if args.train:
        from tf115.whole_runs import make_whole_runs
        make_whole_runs(python, args.data, args.results, args.seeds, args.jobs, say)
        return
    from tf115.record import record
    values.write_golden(record(python, args.data, say))
    print(values.GOLDEN)


if __name__ == '__main__':
    cli.main_guard(main)
