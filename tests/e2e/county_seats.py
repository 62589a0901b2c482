"""Counties in a test: their seats, their hours, and the person at the demonstration county's telephone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db import city as demonstration
from ops.call.city import City
from ops.call.screen import Screen
from ops.call.until import until_answered
from tests.e2e.distribution import put_queue, queue_of
from tests.e2e.records import SUPERVISOR

LINE_SEAT, _, NUMBER = demonstration.LINE_SEAT


async def always_open(city: City, queue: str) -> None:
    """The county's hours are data of the demonstration city; a test may run at night."""
    values = await queue_of(city, queue)
    rules = {name: rule for name, rule in values["rules"].items() if name != "hours"}
    assert {"county", "county_seconds", "overflow"} == set(rules)
    await put_queue(city, queue, values | {"rules": rules})


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
    async with at_a_screen(city, LINE_SEAT) as screen:
        yield screen


@asynccontextmanager
async def at_a_screen(city: City, agent: str) -> AsyncIterator[Screen]:
    """An agent whose phone is elsewhere, ready at a screen."""
    screen = Screen(agent, city.desk, city.place.stream_url, where=str(city.place.logs))
    await screen.open()
    await reachable(city, agent)
    await screen.set_state("ready")
    try:
        yield screen
    finally:
        await go_home(city, screen)


async def go_home(city: City, screen: Screen) -> None:
    for call in city.calls.values():
        call.hang_up()
    await screen.in_state("ready", "paused", "missed", "wrap_up", "logged_out", seconds=40)
    if screen.state == "wrap_up" and screen.find("state")[-1].body["reason"] == "handed_over":
        await screen.set_state("ready")
    if screen.state == "wrap_up":
        call_id = screen.find("ended")[-1].call_id
        assert call_id is not None
        await city.desk.choose_outcome(screen.agent, call_id, "answered")
        await screen.in_state("ready")
    await screen.set_state("logged_out")
    await screen.close()
