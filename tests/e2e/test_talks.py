"""Talks of more than two places, over a real Asterisk: hold, transfers, third parties, and nobody stranded."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ops.call.agent import Manner
from ops.call.carrier import BUSY, CALLED_TONE, Line
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.phones import PhoneCall
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.records import settled
from tests.e2e.talking import act, hears, hears_music, tones_of, until_taken

FIRST, SECOND = "1001", "1002"
BY_HAND = Manner(answers_after=0.2, talks_for=None, outcome=None)
UNIT = "110"
SILENT_PHONE_SECONDS = 40
"""Longer than the time after which Asterisk takes a silent phone for dead (`phone_rtp_timeout`)."""


@pytest.fixture
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as city:
        yield city


async def in_talk(city: City, *agents: str) -> tuple[Call, PhoneCall]:
    """A citizen talks with the first of the agents; the others are there, not ready."""
    await city.seat(agents, BY_HAND, ready=False)
    await ready(city, agents[0])
    call = await city.dial("12345", keys="0")
    leg = await call.talking(seconds=30)
    assert leg.endpoint == agents[0]
    return call, leg


async def state(city: City, agent: str, *states: str) -> None:
    screen = city.agents[agent].screen
    assert screen is not None
    await screen.in_state(*states, seconds=10)


async def ready(city: City, agent: str) -> None:
    screen = city.agents[agent].screen
    assert screen is not None
    await screen.set_state("ready")


def talk(city: City, agent: str) -> dict[str, object]:
    screen = city.agents[agent].screen
    assert screen is not None
    return screen.find("talk")[-1].body


async def test_a_held_citizen_hears_music_and_then_the_agent_again(city: City) -> None:
    call, leg = await in_talk(city, FIRST)
    await act(city, FIRST, "hold")
    await state(city, FIRST, "holding")
    await hears_music(call.media)
    assert talk(city, FIRST)["held"]
    await act(city, FIRST, "resume")
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    call.hang_up()
    await state(city, FIRST, "wrap_up")
    await settled(city, [call], answered=1)


async def test_a_transfer_to_a_queue_is_taken_by_its_agent(city: City) -> None:
    call, _ = await in_talk(city, FIRST, SECOND)
    await ready(city, SECOND)
    await act(city, FIRST, "transfer", "queue", "city")
    await state(city, FIRST, "wrap_up")
    await until(lambda: len(call.rings) == 2, "the second agent's phone rings", seconds=10)
    await state(city, SECOND, "talking")
    await hears(call.media, AGENT_TONE)
    await hears(call.rings[1].media, CITIZEN_TONE)
    call.hang_up()
    (record,) = await settled(city, [call], answered=1)
    assert record["answered_by"] == SECOND


async def test_a_colleague_who_does_not_answer_gives_the_citizen_back(city: City) -> None:
    call, _ = await in_talk(city, FIRST, SECOND)
    await ready(city, SECOND)
    city.agents[SECOND].manner = Manner(answers_after=None)
    await act(city, FIRST, "transfer", "agent", SECOND)
    await state(city, FIRST, "wrap_up")
    await until(lambda: len(call.rings) == 2, "the colleague's phone rings", seconds=10)
    city.agents[SECOND].hang_up()
    await state(city, SECOND, "missed")
    await until(lambda: len(call.rings) == 3, "the first agent's phone rings again", seconds=10)
    await state(city, FIRST, "talking")
    assert talk(city, FIRST)["note"] == "transfer_failed"
    await hears(call.media, AGENT_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_a_unit_that_is_busy_gives_the_citizen_back(city: City) -> None:
    await city.carrier.open({UNIT: BUSY})
    call, _ = await in_talk(city, FIRST)
    await act(city, FIRST, "transfer", "number", UNIT)
    await until(lambda: len(call.rings) == 2, "the agent's phone rings again", seconds=15)
    await state(city, FIRST, "talking")
    assert talk(city, FIRST)["note"] == "transfer_failed"
    await hears(call.media, AGENT_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_a_unit_takes_the_citizen(city: City) -> None:
    await city.carrier.open({UNIT: Line()})
    call, _ = await in_talk(city, FIRST)
    await act(city, FIRST, "transfer", "number", UNIT)
    await state(city, FIRST, "wrap_up")
    await hears(call.media, CALLED_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def consulted(city: City) -> tuple[Call, PhoneCall, PhoneCall]:
    """The first agent talks with the second about a citizen who hears music."""
    call, leg = await in_talk(city, FIRST, SECOND)
    await ready(city, SECOND)
    await act(city, FIRST, "consult", "agent", SECOND)
    await hears_music(call.media)
    await state(city, SECOND, "talking")
    (colleague,) = city.agents[SECOND].calls
    assert colleague.call_id == call.call_id, "the colleague's phone is told which call it is"
    await hears(colleague.media, AGENT_TONE)
    return call, leg, colleague


async def test_an_attended_transfer_leaves_the_citizen_with_the_colleague(city: City, system: Instance) -> None:
    call, leg, colleague = await consulted(city)
    assert [offer.agent for offer in call.offers] == [FIRST, SECOND], "the colleague's screen pops"
    await act(city, FIRST, "join")
    await hears(call.media, AGENT_TONE)
    await hears(colleague.media, CITIZEN_TONE)
    await act(city, FIRST, "complete")
    await until(lambda: leg.over, "the first agent's phone is on the hook", seconds=10)
    await state(city, FIRST, "wrap_up")
    await hears(call.media, AGENT_TONE)
    await hears(colleague.media, CITIZEN_TONE)
    await ready(city, FIRST)
    call.hang_up()
    await state(city, SECOND, "wrap_up")
    (record,) = await settled(city, [call], answered=1)
    assert record["answered_by"] == SECOND
    (recording,) = (system.folder / "recordings").glob(f"{record['call_id']}*.wav")
    assert tones_of(recording, [CITIZEN_TONE, AGENT_TONE]) == {CITIZEN_TONE, AGENT_TONE}


async def test_a_colleague_who_is_asked_and_leaves_gives_the_citizen_back(city: City) -> None:
    call, leg, _ = await consulted(city)
    city.agents[SECOND].hang_up()
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    await state(city, FIRST, "talking")
    await state(city, SECOND, "ready")
    call.hang_up()
    await settled(city, [call], answered=1)


async def with_unit(city: City) -> tuple[Call, PhoneCall, PhoneCall]:
    """Citizen, agent and a unit in one talk."""
    await city.carrier.open({UNIT: Line()})
    call, leg = await in_talk(city, FIRST)
    await act(city, FIRST, "consult", "number", UNIT)
    await hears_music(call.media)
    unit = await city.carrier.called(UNIT)
    await until(lambda: unit.media, "the unit answers", seconds=10)
    await hears(leg.media, CALLED_TONE)
    await act(city, FIRST, "join")
    await asyncio.gather(
        hears(call.media, AGENT_TONE, CALLED_TONE),
        hears(leg.media, CITIZEN_TONE, CALLED_TONE),
        hears(unit.media, CITIZEN_TONE, AGENT_TONE),
    )
    return call, leg, unit


async def test_the_agent_leaves_three_and_citizen_and_unit_go_on(city: City, system: Instance) -> None:
    call, _, unit = await with_unit(city)
    city.agents[FIRST].hang_up()
    await state(city, FIRST, "wrap_up")
    await hears(call.media, CALLED_TONE)
    await hears(unit.media, CITIZEN_TONE)
    call.hang_up()
    await until(lambda: unit.over, "the unit is hung up", seconds=10)
    (record,) = await settled(city, [call], answered=1)
    (recording,) = (system.folder / "recordings").glob(f"{record['call_id']}*.wav")
    everybody = {CITIZEN_TONE, AGENT_TONE, CALLED_TONE}
    assert tones_of(recording, sorted(everybody)) == everybody, "one recording has all who talked with the citizen"


async def test_the_unit_leaves_three_and_citizen_and_agent_go_on(city: City) -> None:
    call, leg, _unit = await with_unit(city)
    city.carrier.hang_up(UNIT)
    await until(lambda: talk(city, FIRST)["third"] is None, "the third party is gone", seconds=10)
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_the_citizen_leaves_three_and_all_is_over(city: City) -> None:
    call, leg, unit = await with_unit(city)
    call.hang_up()
    await until(lambda: leg.over and unit.over, "both phones are on the hook", seconds=10)
    await state(city, FIRST, "wrap_up")
    await settled(city, [call], answered=1)


async def test_a_phone_that_breaks_in_a_room_rings_again_and_the_citizen_is_there(city: City) -> None:
    call, leg = await in_talk(city, FIRST)
    await act(city, FIRST, "hold")
    await act(city, FIRST, "resume")
    await hears(call.media, AGENT_TONE)
    assert leg.media is not None
    # A crashed phone: no BYE, only silence, until Asterisk takes the leg for dead.
    city.room.close(leg.media)
    await until(lambda: len(call.rings) == 2, "the phone rings again", seconds=SILENT_PHONE_SECONDS)
    await state(city, FIRST, "talking")
    await hears(call.rings[1].media, CITIZEN_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_the_voice_process_dies_while_a_citizen_is_held(city: City, system: Instance) -> None:
    call, leg = await in_talk(city, FIRST)
    await act(city, FIRST, "hold")
    await hears_music(call.media)
    system.kill("voice")
    system.start("voice")
    await state(city, FIRST, "holding")
    await until_taken(city, FIRST, "resume")
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    await act(city, FIRST, "transfer", "queue", "city")
    await state(city, FIRST, "wrap_up")
    await city.desk.set_state(FIRST, "ready")
    await until(lambda: len(call.rings) == 2, "a new session rings an agent", seconds=20)
    await state(city, FIRST, "talking")
    await hears(call.rings[1].media, CITIZEN_TONE)
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_a_held_citizen_whose_agent_leaves_while_voice_is_dead_reaches_somebody(
    city: City, system: Instance
) -> None:
    call, leg = await in_talk(city, FIRST)
    await act(city, FIRST, "hold")
    await hears_music(call.media)
    system.kill("voice")
    try:
        city.agents[FIRST].hang_up()
        await until(lambda: leg.over, "the agent's phone is on the hook", seconds=10)
        await until(lambda: len(call.rings) == 2, "the fallback queue rings somebody", seconds=40)
    finally:
        system.start("voice")
    assert not call.over
    call.hang_up()
    await settled(city, [call], answered=1)


async def test_the_voice_process_dies_while_three_talk_and_nobody_is_stranded(city: City, system: Instance) -> None:
    call, leg, unit = await with_unit(city)
    system.kill("voice")
    try:
        city.agents[FIRST].hang_up()
        await until(lambda: leg.over, "the agent's phone is on the hook", seconds=10)
        await hears(call.media, CALLED_TONE)
        await hears(unit.media, CITIZEN_TONE)
        city.carrier.hang_up(UNIT)
        await call.ended(seconds=20)
    finally:
        system.start("voice")
    await settled(city, [call], answered=1)


async def begun_by_the_fallback(city: City, system: Instance) -> tuple[Call, PhoneCall]:
    """Asterisk's own queue has brought a citizen and the first agent together; then the voice process comes back."""
    await city.seat([FIRST, SECOND], BY_HAND, ready=False)
    await ready(city, FIRST)
    system.kill("voice")
    try:
        call = await city.dial("12345")
        leg = await call.talking(seconds=40)
    finally:
        system.start("voice")
    return call, leg


