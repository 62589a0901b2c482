import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

CALLER = "13800138000"
Make = Callable[..., dict[str, Any]]


def whole_call(event: Make, call_id: str, first: int = 1) -> list[dict[str, Any]]:
    steps: list[tuple[str, dict[str, Any]]] = [
        ("call.started", {"caller": CALLER, "dialled": "12345", "channel": "PJSIP/trunk-1"}),
        ("call.menu", {"menu": "default", "version": 1, "path": ["0"]}),
        ("call.queued", {"queue": "city", "priority": 0}),
        ("call.offered", {"agent_id": "1001", "offer_no": 1, "waited_ms": 900}),
        ("call.missed", {"agent_id": "1001", "offer_no": 1, "reason": "no_answer"}),
        ("call.offered", {"agent_id": "1002", "offer_no": 2, "waited_ms": 2000}),
        ("call.answered", {"agent_id": "1002", "recording": f"{call_id}.wav"}),
        ("call.ended", {"disposition": "answered", "ended_by": "caller"}),
    ]
    return [event(call_id, first + place, kind, **data) for place, (kind, data) in enumerate(steps)]


def abandoned_call(event: Make, call_id: str, first: int, caller: str = CALLER) -> list[dict[str, Any]]:
    return [
        event(call_id, first, "call.started", caller=caller, dialled="12345"),
        event(call_id, first + 1, "call.queued", queue="city", priority=0),
        event(call_id, first + 2, "call.ended", disposition="abandoned", ended_by="caller"),
    ]


async def test_a_call_becomes_a_row_a_case_and_two_pops(api: Any, event: Make) -> None:
    receipt = await api.hand_in(*whole_call(event, "hall-1.1"))
    assert receipt["accepted"] == list(range(1, 9))
    assert [pop["agent_id"] for pop in receipt["pops"]] == ["1001", "1002"]
    (call,) = await api.rows("SELECT * FROM calls")
    assert (call["caller"], call["line"], call["waited_ms"]) == ("+8613800138000", "政务服务便民热线", 4000)
    (case,) = await api.rows("SELECT * FROM cases")
    assert receipt["pops"][0]["case_no"] == case["number"]
    assert receipt["pops"][0]["query_code"] == case["query_code"]
    assert (case["state"], case["number"][:11]) == ("draft", "3714-261121")
    offers = await api.rows("SELECT agent_id, result FROM offers ORDER BY offer_no")
    assert [tuple(offer.values()) for offer in offers] == [("1001", "no_answer"), ("1002", "answered")]


async def test_any_order_any_repetition_any_batches_give_the_same_row(api: Any, event: Make) -> None:
    """Forty calls, each shuffled, doubled and cut into batches by a seed of its own, end alike."""
    for seed in range(40):
        chance = random.Random(seed)  # noqa: S311 - a test's dice
        call_id = f"hall-2.{seed}"
        events = whole_call(event, call_id)
        events += chance.sample(events, chance.randint(0, len(events)))
        chance.shuffle(events)
        while events:
            size = chance.randint(1, len(events))
            await api.hand_in(*events[:size])
            events = events[size:]
    left_out = "call_id, recording, seen_at"
    columns = [
        row["column_name"]
        for row in await api.rows("SELECT column_name FROM information_schema.columns WHERE table_name = 'calls'")
        if row["column_name"] not in left_out
    ]
    assert len(await api.rows(f"SELECT DISTINCT {', '.join(columns)} FROM calls")) == 1  # noqa: S608 - our own names
    counts = await api.rows("SELECT count(*) AS n, count(DISTINCT call_id) AS calls FROM cases")
    assert counts == [{"n": 40, "calls": 40}]
    assert (await api.rows("SELECT count(*) AS n FROM call_events"))[0]["n"] == 320


