"""Figures against a recount in plain Python, who may see what, and how long counting takes."""

import asyncio
import datetime as dt
import math
import os
import random
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text
from sqlalchemy.event import listen
from structlog.testing import capture_logs

from acd.rules.figures import PERIOD, Level
from api.figures.repository import COUNT, count_calls
from api.figures.service import FigureBoard
from api.settings import Settings
from db.clock import utc_now
from db.engine import Database
from db.tables import AgentQueue, Number, Queue

NUMBERS = {"12345": ("city", ""), "96001": ("linhe", "linhe"), "96002": ("city", "linhe")}
COUNTIES = {"city": "", "linhe": "linhe"}
ENDS = ("answered", "answered", "answered", "abandoned", "message", "return", "waiting", "menu", "record", "transfer")


@dataclass
class Made:
    """One call as it was made up: moments in seconds since its start."""

    call_id: str
    caller: str
    dialled: str
    start: dt.datetime
    how: str
    queue: str | None
    queued: float | None
    over: float
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def asked(self) -> dt.datetime | None:
        """When it asked for a person; None when it never did."""
        if self.how in {"menu", "transfer"}:
            return None
        return self.start + dt.timedelta(seconds=self.queued or 0)

    @property
    def wait(self) -> float:
        return self.over - (self.queued or 0)

    def places(self) -> set[tuple[str, str]]:
        known = NUMBERS.get(self.dialled)
        queue = self.queue or (known[0] if known else "")
        county = COUNTIES.get(queue) or (known[1] if known else "")
        return {("queues", queue), ("counties", county), ("lines", self.dialled if known else "")}


def make_up(chance: random.Random, n: int, now: dt.datetime) -> Made:
    how = chance.choice(ENDS)
    start = now - dt.timedelta(seconds=chance.choice([chance.uniform(700, 80_000), chance.uniform(90_000, 200_000)]))
    queued = None if how in {"menu", "record", "transfer"} else round(chance.uniform(1, 30), 3)
    over = round((queued or 0) + chance.choice([chance.uniform(0, 30), chance.uniform(0, 200)]), 3)
    if chance.random() < 0.1:
        over = round((queued or 0) + chance.choice([5, 15, 20]), 3)
    dialled = chance.choice([*NUMBERS, "777"])
    queue = None if queued is None else chance.choice(["city", "linhe"])
    made = Made(f"hall-{n}", f"1380{n:07}", dialled, start, how, queue, queued, over)
    made.events = list(number_events(made, n))
    return made


def number_events(made: Made, n: int) -> Iterable[dict[str, Any]]:
    for place, (seconds, kind, data) in enumerate(told(made)):
        at = (made.start + dt.timedelta(seconds=seconds)).isoformat()
        yield {"call_id": made.call_id, "seq": 10 * n + place + 1, "type": kind, "at": at, "data": data}


def told(made: Made) -> Iterable[tuple[float, str, dict[str, Any]]]:
    over, agent = made.over, {"agent_id": "1001"}
    if made.how == "record":
        ends = made.start + dt.timedelta(seconds=over)
        answered = {"answered_by": "1001", "answered_at": ends.isoformat(), "disposition": "answered"}
        fate = answered if over < 15 else {"disposition": "abandoned"}
        both = {"started_at": made.start.isoformat(), "ended_at": ends.isoformat()}
        yield 0, "call.record", {"caller": made.caller, "dialled": made.dialled, **both, **fate}
        return
    yield 0, "call.started", {"caller": made.caller, "dialled": made.dialled}
    if made.queued is not None:
        yield made.queued, "call.queued", {"queue": made.queue, "priority": 0}
    if made.how == "answered":
        yield over, "call.answered", agent
        yield over + 100, "call.ended", {"disposition": "answered"}
    elif made.how == "transfer":
        yield over, "call.transferred", {"target": "110", "result": "answered"}
        yield over + 9, "call.ended", {"disposition": "hangup_in_menu"}
    elif made.how == "menu":
        yield over, "call.ended", {"disposition": "hangup_in_menu"}
    elif made.how != "waiting":
        if made.how == "message":
            yield over, "call.message", {"recording": f"{made.call_id}.wav"}
        if made.how == "return":
            yield over, "call.return_requested", {"queue": made.queue}
        yield over, "call.ended", {"disposition": "abandoned"}


