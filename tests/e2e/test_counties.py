"""Remote seats 远端座席: each kind takes calls, and a county whose line is cut is offered nothing until it is back."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ops.call import tones
from ops.call.agent import Manner
from ops.call.browser import open_browser, open_desk
from ops.call.carrier import BUSY, SILENT
from ops.call.carrier import Line as Telephone
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.county_line import county_phone
from tests.e2e.county_seats import LINE_SEAT, NUMBER, always_open, at_a_screen, line_seat, phone_of, reachable
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

HALL, DESK, BROWSER = "1001", "2001", "2003"
NOTICED_SECONDS = 5.0
CUT_SECONDS = 10.0
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
        async with City(system) as city:
            await always_open(city, "linhe")
        yield opened


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


async def gone(city: City, agent: str) -> float:
    """Seconds until the hotline knows that a seat cannot be reached."""
    began = time.monotonic()

    async def away() -> bool:
        return await phone_of(city, agent) is None

    await until_answered(away, f"the phone of {agent} is known to be away", seconds=NOTICED_SECONDS + 5)
    return time.monotonic() - began


async def test_a_county_that_is_cut_is_offered_nothing_and_is_back_by_itself(
    office: Office, record_property: Any
) -> None:
    async with City(office.system) as city:
        await city.seat([HALL], Manner(answers_after=0.2))
        password = city.place.seat_password(DESK)
        async with (
            county_phone(DESK, password, asterisk=city.place.sip_port) as wire,
            at_a_screen(city, DESK) as screen,
        ):
            wire.cut()
            noticed = await gone(city, DESK)
            record_property("noticed_seconds", round(noticed, 2))
            assert noticed < NOTICED_SECONDS, f"noticed after {noticed:.1f} s"

            first = await city.dial(LINHE)
            await first.talking(seconds=20)
            assert [offer.agent for offer in first.offers] == [HALL], "the hall helps at once: nobody is there"
            waits = await city.dial(LINHE)
            await waits.connected()

            began = time.monotonic()
            wire.mend()
            await reachable(city, DESK, seconds=10)
            record_property("back_seconds", round(time.monotonic() - began, 2))
            offer = await screen.next("offer", seconds=20)
            await screen.in_state("talking")
            assert offer.body["caller"] == waits.citizen.user
            first.hang_up()
            waits.hang_up()
            await screen.in_state("wrap_up")
            await city.agents_free()
            print(f"cut noticed after {noticed:.2f} s ({type(wire).__name__})")  # noqa: T201 - the measured figure


async def test_a_citizen_in_talk_is_not_lost_by_a_cut_of_ten_seconds(office: Office) -> None:
    async with City(office.system) as city:
        password = city.place.seat_password(DESK)
        async with (
            county_phone(DESK, password, asterisk=city.place.sip_port) as wire,
            at_a_screen(city, DESK) as screen,
        ):
            call = await city.dial(LINHE)
            await screen.in_state("talking", seconds=20)
            await until(lambda: call.media.heard.packets > 50, "the citizen hears the county", seconds=20)
            wire.cut()
            cut_at = time.time()
            await until(lambda: time.time() > cut_at + CUT_SECONDS, "ten seconds pass", seconds=CUT_SECONDS + 5)
            last = call.media.heard.last_packet_at
            assert last is not None
            assert last < cut_at + 1, "the cut was none"
            assert not call.over
            wire.mend()
            mended_at = time.time()
            await until(
                lambda: (call.media.heard.last_packet_at or 0) > mended_at + 1, "the citizen hears again", seconds=15
            )
            assert screen.state == "talking"
            assert not call.over
            call.hang_up()
            await screen.in_state("wrap_up")


async def test_a_trunk_that_is_cut_is_noticed_and_its_telephones_are_back_with_it(
    office: Office, record_property: Any
) -> None:
    async with City(office.system) as city:
        await city.seat([HALL], Manner(answers_after=0.2))
        await city.county.open({NUMBER: ACCEPTS})
        async with line_seat(city) as screen:
            await city.county.aclose()
            noticed = await gone(city, LINE_SEAT)
            record_property("trunk_noticed_seconds", round(noticed, 2))
            assert noticed < NOTICED_SECONDS
            first = await city.dial(LINHE)
            await first.talking(seconds=20)
            assert [offer.agent for offer in first.offers] == [HALL]
            waits = await city.dial(LINHE)
            await waits.connected()
            await city.county.open({})
            await screen.next("offer", seconds=20)
            await heard(waits, seconds=30)
            for call in (first, waits):
                call.hang_up()
            await screen.in_state("wrap_up")
            await city.agents_free()


async def test_the_countys_seats_come_first_then_the_hall_and_its_figures_are_its_own(office: Office) -> None:
    async with City(office.system) as city:
        await city.county.open({NUMBER: ACCEPTS})
        await city.seat([HALL], Manner(answers_after=0.2))
        async with line_seat(city) as screen:
            first = await city.dial(LINHE)
            await screen.in_state("talking", seconds=30)
            second = await city.dial(LINHE)
            began = time.time()
            await second.talking(seconds=40)
            (offer,) = second.offers
            assert offer.agent == HALL
            assert offer.decided_at - began > 14, "for 15 s it is kept for the county's own seats"
            page = await city.desk.ask(SUPERVISOR, "GET", "/api/figures")
            linhe = next(one for one in page["counties"] if one["id"] == "linhe")
            assert linhe["live"]["agents"]["talking"] == 1, "the telephone; the hall's agent counts in the city"
            first.hang_up()
            second.hang_up()
            await screen.in_state("wrap_up")
            await city.agents_free()


async def test_a_browser_in_the_county_takes_a_call(office: Office, chromium: Path) -> None:
    system = office.system
    async with (
        City(system) as city,
        open_browser(str(chromium), system.folder / "screens") as browser,
        open_desk(browser, system.folder / "screens/county", BROWSER) as desk,
    ):
        await desk.sign_in(city.place.web_url, city.place.passwords[BROWSER])
        call = await city.dial(LINHE)
        await desk.shows("phone-state", "ringing", seconds=30)
        await desk.click("answer")
        await desk.shows("state", "talking")
        await desk.hears(seconds=20)
        call.hang_up()
        await desk.shows("state", "wrap_up")
        await city.desk.choose_outcome(BROWSER, await owed(city, BROWSER), "answered")
        await desk.sign_out()


async def owed(city: City, agent: str) -> str:
    me = await city.desk.ask(agent, "GET", "/api/agents/me")
    return str(me["call"]["call_id"])
