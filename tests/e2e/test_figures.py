"""What the figures say of real calls: as the screens show them, as Asterisk's own records count them, and unknown."""

import datetime as dt
import signal
from typing import Any

import httpx
import pytest

from acd.rules.records import CallFacts, CallRecords, parse_row
from ops.call.agent import Manner
from ops.call.city import City
from ops.call.until import until_answered
from ops.instance import Instance
from tests.e2e.conftest import Maker
from tests.e2e.records import SUPERVISOR, calls_of, queued, settled

PATIENT = Manner(answers_after=0.2, talks_for=None, outcome="answered")
SLACK = dt.timedelta(seconds=0.5)
"""Asterisk writes its records a moment before or after we are told."""


@pytest.fixture(scope="module")
def fresh(make_system: Maker) -> Instance:
    """A system that nobody has called yet."""
    return make_system()


async def figures(city: City) -> dict[str, Any]:
    page: dict[str, Any] = await city.desk.ask(SUPERVISOR, "GET", "/api/figures")
    return page


async def show(city: City, part: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Wait until this part of the figures of all together says so; the whole page."""
    page: dict[str, Any] = {}

    async def look() -> bool:
        nonlocal page
        page = await figures(city)
        found = page["total"][part]
        return found is not None and {name: found[name] for name in wanted} == wanted

    await until_answered(look, f"the figures say {part} {wanted}", seconds=20)
    return page


def of(page: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    (one,) = [one for one in page[kind] if one["id"] == name]
    return dict(one)


def records(system: Instance) -> list[CallFacts]:
    """The finished calls as Asterisk alone tells them."""
    reader, lines = CallRecords(), (system.folder / "asterisk" / "cel.csv").read_text("utf-8", "replace").splitlines()
    rows = [row for row in map(parse_row, lines) if row]
    found = [reader.take(row, offset=place) for place, row in enumerate(rows)]
    return [facts for facts in found if facts]


async def test_figures_agree_with_screens_and_with_the_records_of_asterisk(fresh: Instance) -> None:
    async with City(fresh) as city:
        agents = await city.seat(["1001", "1002"], PATIENT)
        talking = [await city.dial("12345", keys="0") for _ in agents]
        for call in talking:
            await call.talking(seconds=30)
        gives_up, waits = await city.dial("63160000", keys="0"), await city.dial("12345", keys="1")
        await queued(city, [gives_up, waits])
        page = await show(city, "live", {"waiting": 2, "ringing": 0})
        assert of(page, "queues", "city")["live"]["waiting"] == of(page, "queues", "linhe")["live"]["waiting"] == 1
        assert of(page, "lines", "63160000")["live"]["waiting"] == 1
        assert [agent.screen.state for agent in agents if agent.screen] == ["talking", "talking"]
        assert (
            page["total"]["live"]["agents"]["talking"] == of(page, "queues", "linhe")["live"]["agents"]["talking"] == 2
        )
        gives_up.hang_up()
        await show(city, "live", {"waiting": 1})
        page = await show(city, "rolling", {"answered": 2, "lost": 1, "abandoned": 1, "undecided": 1})
        since = dt.datetime.fromisoformat(page["total"]["live"]["waiting_since"])
        (row,) = await calls_of(city, {waits.citizen.user})
        assert abs(since - dt.datetime.fromisoformat(row["queued_at"])) < SLACK
        assert page["total"]["rolling"]["standing"]["level"] == "lost"

        talking[0].hang_up()
        await waits.talking(seconds=30)
        for call in (talking[1], waits):
            call.hang_up()
        calls = [*talking, gives_up, waits]
        await city.all_ended(calls)
        await city.agents_free()
        rows = await settled(city, calls, answered=3)
        page = await show(city, "rolling", {"answered": 3, "lost": 1, "undecided": 0})
        await compare_with_records(fresh, page, rows)
        await compare_with_prometheus(fresh, page)
        await show(city, "live", {"waiting": 0, "waiting_since": None})
        await unknown_without_the_telephone_system(fresh, city)


async def compare_with_records(system: Instance, page: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    told, facts = page["total"]["rolling"], records(system)
    waits = [(f.answered_at - f.started_at) for f in facts if f.answered_at]
    assert (told["offered"], told["answered"], told["abandoned"]) == (len(facts), len(waits), len(facts) - len(waits))
    assert told["connect_rate"] == pytest.approx(3 / 4)
    for seconds in (15, 20):
        limit = dt.timedelta(seconds=seconds)
        least, most = (sum(wait <= moment for wait in waits) for moment in (limit - SLACK, limit + SLACK))
        assert least <= told[f"within_{seconds}_s_of_arrival"] <= most
    answered = [row for row in rows if row["answered_at"]]
    sums = [moment(row["answered_at"]) - moment(row["queued_at"]) for row in answered]
    assert told["mean_wait_ms"] == pytest.approx(sum(one.total_seconds() for one in sums) * 1000 / 3, abs=1)
    assert told["within_15_s"] == sum(one <= dt.timedelta(seconds=15) for one in sums)


def moment(words: str) -> dt.datetime:
    return dt.datetime.fromisoformat(words)


async def compare_with_prometheus(system: Instance, page: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {system.secret('intake_token')}"}
    async with httpx.AsyncClient(base_url=system.url, headers=headers, trust_env=False) as client:
        lines = (await client.get("/metrics")).raise_for_status().text.splitlines()
    for queue in ("city", "linhe"):
        answered = of(page, "queues", queue)["rolling"]["answered"]
        assert f'hotline_queue_calls_answered{{period="24h",queue="{queue}"}} {answered:.1f}' in lines
    assert 'hotline_connect_ratio{period="24h"} 0.75' in lines
    assert "hotline_voice_up 1.0" in lines


async def unknown_without_the_telephone_system(system: Instance, city: City) -> None:
    system.kill("voice", signal.SIGSTOP)
    try:

        async def unknown() -> bool:
            page = await figures(city)
            return not page["voice"] and page["total"]["live"] is None

        await until_answered(unknown, "the live figures are unknown", seconds=20)
        assert (await figures(city))["total"]["rolling"]["answered"] == 3
    finally:
        system.kill("voice", signal.SIGCONT)
    await show(city, "live", {"waiting": 0})
