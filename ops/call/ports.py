"""Free UDP ports for programs that must be told theirs, and room for the sockets of many calls."""

import resource
import socket

#: A socket for each of a thousand citizens and their agents, and some to spare.
_DESCRIPTORS = 8192


def free_udp_port(host: str) -> int:
    """Return a UDP port that was free at `host` a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def allow_many_sockets() -> None:
    """Raise this process' limit of open files as far as it may, up to what a thousand calls need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