async def test_a_talk_that_the_fallback_began_is_held_and_given_on(city: City, system: Instance) -> None:
    call, leg = await begun_by_the_fallback(city, system)
    await until_taken(city, FIRST, "hold")
    await state(city, FIRST, "holding")
    await hears_music(call.media)
    await act(city, FIRST, "resume")
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    await ready(city, SECOND)
    await act(city, FIRST, "transfer", "queue", "city")
    await until(lambda: leg.over, "the first agent's phone is on the hook", seconds=10)
    await until(lambda: len(call.rings) == 2, "the second agent's phone rings", seconds=10)
    await state(city, SECOND, "talking")
    await hears(call.media, AGENT_TONE)
    await hears(call.rings[1].media, CITIZEN_TONE)
    call.hang_up()
    (record,) = await settled(city, [call], answered=1)
    assert record["answered_by"] == SECOND
    (recording,) = (system.folder / "recordings").glob(f"{record['call_id']}*.wav")
    assert tones_of(recording, [CITIZEN_TONE, AGENT_TONE]) == {CITIZEN_TONE, AGENT_TONE}


async def test_a_talk_that_the_fallback_began_and_was_held_ends_with_the_agent(city: City, system: Instance) -> None:
    call, _ = await begun_by_the_fallback(city, system)
    await until_taken(city, FIRST, "hold")
    await act(city, FIRST, "resume")
    await hears(call.media, AGENT_TONE)
    city.agents[FIRST].hang_up()
    await call.ended(seconds=20)
    assert len(call.rings) == 1, "who was served is not queued again"
    (record,) = await settled(city, [call], answered=1)
    assert record["ended_by"] == "agent"
