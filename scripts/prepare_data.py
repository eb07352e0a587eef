"""Verify the data; fetch what is missing, rebuild the course's CIFAR-10, check digests."""

from elec576 import cli
from elec576.data.prepare import prepare
from elec576.data.size import print_size
from elec576.data.sources import find_folder
from elec576.errors import UserError


def main() -> None:
    parser = cli.Parser(description=__doc__)
    parser.add_argument('--data', metavar='DIR',
                        help='folder for CIFAR10/ and MNIST_data/ (default: $ELEC576_DATA, then '
                             'the working directory and the cache)')
    what = parser.add_mutually_exclusive_group()
    what.add_argument('--check', action='store_true', help='only check, fetch nothing')
    what.add_argument('--size', action='store_true', help='print the sizes as in part 1a')
    args = parser.parse_args()
    if args.size:
        folder = find_folder('CIFAR10', args.data)
        if folder is None:
            raise UserError('CIFAR10: not found; run scripts/prepare_data.py first')
        print_size(folder)
        return
    for line in prepare(args.data, download=not args.check):
        print(line, flush=True)


if __name__ == '__main__':
    cli.main_guard(main)