def rounded(wait: float) -> int:
    """Milliseconds as the ninetieth percentile tells them."""
    step = 1 if round(wait, 3) <= 60 else 10
    return 1000 * step * math.ceil(round(wait, 3) / step)


def recount(calls: Iterable[Made]) -> dict[str, Any]:
    asked = [call for call in calls if call.asked is not None]
    over = [call for call in asked if call.how != "waiting"]
    answered = [c for c in over if c.how == "answered" or (c.how == "record" and c.over < 15)]
    left = [c for c in over if c.how == "abandoned" or (c.how == "record" and c.over >= 15)]
    short = [c for c in left if c.wait <= 5]
    waits = sorted(c.wait for c in answered)
    early = {n: sum(c.wait <= n for c in answered) for n in (15, 20)}
    return {
        "offered": len(over),
        "answered": len(answered),
        "lost": len(over) - len(answered),
        "abandoned": len(left),
        "abandoned_within_5_s": len(short),
        "undecided": len(asked) - len(over),
        "connect_rate": len(answered) / len(over) if over else None,
        "connect_rate_without_short": len(answered) / (len(over) - len(short)) if len(over) > len(short) else None,
        "within_15_s": early[15],
        "within_20_s": early[20],
        "share_within_15_s": early[15] / len(over) if over else None,
        "share_within_20_s": early[20] / len(over) if over else None,
        "within_15_s_of_arrival": sum(c.over <= 15 for c in answered),
        "within_20_s_of_arrival": sum(c.over <= 20 for c in answered),
        "mean_wait_ms": pytest.approx(1000 * sum(waits) / len(waits)) if waits else None,
        "p90_wait_ms": rounded(waits[math.ceil(0.9 * len(waits)) - 1]) if waits else None,
        "longest_wait_ms": round(1000 * waits[-1]) if waits else None,
    }


@pytest.fixture
async def city(api: Any, database: Database) -> Any:
    async with database.write() as session:
        await session.execute(insert(Queue), [{"id": "linhe", "name": "临河县"}])
        await session.execute(insert(AgentQueue), [{"agent_id": "1002", "queue_id": "linhe", "preference": 0}])
        rows = [
            {"number": number, "line": f"线路 {number}", "menu": "default", "queue_id": queue, "area": area}
            for number, (queue, area) in NUMBERS.items()
            if number != "12345"
        ]
        await session.execute(insert(Number), rows)
    return api


async def figures(api: Any, who: str = "9001") -> dict[str, Any]:
    answer = await api.ask(who, "GET", "/api/figures")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_figures_equal_a_recount(city: Any) -> None:
    chance = random.Random(20161213)  # noqa: S311 - a test's dice
    made = [make_up(chance, n, utc_now()) for n in range(1, 601)]
    batch = [event for call in made for event in call.events]
    chance.shuffle(batch)
    for start in range(0, len(batch), 300):
        await city.hand_in(*batch[start : start + 300])
    page = await figures(city)
    since, today = (dt.datetime.fromisoformat(page[name]) for name in ("since", "today_since"))
    shown = {(kind, one["id"] or ""): one for kind in ("queues", "counties", "lines") for one in page[kind]}
    assert {key for call in made for key in call.places() if call.asked} <= set(shown)
    for period, first in (("rolling", since), ("today", today)):
        meant = [call for call in made if call.asked and call.asked >= first]
        assert matching(page["total"][period], recount(meant)), period
        for key, one in shown.items():
            assert matching(one[period], recount(c for c in meant if key in c.places())), (period, key)
    assert page["total"]["rolling"]["offered"] > 150
    assert page["total"]["rolling"]["undecided"] > 10
    for kind in ("queues", "counties", "lines"):
        assert sum(one["rolling"]["offered"] for one in page[kind]) == page["total"]["rolling"]["offered"]


