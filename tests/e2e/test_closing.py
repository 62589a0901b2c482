"""Closing time in front of real callers: who waits is served to the end, who rings later is somebody else's."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from db.clock import utc_now
from ivr.hours import CHINA
from ops.call.agent import Manner
from ops.call.city import City
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR, queued

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMINISTRATOR = "9901"
HALL, COUNTY = "1001", "3001"
NUMBER, QUEUE = "71910", "pingyuan"
LINE = Line(NUMBER, {"start": {"kind": "queue", "queue": QUEUE}})
SOONEST = dt.timedelta(seconds=20)
"""So long before closing time two calls are placed at least."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.open([LINE])
        yield opened


def next_minute() -> dt.datetime:
    soon = utc_now().astimezone(CHINA) + SOONEST + dt.timedelta(minutes=1)
    return soon.replace(second=0, microsecond=0)


def open_until(closing: dt.datetime) -> dict[str, list[str]]:
    """Hours that end at `closing` and began half an hour before, maybe on the evening before."""
    start = closing - dt.timedelta(minutes=30)
    first, last = (moment.strftime("%H:%M") for moment in (start, closing))
    whole = start.date() == closing.date()
    periods = [f"{first}-{last}"] if whole else [f"{first}-24:00", *([] if last == "00:00" else [f"00:00-{last}"])]
    return {"mon-sun": periods, "holiday": periods, "makeup": periods}


async def put(city: City, who: str, path: str, body: dict[str, Any]) -> None:
    assert (await city.desk.ask(who, "PUT", path, body | {"why": "a test"}))["heard"]


@asynccontextmanager
async def closing_at(city: City, closing: dt.datetime) -> AsyncIterator[None]:
    """The county closes then, from then on the city helps; the hall serves the city only. Put back in the end."""
    queue = next(one for one in await city.desk.ask(ADMINISTRATOR, "GET", "/api/queues") if one["id"] == QUEUE)
    agent = next(one for one in await city.desk.ask(SUPERVISOR, "GET", "/api/agents") if one["id"] == HALL)
    before = {name: queue[name] for name in ("name", "priority", "ring_seconds", "rules")}
    routing = {name: agent[name] for name in ("queues", "skills", "handicaps", "county")}
    rules = {"hours": open_until(closing), "overflow": [{"to": "city", "after": 600}]}
    try:
        await put(city, SUPERVISOR, f"/api/agents/{HALL}/routing", routing | {"queues": ["city"]})
        await put(city, ADMINISTRATOR, f"/api/queues/{QUEUE}", before | {"rules": rules})
        yield
    finally:
        await put(city, ADMINISTRATOR, f"/api/queues/{QUEUE}", before)
        await put(city, SUPERVISOR, f"/api/agents/{HALL}/routing", routing)


async def test_who_waits_at_closing_time_is_answered_and_who_rings_later_is_the_citys(office: Office) -> None:
    async with City(office.system) as city:
        await city.seat([COUNTY, HALL], Manner(answers_after=0.1))
        closing = next_minute()
        async with closing_at(city, closing):
            talking = await city.dial(NUMBER)
            await talking.talking(seconds=20)
            waiting = await city.dial(NUMBER)
            await queued(city, [waiting])
            assert utc_now() < closing, "the machine was too slow for this closing time"
            await until(lambda: utc_now() > closing, "closing time", seconds=100)

            late = await city.dial(NUMBER)
            await late.talking(seconds=20)
            assert [offer.agent for offer in late.offers] == [HALL], "after closing time the city helps at once"
            assert not waiting.offers

            talking.hang_up()
            await waiting.talking(seconds=20)
            assert [offer.agent for offer in waiting.offers] == [COUNTY], "the county drains its queue"
            for call in (waiting, late):
                call.hang_up()
            await city.agents_free()
