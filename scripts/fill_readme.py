"""Put what commands print into README.md: nobody types a measured number there.

    python scripts/fill_readme.py
    python scripts/fill_readme.py --check

A block begins with a comment that names its command or a file that a command wrote,
`<!-- from: scripts/compare.py --headline -->`, and ends with `<!-- end -->`; what stands between
them is replaced. Nothing is measured or trained.
"""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r'(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->)', re.DOTALL)


def output(command: str) -> str:
    """What a command of the repository prints, or what a file says."""
    if command.endswith('.md'):
        return (ROOT / command).read_text(encoding='utf-8').strip()
    done = subprocess.run([sys.executable, *shlex.split(command)], cwd=ROOT, capture_output=True,
                          text=True)
    if done.returncode:
        raise UserError(f'{command}: {done.stderr}')
    return done.stdout.strip()


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--check', action='store_true',
                        help='change nothing; exit code 2 if a block is not what its command says')
    parser.add_argument('--readme', type=Path, default=ROOT / 'README.md', metavar='FILE')
    args = parser.parse_args()
    text = args.readme.read_text(encoding='utf-8')
    filled = BLOCK.sub(lambda block: f'{block[1]}\n{output(block[2])}\n\n{block[4]}', text)
    if not args.check:
        write_whole(args.readme, filled)
    elif filled != text:
        raise UserError(f'{args.readme}: not what its commands print; '
                        'run python scripts/fill_readme.py')


if __name__ == '__main__':
    cli.main_guard(main)
