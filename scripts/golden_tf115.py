"""Compute golden values with the report's listings on the real TensorFlow 1.15.5.

    python scripts/golden_tf115.py --env ~/tf115 --data DIR

makes an environment with Python 3.7 and TensorFlow 1.15.5 in ~/tf115 (if it is not there), runs the
listings in it and writes scripts/tf115/tf115.json, which tests/tf115/test_golden.py compares the
package with. Without --data, only values on made-up images are written.

    python scripts/golden_tf115.py --difference --data DIR

needs no TensorFlow 1.15: it computes the golden cases with the package and writes how far the two
are apart, results/TF115.md, with its numbers (results/tf115.json). --table writes the
document again and computes nothing.
"""

import argparse
from pathlib import Path

from tf115 import environment, values

from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_json, write_whole
from elec576.machine import say
from elec576.runs.rundir import read_json


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--env', type=cli.folder, metavar='DIR',
                        help='where the environment is made')
    parser.add_argument('--python', type=Path, metavar='FILE', help='a Python 3.7 to make it with')
    parser.add_argument('--data', type=cli.folder, metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/, the course\'s')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--difference', action='store_true',
                      help='write how far the package is from the golden values instead')
    what.add_argument('--table', action='store_true',
                      help='write TF115.md again, from the numbers that are there')
    parser.add_argument('--results', type=cli.folder, default=Path('results'), metavar='DIR',
                        help='folder for TF115.md and tf115.json (results)')
    args = parser.parse_args()

    if args.difference or args.table:
        from tf115.document import document, measure
        kept = args.results / 'tf115.json'
        if args.difference:
            write_json(kept, measure(values.read_golden(), args.data))
        write_whole(args.results / 'TF115.md', document(read_json(kept)))
        print(args.results / 'TF115.md')
        return
    if args.env is None:
        raise UserError('--env DIR is needed: where the environment of TensorFlow 1.15 is, or is '
                        'to be made')
    python = environment.make_environment(args.env, args.python)
    from tf115.record import record
    values.write_golden(record(python, args.data, say))
    print(values.GOLDEN)


if __name__ == '__main__':
    cli.main_guard(main)
