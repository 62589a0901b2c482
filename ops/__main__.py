"""The command line behind make: `python -m ops up|down|status|logs|create` in the project's folder."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ops import lifecycle, report, users
from ops.console import complain, step
from ops.errors import OpsError, explain
from ops.home import default_folder
from ops.locks import only_one
from ops.parts import bring_tools, speak_prompts
from ops.webbuild import build_page


def parser() -> argparse.ArgumentParser:
    """Describe the commands; `--as-service` is how the command goes on after root has become the service user."""
    top = argparse.ArgumentParser(prog="python -m ops")
    top.add_argument("--home", type=Path, default=default_folder(), help="the instance's folder (HOTLINE_HOME)")
    top.add_argument("--as-service", action="store_true", help=argparse.SUPPRESS)
    commands = top.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start what does not run and wait until it is ready")
    up.add_argument("--guardian", type=int, help="stop everything when this process ends")
    up.add_argument("--only-database", action="store_true", help="start the database and make its tables, no more")
    commands.add_parser("down", help="stop everything of the instance")
    commands.add_parser("status", help="what runs; 0 when everything does, 3 when nothing, 1 between")
    commands.add_parser("logs", help="follow the logs")
    create = commands.add_parser("create", help="make an instance folder from choices given as JSON")
    create.add_argument("choices")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.umask(0o022)
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given)
    options.home = options.home.absolute()
    try:
        return dispatch(options, given)
    except OpsError as error:
        complain(f"make {options.command}: {error}")
    except OSError as error:
        complain(f"make {options.command}: {explain(error)}")
    except KeyboardInterrupt:
        if options.command == "logs":
            return 0
        if not options.as_service:
            complain(f"make {options.command}: interrupted; make up goes on, make down stops what was started")
    return 1


def dispatch(options: argparse.Namespace, given: Sequence[str]) -> int:
    """Do the part that needs the folder's owner, then the rest as the service user."""
    if options.as_service:
        return serve(options)
    users.become_owner()
    who = users.service_account()
    if options.command == "up":
        users.check_readable(who)
        if not options.only_database:
            with step("Bringing the programs this machine lacks"):
                bring_tools(["asterisk"])
                speak_prompts()
            build_page()
    if options.command in ("up", "create"):
        give_home(options.home, who)
    elif not options.home.is_dir():
        raise OpsError(f"there is no instance in {options.home}", "make up creates it")
    if who is None:
        return serve(options)
    reach = [options.home] if options.home.exists() else []
    command = [sys.executable, "-m", "ops", "--as-service", "--home", str(options.home), *_without_home(given)]
    line = users.command_as(who, command, reach=reach)
    return subprocess.call(line)


def _without_home(given: Sequence[str]) -> list[str]:
    rest = list(given)
    if "--home" in rest:
        place = rest.index("--home")
        del rest[place : place + 2]
    return [part for part in rest if not part.startswith("--home=")]


def give_home(folder: Path, who: users.Account | None) -> None:
    """Make the instance's folder and, as root, give it (nothing else) to the service user."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(0o700)
    if who is not None and folder.stat().st_uid != who.uid:
        if any(folder.iterdir()):
            raise OpsError(
                f"{folder} belongs to another user than {who.name}, who runs the services",
                f"chown -R {who.name} {folder}, or set HOTLINE_USER to its owner",
            )
        os.chown(folder, who.uid, who.gid)


def serve(options: argparse.Namespace) -> int:
    """Run the command as the user the services run as."""
    folder = options.home
    if options.command == "status":
        return report.status(folder)
    if options.command == "logs":
        return report.follow(folder)
    with only_one(folder / ".lock", "starting or stopping this instance"):
        if options.command == "up":
            lifecycle.up(folder, guardian=options.guardian, only_database=options.only_database)
        elif options.command == "create":
            lifecycle.create(folder, options.choices)
        elif options.command == "down":
            report.stopped(folder, was_running=lifecycle.down(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
