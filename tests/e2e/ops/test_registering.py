"""How the test phones register: with a server that takes its time, and with one that does not know them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ops.call.ports import free_udp_port
from ops.call.sip import Exchange, SippFailed

HOST = "127.0.0.1"
PHONES = {"1001": "one-word", "1002": "another-one"}
ASKS = 'WWW-Authenticate: Digest realm="hotline",nonce="n{0}",algorithm=MD5,qop="auth"\r\n'


class Registrar(asyncio.DatagramProtocol):
    """Asks each phone who it is `questions` times, all but one too late; then takes it, or does not `know` it."""

    def __init__(self, *, questions: int, knows: bool) -> None:
        self.questions = questions
        self.knows = knows
        self.first: dict[str, str] = {}
        self.way: list[asyncio.DatagramTransport] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = data.decode()
        call = _header(request, "Call-ID")
        if _header(request, "CSeq") == "1 REGISTER":
            self.first[call] = request
            self._answer(request, addr, "401 Unauthorized", 0)
            return
        for number in range(1, self.questions):
            self._answer(self.first[call], addr, "401 Unauthorized", number)
        self._answer(request, addr, "200 OK" if self.knows else "401 Unauthorized", self.questions)

    def _answer(self, request: str, address: tuple[str, int], status: str, number: int) -> None:
        kept = "".join(f"{name}: {_header(request, name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        to = f"To: {_header(request, 'To')};tag=t{number}\r\n"
        asks = ASKS.format(number) if status.startswith("401") else ""
        self.way[0].sendto(f"SIP/2.0 {status}\r\n{kept}{to}{asks}Content-Length: 0\r\n\r\n".encode(), address)


def _header(request: str, name: str) -> str:
    found = re.search(rf"^{name}: (.+?)\r$", request, re.MULTILINE)
    assert found is not None
    return found[1]


@asynccontextmanager
async def registrar(sipp: Path, folder: Path, *, questions: int, knows: bool) -> AsyncIterator[Exchange]:
    loop = asyncio.get_running_loop()
    server = Registrar(questions=questions, knows=knows)
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=(HOST, 0))
    server.way.append(transport)
    port = transport.get_extra_info("sockname")[1]
    exchange = Exchange(str(sipp), folder, f"{HOST}:{port}")
    try:
        yield exchange
    finally:
        await exchange.aclose()
        transport.close()


async def test_a_server_that_was_asked_again_meanwhile_has_not_refused(sipp: Path, tmp_path: Path) -> None:
    async with registrar(sipp, tmp_path, questions=4, knows=True) as exchange:
        await exchange.register(PHONES, host=HOST, port=free_udp_port(HOST), seconds=60)


async def test_a_phone_that_the_server_does_not_know_is_named(sipp: Path, tmp_path: Path) -> None:
    async with registrar(sipp, tmp_path, questions=2, knows=False) as exchange:
        with pytest.raises(SippFailed, match=r"1001, 1002 \(401\)"):
            await exchange.register(PHONES, host=HOST, port=free_udp_port(HOST), seconds=60)
