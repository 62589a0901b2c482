"""What stands in a county: it has one wire to the hotline, and everything it sends and hears goes over that wire.

A program of its own, so that a test can start it in a network namespace: `python -m tests.e2e.county_phone <address of
the wire's other end> <port> <address that stands for it there> <SIP port there> <RTP port there> <Asterisk's SIP port>
[user]`. With a user, whose password is in COUNTY_PHONE_PASSWORD, it is a phone that registers; else the gateway to the
county's telephones, where a person hums and presses 1. It says `there` on its output, answers every call, and ends with
its input.
"""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterator

from ops.call.carrier import CALLED_TONE
from ops.call.rtp import PCMA, TELEPHONE_EVENT, Packet, build, key_payloads
from ops.call.tones import tone_frame
from tests.e2e.sip_peer import Leg, Peer

SIP, RTP = b"S", b"R"
ANSWERS_AFTER = 0.2
PRESSES_AFTER = 1.0


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

    def __init__(self, wire: tuple[str, int], near: str, ports: tuple[int, int], *, server: tuple[str, int]) -> None:
        super().__init__(near, server)
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


class CountyGateway(CountyPhone):
    """Telephones that nobody registers; whoever answers hums, and presses 1 a second later."""

    def __init__(self, wire: tuple[str, int], near: str, ports: tuple[int, int], *, server: tuple[str, int]) -> None:
        super().__init__(wire, near, ports, server=server)
        self._pressed: dict[str, Iterator[bytes]] = {}

    async def open(self) -> "CountyGateway":
        await super().open()
        self._send(b"\r\n\r\n")  # a sign of life: the wire's other end learns where this one is
        return self

    def answer(self, leg: Leg, code: int = 200) -> None:
        super().answer(leg, code)
        if code == 200:
            asyncio.get_running_loop().call_later(PRESSES_AFTER, self._press, leg)

    def _press(self, leg: Leg) -> None:
        self._pressed[leg.call_id] = iter(key_payloads("1"))

    def _packet(self, leg: Leg, number: int) -> bytes:
        key = next(self._pressed.get(leg.call_id, iter(())), None)
        if key is None:
            return build(Packet(PCMA, number, number * 160, 1, tone_frame(CALLED_TONE)))
        return build(Packet(TELEPHONE_EVENT, number, 160, 1, key))  # one moment of pressing, whichever frame it is in

    def _sdp(self) -> str:
        plain = super()._sdp().replace("RTP/AVP 8", f"RTP/AVP 8 {TELEPHONE_EVENT}")
        return f"{plain}a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000\r\na=fmtp:{TELEPHONE_EVENT} 0-15\r\n"


async def main(host: str, port: str, near: str, *more: str) -> None:
    sip, rtp, asterisk = (int(number) for number in more[:3])
    kind = CountyPhone if more[3:] else CountyGateway
    phone = await kind((host, int(port)), near, (sip, rtp), server=("127.0.0.1", asterisk)).open()
    for user in more[3:]:
        await phone.register(user, os.environ["COUNTY_PHONE_PASSWORD"])
    sys.stdout.write("there\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
