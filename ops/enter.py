"""Become the service user and start a command: a stand-alone script of the standard library, run by users.command_as().

As root it makes a private view of the file tree first when folders above the project are closed to that user: each
closed folder is covered by an empty one, in which the project (and the Python it needs, read-only) appear at their
own paths. Nothing changes for any other process. As an ordinary user it only gives up gaining privileges.
"""

import argparse
import ctypes
import os
import pwd
import signal
import stat
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Parse, cover, drop, execute; ends the process with a message when the kernel refuses."""
    options = arguments()
    try:
        if options.cover:
            cover([Path(p) for p in options.cover], [Path(p) for p in options.show], [Path(p) for p in options.read])
        os.chdir(options.directory)
        if options.uid is not None:
            drop(options.uid, options.gid)
        check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")
        if options.parent:
            die_with(options.parent)
        os.execvp(options.command[0], options.command)  # noqa: S606 - the whole purpose of this script
    except OSError as error:
        sys.exit(
            f"cannot start services as another user: {error}\n"
            "  what to do: this machine does not allow root private file views (a container without CAP_SYS_ADMIN?);"
            " clone the project to a folder every user can enter, such as /srv, or run make as an ordinary user"
        )


def arguments() -> argparse.Namespace:
    """Read the command line that users.command_as() writes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--cover", action="append", default=[])
    parser.add_argument("--show", action="append", default=[])
    parser.add_argument("--read", action="append", default=[])
    parser.add_argument("--parent", type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    options.command = options.command[1:] if options.command[:1] == ["--"] else options.command
    return options


def check(result: int, doing: str) -> None:
    """Raise OSError when a C call answered -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def mount(source: str, target: Path, kind: str, flags: int, data: str = "") -> None:
    """Attach `source` at `target`; raise OSError when the kernel refuses."""
    result = _libc.mount(
        source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), data.encode() or None
    )
    check(result, f"mount on {target}")


def cover(closed: list[Path], shown: list[Path], read_only: list[Path]) -> None:
    """In a private mount namespace put an empty folder over each of `closed` and the others back at their paths."""
    check(_libc.unshare(CLONE_NEWNS), "private mounts")
    mount("none", Path("/"), "none", MS_REC | MS_PRIVATE)
    kept = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC), path in read_only) for path in [*shown, *read_only]]
    for folder in closed:
        mount("none", folder, "tmpfs", 0, "mode=0755,size=1m")
    for path, handle, is_read_only in kept:
        put_back(path, handle, read_only=is_read_only)


def put_back(path: Path, handle: int, *, read_only: bool) -> None:
    """Bind what `handle` holds at `path`, making the way to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        path.mkdir(exist_ok=True)
    else:
        path.touch()
    mount(f"/proc/self/fd/{handle}", path, "none", MS_BIND | MS_REC)
    os.close(handle)
    if read_only:
        mount("none", path, "none", MS_BIND | MS_REMOUNT | MS_RDONLY)


def drop(uid: int, gid: int) -> None:
    """Become the user for good, with no other groups."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    person = pwd.getpwuid(uid)
    os.environ.update(USER=person.pw_name, LOGNAME=person.pw_name, HOME=person.pw_dir)


def die_with(parent: int) -> None:
    """Be told to end (SIGTERM) when the process that started this one ends, however it ends."""
    check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0), "follow the parent")
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


if __name__ == "__main__":
    os.umask(0o022)
    main()
