"""Look inside a trained network: pictures, and what they show, from a run's checkpoint.

    python scripts/run_cnn.py --experiment cnn1 --threads 1 --keep-every 500    # some minutes
    python scripts/visualize.py --run results/local/cnn1/seed0

The runs in results/runs/ have no checkpoints; the same seed and threads give their weights again.
"""

import argparse
import sys
from pathlib import Path

from elec576 import cli
from elec576.machine import pin_kernels
from elec576.runs.rundir import RunDirectory, read_settings


def main() -> None:
    parser = cli.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', metavar='DIR', type=Path, required=True,
                        help="the run's directory, with its checkpoint")
    parser.add_argument('--data', metavar='DIR',
                        help='folder with CIFAR10/ and MNIST_data/ (else $ELEC576_DATA, ...)')
    parser.add_argument('--images', metavar='N', type=int, nargs='+',
                        help='test images to occlude (one of each class)')
    parser.add_argument('--out', metavar='DIR', type=Path,
                        help='where the pictures go (figures/ in the run)')
    parser.add_argument('--publish', metavar='DIR', type=Path,
                        help='copy the pictures that show no image of the data set here')
    args = parser.parse_args()

    pin_kernels(read_settings(RunDirectory(args.run)).isa)
    # TensorFlow takes seconds to load: import it only after the options are checked
    from elec576 import gallery
    from elec576.runs.run import STAND_IN_NOTICE
    from elec576.visual.trained import open_run

    with open_run(args.run, args.data) as trained:
        if trained.origin.stand_in:
            print(STAND_IN_NOTICE)
        out, findings = args.out or args.run / 'figures', []
        for picture in gallery.pictures(trained, args.images, print):
            print(gallery.save_picture(trained, picture, out, args.publish), file=sys.stderr)
            findings += filter(None, [picture.finding])
        print(*findings, sep='\n')
        gallery.save_findings(trained, findings, out, args.publish)
        if trained.origin.stand_in:
            print(STAND_IN_NOTICE)


if __name__ == '__main__':
    cli.main_guard(main)
