"""The command line: `python -m asterisk_conf fetch|sounds|speak ...`."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from asterisk_conf.fetch import RECIPES, FetchError, fetch_all
from asterisk_conf.sounds import VOICE, make_sounds
from asterisk_conf.voice import find_espeak, spoken

TOOLS = Path(__file__).parents[1] / ".local" / "tools"
MOST_TEXT = 16_000  # bytes


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
    voice = commands.add_parser("speak", help="the built-in voice: text on standard input, WAV on standard output")
    voice.add_argument("--tools", type=Path, default=TOOLS)
    options = parser.parse_args(arguments)
    try:
        if options.command == "speak":
            sys.stdout.buffer.write(_speak(options.tools))
            return 0
        for path in _run(options):
            sys.stdout.write(f"{path}\n")
    except FetchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _speak(tools: Path) -> bytes:
    text = sys.stdin.buffer.read(MOST_TEXT).decode("utf-8", "replace")
    return spoken(find_espeak(tools), text, VOICE)


def _run(options: argparse.Namespace) -> Iterable[Path]:
    if options.command == "sounds":
        return make_sounds(options.tools, options.out)
    names = list(RECIPES) if options.program == "all" else [options.program]
    return fetch_all(names, options.tools, unpacked=options.unpacked).values()


if __name__ == "__main__":
    raise SystemExit(main())
