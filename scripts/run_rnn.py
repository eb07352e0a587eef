"""Train a recurrent cell as in part 3: `python scripts/run_rnn.py --cell gru --hidden 300`."""

from elec576 import cli
from elec576.settings import RnnSettings


def main() -> None:
    args = cli.run_parser(RnnSettings, __doc__).parse_args()
    cli.make_run(args, cli.settings_from(args, RnnSettings))


if __name__ == '__main__':
    cli.main_guard(main)
