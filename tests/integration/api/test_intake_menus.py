import datetime as dt
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import insert, update

from api.settings import Settings
from db.tables import Incident

CALLER = "13800138000"
CANONICAL = "+8613800138000"
START = dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)
Make = Callable[..., dict[str, Any]]

STEPS = [
    {"node": "greeting", "at_ms": 0, "ms": 4000, "choice": None},
    {"node": "menu", "at_ms": 4000, "ms": 2000, "choice": "1"},
]


def menu_call(event: Make, call_id: str, *events: tuple[str, dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """A call that got what it wanted in the menu and hung up there."""
    first = more.pop("first", 1)
    told: list[tuple[str, dict[str, Any]]] = [
        ("call.started", {"caller": more.pop("caller", CALLER), "dialled": "12345"}),
        *events,
        ("call.menu", {"menu": "default", "version": 2, "path": ["1"], "node": "menu", "ms": 6000, "steps": STEPS}),
        ("call.ended", {"disposition": "hangup_in_menu", "ended_by": "caller"}),
    ]
    return [event(call_id, first + place, kind, **data) for place, (kind, data) in enumerate(told)]


def lost(event: Make, call_id: str, seq: int, caller: str = CALLER) -> dict[str, Any]:
    times = {"started_at": START.isoformat(), "ended_at": (START + dt.timedelta(minutes=1)).isoformat()}
    none = {"queue": None, "answered_by": None, "answered_at": None}
    return event(call_id, seq, "call.record", caller=caller, dialled="12345", disposition="abandoned", **none, **times)


@pytest.fixture
async def incident(api: Any) -> int:
    """An incident that is on for the hour after START."""
    values = {
        "title": "停电",
        "text": "城东停电",
        "sounds": ["own/outage-1"],
        "starts_at": START,
        "ends_at": START + dt.timedelta(hours=1),
        "switched_on_by": "9001",
    }
    async with api.runtime.database.write() as session:
        return int(await session.scalar(insert(Incident).values(values).returning(Incident.id)))


async def owed(api: Any) -> list[dict[str, Any]]:
    columns = "caller, call_id, queue, incident_id"
    found: list[dict[str, Any]] = await api.rows(f"SELECT {columns} FROM return_calls WHERE state = 'owed'")  # noqa: S608 - our own names
    return found


async def test_a_journey_becomes_columns_and_visits(api: Any, event: Make) -> None:
    await api.hand_in(*menu_call(event, "hall-1.1"))
    (call,) = await api.rows("SELECT menu_end, menu_node, menu_ms, disposition FROM calls")
    assert list(call.values()) == [None, "menu", 6000, "hangup_in_menu"]
    visits = await api.rows("SELECT * FROM menu_visits ORDER BY visit_no")
    assert [tuple(visit.values()) for visit in visits] == [
        ("hall-1.1", 1, "default", 2, "greeting", None, 0, 4000, False),
        ("hall-1.1", 2, "default", 2, "menu", "1", 4000, 2000, True),
    ]
    await api.hand_in(event("hall-1.1", 9, "call.menu", menu="default", version=2, path=[], end="gave_up"))
    assert (await api.rows("SELECT menu_end FROM calls"))[0]["menu_end"] == "gave_up"


async def test_the_skill_asked_for_is_stored(api: Any, event: Make) -> None:
    await api.hand_in(event("hall-1.1", 1, "call.queued", queue="city", priority=0, skill="english"))
    assert (await api.rows("SELECT skill FROM calls"))[0]["skill"] == "english"


async def test_a_message_is_heard_and_owed_with_a_case(api: Any, event: Make, settings: Settings) -> None:
    assert settings.recordings_dir is not None
    (settings.recordings_dir / "hall-1.1-m1.wav").write_bytes(b"RIFF sound")
    events = menu_call(event, "hall-1.1", ("call.message", {"recording": "hall-1.1-m1.wav", "seconds": 4.5}))
    for one in reversed([*events, lost(event, "hall-1.1", 20), *events]):
        await api.hand_in(one)
    (message,) = (await api.ask("9001", "GET", "/api/messages")).json()["items"]
    assert (message["callback"], message["dialled"], message["call_id"]) == (CANONICAL, "12345", "hall-1.1")
    sound = await api.ask("9001", "GET", message["recording_url"])
    assert (sound.status_code, sound.content) == (200, b"RIFF sound")
    assert (await api.ask("9001", "GET", "/api/calls/hall-1.1/recording")).content == b"RIFF sound"
    assert (await api.rows("SELECT disposition FROM calls"))[0]["disposition"] == "message"
    assert len(await api.rows("SELECT * FROM cases")) == 1
    assert await owed(api) == [
        {"caller": CANONICAL, "call_id": "hall-1.1", "queue": "city", "incident_id": None},
    ]


async def test_a_recording_belongs_to_one_call(api: Any, event: Make) -> None:
    for number in (1, 2):
        said = ("call.message", {"recording": "same.wav", "seconds": 1})
        await api.hand_in(*menu_call(event, f"hall-1.{number}", said, first=10 * number))
    assert [row["call_id"] for row in await api.rows("SELECT call_id FROM messages")] == ["hall-1.1"]
    assert [row["call_id"] for row in await owed(api)] == ["hall-1.2"]


async def test_a_request_owes_one_return_call_and_no_case(api: Any, event: Make) -> None:
    wish = ("call.return_requested", {"queue": "city"})
    await api.hand_in(*menu_call(event, "hall-1.1", wish), lost(event, "hall-1.1", 20))
    assert [(row["call_id"], row["queue"]) for row in await owed(api)] == [("hall-1.1", "city")]
    assert (await api.rows("SELECT disposition FROM calls"))[0]["disposition"] == "registered"
    assert await api.rows("SELECT * FROM cases") == []
    await api.hand_in(
        event("hall-1.2", 30, "call.started", caller=CALLER), event("hall-1.2", 31, "call.answered", agent_id="1001")
    )
    assert await owed(api) == []


@pytest.mark.parametrize(("asked", "debts"), [(2, []), (6, ["hall-1.1"])], ids=["before the talk", "after it"])
async def test_a_request_after_a_talk_is_owed_and_one_before_it_is_served(
    api: Any, event: Make, asked: int, debts: list[str]
) -> None:
    told = [
        event("hall-1.1", 1, "call.started", caller=CALLER, dialled="12345"),
        event("hall-1.1", 3, "call.queued", queue="city", priority=0, skill=None),
        event("hall-1.1", 4, "call.offered", agent_id="1001", offer_no=1, waited_ms=10),
        event("hall-1.1", 5, "call.answered", agent_id="1001", recording="hall-1.1.wav"),
        event("hall-1.1", asked, "call.return_requested", queue="city"),
        event("hall-1.1", 9, "call.ended", disposition="answered", ended_by="caller"),
    ]
    for one in reversed(told):
        await api.hand_in(one)
    assert [row["call_id"] for row in await owed(api)] == debts
    assert (await api.rows("SELECT disposition FROM calls"))[0]["disposition"] == "answered"
    await api.hand_in(
        event("hall-1.2", 30, "call.started", caller=CALLER), event("hall-1.2", 31, "call.answered", agent_id="1001")
    )
    assert await owed(api) == []


async def test_a_transfer_owes_nothing(api: Any, event: Make) -> None:
    went = ("call.transferred", {"target": "110", "result": "answered"})
    bridged = lost(event, "hall-1.1", 20)
    bridged["data"] |= {"disposition": "answered", "answered_at": START.isoformat()}
    await api.hand_in(bridged, *menu_call(event, "hall-1.1", went))
    (call,) = await api.rows("SELECT disposition, transferred_to, answered_at FROM calls")
    assert list(call.values()) == ["transferred", "110", None]
    assert await owed(api) == []
    assert await api.rows("SELECT * FROM cases") == []


async def test_the_affected_are_registered_and_owed_by_their_incident(api: Any, event: Make, incident: int) -> None:
    pressed = ("call.affected", {"incident": str(incident)})
    events = [*menu_call(event, "hall-1.1", pressed), lost(event, "hall-1.1", 20)]
    for one in reversed(events):
        await api.hand_in(one)
    (row,) = await api.rows("SELECT incident_id, call_id, caller FROM incident_callers")
    assert list(row.values()) == [incident, "hall-1.1", CANONICAL]
    assert await owed(api) == [
        {"caller": CANONICAL, "call_id": "hall-1.1", "queue": "city", "incident_id": incident},
    ]
    (listed,) = (await api.ask("1001", "GET", "/api/return-calls")).json()["items"]
    assert listed["incident_id"] == incident


@pytest.mark.parametrize("name", ["4711", "nine", "7'; DROP TABLE incidents;--", "9" * 40])
async def test_an_unknown_incident_keeps_the_return_call(api: Any, event: Make, name: str) -> None:
    await api.hand_in(*menu_call(event, "hall-1.1", ("call.affected", {"incident": name})))
    assert [(row["call_id"], row["incident_id"]) for row in await owed(api)] == [("hall-1.1", None)]
    assert await api.rows("SELECT * FROM incident_callers") == []


async def test_an_incident_that_is_over_keeps_the_return_call(api: Any, event: Make, incident: int) -> None:
    async with api.runtime.database.write() as session:
        await session.execute(update(Incident).values(switched_off_at=START + dt.timedelta(seconds=30)))
    pressed = ("call.affected", {"incident": str(incident)})
    await api.hand_in(*menu_call(event, "hall-1.1", pressed, first=10))
    await api.hand_in(*menu_call(event, "hall-1.2", pressed, first=40, caller="13900139000"))
    assert sorted((row["call_id"], row["incident_id"]) for row in await owed(api)) == [
        *(("hall-1.1", incident), ("hall-1.2", None)),
    ]
    assert [row["call_id"] for row in await api.rows("SELECT call_id FROM incident_callers")] == ["hall-1.1"]


async def test_a_later_lost_call_keeps_the_incident_in_any_order(api: Any, event: Make, incident: int) -> None:
    """Registered, then rang again and gave up: one return call, still the incident's; an answer settles it."""
    for number, order in enumerate(itertools.permutations(range(2))):
        caller = f"1380013800{number}"
        calls = [
            menu_call(event, f"hall-{number}.1", ("call.affected", {"incident": str(incident)}), caller=caller),
            [
                event(f"hall-{number}.2", 10, "call.started", caller=caller, dialled="12345"),
                event(f"hall-{number}.2", 11, "call.ended", disposition="abandoned"),
            ],
        ]
        for place in order:
            await api.hand_in(*calls[place])
    assert sorted((row["call_id"], row["incident_id"]) for row in await owed(api)) == [
        *(("hall-0.2", incident), ("hall-1.2", incident)),
    ]
    await api.hand_in(
        event("hall-0.3", 30, "call.started", caller="13800138000"),
        event("hall-0.3", 31, "call.answered", agent_id="1001"),
        event("hall-0.4", 40, "call.started", caller="13800138000"),
        event("hall-0.4", 41, "call.ended", disposition="abandoned"),
    )
    assert sorted((row["call_id"], row["incident_id"]) for row in await owed(api)) == [
        *(("hall-0.4", None), ("hall-1.2", incident)),
    ]


async def test_a_rating_is_stored_once_with_its_agent_whatever_comes_first(api: Any, event: Make) -> None:
    rated = event("hall-1.1", 9, "call.rated", score=3, reason="pressed")
    await api.hand_in(rated)
    await api.hand_in(event("hall-1.1", 5, "call.answered", agent_id="1002"), rated)
    await api.hand_in(event("hall-2.1", 10, "call.rated", score=None, reason="hung_up"))
    rows = await api.rows("SELECT call_id, score, reason, agent_id FROM ratings ORDER BY call_id")
    assert [tuple(row.values()) for row in rows] == [
        *(("hall-1.1", 3, "pressed", "1002"), ("hall-2.1", None, "hung_up", None)),
    ]


async def test_any_order_and_any_batches_leave_the_same(api: Any, event: Make, incident: int) -> None:
    for seed in range(20):
        chance = random.Random(seed)  # noqa: S311 - a test's dice
        call_id = f"hall-3.{seed:02}"
        gave = [
            ("call.affected", {"incident": str(incident)}),
            ("call.message", {"recording": f"{call_id}.wav", "seconds": 3}),
            ("call.transferred", {"target": "110", "result": "busy"}),
            ("call.rated", {"score": 2, "reason": "pressed"}),
        ]
        caller = f"138001380{seed:02}"
        events = [*menu_call(event, call_id, *gave, caller=caller), lost(event, call_id, 20, caller)]
        events += chance.sample(events, 4)
        chance.shuffle(events)
        while events:
            size = chance.randint(1, len(events))
            await api.hand_in(*events[:size])
            events = events[size:]
    for table, columns in {
        "calls": "disposition, menu_node, menu_ms, started_at, ended_at, dialled, line",
        "menu_visits": "visit_no, menu, version, node, choice, entered_ms, spent_ms, last",
        "messages": "dialled, left_at",
        "ratings": "score, reason, at",
        "incident_callers": "incident_id, at",
        "return_calls": "state, incident_id, owed_since",
    }.items():
        found = await api.rows(f"SELECT {columns}, count(*) AS n FROM {table} GROUP BY {columns}")  # noqa: S608 - our own names
        assert [row["n"] for row in found] == [20] * (2 if table == "menu_visits" else 1), table
    assert len(await api.rows("SELECT DISTINCT query_code FROM cases")) > 15


async def test_a_hostile_event_is_kept_apart_and_blocks_nobody(api: Any, event: Make) -> None:
    bad = [
        event("hall-4.1", 50, "call.menu", menu="default", steps=[{"node": "x"}] * 61),
        event("hall-4.1", 51, "call.message", recording="../secrets/link_token.wav"),
        event("hall-4.1", 52, "call.rated", score=99, reason="pressed"),
        event("hall-4.1", 53, "call.affected", incident={"$ne": 1}),
    ]
    receipt = await api.hand_in(*bad, *menu_call(event, "hall-4.1"))
    assert receipt["accepted"] == [50, 51, 52, 53, 1, 2, 3]
    assert len(await api.rows("SELECT * FROM rejected_events")) == 4
    assert len(await api.rows("SELECT * FROM menu_visits")) == 2
