"""The bench's telephones, one side calling the other: every way a call goes, with its moments."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from ops.bench import sip
from ops.bench.phones import Leg, Telephones
from ops.call.until import until


@dataclass
class Wire:
    """Citizens and one farm of phones that they reach without a PBX between them."""

    citizens: Telephones
    phones: Telephones
    rung: list[Leg] = field(default_factory=list)
    ended: list[Leg] = field(default_factory=list)

    async def ring(self) -> tuple[Leg, Leg]:
        dialled = self.citizens.dial(self.phones.own, "1001", "13900000001")
        await until(lambda: self.rung, "the phone rings", seconds=5)
        return dialled, self.rung[-1]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire(Telephones("127.0.0.2", 40000), Telephones("127.0.0.1", 40002))
    for telephones in (wire.citizens, wire.phones):
        telephones.open()
        telephones.on_end = wire.ended.append
    wire.phones.on_ring = wire.rung.append
    yield wire
    for telephones in (wire.citizens, wire.phones):
        telephones.close()


async def test_a_call_from_dialling_to_the_end(wire: Wire) -> None:
    citizen, phone = await wire.ring()
    assert (phone.user, phone.caller, phone.incoming) == ("1001", "13900000001", True)
    assert 0 <= phone.began_at - citizen.began_at < 5
    wire.phones.answer(phone)
    await until(lambda: citizen.answered_at, "the citizen hears the answer", seconds=5)
    assert citizen.audio == ("127.0.0.1", 40002)
    assert phone.audio == ("127.0.0.2", 40000)
    wire.phones.hang_up(phone)
    await until(lambda: citizen.over, "the citizen hears the end", seconds=5)
    assert (phone.ended_by, citizen.ended_by) == ("self", "other")
    assert wire.ended == [phone, citizen]


async def test_a_citizen_gives_up_while_it_rings(wire: Wire) -> None:
    citizen, phone = await wire.ring()
    wire.citizens.hang_up(citizen)
    await until(lambda: phone.over, "the phone rings no more", seconds=5)
    wire.phones.answer(phone)
    assert (phone.answered_at, phone.ended_by) == (None, "other")
    assert citizen.answered_at is None


async def test_a_phone_that_refuses(wire: Wire) -> None:
    citizen, phone = await wire.ring()
    wire.phones.hang_up(phone)
    await until(lambda: citizen.over, "the citizen is refused", seconds=5)
    assert citizen.status == 486


async def test_an_invite_that_comes_twice_rings_once(wire: Wire) -> None:
    citizen, _ = await wire.ring()
    wire.citizens._send(citizen.sent, wire.phones.own)
    other, _ = await wire.ring()
    await until(lambda: len(wire.rung) == 2, "the second call rings", seconds=5)
    assert {leg.dialog.call_id for leg in wire.rung} == {citizen.dialog.call_id, other.dialog.call_id}


def test_a_digest_is_the_one_of_the_standard() -> None:
    challenge = 'Digest realm="asterisk",nonce="1/abc",opaque="x",algorithm=MD5,qop="auth"'
    line = sip.authorization(challenge, "1001", "secret", "sip:127.0.0.1:5060")
    assert line.startswith('Authorization: Digest username="1001", realm="asterisk", nonce="1/abc"')
    assert 'opaque="x"' in line


def test_headers_that_are_not_utf8_are_read() -> None:
    message = sip.parse(b"SIP/2.0 200 OK\r\nX: \xff\r\nCSeq: 2 BYE\r\n\r\n")
    assert (message.status, message.method) == (200, "BYE")
