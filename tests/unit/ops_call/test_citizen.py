from collections.abc import AsyncIterator

import pytest

from ops.call.citizen import Call, Offer, Sightings
from ops.call.phones import PhoneCall
from ops.call.rtp import Room
from ops.call.scenarios import Citizen
from ops.call.screen import Arrival
from ops.call.siplog import SipEvent
from ops.call.until import StepMissing

NUMBER = "13912340001"


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    opened = Room()
    yield opened
    await opened.aclose()


def dialled_call(room: Room, seen: Sightings, at: float = 100.0) -> Call:
    call = Call("c1", Citizen(user=NUMBER), room.open("127.0.0.1"), seen)
    call.take(SipEvent("citizen", at, "c1", "dialled", ""))
    return call


def ring(call_id: str | None, at: float, *, answered_at: float | None = None) -> PhoneCall:
    return PhoneCall("s", "1001", call_id, f"<sip:{NUMBER}@127.0.0.1>;tag=x", at, None, answered_at=answered_at)


def offer(call_id: str, at: float) -> Offer:
    return Offer("1001", Arrival(at, {"type": "offer", "call_id": call_id, "caller": NUMBER, "decided_at": at}))


async def test_a_call_finds_its_own_offers_and_rings(room: Room) -> None:
    seen = Sightings()
    call = dialled_call(room, seen)
    seen.note_offer(offer("n-1", 101.0))
    seen.note_ring(ring("n-1", 101.1, answered_at=102.0))
    assert call.call_id == "n-1"
    assert [one.decided_at for one in call.offers] == [101.0]
    leg = call.answered_ring()
    assert leg is not None
    assert leg.answered_at == 102.0


async def test_an_earlier_call_of_the_same_number_is_another(room: Room) -> None:
    seen = Sightings()
    seen.note_offer(offer("n-0", 50.0))
    seen.note_ring(ring("n-0", 50.1))
    call = dialled_call(room, seen)
    assert call.call_id is None
    assert call.rings == []


async def test_the_fallback_queue_rings_without_a_call_id(room: Room) -> None:
    seen = Sightings()
    call = dialled_call(room, seen)
    seen.note_offer(offer("n-1", 101.0))
    assert call.call_id == "n-1"
    seen.note_ring(ring(None, 110.0, answered_at=111.0))
    seen.note_ring(ring("n-1", 101.1))
    assert [one.rang_at for one in call.rings] == [101.1, 110.0]


async def test_a_refused_call_is_not_waited_for(room: Room) -> None:
    call = dialled_call(room, Sightings())
    call.take(SipEvent("citizen", 100.1, "c1", "refused", "486"))
    with pytest.raises(StepMissing, match="it was refused with SIP 486"):
        await call.answered(seconds=60)


async def test_an_ended_call_says_who_ended_it(room: Room) -> None:
    call = dialled_call(room, Sightings())
    call.take(SipEvent("citizen", 100.1, "c1", "ended", "other"))
    with pytest.raises(StepMissing, match="ended by the other side"):
        await call.greeted(seconds=60)


async def test_an_adopted_call_is_known_whatever_its_number(room: Room) -> None:
    seen = Sightings()
    call = Call("c1", Citizen(user=""), room.open("127.0.0.1"), seen)
    seen.note_offer(Offer("1001", Arrival(1.0, {"type": "offer", "call_id": "n-9", "caller": "", "decided_at": 1.0})))
    assert call.call_id is None
    call.adopt("n-9")
    assert [one.call_id for one in call.offers] == ["n-9"]
