"""Sound for many telephones from one socket an address, in a process of its own so that it delays nothing measured.

Commands on standard input, one a line: `+ host port` speak to this address, `- host port` be silent again. The first
line on standard output holds the ports of the two sockets. What the telephones hear is thrown away by the kernel.
"""

import os
import select
import socket
import struct
import sys
import time
from collections.abc import Sequence

from ops.call import tones
from ops.call.rtp import PCMA

_TICK = 0.02
_HEADER = struct.Struct("!BBHII")
_SMALL = 4096
"""Receive buffer: nobody reads it, the kernel drops what does not fit."""


def bound(host: str) -> socket.socket:
    """Return a socket with a port of its own."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    found.bind((host, 0))
    return found


def packet(number: int, payload: bytes) -> bytes:
    """Return RTP packet `number` of a stream that began with 0."""
    return _HEADER.pack(0x80, PCMA, number & 0xFFFF, number * 160 & 0xFFFFFFFF, 0xBE9C) + payload


def main(hosts: Sequence[str]) -> None:
    """Speak every 20 ms until standard input ends."""
    sockets = {host: bound(host) for host in hosts}
    print(*(sockets[host].getsockname()[1] for host in hosts), flush=True)  # noqa: T201 - the parent reads it
    targets: dict[tuple[str, int], socket.socket] = {}
    payload = tones.tone_frame(tones.CITIZEN_TONE)
    due, number, rest = time.monotonic(), 0, b""
    while True:
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], max(0.0, due - time.monotonic()))
        if ready:
            data = os.read(sys.stdin.fileno(), 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                _obey(line.decode().split(), sockets, targets)
        if time.monotonic() >= due:
            number, due = number + 1, max(due + _TICK, time.monotonic())
            _speak(packet(number, payload), targets)


def _obey(words: list[str], sockets: dict[str, socket.socket], targets: dict[tuple[str, int], socket.socket]) -> None:
    what, own, host, port = words
    address = (host, int(port))
    if what == "+":
        targets[address] = sockets[own]
    else:
        targets.pop(address, None)


def _speak(data: bytes, targets: dict[tuple[str, int], socket.socket]) -> None:
    for address, own in list(targets.items()):
        try:
            own.sendto(data, address)
        except ConnectionRefusedError:
            targets.pop(address)  # the call has ended; its own signalling tells so


if __name__ == "__main__":
    main(sys.argv[1:])
