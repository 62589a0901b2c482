"""Calls that the hotline makes: the agent's phone first, its own number shown, the citizen's nowhere on the screen."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Manner
from ops.call.carrier import BUSY, CARRIER_TONE, CITIZEN, SILENT, Line
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.calling import BY_HAND, HOTLINE, Office
from tests.e2e.records import SUPERVISOR, calls_of
from tests.e2e.talking import hears

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPOKEN_BYTES = 8000
"""Half a second."""


@pytest_asyncio.fixture(loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with City(system) as city:
        (agent,) = await city.seat(["1001"], BY_HAND)
        yield Office(city, agent)


async def test_the_agents_phone_first_then_the_citizen_who_sees_the_hotlines_number(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: CITIZEN})
    agent.manner = Manner(answers_after=None, outcome=None)
    rings = len(agent.calls)

    call_id = await office.call_out(case_no=case_no)
    offer = await office.come("offer", call_id)
    assert (offer["direction"], offer["case_no"]) == ("outbound", case_no)
    ring = (await until(lambda: agent.calls[rings:], "the agent's phone rings", seconds=10))[0]
    assert ring.caller_number == HOTLINE
    assert ring.call_id == call_id
    assert city.carrier.calls == [], "the citizen is called before the agent is there"

    await agent.answer(ring)
    await office.come("dialling", call_id)
    leg = await city.carrier.talking(number)
    assert leg.caller_number == HOTLINE
    await office.come("answered", call_id)
    case = await office.come("case", call_id)
    assert case["case_no"] == case_no
    media = ring.media
    assert media is not None
    await until(lambda: media.heard.tone_heard_at, "the agent hears the citizen", seconds=10)
    await office.state("talking")
    wav = city.place.home / "recordings" / f"{call_id}.wav"
    await until(lambda: wav.is_file() and wav.stat().st_size > SPOKEN_BYTES, "the talk is recorded", seconds=10)

    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await until(lambda: ring.over, "the agent's phone is on the hook", seconds=10)
    assert (await office.finish(call_id, "reached"))["case_no"] == case_no
    await office.state("ready")

    record = await office.record(call_id)
    assert (record["disposition"], record["direction"]) == ("answered", "outbound")
    assert (record["answered_by"], record["case_no"]) == (agent.number, case_no)
    assert record["recording_url"]
    assert [row["case_no"] for row in await calls_of(city, {number})] == [case_no, case_no], "no new case"

    await office.ask("GET", f"/api/calls/{call_id}")
    await office.ask("GET", "/api/agents/me")
    assert not office.shows(number)


@pytest.mark.parametrize(("line", "result"), [(BUSY, "busy"), (SILENT, "cancelled")])
async def test_who_is_not_reached_is_told_and_recorded(office: Office, line: Any, result: str) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    lost = (await city.desk.ask(SUPERVISOR, "GET", "/api/figures"))["total"]["rolling"]["lost"]
    await city.carrier.open({number: line})
    call_id = await office.call_out(case_no=case_no)
    leg = await city.carrier.called(number)
    if result == "cancelled":
        agent.hang_up()
    ended = await office.come("ended", call_id)
    assert ended["result"] == result
    await until(lambda: leg.over, "the citizen's phone is silent", seconds=10)
    await until(lambda: agent.calls[-1].over, "the agent's phone is on the hook", seconds=10)
    await office.state("wrap_up")
    await office.finish(call_id, "not_reached")
    await office.state("ready")
    record = await office.record(call_id)
    assert (record["disposition"], record["case_no"], record["answered_by"]) == (result, case_no, None)
    assert not office.shows(number)
    figures = await city.desk.ask(SUPERVISOR, "GET", "/api/figures")
    assert figures["total"]["rolling"]["lost"] == lost, "the connect rate is none of these calls' affair"


async def test_the_agent_hears_what_the_carrier_says_of_a_phone_that_is_switched_off(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: Line(answers_after=None, announced=CARRIER_TONE)})
    call_id = await office.call_out(case_no=case_no)
    await office.come("dialling", call_id)
    await hears(agent.calls[-1].media, CARRIER_TONE)
    city.carrier.hang_up(number)
    assert (await office.come("ended", call_id))["result"] == "busy"
    await until(lambda: agent.calls[-1].over, "the agent's phone is on the hook", seconds=10)
    await office.finish(call_id, "not_reached")
    await office.state("ready")


async def test_ringing_that_the_carrier_plays_is_followed_by_the_talk(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    rung = Line(answers_after=2.0, announced=CARRIER_TONE, tone=CITIZEN_TONE, hears=AGENT_TONE)
    await city.carrier.open({number: rung})
    call_id = await office.call_out(case_no=case_no)
    await office.come("dialling", call_id)
    await hears(agent.calls[-1].media, CARRIER_TONE)
    leg = await city.carrier.talking(number)
    await hears(agent.calls[-1].media, CITIZEN_TONE)
    await hears(leg.media, AGENT_TONE)
    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await office.finish(call_id, "reached")
    await office.state("ready")


async def test_the_agent_hangs_up_and_the_citizen_is_not_left_alone(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: CITIZEN})
    call_id = await office.call_out(case_no=case_no)
    leg = await city.carrier.talking(number)
    agent.hang_up()
    await until(lambda: leg.over, "the citizen's phone is on the hook", seconds=10)
    await office.state("wrap_up")
    await office.finish(call_id, "reached")
    assert (await office.record(call_id))["ended_by"] == "agent"


async def test_what_is_refused(office: Office) -> None:
    number, case_no = await office.missed_case()
    with pytest.raises(Refused, match="none of yours"):
        await office.city.desk.ask("1002", "POST", "/api/outbound/calls", {"case_no": case_no})
    with pytest.raises(Refused, match="422"):
        await office.ask("POST", "/api/outbound/calls", {"number": number})
    call = await office.city.dial(HOTLINE, keys="0")
    await call.talking(seconds=30)
    with pytest.raises(Refused, match="finish the call first"):
        await office.ask("POST", "/api/outbound/calls", {"case_no": case_no})
    await office.end_talk(call)
    await office.state("ready")
    assert office.city.carrier.calls == []
