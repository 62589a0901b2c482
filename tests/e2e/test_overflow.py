"""Overflow 溢出 in front of real callers: city, county and neighbour help each other by time and by load, and back."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.instance import Instance
from tests.e2e.distribution import routed, ruled
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import queued, settled

pytestmark = pytest.mark.asyncio(loop_scope="module")

CITY, LINHE, PINGYUAN = "city", "linhe", "pingyuan"
SEATS = {CITY: "1001", LINHE: "2001", PINGYUAN: "3001"}
"""One agent at each place, who serves its queue alone."""
NUMBERS = {CITY: "71830", LINHE: "71831", PINGYUAN: "71832"}
LINES = [Line(number, {"start": {"kind": "queue", "queue": queue}}, queue=queue) for queue, number in NUMBERS.items()]
NEAR, FAR = 2.0, 4.0
"""Seconds of waiting after which the first and the second place help."""
LATE = 2.0
"""So much longer a busy machine may take."""
Rules = Mapping[str, dict[str, Any]]
"""Of each queue, and so without hours: at any time of the day."""
BY_TIME: Rules = {
    CITY: {"overflow": [{"to": LINHE, "after": NEAR}, {"to": PINGYUAN, "after": FAR}]},
    LINHE: {"overflow": [{"to": PINGYUAN, "after": NEAR}, {"to": CITY, "after": FAR}]},
    PINGYUAN: {},
}
BY_LOAD: Rules = {
    CITY: {"overflow": [{"to": LINHE, "waiting": 2}]},
    LINHE: {"overflow": [{"to": PINGYUAN, "waiting": 2}]},
    PINGYUAN: {},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.open(LINES)
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def city(office: Office) -> AsyncIterator[City]:
    """All are ready, each in a place of their own."""
    async with City(office.system) as opened, routed(opened, SEATS[CITY], queues=[CITY]):
        await opened.seat(list(SEATS.values()), Manner(answers_after=0.1))
        yield opened


async def answered(city: City, queue: str, by: str) -> tuple[Call, float]:
    """A call to a queue that the agent of a place answers; with the seconds that it had waited when it was offered."""
    call = await city.dial(NUMBERS[queue])
    await call.talking(seconds=20)
    assert [offer.agent for offer in call.offers] == [SEATS[by]], f"{queue} was to be answered by {by}"
    return call, waited_seconds(call)


def waited_seconds(call: Call) -> float:
    """By the hotline's own clock: how fast this machine dials does not count."""
    return float(call.offers[-1].arrival.body["waited_ms"]) / 1000


async def free(city: City, call: Call, agent: str) -> None:
    """The citizen hangs up, and the agent is ready again."""
    call.hang_up()
    screen = city.agents[agent].screen
    assert screen is not None
    await screen.in_state("wrap_up")
    await screen.in_state("ready")


async def waits(city: City, queue: str) -> Call:
    call = await city.dial(NUMBERS[queue])
    await queued(city, [call])
    assert not call.offers, "nobody is free for it yet"
    return call


@pytest.mark.parametrize(
    ("own", "near", "far"), [(CITY, LINHE, PINGYUAN), (LINHE, PINGYUAN, CITY)], ids=["from-the-city", "to-the-city"]
)
async def test_as_time_goes_by_the_next_place_helps_then_the_one_after_and_then_it_is_local_again(
    city: City, own: str, near: str, far: str
) -> None:
    async with ruled(city, BY_TIME):
        first, at_once = await answered(city, own, own)
        assert at_once < NEAR, "whoever is free in the own place comes first"
        second, waited = await answered(city, own, near)
        assert NEAR <= waited < FAR, f"the next place was asked after {waited:.1f} s"
        third, waited = await answered(city, own, far)
        assert FAR <= waited < FAR + LATE, f"the place after that was asked after {waited:.1f} s"

        await free(city, second, SEATS[near])
        await free(city, third, SEATS[far])
        await free(city, first, SEATS[own])  # the last to be free: the others are idle longer
        fourth, at_once = await answered(city, own, own)
        assert at_once < NEAR, "back in the own place"
        await free(city, fourth, SEATS[own])
        records = await settled(city, [first, second, third, fourth], answered=4)
    by_caller = {record["caller_raw"]: record for record in records}
    told = [by_caller[call.citizen.user] for call in (first, second, third, fourth)]
    assert [record["answered_by"] for record in told] == [SEATS[place] for place in (own, near, far, own)]
    assert {record["queue"] for record in told} == {own}, "a call stays its own queue's, whoever helps"


@pytest.mark.parametrize(
    ("own", "helper"), [(CITY, LINHE), (LINHE, PINGYUAN)], ids=["city-to-county", "county-to-neighbour"]
)
async def test_while_many_wait_the_next_place_helps_and_no_longer(city: City, own: str, helper: str) -> None:
    async with ruled(city, BY_LOAD):
        first, _ = await answered(city, own, own)
        one = await waits(city, own)
        two = await city.dial(NUMBERS[own])
        await one.talking(seconds=20)
        assert [offer.agent for offer in one.offers] == [SEATS[helper]], "two wait: the first goes to the next place"

        await free(city, one, SEATS[helper])
        local, at_once = await answered(city, helper, helper)
        assert at_once < NEAR, "the helper is free for its own"
        assert not two.offers, "one waits: it stays in its own place, although the helper was free"
        first.hang_up()
        await two.talking(seconds=20)
        assert [offer.agent for offer in two.offers] == [SEATS[own]]
        for call in (local, two):
            call.hang_up()
        await settled(city, [first, one, two, local], answered=4)
        await city.agents_free()
