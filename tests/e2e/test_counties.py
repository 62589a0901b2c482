"""Remote seats 远端座席: each kind takes calls, and a county whose line is cut is offered nothing until it is back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from db import city as demonstration
from ops.call import tones
from ops.call.agent import Manner
from ops.call.carrier import BUSY, SILENT
from ops.call.carrier import Line as Telephone
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.screen import Screen
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINE_SEAT, _, NUMBER = demonstration.LINE_SEAT
DESK = "2001"
LINHE = "71801"
"""Dialled for the county's queue, without a menu."""
ACCEPTS = Telephone(tone=tones.AGENT_TONE, keys="1")
MACHINE = Telephone(tone=tones.AGENT_TONE)
"""An answering machine: it picks up, speaks, and presses nothing."""
WRONG_KEY = Telephone(tone=tones.AGENT_TONE, keys="5")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.open([Line(LINHE, {"start": {"kind": "queue", "queue": "linhe"}})])
        yield opened


async def phone_of(city: City, agent: str) -> str | None:
    agents = await city.desk.ask(SUPERVISOR, "GET", "/api/agents")
    found: str | None = next(one for one in agents if one["id"] == agent)["phone"]
    return found


async def reachable(city: City, agent: str, *, seconds: float = 15) -> None:
    async def there() -> bool:
        return await phone_of(city, agent) is not None

    await until_answered(there, f"the phone of {agent} is there", seconds=seconds)


@asynccontextmanager
async def line_seat(city: City) -> AsyncIterator[Screen]:
    """The person at the ordinary telephone has a page open and is ready; the county's gateway is there."""
    screen = Screen(LINE_SEAT, city.desk, city.place.stream_url, where=str(city.place.logs))
    await screen.open()
    await reachable(city, LINE_SEAT)
    await screen.set_state("ready")
    try:
        yield screen
    finally:
        if screen.state == "wrap_up":
            call_id = screen.find("ended")[-1].call_id
            assert call_id is not None
            await city.desk.choose_outcome(LINE_SEAT, call_id, "answered")
        await screen.in_state("ready", "paused", "missed", "logged_out", seconds=40)
        await screen.set_state("logged_out")
        await screen.close()


async def heard(call: Call, *, seconds: float = 20) -> None:
    """The citizen hears whoever is at the other end."""
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears somebody", seconds=seconds, where=call.where)


async def test_a_telephone_in_the_county_takes_a_call_after_key_1(office: Office) -> None:
    async with City(office.system) as city:
        await city.county.open({NUMBER: ACCEPTS})
        async with line_seat(city) as screen:
            call = await city.dial(LINHE)
            offer = await screen.next("offer")
            rung = await city.county.called(NUMBER)
            assert offer.at < rung.rang_at, "the screen is shown the call before the telephone rings"
            assert rung.caller_number == LINHE, "the telephone shows the hotline's number, not the citizen's"
            await heard(call)
            await city.county.talking(NUMBER)
            await screen.in_state("talking")
            assert rung.answered_at is not None
            assert call.media.heard.tone_heard_at is not None
            assert call.media.heard.tone_heard_at > rung.answered_at + 1, "nobody is heard before key 1"
            call.hang_up()
            await screen.in_state("wrap_up")


@pytest.mark.parametrize("telephone", [MACHINE, WRONG_KEY], ids=["machine", "wrong-key"])
async def test_what_presses_no_1_never_gets_the_citizen(office: Office, telephone: Telephone) -> None:
    async with City(office.system) as city:
        await city.county.open({NUMBER: telephone})
        await city.seat([DESK], Manner(answers_after=0.2), ready=False)
        async with line_seat(city) as screen:
            call = await city.dial(LINHE)
            rung = await city.county.called(NUMBER)
            await until(lambda: rung.answered_at, "it picks up", seconds=10)
            await city.agents[DESK].screen.set_state("ready")  # type: ignore[union-attr]
            await call.talking(seconds=40)
            assert [offer.agent for offer in call.offers] == [LINE_SEAT, DESK][-len(call.offers) :]
            await screen.in_state("missed")
            assert rung.media is not None
            assert rung.media.heard.tone_heard_at is None, "the citizen was heard by a machine"
            call.hang_up()
            await city.agents_free()


async def test_a_telephone_that_is_busy_or_silent_is_missed(office: Office) -> None:
    async with City(office.system) as city:
        await city.county.open({NUMBER: BUSY})
        await city.seat([DESK], Manner(answers_after=0.2), ready=False)
        async with line_seat(city) as screen:
            call = await city.dial(LINHE)
            missed = await screen.next("withdrawn", seconds=30)
            assert missed.body["reason"] == "busy"
            city.county.lines[NUMBER] = SILENT
            await city.desk.set_state(LINE_SEAT, "ready")  # and offered again at once
            await until(lambda: len(city.county.of(NUMBER)) > 1, "it rings again", seconds=10)
            await city.agents[DESK].screen.set_state("ready")  # type: ignore[union-attr]
            await call.talking(seconds=40)
            call.hang_up()
            await city.agents_free()
