"""A county's trunk that is cut in a talk with one of its ordinary telephones: the citizen goes on, to the hall."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Manner
from ops.call.carrier import CALLED_TONE
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.tones import AGENT_TONE
from ops.call.until import until_answered
from ops.instance import Instance
from tests.e2e.county_line import county_gateway
from tests.e2e.county_seats import LINE_SEAT, always_open, at_a_screen, reachable
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR, queued, settled
from tests.e2e.talking import act, hears, hears_music

pytestmark = pytest.mark.asyncio(loop_scope="module")

HALL = "1001"
CITY_NUMBER, LINHE = "71840", "71841"
"""Dialled for the queues of the city and the county, without a menu."""
SILENCE_SECONDS = 15
"""After so much of it Asterisk takes the telephone for dead (`phone_rtp_timeout`)."""
KEPT_SECONDS = 20
"""So long the citizen is kept for the person whose line broke."""
LATE_SECONDS = 10


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        queues = {CITY_NUMBER: "city", LINHE: "linhe"}
        lines = [Line(number, {"start": {"kind": "queue", "queue": q}}, queue=q) for number, q in queues.items()]
        await opened.open(lines)
        async with City(system) as city:
            await always_open(city, "linhe")
        yield opened


async def in_line(city: City, *callers: str, seconds: float) -> None:
    """Return once the county's queue is these callers, in this order."""
    found: list[Any] = []

    async def look() -> bool:
        hall = await city.desk.ask(SUPERVISOR, "GET", "/api/hall")
        found[:] = sorted((row["position"], row["caller"][-4:]) for row in hall["waiting"] if row["queue"] == "linhe")
        return found == [(place, caller[-4:]) for place, caller in enumerate(callers, start=1)]

    await until_answered(look, f"the line is {callers}", seconds=seconds)


async def told_of_cut(city: City, call: Call, cut_at: float) -> None:
    """The citizen hears silence, then what has happened, then music."""
    await call.hears(city.prompt("hotline/talk-broken"), since=cut_at, seconds=SILENCE_SECONDS + LATE_SECONDS)
    assert time.time() - cut_at > SILENCE_SECONDS, "a short silence is no cut"
    await hears_music(call.media)


async def test_the_citizen_of_a_cut_trunk_hears_of_it_and_is_the_first_for_the_hall(office: Office) -> None:
    async with City(office.system) as city:
        await city.seat([HALL], Manner(answers_after=0.1), ready=False)
        async with (
            county_gateway(port=city.place.county_port, asterisk=city.place.sip_port) as wire,
            at_a_screen(city, LINE_SEAT) as screen,
        ):
            call = await city.dial(LINHE)
            await screen.in_state("talking", seconds=20)
            await hears(call.media, CALLED_TONE)
            case = (await screen.next("case")).body["case_no"]

            wire.cut()
            cut_at = time.time()
            later = await city.dial(LINHE)
            await queued(city, [later])
            await told_of_cut(city, call, cut_at)
            await screen.in_state("missed")
            await in_line(city, later.citizen.user, seconds=LATE_SECONDS)
            await in_line(city, call.citizen.user, later.citizen.user, seconds=KEPT_SECONDS + LATE_SECONDS)

            hall = city.agents[HALL].screen
            assert hall is not None
            await city.desk.set_state(HALL, "ready")  # and offered somebody at once
            assert (await hall.next("case", call.call_id)).body["case_no"] == case, "the same case"
            await hears(call.media, AGENT_TONE)
            assert not later.offers, "who was cut off comes before who came later"

            wire.mend()
            await reachable(city, LINE_SEAT)
            await city.desk.set_state(LINE_SEAT, "ready")
            await screen.in_state("talking", seconds=20)
            await hears(later.media, CALLED_TONE)
            call.hang_up()
            later.hang_up()
            await screen.in_state("wrap_up")
            records = await settled(city, [call, later], answered=2)
            assert {record["caller_raw"]: record["answered_by"] for record in records} == {
                call.citizen.user: HALL,
                later.citizen.user: LINE_SEAT,
            }
            await city.agents_free()


async def test_a_telephone_to_which_the_citizen_was_handed_over_is_rung_again_when_its_line_is_back(
    office: Office,
) -> None:
    async with City(office.system) as city:
        await city.seat([HALL], Manner(answers_after=0.1, outcome=None), ready=False)
        async with (
            county_gateway(port=city.place.county_port, asterisk=city.place.sip_port) as wire,
            at_a_screen(city, LINE_SEAT) as screen,
        ):
            await city.desk.set_state(HALL, "ready")
            call = await city.dial(CITY_NUMBER)
            await call.talking(seconds=20)
            await act(city, HALL, "consult", "agent", LINE_SEAT)
            await screen.in_state("talking", seconds=20)
            await act(city, HALL, "complete")
            await hears(call.media, CALLED_TONE)

            wire.cut()
            await told_of_cut(city, call, time.time())
            await screen.in_state("missed")
            wire.mend()
            await screen.in_state("talking", seconds=KEPT_SECONDS)
            await hears(call.media, CALLED_TONE)
            assert [offer.agent for offer in call.offers] == [HALL], "nobody else was offered the citizen"
            assert len(screen.find("offer")) == 2, "once to be consulted, and again after the cut"
            call.hang_up()
            await screen.in_state("wrap_up")
            (record,) = await settled(city, [call], answered=1)
            assert record["answered_by"] == LINE_SEAT
