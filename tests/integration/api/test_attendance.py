"""Attendance: the rota beside the history of agents' states that the voice process has told."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import insert

from db.engine import Database
from db.tables import AgentState, Shift

DAY = {"from": "2026-11-20", "to": "2026-11-21"}
MIDNIGHT = dt.datetime(2026, 11, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def at(clock: str) -> dt.datetime:
    hours, minutes = clock.split(":")
    return MIDNIGHT + dt.timedelta(hours=int(hours), minutes=int(minutes))


def history(agent: str, *changes: tuple[str, str]) -> list[dict[str, Any]]:
    ends = [*(at(clock) for clock, _ in changes[1:]), None]
    return [
        {"agent_id": agent, "since": at(clock), "seq": seq, "state": state, "until": until}
        for seq, ((clock, state), until) in enumerate(zip(changes, ends, strict=True), start=1)
    ]


def duty(agent: str, since: str, until: str, kind: str = "duty") -> dict[str, Any]:
    return {"agent_id": agent, "starts": at(since), "ends": at(until), "kind": kind}


@pytest.fixture
async def worked(api: Any, database: Database) -> Any:
    """A day that is over: one came late and stayed on, one came to half of the shifts."""
    late = [("08:30", "paused"), ("08:31", "ready"), ("09:00", "offered"), ("09:01", "talking"), ("09:05", "wrap_up")]
    late += [("09:06", "ready"), ("12:00", "paused"), ("12:45", "ready"), ("17:00", "logged_out")]
    half = [
        ("07:00", "ready"),
        ("11:00", "link_lost"),
        ("11:05", "ready"),
        ("11:40", "link_lost"),
        ("20:00", "logged_out"),
    ]
    async with database.write() as session:
        await session.execute(insert(AgentState), [*history("1001", *late), *history("1002", *half)])
        shifts = [duty("1001", "08:00", "16:00"), duty("1002", "08:00", "12:00"), duty("1002", "14:00", "18:00")]
        shifts += [duty("1002", "18:00", "19:00"), duty("1002", "18:00", "19:00", "leave")]
        await session.execute(insert(Shift), shifts)
    return api


async def report(api: Any, who: str = "9001", **params: Any) -> dict[str, dict[str, Any]]:
    answer = await api.ask(who, "GET", "/api/attendance", params=DAY | params)
    assert answer.status_code == 200, answer.text
    return {one["agent_id"]: one for one in answer.json()["agents"]}


async def test_planned_is_told_against_actual(worked: Any) -> None:
    told = await report(worked)
    one = told["1001"]
    sums = ("planned", "present", "paused", "overtime", "late", "left_early", "absent")
    assert [one[name] for name in sums] == [8 * 3600, 7.5 * 3600, 46 * 60, 3600, 1, 0, 0]
    (kept,) = one["duties"]
    assert (kept["late"], kept["came"], kept["left"]) == (1800, "2026-11-20T00:30:00Z", "2026-11-20T08:00:00Z")
    other = told["1002"]
    assert [other[name] for name in sums] == [8 * 3600, 215 * 60, 0, 3600, 0, 1, 1]
    assert [(one["status"], one["early"], one["absent"]) for one in other["duties"]] == [
        ("over", 1200, False),
        ("over", 0, True),
    ]
    assert (await report(worked, grace=30))["1001"]["late"] == 0
    assert (await report(worked, grace=20))["1002"]["left_early"] == 0


async def test_a_shift_is_told_on_the_day_it_begins_and_agents_see_their_own(worked: Any) -> None:
    assert list(await report(worked, "1002")) == ["1002"]
    assert list(await report(worked, agent="1001")) == ["1001"]
    assert (await worked.ask("1002", "GET", "/api/attendance", params=DAY | {"agent": "1001"})).status_code == 403
    half = {"from": "2026-11-20T15:00:00+08:00", "to": "2026-11-21"}
    assert (await report(worked, **half))["1001"] | {"name": ""} == {
        "agent_id": "1001", "name": "", "planned": 0, "present": 0, "paused": 0, "overtime": 3600,
        "late": 0, "left_early": 0, "absent": 0, "duties": [],
    }  # fmt: skip
    long = {"from": "2026-11-01", "to": "2026-12-03"}
    assert (await worked.ask("9001", "GET", "/api/attendance", params=long)).status_code == 422


async def test_what_the_voice_process_tells_is_what_counts(api: Any, database: Database, event: Any) -> None:
    async with database.write() as session:
        await session.execute(insert(Shift), [duty("1001", "00:00", "24:00")])
    states = [(1, "ready"), (2, "talking"), (3, "logged_out")]
    told = [event("agent-1001", seq, "agent.state", agent_id="1001", state=state) for seq, state in states]
    for seq, one in enumerate(told):
        one["at"] = one["data"]["since"] = at(f"{seq + 1:02}:00").isoformat()
    await api.hand_in(*told)
    assert (await report(api))["1001"]["present"] == 2 * 3600


async def test_the_table_has_a_line_for_each_duty_and_one_for_the_sums(worked: Any) -> None:
    answer = await worked.ask("9001", "GET", "/api/attendance/table.csv", params=DAY)
    assert answer.headers["content-disposition"] == 'attachment; filename="attendance.csv"'
    head, first, sums, *rest = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(head) == len(first) == len(sums) == 14
    assert first[2:7] == [
        "2026-11-20 08:00:00",
        "2026-11-20 16:00:00",
        "2026-11-20 08:30:00",
        "2026-11-20 16:00:00",
        "已结束",
    ]
    assert sums[6:] == ["合计", "480.0", "450.0", "46.0", "30.0", "0.0", "0", "60.0"]
    assert [line[6] for line in rest] == ["已结束", "已结束", "合计"]
