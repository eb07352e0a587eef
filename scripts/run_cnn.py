"""Train LeNet5 as in part 1b of the report: `python scripts/run_cnn.py --act relu --lr 1e-3`."""

from elec576 import cli
from elec576.settings import CnnSettings


def main() -> None:
    args = cli.run_parser(CnnSettings, __doc__).parse_args()
    cli.make_run(args, cli.settings_from(args, CnnSettings))


if __name__ == '__main__':
    cli.main_guard(main)
