"""Look inside trained networks: pictures, and what they show, from the runs' checkpoints.

    python scripts/run_cnn.py --experiment cnn1 --threads 1 --keep-every 500    # some minutes
    python scripts/visualize.py --run results/local/cnn1/seed0

The runs in results/runs/ have no checkpoints; the same seed and threads give their weights again.
"""

import argparse
import sys

from elec576 import cli
from elec576.errors import UserError
from elec576.files import write_whole
from elec576.machine import pin_kernels, processor, versions, versions_text
from elec576.runs.rundir import RunDirectory, read_settings

INTRODUCTION = """# Inside the trained networks

Part 1c of the report, and Zeiler & Fergus ("Visualizing and Understanding Convolutional Networks",
ECCV 2014), which its part 2 summarises, applied to its networks: for each run, every picture with
what it shows in numbers. Pictures that show images of the data set are left out. Made by
`python scripts/visualize.py --run DIR ... --publish results`, {},
{}.
"""


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', metavar='DIR', type=cli.folder, required=True, nargs='+',
                        help="a run's directory, with its checkpoint")
    cli.add_data(parser)
    parser.add_argument('--images', metavar='N', type=cli.whole, nargs='+',
                        help='test images to occlude (one of each class)')
    parser.add_argument('--out', metavar='DIR', type=cli.folder,
                        help='where the pictures of a single run go (figures/ in the run)')
    parser.add_argument('--publish', metavar='DIR', type=cli.folder,
                        help='results folder that gets INSIDE.md, and in figures/ the pictures '
                             'that show no image of the data set')
    args = parser.parse_args()
    if args.out and len(args.run) > 1:
        raise UserError('--out: the pictures of several runs go to several folders; drop it')
    for run in args.run:
        pin_kernels(read_settings(RunDirectory(run)).isa)

    # TensorFlow takes seconds to load: import it only after the options are checked
    from elec576 import gallery
    from elec576.data import notice
    from elec576.visual.trained import open_run

    sections = []
    for run in args.run:
        with open_run(run, args.data) as trained:
            if line := notice(trained.origin):
                print(line)
            saved = {}
            for picture in gallery.pictures(trained, args.images, print):
                path = gallery.save_picture(trained, picture, args.out or run / 'figures')
                saved[path] = picture
                print(path, file=sys.stderr)
            print(*(found.finding for found in saved.values() if found.finding), sep='\n')
            if args.publish:
                sections.append(gallery.publish(trained, saved, args.publish))
            if line:
                print(line)
    if args.publish:
        introduction = INTRODUCTION.format(
            processor(), versions_text(versions('tensorflow', 'numpy')))
        write_whole(args.publish / 'INSIDE.md', '\n'.join((introduction, *sections)))


if __name__ == '__main__':
    cli.main_guard(main)
