"""Talks that an agent began by calling the citizen: hold, transfers and third parties as in every other talk."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ops.call.agent import Manner
from ops.call.carrier import CALLED_TONE, CITIZEN, Line
from ops.call.city import City
from ops.call.phones import PhoneCall
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.calling import BY_HAND, Office
from tests.e2e.records import calls_of
from tests.e2e.talking import act, hears, hears_music, tones_of, until_taken

FIRST, SECOND = "1001", "1002"
UNIT = "110"
SILENT_PHONE_SECONDS = 40
"""Longer than the time after which Asterisk takes a silent phone for dead (`phone_rtp_timeout`)."""

LATE = Line(answers_after=3.0, tone=CITIZEN_TONE, hears=AGENT_TONE)
"""A citizen who lets it ring."""


@pytest.fixture
async def office(system: Instance) -> AsyncIterator[Office]:
    """The first agent is ready, the second is there."""
    async with City(system) as city:
        first, second = await city.seat([FIRST, SECOND], BY_HAND, ready=False)
        assert first.screen is not None
        await first.screen.set_state("ready")
        assert second.screen is not None
        yield Office(city, first)


async def in_talk(office: Office, line: Line = CITIZEN) -> tuple[str, PhoneCall, PhoneCall]:
    """The first agent has called a citizen about a case, and they talk: the call, the citizen's phone, the agent's."""
    number, case_no = await office.missed_case()
    await office.city.carrier.open({number: line, UNIT: Line()})
    call_id = await office.call_out(case_no=case_no)
    leg = await office.city.carrier.talking(number)
    await office.come("answered", call_id)
    return call_id, leg, office.agent.calls[-1]


async def second_ready(office: Office) -> None:
    screen = office.city.agents[SECOND].screen
    assert screen is not None
    await screen.set_state("ready")


async def second_is(office: Office, *states: str) -> None:
    screen = office.city.agents[SECOND].screen
    assert screen is not None
    await screen.in_state(*states, seconds=15)


def second_shows(office: Office, number: str) -> bool:
    screen = office.city.agents[SECOND].screen
    assert screen is not None
    told = [one.body for one in screen.arrivals]
    assert any(body.get("type") == "offer" for body in told), "the colleague's screen was offered nothing"
    return number in json.dumps(told, ensure_ascii=False)


async def ended(office: Office, call_id: str, leg: PhoneCall, *, by: str) -> None:
    """The citizen hangs up; the agent who had the call last writes down how it was, and no case is new."""
    number, city = leg.endpoint, office.city
    city.carrier.hang_up(number)
    screen = city.agents[by].screen
    assert screen is not None
    await screen.in_state("wrap_up")
    await city.desk.choose_outcome(by, call_id, "reached")
    record = await office.record(call_id)
    assert (record["disposition"], record["direction"], record["answered_by"]) == ("answered", "outbound", by)
    cases = {row["case_no"] for row in await calls_of(city, {number})}
    assert cases == {record["case_no"]}, "no new case"


async def test_a_citizen_who_was_called_is_held_and_given_to_a_colleague(office: Office, system: Instance) -> None:
    call_id, leg, ring = await in_talk(office)
    await act(office.city, FIRST, "hold")
    await office.state("holding")
    await hears_music(leg.media)
    await act(office.city, FIRST, "resume")
    await office.state("talking")
    await hears(leg.media, AGENT_TONE)
    await hears(ring.media, CITIZEN_TONE)

    await second_ready(office)
    await act(office.city, FIRST, "transfer", "queue", "city")
    await office.state("wrap_up")
    await until(lambda: ring.over, "the first agent's phone is on the hook", seconds=10)
    await second_is(office, "talking")
    (colleague,) = office.city.agents[SECOND].calls
    await hears(leg.media, AGENT_TONE)
    await hears(colleague.media, CITIZEN_TONE)
    assert not office.shows(leg.endpoint)
    assert not second_shows(office, leg.endpoint), "a colleague who takes over sees no more of the number"
    await ended(office, call_id, leg, by=SECOND)
    (recording,) = (system.folder / "recordings").glob(f"{call_id}*.wav")
    assert tones_of(recording, [CITIZEN_TONE, AGENT_TONE]) == {CITIZEN_TONE, AGENT_TONE}


async def test_a_transfer_that_nobody_takes_brings_the_citizen_back(office: Office) -> None:
    call_id, leg, _ = await in_talk(office)
    rings = len(office.agent.calls)
    await second_ready(office)
    office.city.agents[SECOND].manner = Manner(answers_after=None)
    await act(office.city, FIRST, "transfer", "agent", SECOND)
    await until(lambda: office.city.agents[SECOND].calls, "the colleague's phone rings", seconds=10)
    office.city.agents[SECOND].hang_up()
    await second_is(office, "missed")
    await until(lambda: len(office.agent.calls) > rings, "the first agent's phone rings again", seconds=10)
    await office.state("talking")
    await hears(leg.media, AGENT_TONE)
    await hears(office.agent.calls[-1].media, CITIZEN_TONE)
    await ended(office, call_id, leg, by=FIRST)


async def test_a_unit_is_asked_joins_and_stays_with_the_citizen(office: Office) -> None:
    call_id, leg, ring = await in_talk(office)
    await act(office.city, FIRST, "consult", "number", UNIT)
    await hears_music(leg.media)
    unit = await office.city.carrier.called(UNIT)
    await hears(ring.media, CALLED_TONE)
    await act(office.city, FIRST, "join")
    await asyncio.gather(
        hears(leg.media, AGENT_TONE, CALLED_TONE),
        hears(ring.media, CITIZEN_TONE, CALLED_TONE),
        hears(unit.media, CITIZEN_TONE, AGENT_TONE),
    )
    assert leg.endpoint not in unit.caller, "the unit is shown the hotline's number"
    office.agent.hang_up()
    await office.state("wrap_up")
    await hears(leg.media, CALLED_TONE)
    await hears(unit.media, CITIZEN_TONE)
    office.city.carrier.hang_up(UNIT)
    await until(lambda: leg.over, "the citizen's phone is on the hook", seconds=10)
    await ended(office, call_id, leg, by=FIRST)


async def test_a_colleague_is_asked_and_takes_the_citizen_over(office: Office) -> None:
    call_id, leg, ring = await in_talk(office)
    await second_ready(office)
    await act(office.city, FIRST, "consult", "agent", SECOND)
    await hears_music(leg.media)
    await second_is(office, "talking")
    (colleague,) = office.city.agents[SECOND].calls
    await hears(colleague.media, AGENT_TONE)
    await act(office.city, FIRST, "complete")
    await until(lambda: ring.over, "the first agent's phone is on the hook", seconds=10)
    await hears(leg.media, AGENT_TONE)
    await hears(colleague.media, CITIZEN_TONE)
    assert not second_shows(office, leg.endpoint)
    await ended(office, call_id, leg, by=SECOND)


async def test_a_phone_that_breaks_rings_again_and_the_citizen_is_there(office: Office) -> None:
    call_id, leg, ring = await in_talk(office)
    rings = len(office.agent.calls)
    assert ring.media is not None
    # A crashed phone: no BYE, only silence, until Asterisk takes the leg for dead.
    office.city.room.close(ring.media)
    await until(lambda: len(office.agent.calls) > rings, "the phone rings again", seconds=SILENT_PHONE_SECONDS)
    assert not leg.over
    await office.state("talking")
    await hears(leg.media, AGENT_TONE)
    await hears(office.agent.calls[-1].media, CITIZEN_TONE)
    assert not office.shows(leg.endpoint)
    await ended(office, call_id, leg, by=FIRST)


async def joined_by_the_dialplan(office: Office, system: Instance) -> tuple[str, PhoneCall]:
    """The voice process dies while the citizen's phone rings."""
    number, case_no = await office.missed_case()
    await office.city.carrier.open({number: LATE})
    call_id = await office.call_out(case_no=case_no)
    leg = await office.city.carrier.called(number)
    await office.come("dialling", call_id)
    assert leg.answered_at is None
    system.kill("voice")
    return call_id, leg


