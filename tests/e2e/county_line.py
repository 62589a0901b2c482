"""A county at the end of a wire that a test can cut: in a network namespace, or behind a relay that drops everything.

What stands in the county is a phone that registers, or the gateway to its ordinary telephones. The namespace needs
root: a pair of virtual network cards joins it with this machine, and cutting the line takes the card over there down.
Without root the county runs beside the test, and its packets are dropped on the way: both sides see the same silence.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ops.call.carrier import COUNTY
from tests.e2e.county_phone import RTP, SIP

NEAR = "127.0.0.5"
"""What a phone calls itself: the address at which its wire ends in front of Asterisk."""

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
Address = tuple[str, int]


class Loopback:
    """No namespace: the relay drops what comes while the line is cut."""

    here = "127.0.0.1"
    command: tuple[str, ...] = ()
    drops = False

    def cut(self) -> None:
        self.drops = True

    def mend(self) -> None:
        self.drops = False

    def close(self) -> None:
        """Nothing was made."""


class Namespace:
    """A network namespace with one way out; raises OSError or CalledProcessError where it may not be made."""

    drops = False

    def __init__(self) -> None:
        self.name = f"hotline-{secrets.token_hex(3)}"
        self.command = ("ip", "netns", "exec", self.name)
        near, self._far = f"hl{self.name[-6:]}a", f"hl{self.name[-6:]}b"
        net = f"10.231.{secrets.randbelow(250)}"
        self.here = f"{net}.1"
        _ip("netns", "add", self.name)
        try:
            _ip("link", "add", near, "type", "veth", "peer", "name", self._far, "netns", self.name)
            _ip("addr", "add", f"{net}.1/30", "dev", near)
            _ip("link", "set", near, "up")
            _ip("-n", self.name, "addr", "add", f"{net}.2/30", "dev", self._far)
            self.mend()
        except subprocess.CalledProcessError:
            self.close()
            raise

    def cut(self) -> None:
        _ip("-n", self.name, "link", "set", self._far, "down")

    def mend(self) -> None:
        _ip("-n", self.name, "link", "set", self._far, "up")

    def close(self) -> None:
        _ip("netns", "del", self.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


def lay_wire() -> Namespace | Loopback:
    try:
        return Namespace()
    except (OSError, subprocess.CalledProcessError):  # not root, or no `ip` here
        return Loopback()


class _Flow(asyncio.DatagramProtocol):
    """The near end of the phone's signalling or sound: what Asterisk sends there goes over the wire."""

    def __init__(self, line: "CountyLine", flow: bytes) -> None:
        self._line = line
        self._flow = flow

    def datagram_received(self, data: bytes, _address: Address) -> None:
        self._line.to_county(self._flow + data)


class CountyLine(asyncio.DatagramProtocol):
    """The hotline's end of the wire: two sockets in front of Asterisk stand for the phone."""

    def __init__(self, wire: Namespace | Loopback) -> None:
        self.wire = wire
        self.flows: dict[bytes, asyncio.DatagramTransport] = {}
        self._county: Address | None = None
        self._ends: list[asyncio.DatagramTransport] = []

    async def open(self, host: str, port: int) -> Address:
        """Stand for the county at this host and SIP port (0: any); return where the county finds this end."""
        loop = asyncio.get_running_loop()
        for flow, own in ((SIP, port), (RTP, 0)):
            self.flows[flow], _ = await loop.create_datagram_endpoint(
                lambda flow=flow: _Flow(self, flow),  # type: ignore[misc]
                local_addr=(host, own),
            )
            self._ends.append(self.flows[flow])
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.wire.here, 0))
        self._ends.append(self._transport)
        address: Address = self._transport.get_extra_info("sockname")
        return address

    def close(self) -> None:
        for transport in self._ends:
            transport.close()

    def datagram_received(self, data: bytes, address: Address) -> None:
        self._county = address
        if not self.wire.drops:
            self.flows[data[:1]].sendto(data[3:], ("127.0.0.1", int.from_bytes(data[1:3], "big")))

    def to_county(self, data: bytes) -> None:
        if self._county is not None and not self.wire.drops:
            self._transport.sendto(data, self._county)


@asynccontextmanager
async def county_phone(user: str, password: str, *, asterisk: int) -> AsyncIterator[Namespace | Loopback]:
    """A phone at the end of a wire, registered as `user` at Asterisk's SIP port; gives the wire."""
    async with _county((NEAR, 0), asterisk, user, password) as wire:
        yield wire


@asynccontextmanager
async def county_gateway(*, port: int, asterisk: int) -> AsyncIterator[Namespace | Loopback]:
    """The gateway to the county's telephones at the end of a wire, where the county's trunk leads; gives the wire."""
    async with _county((COUNTY, port), asterisk) as wire:
        yield wire


@asynccontextmanager
async def _county(
    near: Address, asterisk: int, user: str = "", password: str = ""
) -> AsyncIterator[Namespace | Loopback]:
    wire = lay_wire()
    line = CountyLine(wire)
    try:
        host, port = await line.open(*near)
        ports = [str(line.flows[flow].get_extra_info("sockname")[1]) for flow in (SIP, RTP)]
        who = (user,) if user else ()
        process = await asyncio.create_subprocess_exec(
            *(*wire.command, sys.executable, "-m", "tests.e2e.county_phone", host, str(port), near[0], *ports),
            *(str(asterisk), *who),
            cwd=PROJECT,
            env={**os.environ, "COUNTY_PHONE_PASSWORD": password},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
            assert said == b"there\n", "the county is not there"
            yield wire
        finally:
            process.stdin.close()
            await process.wait()
    finally:
        line.close()
        wire.close()