def matching(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    assert {name: found[name] for name in wanted} == wanted
    return True


async def test_the_alarm_comes_before_95_percent_are_lost(city: Any, until: Any) -> None:
    page: dict[str, Any] = {}
    told: list[tuple[str, str, int]] = []
    seq, level = 0, Level.NONE
    board = FigureBoard(city.runtime.database, city.runtime.link, warning=0.96)

    async def shows(wanted: tuple[str, int]) -> bool:
        nonlocal page
        page = await figures(city)
        found = [one["rolling"]["standing"] for one in (page["total"], page["queues"][0])]
        return [(one["level"], one["losses_left"]) for one in found] == [wanted, wanted]

    for answered, lost, wanted in ((100, 0, ("good", 6)), (0, 5, ("warning", 1)), (0, 1, ("lost", 0))):
        batch: list[dict[str, Any]] = []
        for n in range(answered + lost):
            seq += 10
            how = "answered" if n < answered else "abandoned"
            start = utc_now() - dt.timedelta(seconds=600)
            call = Made(f"hall-{seq}", f"1390{seq:07}", "12345", start, how, "city", 1.0, 9.0)
            batch += number_events(call, seq)
        await city.hand_in(*batch)
        await until(lambda wanted=wanted: shows(wanted))
        with capture_logs() as lines:
            for _ in range(2):
                level = await board.judge(level, now=utc_now() + dt.timedelta(minutes=1 + len(told)))
        told += [(line["log_level"], line["level"], line["losses_left"]) for line in lines]
    assert page["total"]["rolling"]["standing"]["answers_needed"] == 14
    assert (page["limit"], page["warning"]) == (0.95, 0.96)
    assert told == [("info", "good", 6), ("warning", "warning", 1), ("error", "lost", 0)]


SINCE = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC).isoformat()
HALL = {"waiting": 2, "ringing": 1, "since": SINCE, "agents": {"ready": 3, "talking": 4}}
IDLE: dict[str, Any] = {"waiting": 0, "ringing": 0, "since": None, "agents": {}}
FRAME = {
    "op": "figures",
    "offering": True,
    "scopes": {
        "total": {"": HALL},
        "queue": {"city": HALL, "linhe": IDLE},
        "county": {"": HALL, "linhe": IDLE},
        "line": {"12345": HALL},
    },
}


@pytest.fixture
async def hall(settings: Settings, city: Any, voice: Any, serve_api: Any, until: Any) -> AsyncIterator[Any]:
    """The city with a voice process that says what is so now."""
    del city
    async with serve_api(settings.model_copy(update={"link_url": voice.url})) as (api, _):
        await until(lambda: api.runtime.link.up)
        yield api


async def test_what_is_so_now_is_the_voice_process_word_and_null_without_it(hall: Any, voice: Any, until: Any) -> None:
    page = await figures(hall)
    assert (page["voice"], page["offering"], page["total"]["live"]) == (True, None, None)
    await voice.send(FRAME)
    await until(lambda: hall.runtime.link.live)
    page = await figures(hall)
    assert (page["voice"], page["offering"]) == (True, True)
    city, linhe = page["queues"]
    assert (city["id"], city["name"], city["at_risk"], linhe["at_risk"]) == ("city", "市级", True, False)
    assert page["total"]["live"].items() >= {"waiting": 2, "ringing": 1, "agents": HALL["agents"]}.items()
    waited = dt.datetime.fromisoformat(page["at"]) - dt.datetime.fromisoformat(SINCE)
    assert city["live"]["longest_wait_ms"] == round(waited / dt.timedelta(milliseconds=1))
    assert linhe["live"] == {
        "waiting": 0,
        "virtual": 0,
        "ringing": 0,
        "waiting_since": None,
        "longest_wait_ms": None,
        "agents": {},
    }
    assert page["lines"][-1]["live"] is None
    await voice.send({**FRAME, "scopes": {"total": {"": {"waiting": "many"}}}})
    await voice.send({"op": "agents", "agents": [{"agent_id": "1001"}]})
    await until(lambda: hall.runtime.link.agents)
    assert (await figures(hall))["total"]["live"]["waiting"] == 2
    await voice.stop()
    await until(lambda: not hall.runtime.link.up)
    page = await figures(hall)
    assert (page["voice"], page["offering"]) == (False, None)
    for one in (page["total"], *page["queues"], *page["counties"], *page["lines"]):
        assert (one["live"], one["at_risk"]) == (None, None)
        assert one["rolling"]["offered"] == 0


