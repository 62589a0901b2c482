"""The command line: `python -m asterisk_conf fetch|sounds ...`."""

import argparse
import sys
from pathlib import Path

from asterisk_conf.fetch import RECIPES, FetchError, fetch_all


def main(arguments: list[str] | None = None) -> int:
    """Exit status of one command; errors are one clear message on standard error."""
    parser = argparse.ArgumentParser(prog="python -m asterisk_conf")
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="bring programs that this machine lacks")
    fetching.add_argument("program", choices=[*RECIPES, "all"])
    fetching.add_argument("--tools", type=Path, default=Path(".local/tools"))
    fetching.add_argument("--unpacked", action="store_true", help="bring them even when the machine has its own")
    options = parser.parse_args(arguments)
    try:
        names = list(RECIPES) if options.program == "all" else [options.program]
        for launcher in fetch_all(names, options.tools, unpacked=options.unpacked).values():
            sys.stdout.write(f"{launcher}\n")
    except FetchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