async def test_eight_racing_writers_open_one_case_a_call(api: Any, event: Make) -> None:
    calls = [whole_call(event, f"hall-3.{n}") for n in range(6)]
    every = list(itertools.chain.from_iterable(calls))

    async def write(seed: int) -> list[dict[str, Any]]:
        mine = every.copy()
        random.Random(seed).shuffle(mine)  # noqa: S311 - a test's dice
        pops: list[dict[str, Any]] = []
        for start in range(0, len(mine), 5):
            pops += (await api.hand_in(*mine[start : start + 5]))["pops"]
        return pops

    pops = list(itertools.chain.from_iterable(await asyncio.gather(*(write(seed) for seed in range(8)))))
    cases = {row["call_id"]: row["number"] for row in await api.rows("SELECT call_id, number FROM cases")}
    assert len(cases) == len(set(cases.values())) == 6
    assert {(pop["call_id"], pop["case_no"]) for pop in pops} == set(cases.items())
    assert len(pops) == 8 * 12
    assert (await api.rows("SELECT max(last) AS n FROM case_serials"))[0]["n"] == 6
    assert (await api.rows("SELECT count(*) AS n FROM case_transitions"))[0]["n"] == 6


async def test_a_bad_event_is_kept_apart_and_blocks_nobody(api: Any, event: Make) -> None:
    bad = [
        {"call_id": "hall-4.1", "seq": 50, "type": "call.teleported", "at": "x", "data": {}},
        {"call_id": "a\x00\ud800", "seq": 51, "type": "call.started", "at": "x", "data": {}},
        {"seq": 52},
        "rubbish",
        None,
    ]
    for _ in range(2):
        receipt = await api.hand_in(*bad, *whole_call(event, "hall-4.1"))
        assert receipt["accepted"] == [50, 51, 52, *range(1, 9)]
    rejected = await api.rows("SELECT reason FROM rejected_events")
    assert len(rejected) == 5
    assert all(row["reason"] for row in rejected)
    assert len(await api.rows("SELECT * FROM cases")) == 1


async def test_an_event_the_database_refuses_is_found_among_the_others(api: Any, event: Make) -> None:
    async with api.runtime.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("ALTER TABLE calls ADD CHECK (queue <> 'poison')")
    poison = event("hall-5.2", 9, "call.queued", queue="poison")
    receipt = await api.hand_in(*whole_call(event, "hall-5.1"), poison)
    assert sorted(receipt["accepted"]) == list(range(1, 10))
    assert len(receipt["pops"]) == 2
    assert [row["seq"] for row in await api.rows("SELECT seq FROM rejected_events")] == ["9"]
    assert [row["call_id"] for row in await api.rows("SELECT call_id FROM calls")] == ["hall-5.1"]


@pytest.mark.parametrize(
    "caller",
    ["", "anonymous", "'; DROP TABLE calls;--", "\x00\r\n${SHELL(id)}", "9" * 300, "😀\ud83d", "&,\"'\\", "\u202e1"],
)
async def test_hostile_callers_are_served_and_stored_harmlessly(api: Any, event: Make, caller: str) -> None:
    receipt = await api.hand_in(
        event("hall-6.1", 1, "call.started", caller=caller, dialled=caller),
        event("hall-6.1", 2, "call.offered", agent_id="1001", offer_no=1, waited_ms=0),
        event("hall-6.1", 3, "call.ended", disposition="abandoned", ended_by="caller"),
    )
    assert receipt["pops"][0]["caller"] is None
    assert receipt["pops"][0]["caller_display"] == "未显示号码"
    (call,) = await api.rows("SELECT caller_raw FROM calls")
    assert len(call["caller_raw"]) <= 256
    assert all(letter >= " " for letter in call["caller_raw"])
    assert await api.rows("SELECT * FROM return_calls") == []


async def test_a_pop_shows_the_callers_last_calls_and_open_cases(api: Any, event: Make) -> None:
    for n in range(7):
        await api.hand_in(*whole_call(event, f"hall-7.{n}", first=1 + 100 * n))
    (pop,) = (
        await api.hand_in(
            event("hall-7.9", 900, "call.started", caller="+86 138 0013 8000", dialled="12345"),
            event("hall-7.9", 901, "call.offered", agent_id="1001", offer_no=1, waited_ms=0),
        )
    )["pops"]
    assert [call["call_id"] for call in pop["earlier_calls"]] == [f"hall-7.{n}" for n in (6, 5, 4, 3, 2)]
    assert pop["earlier_calls"][0]["agent_name"] == "李建国"
    assert len(pop["open_cases"]) == 5
    assert pop["open_cases"][0]["state"] == "draft"


async def owed(api: Any) -> list[tuple[str, str]]:
    rows = await api.rows("SELECT caller, call_id FROM return_calls WHERE state = 'owed' ORDER BY caller")
    return [(row["caller"], row["call_id"]) for row in rows]


