"""Agents at real phones: pages come and go, wishes come after the call, who cannot be reached is offered nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Agent, Manner
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.screen import Screen
from ops.call.until import until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMINISTRATOR = "9901"
AGENT, TIRED = "1001", "1009"
PATIENT = Manner(answers_after=0.1, talks_for=None, outcome=None)
LONGER_THAN_A_REFRESH = 5.0
"""Seconds that a page is away: more than the 3 s that every page may be."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    """One agent has begun the longest pause that a day allows, long before the test that asks for the next one."""
    async with City(system) as city:
        reason = {"name": "茶歇", "minutes": 1, "why": "a test"}
        assert (await city.desk.ask(ADMINISTRATOR, "PUT", "/api/pause-reasons/tea", reason))["heard"]
        await city.desk.set_state(TIRED, "paused", "tea")
        yield city
        await city.desk.set_state(TIRED, "logged_out")
        await city.desk.ask(ADMINISTRATOR, "DELETE", "/api/pause-reasons/tea", why="a test")


@pytest_asyncio.fixture(loop_scope="module")
async def agent(city: City) -> Agent:
    """Ready, with a phone and a page."""
    known = city.agents.get(AGENT)
    if known is None:
        (known,) = await city.seat([AGENT], PATIENT)
    screen = page(known)
    await city.desk.set_state(AGENT, "ready")
    await screen.in_state("ready")
    return known


def page(agent: Agent) -> Screen:
    assert agent.screen is not None
    return agent.screen


async def seen(city: City, agent: str = AGENT) -> dict[str, Any]:
    """What the supervisor sees of an agent."""
    everybody = await city.desk.ask(SUPERVISOR, "GET", "/api/agents")
    return next(one for one in everybody if one["id"] == agent)


async def shows(city: City, state: str, *, agent: str = AGENT, seconds: float = 10) -> None:
    async def look() -> bool:
        return bool((await seen(city, agent))["state"] == state)

    await until_answered(look, f"the supervisor sees {agent} {state}", seconds=seconds)


async def stays_away(screen: Screen) -> None:
    """The page is gone for longer than a refresh takes, and back."""
    await screen.close()
    await asyncio.sleep(LONGER_THAN_A_REFRESH)
    await screen.open()


async def wrap_up(city: City, agent: Agent, call_id: str) -> None:
    await page(agent).in_state("wrap_up")
    await city.desk.choose_outcome(AGENT, call_id, "answered")


async def test_a_state_wished_for_during_a_call_comes_after_its_outcome(city: City, agent: Agent) -> None:
    call = await city.dial(keys="0")
    await call.talking(seconds=20)
    wish = {"state": "paused", "reason": "rest"}
    told = await city.desk.ask(AGENT, "PUT", "/api/agents/me/state", wish)
    assert (told["state"], told["next"]) == ("talking", wish)
    assert (await seen(city))["next"] == wish, "the supervisor sees it coming"
    call.hang_up()
    await wrap_up(city, agent, call.offers[0].call_id)
    await page(agent).in_state("paused")
    told = await seen(city)
    assert (told["reason"], told["next"], told["overrun"]) == ("rest", None, False)
    assert told["until"] is not None, "the server counts the quota down"


async def test_a_page_away_for_long_is_offered_nothing_and_gets_the_waiting_caller_when_back(
    city: City, agent: Agent
) -> None:
    screen = page(agent)
    since = (await seen(city))["since"]
    await screen.close()
    await shows(city, "link_lost")
    call = await city.dial(keys="0")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LONGER_THAN_A_REFRESH):
            await call.talking(seconds=60)
    assert not call.offers
    await screen.open()
    await call.talking(seconds=20)
    states = [one.body for one in screen.find("state") if one.body["state"] == "ready"]
    assert states[-1]["since"] == since, "who is back is ready since before"
    call.hang_up()
    await wrap_up(city, agent, call.offers[0].call_id)
    await screen.in_state("ready")


async def test_a_talk_goes_on_while_the_page_is_away(city: City, agent: Agent) -> None:
    call = await city.dial(keys="0")
    await call.talking(seconds=20)
    screen = page(agent)
    before = len(screen.find("offer", call.offers[0].call_id))
    await stays_away(screen)
    await screen.in_state("talking")
    assert not call.over
    assert len(screen.find("offer", call.offers[0].call_id)) == before, "a pop is not shown twice"
    call.hang_up()
    await wrap_up(city, agent, call.offers[0].call_id)
    await screen.in_state("ready")


async def test_one_of_two_pages_is_enough(city: City, agent: Agent) -> None:
    second = Screen(AGENT, city.desk, city.place.stream_url, where=str(city.place.logs))
    await second.open()
    first = page(agent)
    try:
        await first.close()
        await asyncio.sleep(LONGER_THAN_A_REFRESH)
        assert second.state == "ready"
        call = await city.dial(keys="0")
        offer = await second.next("offer")
        await first.open()
        await call.talking(seconds=20)
        await first.in_state("talking")
        assert first.find("offer", offer.call_id), "the page that was away has the pop, too"
        call.hang_up()
        await wrap_up(city, agent, str(offer.call_id))
        await first.in_state("ready")
        await second.in_state("ready")
    finally:
        await second.close()


async def test_a_new_web_process_loses_nobodys_page(system: Instance, city: City, agent: Agent) -> None:
    screen = page(agent)
    connections, heard = screen.connections, len(screen.arrivals)
    system.kill("web")
    await asyncio.sleep(LONGER_THAN_A_REFRESH)
    system.start("web")
    await until_answered(lambda: _more(screen, connections), "the page is connected again", seconds=30)
    await shows(city, "ready", seconds=30)
    await asyncio.sleep(LONGER_THAN_A_REFRESH)
    assert not [one for one in screen.arrivals[heard:] if one.body.get("state") == "link_lost"]
    assert (await seen(city))["state"] == "ready"


async def _more(screen: Screen, connections: int) -> bool:
    return screen.connections > connections


async def test_without_a_microphone_nothing_is_offered(city: City, agent: Agent) -> None:
    told = await city.desk.ask(AGENT, "PUT", "/api/agents/me/microphone", {"ok": False})
    assert told["state"] == "microphone_lost"
    with pytest.raises(Refused, match="connect the microphone first"):
        await city.desk.set_state(AGENT, "ready")
    call = await city.dial(keys="0")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(LONGER_THAN_A_REFRESH):
            await call.talking(seconds=60)
    assert not call.offers
    await city.desk.ask(AGENT, "PUT", "/api/agents/me/microphone", {"ok": True})
    await call.talking(seconds=20)
    call.hang_up()
    await wrap_up(city, agent, call.offers[0].call_id)
    await page(agent).in_state("ready")


async def test_a_pause_over_its_quota_is_shown_and_the_next_one_refused(city: City) -> None:
    async def over() -> bool:
        return bool((await seen(city, TIRED))["overrun"])

    await until_answered(over, "the supervisor sees that the pause is over its minute", seconds=75)
    assert (await seen(city, TIRED))["state"] == "paused", "a person may be ill"
    await city.desk.set_state(TIRED, "ready")
    with pytest.raises(Refused, match="1 minutes of 茶歇 are used up: take another reason") as refused:
        await city.desk.set_state(TIRED, "paused", "tea")
    assert refused.value.status == 409
    with pytest.raises(Refused, match=r"rest \(小休\)"):
        await city.desk.set_state(TIRED, "paused", "lunch")
