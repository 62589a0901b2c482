"""Who the services run as: never root, and nothing on the machine changes for it."""

import os
import pwd
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def account(name: str) -> Account:
    """Look a user up by name; raise OpsError when there is none, or when it is root."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise OpsError(f"there is no user {name!r}", "set HOTLINE_USER to an existing user other than root") from None
    if entry.pw_uid == 0:
        raise OpsError("services do not run as root", "set HOTLINE_USER to an existing user other than root")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def service_account(project: Path = PROJECT) -> Account | None:
    """Who services run as when root starts them (HOTLINE_USER, the folder's owner, nobody); None: as the caller."""
    if os.geteuid() != 0:
        return None
    chosen = os.environ.get("HOTLINE_USER")
    if chosen:
        return account(chosen)
    owner = project.stat().st_uid
    return account("nobody" if owner == 0 else _name_of(owner))


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "nobody"


def become_owner(project: Path = PROJECT) -> None:
    """As root in somebody's folder, go on as that somebody, so that no file of root's is left in it."""
    owner = project.stat().st_uid
    if os.geteuid() != 0 or owner == 0 or os.environ.get("HOTLINE_USER") or _name_of(owner) == "nobody":
        return
    person = pwd.getpwuid(owner)
    if closed_folder(project, Account(person.pw_name, owner, person.pw_gid)):
        return
    os.initgroups(person.pw_name, person.pw_gid)
    os.setresgid(person.pw_gid, person.pw_gid, person.pw_gid)
    os.setresuid(owner, owner, owner)
    os.environ.update(HOME=person.pw_dir, USER=person.pw_name, LOGNAME=person.pw_name)


def may_enter(folder: Path, who: Account) -> bool:
    """Whether the mode of a folder lets the user (without other groups) go through it."""
    facts = folder.stat()
    if facts.st_uid == who.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == who.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def closed_folder(path: Path, who: Account) -> Path | None:
    """Return the outermost folder on the way to `path` (itself included when a folder) that `who` may not enter."""
    chain = [*reversed(path.parents), *([path] if path.is_dir() else [])]
    return next((folder for folder in chain if not may_enter(folder, who)), None)


def command_as(
    who: Account | None, command: Sequence[str], *, reach: Iterable[Path] = (), dies_with_parent: bool = False
) -> list[str]:
    """Return the command line that runs `command` as `who` in the project's folder, able to reach `reach`.

    `who` None keeps the caller's user. With `dies_with_parent` the command gets SIGTERM when the caller ends.
    """
    enter = [sys.executable, str(PROJECT / "ops" / "enter.py"), "--directory", str(PROJECT)]
    if dies_with_parent:
        enter += ["--parent", str(os.getpid())]
    if who is not None:
        enter += ["--uid", str(who.uid), "--gid", str(who.gid), *_view(who, reach)]
    return [*enter, "--", *command]


def _view(who: Account, reach: Iterable[Path]) -> list[str]:
    shown = {PROJECT, *(path.resolve() for path in reach)}
    closed: set[Path] = set()
    options: list[str] = []
    for path in sorted(shown):
        folder = closed_folder(path, who)
        if folder is not None:
            closed.add(folder)
            for part in sorted(path.iterdir()) if folder == path else [path]:
                options += ["--show", str(part)]
    for path in _python_folders():
        folder = closed_folder(path, who)
        if folder is not None:
            closed.add(folder)
            options += ["--read", str(path)]
    for folder in sorted(closed):
        if not any(other in folder.parents for other in closed):
            options += ["--cover", str(folder)]
    return options


def _python_folders() -> set[Path]:
    """Where the interpreter behind the virtual environment lives."""
    return {Path(sys.base_prefix).resolve(), Path(sys.executable).resolve().parent.parent}


def check_readable(who: Account | None, project: Path = PROJECT) -> None:
    """Raise OpsError when the project's own files are closed to the service user (a clone made with umask 077)."""
    if who is None:
        return
    facts = (project / "ops" / "users.py").stat()
    if facts.st_uid != who.uid and not facts.st_mode & stat.S_IROTH:
        raise OpsError(
            f"the files of {project} cannot be read by {who.name}, who runs the services",
            f"chmod -R go+rX {project}, or run make as an ordinary user in a clone of their own",
        )
