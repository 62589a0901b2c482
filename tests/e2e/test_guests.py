"""A guest session in front of real calls: a guest answers, the session ends during a talk, the report tells."""

import datetime as dt
import time
from typing import Any

import pytest

from db.clock import utc_now
from ops.call import tones
from ops.call.agent import Manner
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.screen import Screen
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR, kept_members, settled, states

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER = "71960"
STAFF = "1002"
PATH = "/api/guest-sessions"


async def state_of(city: City, guest: str) -> str | None:
    hall = await city.desk.ask(SUPERVISOR, "GET", "/api/hall")
    return next((str(one["state"]) for one in hall["agents"] if one["agent_id"] == guest), None)


async def in_state(city: City, guest: str, state: str) -> None:
    async def look() -> bool:
        return await state_of(city, guest) == state

    await until_answered(look, f"{guest} is {state}", seconds=15)


async def open_session(city: City) -> dict[str, Any]:
    ends = utc_now() + dt.timedelta(hours=1)
    wanted = {"kind": "mayor", "title": "市长接听日", "ends": ends.isoformat(), "numbers": [NUMBER]}
    guests = [{"name": "韩市长", "title": "市长"}]
    body = {**wanted, "overflow_to": "city", "guests": guests, "why": "每月接听日"}
    session: dict[str, Any] = await city.desk.ask(SUPERVISOR, "POST", PATH, body)
    return session


async def test_a_guest_answers_until_the_session_ends_and_the_report_tells(system: Instance) -> None:
    async with City(system) as city:
        session = await open_session(city)
        assert session["heard"]
        (seat,) = session["seats"]
        guest, phone = seat["id"], seat["extension"]
        city.place.passwords[guest] = seat["password"]
        await city.seat([phone], Manner(answers_after=0.1), screens=False)
        screen = Screen(guest, city.desk, city.place.stream_url, where="the guest's page")
        await screen.open()
        try:
            await screen.set_state("ready")
            first = await city.dial(NUMBER)
            leg = await first.talking(seconds=20)
            assert leg.endpoint == phone
            offer = await screen.next("offer")
            assert (offer.body["queue"], offer.body["line"]) == (session["queue"], "市长接听日")
            case = await screen.next("case", offer.call_id)
            assert case.body["earlier_calls"] == []

            second = await city.dial()
            moved = await waiting_call(city, "city")
            act = {"act": "move", "call_id": moved, "to": session["queue"], "why": "市民要找市长"}
            await city.desk.ask(SUPERVISOR, "POST", "/api/hall/acts", act)
            first.hang_up()
            await screen.in_state("wrap_up")
            await city.desk.choose_outcome(guest, str(offer.call_id), "answered", "已答复")
            assert (await second.talking(seconds=20)).endpoint == phone

            await city.desk.ask(SUPERVISOR, "POST", f"{PATH}/{session['id']}/end", {"why": "散会"})
            since = time.time()
            await until(
                lambda: second.media.heard.tone_at(tones.AGENT_TONE, since=since), "the talk goes on", seconds=10
            )
            second.hang_up()
            await screen.in_state("wrap_up")
            await city.desk.choose_outcome(guest, moved, "to_dispatch", "转城管局")
            await screen.in_state("logged_out")
            with pytest.raises(Refused, match="has ended"):
                await city.desk.set_state(guest, "ready")
        finally:
            await screen.close()
        await signed_in_no_more(city, seat)
        await report_tells(city, session, guest)


async def test_with_voice_dead_who_calls_the_guests_reaches_the_staff(system: Instance) -> None:
    async with City(system) as city:
        session = await open_session(city)
        assert session["heard"]
        try:
            await city.seat([STAFF], Manner(answers_after=0.1))
            busy = await city.dial(keys="0")
            await busy.talking(seconds=20)
            # Nobody of the session is there, and the staff is busy: the citizen waits for the guests when voice dies.
            waits = await city.dial(NUMBER)
            await waiting_call(city, session["queue"])
            await until(lambda: STAFF in kept_members(system.folder), "the native queue has the agent", seconds=10)
            system.kill("voice")
            try:
                busy.hang_up()
                assert (await waits.talking(seconds=30)).endpoint == STAFF
                waits.hang_up()
                await waits.ended()
                # And whoever dials the guests' number only now.
                later = await city.dial(NUMBER)
                assert (await later.talking(seconds=30)).endpoint == STAFF
                later.hang_up()
                await later.ended()
            finally:
                system.start("voice")
            records = await settled(city, [busy, waits, later], answered=3)
            assert {record["answered_by"] for record in records} == {STAFF}
        finally:
            await city.desk.ask(SUPERVISOR, "POST", f"{PATH}/{session['id']}/end", {"why": "散会"})


async def waiting_call(city: City, queue: str) -> str:
    found: list[str] = []

    async def look() -> bool:
        hall = await city.desk.ask(SUPERVISOR, "GET", "/api/hall")
        found[:] = [one["call_id"] for one in hall["waiting"] if one["queue"] == queue]
        return bool(found)

    await until_answered(look, f"a call waits in {queue}", seconds=20)
    return found[0]


async def signed_in_no_more(city: City, seat: dict[str, Any]) -> None:
    city.desk._tokens.pop(seat["id"])
    with pytest.raises(Refused, match="good from"):
        await city.desk.token(seat["id"])
    assert (await states(city, [seat["id"]])).get(seat["id"]) is None


async def report_tells(city: City, session: dict[str, Any], guest: str) -> None:
    report: dict[str, Any] = {}

    async def look() -> bool:
        report.update(await city.desk.ask(SUPERVISOR, "GET", f"{PATH}/{session['id']}/report"))
        return bool(report["by_guests"] == 2 and report["outcomes"] == {"answered": 1, "to_dispatch": 1})

    await until_answered(look, "the report counts both calls", seconds=20)
    assert (report["calls"], report["answered"], report["abandoned"]) == (2, 2, 0)
    (figures,) = report["guests"]
    assert (figures["id"], figures["offered"], figures["answered"]) == (guest, 2, 2)
    assert sorted(one["note"] for one in report["cases"]) == ["已答复", "转城管局"]
