"""A SIP phone in a county: it has one wire to the hotline, and everything it sends and hears goes over that wire.

A program of its own, so that a test can start it in a network namespace: `python -m tests.e2e.county_phone <address of
the wire's other end> <port> <SIP port there> <RTP port there> <Asterisk's SIP port> <user>`, the password in
COUNTY_PHONE_PASSWORD. It says `registered` on its output, answers every call, and ends with its input.
"""

import asyncio
import contextlib
import os
import socket
import sys

from tests.e2e.sip_peer import Leg, Peer

SIP, RTP = b"S", b"R"
ANSWERS_AFTER = 0.2
NEAR = "127.0.0.5"
"""What the phone calls itself: the address at which its wire ends in front of Asterisk."""


class Half:
    """One of the two flows on the wire, used as the peer uses a socket."""

    def __init__(self, wire: socket.socket, flow: bytes) -> None:
        self._wire = wire
        self._flow = flow
        self.arrived = b""

    def sendto(self, data: bytes, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # the wire is cut: a phone does not end because of that
            self._wire.send(self._flow + address[1].to_bytes(2, "big") + data)

    def recv(self, _size: int) -> bytes:
        return self.arrived

    def close(self) -> None:
        self._wire.close()


class CountyPhone(Peer):
    """A phone whose signalling and sound share a wire."""

    def __init__(self, wire: tuple[str, int], ports: tuple[int, int], server: tuple[str, int]) -> None:
        super().__init__(NEAR, server)
        self.port, self._sound_port = ports
        self._wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wire.connect(wire)
        self._wire.settimeout(0)
        self._transport = Half(self._wire, SIP)
        self._sound = Half(self._wire, RTP)  # type: ignore[assignment]
        self.on_invite = self._ring

    async def open(self) -> "CountyPhone":
        asyncio.get_running_loop().add_reader(self._wire.fileno(), self._receive)
        self._tasks.add(asyncio.create_task(self._speak()))
        return self

    def _receive(self) -> None:
        with contextlib.suppress(OSError):  # what the kernel says of an earlier datagram that did not get through
            data = self._wire.recv(4096)
            if data[:1] == SIP:
                self.datagram_received(data[1:], self.server)
            else:
                self._sound.arrived = data[1:]  # type: ignore[attr-defined]
                self._hear()

    def _ring(self, leg: Leg) -> None:
        asyncio.get_running_loop().call_later(ANSWERS_AFTER, self.answer, leg)


async def main(host: str, *numbers: str) -> None:
    port, sip, rtp, asterisk = (int(number) for number in numbers[:4])
    phone = await CountyPhone((host, port), (sip, rtp), ("127.0.0.1", asterisk)).open()
    await phone.register(numbers[4], os.environ["COUNTY_PHONE_PASSWORD"])
    sys.stdout.write("registered\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
