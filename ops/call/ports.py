"""Free UDP ports for programs that must be told theirs, and room for the sockets of many calls."""

import errno
import resource
import secrets
import socket
from itertools import chain

#: A socket for each of a thousand citizens and their agents, and some to spare.
_DESCRIPTORS = 8192

#: Linux hands out 32768 to 60999.
_ABOVE_EPHEMERAL = 61000


def free_udp_port(host: str) -> int:
    """Return a UDP port that was free at `host` a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def free_media_port(host: str) -> int:
    """Return a port whose next four were free at `host` a moment ago: SIPp binds one for sound and one for pictures.

    It lies above the ports that the kernel gives to sockets without one, so that thousands of those cannot meet it.
    """
    starts = range(_ABOVE_EPHEMERAL, 65532, 4)
    chosen = secrets.randbelow(len(starts))
    for port in chain(starts[chosen:], starts[:chosen]):
        if all(_is_free(host, port + offset) for offset in range(4)):
            return port
    raise OSError(errno.EADDRINUSE, f"no four UDP ports in a row are free at {host} from {_ABOVE_EPHEMERAL}")


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def allow_many_sockets() -> None:
    """Raise this process' limit of open files as far as it may, up to what a thousand calls need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
