"""Figures with everything away, the version of a page, and what Prometheus reads."""

import datetime as dt
from collections.abc import Sequence

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from acd.messages import AgentState
from acd.rules.figures import TOTAL, Group, Key, Live, Places, Scope, count_history
from api.figures.metrics import page as metrics_page
from api.figures.schemas import FiguresOut, LiveOut, ScopeOut
from api.figures.service import FigureBoard, History, version_of
from api.realtime.hub import Hub
from api.realtime.link import Link, WrapUp
from api.settings import Settings
from db.address import parse_address
from db.engine import open_database

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)


async def test_prometheus_hears_what_is_away_and_no_zeros(client: httpx.AsyncClient, settings: Settings) -> None:
    wire = {"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"}
    answer = await client.get("/metrics", headers=wire)
    assert answer.status_code == 200
    families = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    assert set(families) == {"hotline_voice_up", "hotline_database_up"}
    assert [sample.value for samples in families.values() for sample in samples] == [0, 0]


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer wrong", "Basic aTppaQ=="])
async def test_prometheus_needs_the_token(client: httpx.AsyncClient, token: str | None) -> None:
    answer = await client.get("/metrics", headers={"Authorization": token} if token is not None else {})
    assert answer.status_code == 401
    assert "intake_token" in answer.json()["detail"]


async def test_figures_need_a_sign_in(client: httpx.AsyncClient, settings: Settings) -> None:
    assert (await client.get("/api/figures")).status_code == 401
    wire = {"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"}
    assert (await client.get("/api/figures", headers=wire)).status_code == 401


def shown(*, at: dt.datetime, waiting: int = 1, waited_ms: int = 0) -> FiguresOut:
    live = LiveOut(
        waiting=waiting, virtual=0, ringing=0, waiting_since=T0, longest_wait_ms=waited_ms, agents={"ready": 1}
    )
    scope = ScopeOut(id="city", name="市级", live=live, at_risk=None, rolling=None, today=None)
    return FiguresOut(
        at=at,
        since=at - dt.timedelta(hours=24),
        today_since=T0,
        voice=True,
        offering=True,
        limit=0.95,
        warning=0.96,
        total=scope,
        queues=[scope],
        counties=[],
        lines=[scope],
    )


def test_the_clock_alone_makes_no_new_version() -> None:
    first = shown(at=T0)
    later = shown(at=T0 + dt.timedelta(seconds=5), waited_ms=5000)
    assert version_of(first) == version_of(later)
    assert version_of(first) != version_of(shown(at=T0, waiting=2))
    nobody = first.model_copy(update={"total": None, "queues": []})
    assert version_of(nobody) != version_of(first)


async def find_nothing(wrap_ups: Sequence[WrapUp]) -> list[WrapUp]:
    return list(wrap_ups)[:0]


class Told(Link):
    """A link that says what a test says."""

    def __init__(self, live: dict[Key, Live]) -> None:
        super().__init__("ws://127.0.0.1:1", "x", Hub(), find_stored=find_nothing)
        self.live = live

    @property
    def up(self) -> bool:
        return True


def paused(agent: str, *, overrun: bool) -> AgentState:
    since = T0.isoformat()
    known = AgentState(agent_id=agent, state="paused", since=since, call_id=None, reason="rest", phone=None)
    return {**known, "overrun": overrun}


async def test_labels_are_bounded_and_escaped() -> None:
    places = Places([{"id": 'a"b\n', "name": "", "priority": 0, "ring_seconds": 20}], [])
    groups = [Group("moon", str(n), today=True, outcome="lost", wait_s=1, calls=1, waited_ms=1, longest_ms=1,
                    soon_15=0, soon_20=0) for n in range(500)]  # fmt: skip
    live: dict[Key, Live] = {TOTAL: Live(waiting=3, agents={"ready": 2}), (Scope.QUEUE, ""): Live(waiting=3)}
    database = open_database(parse_address("postgresql://nobody@127.0.0.1:1/hotline"))
    board = FigureBoard(database, link := Told(live), warning=0.96)
    link.agents = {name: paused(name, overrun=name == "1002") for name in ("1001", "1002")}
    history = History(T0, T0, places, count_history(groups, places))
    told = metrics_page(board, history, now=T0.timestamp()).decode()
    await database.close()
    samples = [sample for family in text_string_to_metric_families(told) for sample in family.samples]
    assert [sample.value for sample in samples if sample.name == "hotline_pauses_overrun"] == [1]
    assert {sample.labels.get("line") for sample in samples} == {None, "other"}
    assert {sample.labels.get("queue") for sample in samples} == {None, "other", 'a"b\n'}
    lost = [s.value for s in samples if s.name == "hotline_queue_calls_lost" and s.labels["queue"] == "other"]
    assert lost == [500, 500]
