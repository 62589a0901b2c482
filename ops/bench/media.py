"""Sound for many telephones from one socket an address, in a process of its own so that it delays nothing measured.

Commands on standard input, one a line: `+ own host port` speak from `own` to this address, `- own host port` be silent
again. The first line of standard output holds the sockets' ports. What telephones hear is thrown away by the kernel.

Telephones do not speak in step: each stream has one of `SLOTS` places in the 20 ms, else Asterisk would get all packets
at once and whoever wants to ring meanwhile would wait behind them.
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
SLOTS = 10
_HEADER = struct.Struct("!BBHII")
_SMALL = 4096
"""Receive buffer: nobody reads it, the kernel drops what does not fit."""

Address = tuple[str, int]


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
    streams = Streams()
    payload = tones.tone_frame(tones.CITIZEN_TONE)
    due, tick, rest = time.monotonic(), 0, b""
    while True:
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], max(0.0, due - time.monotonic()))
        if ready:
            data = os.read(sys.stdin.fileno(), 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                what, own, host, port = line.decode().split()
                streams.obey(what, sockets[own], (host, int(port)))
        if time.monotonic() >= due:
            streams.speak(tick % SLOTS, packet(tick // SLOTS, payload))
            tick, due = tick + 1, max(due + _TICK / SLOTS, time.monotonic())


class Streams:
    """Who is spoken to, by places in the 20 ms; each place speaks in its turn."""

    def __init__(self) -> None:
        self._places: list[dict[Address, socket.socket]] = [{} for _ in range(SLOTS)]

    def obey(self, what: str, own: socket.socket, address: Address) -> None:
        """Speak to an address from now on (`+`), at the place with the fewest, or no more (`-`)."""
        for place in self._places:
            place.pop(address, None)
        if what == "+":
            min(self._places, key=len)[address] = own

    def speak(self, place: int, data: bytes) -> None:
        """Send a packet to everybody at this place."""
        targets = self._places[place]
        for address, own in list(targets.items()):
            try:
                own.sendto(data, address)
            except ConnectionRefusedError:
                targets.pop(address)  # the call has ended; its own signalling tells so


if __name__ == "__main__":
    main(sys.argv[1:])
