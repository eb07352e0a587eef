"""Compare finished runs with the report: `python scripts/compare.py`.

Prints what `results/REPORT.md` then holds; tables go to `results/tables/`, pictures to
`results/figures/`; with `--html`, `results/index.html` shows the same as a page; with `--readme`,
README.md's headline is the report's. Nothing is trained.
"""

import re
from pathlib import Path

from elec576 import cli
from elec576.comparison.comparison import compare
from elec576.errors import UserError
from elec576.files import write_whole
from elec576.page.page import page_text
from elec576.pictures.comparison import draw_comparison
from elec576.telling.markdown import headline, report_text
from elec576.telling.tables import write_tables

HEADLINE = re.compile(r'(?<=<!-- headline -->\n).*?(?=<!-- end -->)', re.DOTALL)


def main() -> None:
    parser = cli.Parser(description=__doc__)
    cli.add_results(parser, 'folder with runs/, as scripts/reproduce.py fills it')
    parser.add_argument('--html', action='store_true',
                        help='also write index.html there: the same as a page')
    parser.add_argument('--headline', action='store_true',
                        help='print what holds and what does not, in short; write nothing')
    parser.add_argument('--readme', metavar='FILE', type=Path,
                        help='also put the headline between the marks <!-- headline --> and '
                             '<!-- end --> of this file')
    args = parser.parse_args()
    readme = None if args.readme is None else read_readme(args.readme)
    comparison = compare(args.results)
    if args.headline:
        print(headline(comparison))
        return
    text = report_text(comparison)
    page = page_text(comparison) if args.html else None
    draw_comparison(comparison, args.results / 'figures')
    write_tables(comparison, args.results / 'tables')
    write_whole(args.results / 'REPORT.md', text)
    if page is not None:
        write_whole(args.results / 'index.html', page)
    if readme is not None:
        write_whole(args.readme, HEADLINE.sub(lambda match: f'\n{headline(comparison)}\n\n', readme,
                                              count=1))
    print(text, end='')


def read_readme(path: Path) -> str:
    """A text with marks for the headline.

    Raises:
        UserError: it cannot be read, or has no marks.
    """
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'--readme {path}: cannot be read ({error})') from None
    if not HEADLINE.search(text):
        raise UserError(f'--readme {path}: has no marks <!-- headline --> and <!-- end -->')
    return text


if __name__ == '__main__':
    cli.main_guard(main)