async def test_agents_are_told_who_waits_in_their_own_queues(hall: Any, voice: Any, until: Any) -> None:
    await voice.send(FRAME)
    await until(lambda: hall.runtime.link.live)
    page = await figures(hall, "1001")
    assert (page["total"], page["counties"], page["lines"]) == (None, [], [])
    (city,) = page["queues"]
    assert (city["id"], city["rolling"], city["today"], city["at_risk"]) == ("city", None, None, None)
    assert (city["live"]["waiting"], city["live"]["waiting_since"], city["live"]["agents"]) == (
        *(2, SINCE.replace("+00:00", "Z"), None),
    )
    assert [one["id"] for one in (await figures(hall, "1002"))["queues"]] == ["linhe"]
    assert (await hall.http.get("/api/figures")).status_code == 401


async def test_nothing_is_sent_again_while_nothing_but_the_clock_goes_on(hall: Any, voice: Any, until: Any) -> None:
    await voice.send(FRAME)
    await until(lambda: hall.runtime.link.live)
    first = await hall.ask("9001", "GET", "/api/figures")
    tag = {"Authorization": f"Bearer {await hall.token('9001')}", "If-None-Match": first.headers["etag"]}
    again = await hall.http.get("/api/figures", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    await voice.send({**FRAME, "offering": False})
    await until(lambda: hall.runtime.link.offering is False)
    changed = await hall.http.get("/api/figures", headers=tag)
    assert (changed.status_code, changed.json()["offering"]) == (200, False)
    assert first.headers["etag"] != changed.headers["etag"]


async def metrics(api: Any) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await api.wire("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "138" not in answer.text
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


async def test_prometheus_is_told_the_same(hall: Any, voice: Any, until: Any) -> None:
    now = utc_now()
    for n, (how, dialled) in enumerate((("answered", "12345"), ("abandoned", "777"), ("answered", "888")), start=1):
        call = Made(f"hall-{n}", f"1380{n:07}", dialled, now - dt.timedelta(seconds=300), how, "city", 1.0, 9.0)
        await hall.hand_in(*number_events(call, 10 * n))
    await voice.send(FRAME)
    await until(lambda: hall.runtime.link.live)
    found = await metrics(hall)

    def one(name: str, **labels: str) -> float | None:
        return found.get((name, frozenset(labels.items())))

    assert (one("hotline_voice_up"), one("hotline_database_up")) == (1, 1)
    assert one("hotline_waiting_calls") == one("hotline_queue_waiting_calls", queue="city") == 2
    assert one("hotline_queue_agents", queue="city", state="talking") == 4
    assert one("hotline_longest_wait_seconds") == pytest.approx(
        (utc_now() - dt.datetime.fromisoformat(SINCE)).total_seconds(), abs=30
    )
    assert one("hotline_connect_ratio", period="24h") == pytest.approx(2 / 3)
    assert one("hotline_queue_calls_answered", queue="city", period="24h") == 2
    assert one("hotline_line_calls_lost", line="other", period="24h") == 1
    assert one("hotline_line_calls_answered", line="other", period="24h") == 1
    assert one("hotline_county_calls_answered", county="none", period="24h") == 2
    assert one("hotline_queue_connect_ratio", queue="linhe", period="24h") is None
    values = {value for _, labels in found for name, value in labels if name in {"queue", "county", "line"}}
    assert values <= {*NUMBERS, *COUNTIES, "other", "none"}
    await voice.stop()
    await until(lambda: not hall.runtime.link.up)
    found = await metrics(hall)
    assert one("hotline_voice_up") == 0
    assert not [name for name, _ in found if name.endswith(("waiting_calls", "agents", "wait_seconds"))]
    assert one("hotline_connect_ratio", period="24h") == pytest.approx(2 / 3)


async def test_prometheus_needs_the_token_of_the_wires(city: Any) -> None:
    assert (await city.http.get("/metrics")).status_code == 401
    assert (await city.ask("9001", "GET", "/metrics")).status_code == 401


TEN_THOUSAND = text(
    """
    INSERT INTO calls (call_id, source, dialled, queue, started_at, queued_at, answered_at, ended_at, disposition,
                       waited_ms)
    SELECT 'hall-' || n, 'voice', (ARRAY['12345', '96001', '96002'])[n % 3 + 1], (ARRAY['city', 'linhe'])[n % 2 + 1],
           at - interval '5 seconds', at, CASE WHEN n % 25 > 0 THEN at + wait END, at + wait + interval '3 minutes',
           CASE WHEN n % 25 > 0 THEN 'answered' ELSE 'abandoned' END, extract(epoch FROM wait) * 1000
    FROM (SELECT n, CAST(:until AS timestamptz) - n * CAST(:step AS interval) AS at,
                 (n * 7919 % 90000) * interval '1 millisecond' AS wait
          FROM generate_series(CAST(:first AS int), CAST(:first AS int) + 9999) AS n) AS made
    """
)


REPEATS = 7


def processor_seconds(process: int | None) -> float:
    """What a process has worked so far: the clock on the wall also counts everything else on the machine."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("step", "counted"), [(0.86, 100_000), (30, 2880)])
async def test_a_hundred_thousand_calls_are_counted_in_a_fifth_of_a_second(
    city: Any, database: Database, step: float, counted: int
) -> None:
    del city
    now = utc_now()
    spread = {"until": now, "step": dt.timedelta(seconds=step)}
    for first in range(1, 100_000, 10_000):
        async with database.write() as session:
            await session.execute(TEN_THOUSAND, {**spread, "first": first})
    async with database.write() as session:
        await session.execute(text("ANALYZE calls"))
    period = {"since": now - PERIOD, "today": now - PERIOD / 2, "until": now}
    taken = []
    async with database.read() as session:
        server = await session.scalar(text("SELECT pg_backend_pid()"))
        worked = processor_seconds(server)
        for _ in range(REPEATS):
            begin = time.perf_counter()
            groups = await count_calls(session, **period)
            taken.append(time.perf_counter() - begin)
        worked = (processor_seconds(server) - worked) / REPEATS
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {COUNT.text}"), period))
    print(f"{counted} calls: {1000 * worked:.0f} ms of work, {[round(1000 * one) for one in taken]} ms")  # noqa: T201 - it is the figure
    assert sum(group.calls for group in groups) == counted
    assert len(groups) < 2000
    assert worked < 0.2
    assert counted == 100_000 or "ix_calls_asked_at" in plan


async def test_many_who_ask_at_once_count_once(city: Any) -> None:
    await city.token("9001")
    statements: list[str] = []

    def hear(*seen: Any) -> None:
        statements.append(seen[2])

    listen(city.runtime.database.engine.sync_engine, "before_cursor_execute", hear)
    await asyncio.gather(*(figures(city) for _ in range(20)))
    assert len([one for one in statements if "AS asked" in one]) == 1