async def test_one_return_call_a_caller_until_the_citizen_is_answered(api: Any, event: Make) -> None:
    await api.hand_in(*abandoned_call(event, "hall-8.1", 1))
    await api.hand_in(*abandoned_call(event, "hall-8.2", 10, caller="+8613800138000"))
    await api.hand_in(*abandoned_call(event, "hall-8.3", 20, caller="05346316000"))
    assert await owed(api) == [("+8613800138000", "hall-8.2"), ("+865346316000", "hall-8.3")]
    await api.hand_in(*whole_call(event, "hall-8.4", first=30))
    assert await owed(api) == [("+865346316000", "hall-8.3")]
    (row,) = await api.rows("SELECT settled_by_call FROM return_calls WHERE state = 'cancelled'")
    assert row["settled_by_call"] == "hall-8.4"


async def test_the_debt_does_not_depend_on_the_order_of_delivery(api: Any, event: Make) -> None:
    orders = list(itertools.permutations(range(3)))
    for number, order in enumerate(orders):
        caller = f"1380013800{number}"
        calls = [
            abandoned_call(event, f"hall-9.{number}.1", 1, caller=caller),
            [
                event(f"hall-9.{number}.2", 10, "call.started", caller=caller),
                event(f"hall-9.{number}.2", 11, "call.answered", agent_id="1001"),
            ],
            abandoned_call(event, f"hall-9.{number}.3", 20, caller=caller),
        ]
        for place in order:
            await api.hand_in(*reversed(calls[place]))
    assert await owed(api) == [(f"+861380013800{n}", f"hall-9.{n}.3") for n in range(len(orders))]


async def test_an_answer_and_a_hang_up_at_once_leave_no_false_debt(api: Any, event: Make) -> None:
    for n in range(10):
        caller = f"1390013800{n}"
        await asyncio.gather(
            api.hand_in(*abandoned_call(event, f"hall-10.{n}.1", 1, caller=caller)),
            api.hand_in(
                event(f"hall-10.{n}.2", 10, "call.started", caller=caller),
                event(f"hall-10.{n}.2", 11, "call.answered", agent_id="1001"),
            ),
        )
    assert await owed(api) == []


async def test_a_record_opens_the_case_of_an_answered_call_and_owes_the_abandoned_one(api: Any, event: Make) -> None:
    times = {"started_at": "2026-11-21T00:00:00+00:00", "ended_at": "2026-11-21T00:01:00+00:00"}
    known = {"caller": CALLER, "dialled": "12345", "queue": None}
    answered = {"answered_by": "1001", "answered_at": "2026-11-21T00:00:10+00:00", "disposition": "answered"}
    lost = {"answered_by": None, "answered_at": None, "disposition": "abandoned"}
    await api.hand_in(event("hall-11.1", 1, "call.record", **times, **known, **answered))
    await api.hand_in(event("hall-11.2", 2, "call.record", **times, **{**known, "caller": "05346316000"}, **lost))
    assert [row["call_id"] for row in await api.rows("SELECT call_id FROM cases")] == ["hall-11.1"]
    assert await owed(api) == [("+865346316000", "hall-11.2")]
    await api.hand_in(event("hall-11.1", 3, "call.record", **{**times, **known, **lost, "caller": "1"}))
    (call,) = await api.rows("SELECT caller, answered_by, disposition FROM calls WHERE call_id = 'hall-11.1'")
    assert list(call.values()) == ["+8613800138000", "1001", "answered"]


async def test_a_thousand_events_in_one_batch(api: Any, event: Make) -> None:
    events = [one for n in range(125) for one in whole_call(event, f"hall-12.{n}")]
    receipt = await api.hand_in(*events)
    assert len(receipt["accepted"]) == 1000
    assert len({pop["case_no"] for pop in receipt["pops"]}) == 125


async def test_a_commit_that_fails_is_no_success(api: Any, event: Make) -> None:
    async with api.runtime.database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "ALTER TABLE case_drafts ADD FOREIGN KEY (agent_id) REFERENCES queues (id) DEFERRABLE INITIALLY DEFERRED"
        )
    await api.hand_in(*whole_call(event, "hall-13.1"))
    answer = await api.ask("1002", "PUT", "/api/calls/hall-13.1/draft", json={"note": "甲"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert await api.rows("SELECT * FROM case_drafts") == []
