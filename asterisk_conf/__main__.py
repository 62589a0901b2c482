"""The command line: `python -m asterisk_conf fetch|sounds ...`."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from asterisk_conf.fetch import RECIPES, FetchError, fetch_all
from asterisk_conf.sounds import make_sounds


def main(arguments: list[str] | None = None) -> int:
    """Exit status of one command; errors are one clear message on standard error."""
    parser = argparse.ArgumentParser(prog="python -m asterisk_conf")
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="bring programs that this machine lacks")
    fetching.add_argument("program", choices=[*RECIPES, "all"])
    fetching.add_argument("--tools", type=Path, default=Path(".local/tools"))
    fetching.add_argument("--unpacked", action="store_true", help="bring them even when the machine has its own")
    speaking = commands.add_parser("sounds", help="make the prompts and the music")
    speaking.add_argument("--tools", type=Path, default=Path(".local/tools"))
    speaking.add_argument("--out", type=Path, default=Path(".local/system/asterisk/sounds"))
    options = parser.parse_args(arguments)
    try:
        for path in _run(options):
            sys.stdout.write(f"{path}\n")
    except FetchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _run(options: argparse.Namespace) -> Iterable[Path]:
    if options.command == "sounds":
        return make_sounds(options.tools, options.out)
    names = list(RECIPES) if options.program == "all" else [options.program]
    return fetch_all(names, options.tools, unpacked=options.unpacked).values()


if __name__ == "__main__":
    raise SystemExit(main())
