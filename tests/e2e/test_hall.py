"""Thirty agents and eight county seats under sixty calls a minute: nobody lost, nobody stuck, figures as Asterisk's."""

import asyncio
import contextlib
import datetime as dt
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from acd.rules.records import CallFacts
from ops.call.agent import Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import StepMissing, until_answered
from ops.instance import Instance
from tests.e2e.conftest import Maker
from tests.e2e.records import SUPERVISOR, calls_of, states
from tests.e2e.test_figures import SLACK, of, records

MINUTES = float(os.environ.get("HOTLINE_HALL_MINUTES", "2"))
CALLS_A_MINUTE = 60
SEATS = [str(first + place) for first, seats in ((1001, 30), (2001, 4), (3001, 4)) for place in range(seats)]
KEYS = ("0",) * 8 + ("1", "2")
"""What citizens press: eight of ten ask for the city, one for each county."""
TALK_SECONDS = (20.0, 38.0)
IMPATIENT = 0.08
PATIENCE_SECONDS = (6.0, 14.0)
MISSES = 0.03


@dataclass
class Day:
    """What the citizens did."""

    calls: list[Call] = field(default_factory=list)
    gave_up: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def fresh(make_system: Maker) -> Instance:
    """A system that nobody has called yet: its figures are those of this hall alone."""
    return make_system()


async def arrive(city: City, chance: random.Random, day: Day) -> None:
    """Citizens come one by one, at random, for the whole time."""
    until_then = time.monotonic() + MINUTES * 60
    async with asyncio.TaskGroup() as citizens:
        while time.monotonic() < until_then:
            patience = chance.uniform(*PATIENCE_SECONDS) if chance.random() < IMPATIENT else None
            citizens.create_task(lives(city, day, chance.choice(KEYS), patience))
            await asyncio.sleep(chance.expovariate(CALLS_A_MINUTE / 60))


async def lives(city: City, day: Day, key: str, patience: float | None) -> None:
    """One citizen: chooses, waits, perhaps not for long."""
    call = await city.dial("12345", keys=key)
    day.calls.append(call)
    if patience is None:
        return
    try:
        await call.answered(seconds=patience)
    except StepMissing:
        if not call.rings:
            day.gave_up.add(call.citizen.user)
            call.hang_up()


async def work(city: City, chance: random.Random) -> None:
    """Agents vary: each talk has its own length, some rings are let pass, and who missed one comes back."""
    while True:
        for agent in city.agents.values():
            misses = chance.random() < MISSES
            agent.manner = Manner(
                answers_after=None if misses else chance.uniform(0.3, 2.0),
                talks_for=chance.uniform(*TALK_SECONDS),
                outcome="answered",
            )
            if agent.screen is not None and agent.screen.state == "missed":
                with contextlib.suppress(StepMissing):
                    await agent.screen.set_state("ready", seconds=5)
        await asyncio.sleep(1)


@pytest.mark.timeout(180 + 90 * MINUTES)
async def test_a_hall_at_work_loses_no_call_and_no_agent_and_counts_as_asterisk_does(fresh: Instance) -> None:
    chance, day = random.Random(12345), Day()  # noqa: S311 - repeatable, not secret
    async with City(fresh) as city:
        await city.seat(SEATS, Manner())
        working = asyncio.create_task(work(city, chance))
        try:
            await arrive(city, chance, day)
            await city.all_ended(day.calls, seconds=300)
        finally:
            working.cancel()
            await asyncio.wait([working])
        await nobody_is_stuck(city)
        nobody_is_lost(day)
        rows = await recorded(city, day)
        await figures_are_those_of_asterisk(city, fresh, rows)


async def nobody_is_stuck(city: City) -> None:
    for agent in city.agents.values():
        agent.manner = Manner()
    await city.agents_free(seconds=60)
    for agent in city.agents.values():
        screen = agent.screen
        assert screen is not None
        if screen.state != "ready":
            await screen.set_state("ready", seconds=10)
    assert set((await states(city, SEATS)).values()) == {"ready"}


def nobody_is_lost(day: Day) -> None:
    """Everybody has talked, both ways, or has hung up by choice; nobody with two agents."""
    lost = [
        (call.citizen.user, call.moments)
        for call in day.calls
        if call.citizen.user not in day.gave_up and not (call.answered_ring() and call.media.heard.tone_heard_at)
    ]
    assert not lost, f"{len(lost)} of {len(day.calls)} were lost: {lost[:5]}"
    answers = Counter(call.citizen.user for call in day.calls for ring in call.rings if ring.answered_at)
    assert set(answers.values()) == {1}, "a citizen was answered twice"


async def recorded(city: City, day: Day) -> list[dict[str, Any]]:
    """Every call is in the records, once, ended, with its case where it was offered; the rows."""
    callers = {call.citizen.user for call in day.calls}
    assert len(callers) == len(day.calls)
    rows: list[dict[str, Any]] = []

    async def look() -> bool:
        nonlocal rows
        rows = await calls_of(city, callers)
        return len(rows) == len(callers) and all(row["ended_at"] for row in rows)

    await until_answered(look, f"{len(callers)} ended calls in the records", seconds=60)
    answered = {row["caller_raw"] for row in rows if row["disposition"] == "answered"}
    assert answered == callers - day.gave_up
    cases = [row["case_no"] for row in rows if row["answered_at"]]
    assert len(set(cases)) == len(cases) == len(answered)
    return rows


async def figures_are_those_of_asterisk(city: City, system: Instance, rows: list[dict[str, Any]]) -> None:
    facts = {one.call_id: one for one in records(system)}
    assert set(facts) == {row["call_id"] for row in rows}
    for row in rows:
        agree(row, facts[row["call_id"]])
    page: dict[str, Any] = {}

    async def counted() -> bool:
        nonlocal page
        page = await city.desk.ask(SUPERVISOR, "GET", "/api/figures")
        return bool(page["total"]["rolling"]["undecided"] == 0)

    await until_answered(counted, "every call is counted", seconds=30)
    compare(page["total"]["rolling"], list(facts.values()))
    for queue in ("city", "linhe", "pingyuan"):
        here = [facts[row["call_id"]] for row in rows if row["queue"] == queue]
        assert here, f"nobody asked for {queue}"
        compare(of(page, "queues", queue)["rolling"], here)


def agree(row: dict[str, Any], facts: CallFacts) -> None:
    """One call: the same agent and the same moments, by Asterisk's own file and by our records."""
    by = (facts.answered_by or "").removesuffix("w") or None
    assert (row["answered_by"], bool(row["answered_at"])) == (by, facts.answered_at is not None), row["call_id"]
    for ours, theirs in ((row["answered_at"], facts.answered_at), (row["ended_at"], facts.ended_at)):
        if ours is not None and theirs is not None:
            assert abs(dt.datetime.fromisoformat(ours) - theirs) < SLACK, row["call_id"]


def compare(told: dict[str, Any], facts: list[CallFacts]) -> None:
    waits = [one.answered_at - one.started_at for one in facts if one.answered_at]
    assert (told["offered"], told["answered"], told["abandoned"]) == (len(facts), len(waits), len(facts) - len(waits))
    for seconds in (15, 20):
        limit = dt.timedelta(seconds=seconds)
        least, most = (sum(wait <= moment for wait in waits) for moment in (limit - SLACK, limit + SLACK))
        assert least <= told[f"within_{seconds}_s_of_arrival"] <= most
