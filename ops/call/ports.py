"""Free UDP ports for programs that must be told theirs."""

import socket


def free_udp_port(host: str) -> int:
    """Return a UDP port that was free at `host` a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port
