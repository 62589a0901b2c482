"""Ports: which an instance uses, which are free, and who holds one that is not."""

import pwd
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError

DEFAULT = {
    "sip": 5060, "http": 8088, "ami": 5038, "fastagi": 4573, "link": 8765, "web": 8000, "postgres": 5433,
    "rtp_first": 20000, "rtp_last": 20999, "carrier": 5070,
    "county": 5072,
}  # fmt: skip
DATAGRAM = frozenset({"sip"})
ELSEWHERE = frozenset({"carrier", "county"})
"""Where calls leave for, on an address of its own: nothing of an instance listens there."""
BLOCK_SIZE = 1000
# Below the kernel's range for outgoing connections (32768 and up) and beside the default RTP range.
# Not 10000: browsers refuse to open port 10080, where its page would be.
BLOCKS = (*range(11000, 20000, BLOCK_SIZE), *range(21000, 32000, BLOCK_SIZE))


def block(base: int) -> dict[str, int]:
    """Return the ports of an instance that keeps to base..base+999; base+800 and up stay free for test phones."""
    offsets = {"ami": 38, "fastagi": 73, "http": 88, "link": 65, "postgres": 33, "sip": 60, "web": 80}
    offsets |= {"carrier": 70, "county": 72}
    return {name: base + offset for name, offset in offsets.items()} | {"rtp_first": base + 200, "rtp_last": base + 799}


class Reservation:
    """A block of ports that no other process using this class takes, until `release()` or the end of the process.

    The claim is a socket in Linux's abstract name space: nothing is written to disk and nothing is left behind.
    """

    def __init__(self, base: int, claim: socket.socket) -> None:
        self.base = base
        self._claim = claim

    def release(self) -> None:
        """Let others take the block."""
        self._claim.close()


def reserve() -> Reservation:
    """Claim a block of ports that nobody holds; raise OpsError when every one is taken."""
    for base in BLOCKS:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0hotline-ports-{base}")
        except OSError:
            claim.close()
            continue
        if _is_free(base):
            return Reservation(base, claim)
        claim.close()
    raise OpsError("no free block of ports is left on this machine", "end some of the test runs that are going on")


def _is_free(base: int) -> bool:
    return not any(in_use(port, datagram=name in DATAGRAM) for name, port in block(base).items())


def in_use(port: int, *, datagram: bool) -> bool:
    """Whether a socket of this machine already listens at the port."""
    return next(listeners(port, datagram=datagram), None) is not None


@dataclass(frozen=True)
class Listener:
    """A socket at a port: its inode in the kernel's table and the user it belongs to."""

    inode: str
    uid: int


def parse_table(text: str, port: int, *, datagram: bool) -> Iterator[Listener]:
    """Find the listeners at `port` in the text of a /proc/net/{tcp,udp}[6] table."""
    listening = "07" if datagram else "0A"
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == listening and int(fields[1].rsplit(":", 1)[1], 16) == port:  # noqa: PLR2004 - the inode is the tenth column
            yield Listener(fields[9], int(fields[7]))


def listeners(port: int, *, datagram: bool, proc: Path = Path("/proc")) -> Iterator[Listener]:
    """All sockets of this machine listening at the port (TCP, or UDP with `datagram`)."""
    for name in ("udp", "udp6") if datagram else ("tcp", "tcp6"):
        with suppress(FileNotFoundError):
            yield from parse_table((proc / "net" / name).read_text(), port, datagram=datagram)


def owner_of(listener: Listener, proc: Path = Path("/proc")) -> str:
    """Name the process behind a socket, or at least its user when the process may not be looked into."""
    wanted = f"socket:[{listener.inode}]"
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, wanted):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            return f"{command[:120]!r} (process {process.name}, user {_user(listener.uid)})"
    return f"a process of user {_user(listener.uid)} that this user may not look into"


def _holds(process: Path, wanted: str) -> bool:
    with suppress(OSError):
        return any(_link(entry) == wanted for entry in (process / "fd").iterdir())
    return False


def _link(entry: Path) -> str:
    with suppress(OSError):
        return str(entry.readlink())
    return ""


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def check_free(ports: Mapping[str, int]) -> None:
    """Raise OpsError naming every one of the ports that is taken, and by whom."""
    taken = []
    for name, port in ports.items():
        listener = next(listeners(port, datagram=name in DATAGRAM), None)
        if listener is not None:
            kind = "udp" if name in DATAGRAM else "tcp"
            taken.append(f"port {port}/{kind} ({name}) is in use by {owner_of(listener)}")
    if taken:
        base = next((base for base in BLOCKS if _is_free(base)), BLOCKS[0])
        other = f"make up HOTLINE_PORT_BASE={base} ({base} to {base + BLOCK_SIZE - 1})"
        raise OpsError("\n  ".join(taken), f"end that process, or take other ports: {other}")
