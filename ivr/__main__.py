"""The command line: `python -m ivr try TREE.yaml --keys 2,timeout,0` and `python -m ivr check TREE.yaml`.

The only place in this package that reads files and the clock. Exit codes: 0 good, 1 an error was found, 2 unreadable.
"""

import argparse
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr.citizen import KeysError, keys_from_text
from ivr.codec import TreeError, mistakes, tree_from_dict
from ivr.findings import Finding, Severity, error
from ivr.hours import CHINA, Calendar, Week
from ivr.hours_codec import week_from_dict
from ivr.reading import MAX_CHARACTERS, UnreadableError, data_from_text, texts_of_prompts
from ivr.speech import Sound, spoken
from ivr.state import Incident, Line, World
from ivr.tree import LINE, Node, ReturnCall, ToQueue, Tree
from ivr.trial import Assumed, lines, try_out
from ivr.validation import check

PROMPTS = Path(__file__).resolve().parent.parent / "asterisk_conf" / "prompts.yaml"
UNREADABLE = 2


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (UnreadableError, KeysError) as problem:
        sys.stderr.write(f"ivr: {problem}\n")
        return UNREADABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ivr", description="Check a menu tree, or try it without a phone.")
    commands = parser.add_subparsers(required=True, metavar="check|try")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("tree", metavar="TREE.yaml", help="the tree as it is exported, YAML or JSON")
    common.add_argument("--json", action="store_true", help="print JSON")
    common.add_argument("--queues", type=_names, metavar="A,B", help="the queues that exist (else every one it names)")
    common.add_argument("--sounds", metavar="FILE", help="texts of further sounds, written like prompts.yaml")
    _add_try(commands.add_parser("try", parents=[common], help="print what a citizen would hear"))
    checking = commands.add_parser("check", parents=[common], help="print every finding; exit 1 on an error")
    checking.add_argument("--tested", type=_names, metavar="A,B", help="the transfer targets that answered a test")
    checking.set_defaults(run=_check)
    return parser


def _add_try(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", default="", help="such as 2,timeout,0 (!2: during the sound; also fail, hangup, ...)")
    parser.add_argument("--at", type=_moment, help="when the call comes, such as 2026-11-21T03:00+08:00 (else now)")
    parser.add_argument("--default-queue", default="city", help="the queue that takes what has no other")
    parser.add_argument("--after-talk", action="store_true", help="begin where the agent has hung up")
    parser.add_argument("--holiday", type=_day, action="append", default=[], metavar="DATE", help="a public holiday")
    parser.add_argument("--makeup", type=_day, action="append", default=[], metavar="DATE", help="a make-up day")
    parser.add_argument("--incident", metavar="SOUND", help="an incident with this notice is on")
    parser.add_argument("--greeting", action="append", default=[], metavar="SOUND", help="the dialled line's greeting")
    parser.add_argument("--hours", type=_week, metavar="HOURS", help='the line\'s, such as {mon-fri: ["08:30-12:00"]}')
    parser.set_defaults(run=_try)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError("give a time such as 2026-11-21T03:00+08:00") from problem
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError("give a date such as 2026-10-01") from problem


def _week(text: str) -> Week:
    try:
        data = data_from_text(text)
        return week_from_dict(data if isinstance(data, Mapping) else {text: None})
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


def _try(options: argparse.Namespace) -> int:
    data = _data(options.tree)
    try:
        tree = tree_from_dict(data)
    except TreeError as mistake:
        raise UnreadableError(f"{mistake} (python -m ivr check tells everything that is wrong)") from mistake
    now = options.at or dt.datetime.now(CHINA)  # noqa: TID251 - the shell of pure code that may not import acd.clock
    sounds = _sounds(options.sounds) or {}
    queues = {*(options.queues or _queues(tree)), options.default_queue}
    assumed = Assumed(queues, options.default_queue, _world(options, now), sounds)
    trial = try_out(tree, keys_from_text(options.keys), assumed, now=now, after_talk=options.after_talk)
    _print(dataclasses.asdict(trial) if options.json else "\n".join(lines(trial)))
    return 0


def _world(options: argparse.Namespace, now: dt.datetime) -> World:
    day = dt.timedelta(days=1)
    notice = [Incident("trial", (options.incident,), now - day, now + day)] if options.incident else []
    line = Line(tuple(options.greeting), options.hours)
    return World(Calendar(frozenset(options.holiday), frozenset(options.makeup)), tuple(notice), line)


def _check(options: argparse.Namespace) -> int:
    findings = _findings(_data(options.tree), options)
    if options.json:
        _print([dataclasses.asdict(finding) for finding in findings])
    else:
        _print("\n".join(f"{f.severity.upper()} {f.where}: {f.what}; {f.do}" for f in findings) or "nothing found")
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def _findings(data: object, options: argparse.Namespace) -> list[Finding]:
    if wrong := mistakes(data):
        return [error(mistake.where, mistake.what, mistake.do) for mistake in wrong]
    sounds = _sounds(options.sounds)
    return check(tree_from_dict(data), options.queues, sounds=sounds, tested=options.tested)


def _data(name: str) -> Mapping[Any, Any]:
    """A tree's file as data."""
    data = data_from_text(_read(name))
    if not isinstance(data, Mapping):
        raise UnreadableError(f"{name} holds no tree; give the fields start and nodes (see ivr/examples)")
    return data


def _sounds(more: str | None) -> dict[str, Sound] | None:
    """The built-in sounds and those of a file, their lengths estimated from the texts; None where none are known."""
    files = [str(PROMPTS)] if PROMPTS.exists() else []
    files += [more] if more else []
    texts = [texts_of_prompts(data_from_text(_read(file))) for file in files]
    return {name: spoken(text) for found in texts for name, text in found.items()} if texts else None


def _queues(tree: Tree) -> set[str]:
    return {queue for node in tree.nodes.values() if (queue := _queue(node)) is not None}


def _queue(node: Node) -> str | None:
    return node.queue if isinstance(node, ToQueue | ReturnCall) and node.queue != LINE else None


def _read(name: str) -> str:
    """A file's text, never more of it than a tree can need."""
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)
    except (OSError, ValueError) as problem:
        raise UnreadableError(f"{name} cannot be read: {problem}; name a text file in UTF-8") from problem


def _print(result: Any) -> None:
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, indent=2)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