async def joined_by_the_voice_process(office: Office, system: Instance) -> tuple[str, PhoneCall]:
    """The voice process dies when the two talk."""
    call_id, leg, _ = await in_talk(office)
    system.kill("voice")
    return call_id, leg


@pytest.mark.parametrize("begun", [joined_by_the_dialplan, joined_by_the_voice_process])
async def test_the_voice_process_dies_and_comes_back_and_the_two_talk_on(
    office: Office,
    system: Instance,
    begun: Callable[[Office, Instance], Awaitable[tuple[str, PhoneCall]]],
) -> None:
    call_id, leg = await begun(office, system)
    try:
        await until(lambda: leg.media, "the citizen answers", seconds=10)
        await hears(leg.media, AGENT_TONE)
        await hears(office.agent.calls[-1].media, CITIZEN_TONE)
    finally:
        system.start("voice")
    await until_taken(office.city, FIRST, "hold")
    await hears_music(leg.media)
    await act(office.city, FIRST, "resume")
    await hears(leg.media, AGENT_TONE)
    await second_ready(office)
    await act(office.city, FIRST, "transfer", "queue", "city")
    await second_is(office, "talking")
    await hears(leg.media, AGENT_TONE)
    await hears(office.city.agents[SECOND].calls[-1].media, CITIZEN_TONE)
    assert not leg.over
    await ended(office, call_id, leg, by=SECOND)
    assert (system.folder / "recordings" / f"{call_id}.wav").is_file()
