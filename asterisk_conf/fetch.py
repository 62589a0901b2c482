"""Brings the programs that a fresh machine lacks into `.local/tools`, without root and without touching the machine.

Each program gets a launcher `<tools>/bin/<name>`: of the machine's own program when there is one that will do, else
of the one unpacked under `<tools>/<name>/root`. Launchers find everything relative to themselves.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.apt import FetchError, Meter, make_folder, open_suite, open_to_readers, say, unpack

__all__ = ["RECIPES", "AsteriskPlace", "FetchError", "alone", "asterisk_place", "fetch", "fetch_all", "fetch_debs"]

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OLDEST_ASTERISK = 20
STAMP = "stamp.json"
# The machine's own C library serves programs of its own suite; mixing it with an unpacked one would break both.
_OWN_LIBC = ("libc6", "libc-bin", "libc-l10n", "locales")
# Software rendering through Mesa brings a compiler; Chromium carries SwiftShader.
_NO_NEED = (
    "libllvm*",
    "libz3-4",
    "libgl1-mesa-dri",
    "mesa-*",
    "perl*",
    "libperl*",
    "xdg-utils",
    "x11-*",
    "dpkg",
    "tar",
)

_HEAD = """#!/bin/sh
# Written by asterisk_conf/fetch.py; everything is found relative to this file.
set -eu
tools=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
"""
_OWN_LOADER = 'exec "$root/{loader}" --argv0 {name} --library-path "$root/{libraries}" "$root/{program}" "$@"\n'
_LIBRARIES = (
    'lib="$root/usr/lib/{triplet}"\n'
    'export LD_LIBRARY_PATH="$lib:$root/lib/{triplet}:$lib/pulseaudio"\n'  # libpulse's own folder is an absolute path
)


@dataclass(frozen=True)
class Recipe:
    """How one program is brought: `suite` None is the machine's own; `program` is its path below the root.

    `launch` is the launcher's last part, in which {loader}, {libraries}, {triplet}, {program}, {name} are filled in.
    """

    name: str
    suite: str | None
    packages: tuple[str, ...]
    program: str
    launch: str
    leave_out: tuple[str, ...] = ()
    on_path: tuple[str, ...] = ()


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="asterisk",
            suite="unstable",
            packages=("asterisk",),
            program="usr/sbin/asterisk",
            launch=_OWN_LOADER,
            leave_out=("perl*", "libperl*", "gnupg*", "dirmngr", "passwd", "adduser", "gpg*", "pinentry*"),
            on_path=("asterisk",),
        ),
        Recipe(
            name="sipp",
            suite=None,
            packages=("sip-tester",),
            program="usr/bin/sipp",
            launch=_LIBRARIES + 'exec "$root/{program}" "$@"\n',
            leave_out=_OWN_LIBC,
            on_path=("sipp",),
        ),
        Recipe(
            name="espeak-ng",
            suite=None,
            packages=("espeak-ng",),
            program="usr/bin/espeak-ng",
            launch=_LIBRARIES + 'export ESPEAK_DATA_PATH="$root/usr/lib/{triplet}"\nexec "$root/{program}" "$@"\n',
            leave_out=(*_OWN_LIBC, "perl*", "libperl*"),
            on_path=("espeak-ng",),
        ),
        Recipe(
            name="chromium",
            suite=None,
            packages=("chromium-headless-shell", "fonts-wqy-microhei"),
            program="usr/lib/chromium/chromium-headless-shell",
            launch=_LIBRARIES + 'export FONTCONFIG_FILE="$root/../fonts.conf"\nexec "$root/{program}" "$@"\n',
            leave_out=(*_OWN_LIBC, *_NO_NEED),
            on_path=("chromium", "chromium-browser", "google-chrome"),
        ),
    )
}

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">root/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def fetch_all(names: Sequence[str], tools: Path, *, unpacked: bool = False) -> dict[str, Path]:
    """Bring each named program of RECIPES; returns the launcher of each. Raises FetchError at the first that fails."""
    return {name: fetch(name, tools, unpacked=unpacked) for name in names}


def fetch(name: str, tools: Path, *, unpacked: bool = False) -> Path:
    """Return the launcher of one program of RECIPES below `tools`, which is brought first where it is missing.

    `unpacked` brings it even when the machine has one. Done work is recognised by `<tools>/<name>/stamp.json` and
    costs milliseconds. Raises FetchError, which says what to do; KeyError for an unknown name.
    """
    recipe = RECIPES[name]
    tools = tools.absolute()
    launcher = tools / "bin" / name
    with _clear_errors(tools):
        lines = _ready_lines(recipe, tools, unpacked=unpacked)
        if lines is None or not _is_written(launcher, lines):
            with alone(tools):
                lines = _ready_lines(recipe, tools, unpacked=unpacked) or _bring(recipe, tools)
                _write_launcher(launcher, lines)
    return launcher


def _ready_lines(recipe: Recipe, tools: Path, *, unpacked: bool) -> str | None:
    """Return what the launcher says when nothing must be brought."""
    home = tools / recipe.name
    if _is_done(recipe, home):
        return _launch_lines(recipe, home / "root")
    own = None if unpacked else _own_program(recipe)
    return None if own is None else f'exec "{own}" "$@"\n'


def fetch_debs(packages: Sequence[str], into: Path, suite: str | None, *, leave_out: Sequence[str] = ()) -> list[str]:
    """Download `packages` with all they need from `suite` (None: the machine's own) and unpack them into `into`.

    Returns `name=version` of each. apt's own state is kept in `<into>/../apt` and removed when done.
    """
    make_folder(into.parent)
    work = into.parent / "apt"
    label = into.parent.name
    apt = open_suite(work, suite)
    plan = apt.plan(packages, leave_out)
    say(f"{label}: downloading {len(plan.packages)} packages, {plan.size // 1_000_000} MB")
    files = apt.download(plan, work / "debs", Meter(label))
    say(f"{label}: unpacking")
    unpack(files, into)
    open_to_readers(into)
    shutil.rmtree(work)
    return [f"{package}={version}" for package, version in plan.packages]


def _bring(recipe: Recipe, tools: Path) -> str:
    home = tools / recipe.name
    stamp = home / STAMP
    say(f"{recipe.name}: not on this machine, bringing it into {home}")
    stamp.unlink(missing_ok=True)
    for leftover in ("root", "root.new"):
        shutil.rmtree(home / leftover, ignore_errors=True)
    brought = fetch_debs(recipe.packages, home / "root.new", recipe.suite, leave_out=recipe.leave_out)
    (home / "root.new").rename(home / "root")
    if (home / "root/usr/share/fonts").is_dir():
        _write_atomically(home / "fonts.conf", _FONTS, 0o644)
    if not (home / "root" / recipe.program).is_file():
        raise FetchError(f"the packages of {recipe.name} hold no {recipe.program}: this suite is not supported")
    _write_atomically(stamp, json.dumps({"recipe": _mark(recipe), "packages": brought}, indent=1), 0o644)
    say(f"{recipe.name}: ready")
    return _launch_lines(recipe, home / "root")


def _is_done(recipe: Recipe, home: Path) -> bool:
    stamp = home / STAMP
    return stamp.is_file() and json.loads(stamp.read_text("utf-8")).get("recipe") == _mark(recipe)


def _mark(recipe: Recipe) -> str:
    content = [recipe.suite, recipe.packages, recipe.leave_out, recipe.program]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _launch_lines(recipe: Recipe, root: Path) -> str:
    triplet = next((path.name for path in sorted(root.glob("usr/lib/*-linux-*"))), "")
    loaders = sorted(root.glob("usr/lib/*-linux-*/ld-linux*.so.*")) or sorted(root.glob("lib/*-linux-*/ld-linux*.so.*"))
    loader = str(loaders[0].relative_to(root)) if loaders else ""
    lines = recipe.launch.format(
        name=recipe.name,
        loader=loader,
        libraries=f"usr/lib/{triplet}",
        triplet=triplet,
        program=recipe.program,
    )
    return f'root="$tools/{recipe.name}/root"\n{lines}'


def _own_program(recipe: Recipe) -> Path | None:
    path = os.environ.get("PATH", "") + ":" + SEARCH_PATH
    for name in recipe.on_path:
        found = shutil.which(name, path=path)
        if found and (recipe.name != "asterisk" or _asterisk_version(found) >= OLDEST_ASTERISK):
            return Path(found)
    return None


def _asterisk_version(program: str) -> int:
    result = subprocess.run([program, "-V"], check=False, capture_output=True, text=True, timeout=20)  # noqa: S603 - the machine's own program
    match = re.search(r"Asterisk (?:certified/)?(\d+)", result.stdout)
    return int(match[1]) if match else 0


@dataclass(frozen=True)
class AsteriskPlace:
    """Where a usable Asterisk lies: its launcher, its modules and its data (documentation, sounds of its own)."""

    launcher: Path
    modules: Path
    data: Path


def asterisk_place(tools: Path) -> AsteriskPlace:
    """Find the Asterisk that `fetch("asterisk", tools)` has made ready; raises FetchError when it has not."""
    tools = tools.absolute()
    launcher = tools / "bin" / "asterisk"
    if not launcher.is_file():
        raise FetchError("Asterisk is not there yet: run `python -m asterisk_conf fetch asterisk`")
    root = tools / "asterisk/root" if "root=" in launcher.read_text("utf-8") else Path("/")
    places = ("usr/local/lib", "usr/lib", "usr/lib64", "usr/lib/*-linux-*")
    modules = [path for place in places for path in root.glob(f"{place}/asterisk/modules") if path.is_dir()]
    data = [path for place in ("usr/share/asterisk", "var/lib/asterisk") if (path := root / place).is_dir()]
    if not modules or not data:
        raise FetchError(f"the Asterisk under {root} has no modules or no data folder: install it again or remove it")
    return AsteriskPlace(launcher, modules[0], data[0])


def _write_launcher(path: Path, lines: str) -> None:
    make_folder(path.parent)
    if not _is_written(path, lines):
        _write_atomically(path, _HEAD + lines, 0o755)


def _is_written(path: Path, lines: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == _HEAD + lines


def _write_atomically(path: Path, text: str, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.chmod(mode)
    draft.replace(path)


@contextmanager
def alone(tools: Path) -> Iterator[None]:
    """One fetch at a time below `tools`; a second one waits for the first and then finds the work done."""
    make_folder(tools)
    with (tools / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another fetch is at work in {tools}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _clear_errors(tools: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise FetchError(f"no permission: {error.filename}. {tools} must belong to the user who runs this") from error
    except OSError as error:
        raise FetchError(
            f"{error.strerror}: {error.filename or tools}. Free some space or fix it, then run it again"
        ) from error
