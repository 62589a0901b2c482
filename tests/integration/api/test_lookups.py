import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from db.clock import utc_now
from db.tables import LookUpFailure

CALLER = "13800138000"
Make = Callable[..., dict[str, Any]]


async def ask(api: Any, path: str, **body: Any) -> dict[str, Any]:
    answer = await api.wire("POST", f"/internal/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def typed(api: Any, event: Make) -> dict[str, str]:
    """Number and code of a case, as a citizen types them."""
    await api.hand_in(
        event("hall-1.1", 1, "call.started", caller=CALLER, dialled="12345"),
        event("hall-1.1", 2, "call.answered", agent_id="1001"),
    )
    (case,) = await api.rows("SELECT number, query_code FROM cases")
    return {"case_number": case["number"].replace("-", ""), "query_code": case["query_code"]}


def other(digits: str) -> str:
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


NOBODY = {"known": False, "open_case": False, "owner": None}


async def test_a_caller_is_known_after_a_talk_and_has_an_open_case_until_its_end(api: Any, event: Make) -> None:
    await api.hand_in(event("hall-1.1", 1, "call.started", caller=CALLER, dialled="12345"))
    assert await ask(api, "callers", caller=CALLER) == NOBODY
    await api.hand_in(event("hall-1.1", 2, "call.answered", agent_id="1001"))
    assert await ask(api, "callers", caller="+86 138 0013 8000") == {"known": True, "open_case": True, "owner": "1001"}
    await api.ask("1001", "PUT", "/api/calls/hall-1.1/outcome", json={"outcome": "answered"})
    assert await ask(api, "callers", caller=CALLER) == {"known": True, "open_case": False, "owner": None}
    for stranger in ("", "anonymous", "13900139000", "';--", "\x00"):
        assert await ask(api, "callers", caller=stranger) == NOBODY


async def test_number_and_code_tell_the_progress(api: Any, typed: dict[str, str]) -> None:
    (case,) = await api.rows("SELECT number FROM cases")
    found = await ask(api, "case-progress", **typed, call_id="hall-2.1")
    assert found == {"found": True, "case_no": case["number"], "state": "draft", "opened_on": "2026-11-21"}


async def test_a_wrong_number_and_a_wrong_code_look_the_same(api: Any, typed: dict[str, str]) -> None:
    wrong = [
        typed | {"query_code": other(typed["query_code"])},
        typed | {"case_number": other(typed["case_number"])},
        typed | {"case_number": "1", "query_code": "1"},
    ]
    for body in wrong:
        assert await ask(api, "case-progress", **body) == {"found": False}
    assert [row["failures"] for row in await api.rows("SELECT failures FROM look_up_failures")] == [1, 1, 1]


@pytest.mark.parametrize("exists", [True, False])
async def test_five_failures_hide_the_case_for_a_quarter_of_an_hour(
    api: Any, typed: dict[str, str], exists: bool
) -> None:
    body = typed if exists else typed | {"case_number": other(typed["case_number"])}
    for _ in range(5):
        assert await ask(api, "case-progress", **body | {"query_code": other(typed["query_code"])}) == {"found": False}
    assert await ask(api, "case-progress", **body) == {"found": False}
    assert [row["failures"] for row in await api.rows("SELECT failures FROM look_up_failures")] == [5]
    async with api.runtime.database.write() as session:
        await session.execute(update(LookUpFailure).values(last_at=utc_now().replace(year=2025)))
    assert (await ask(api, "case-progress", **body))["found"] is exists


async def test_what_was_typed_is_kept_nowhere(api: Any, typed: dict[str, str]) -> None:
    identity = "37140119800101"
    await ask(api, "case-progress", **typed | {"case_number": identity})
    (row,) = await api.rows("SELECT * FROM look_up_failures")
    assert identity not in str(row)


async def test_guesses_at_once_are_counted_like_guesses_in_a_row(api: Any, typed: dict[str, str]) -> None:
    wrong = typed | {"query_code": other(typed["query_code"])}
    await asyncio.gather(*(ask(api, "case-progress", **wrong) for _ in range(8)))
    assert [row["failures"] for row in await api.rows("SELECT failures FROM look_up_failures")] == [5]
    assert await ask(api, "case-progress", **typed) == {"found": False}


async def test_a_right_code_forgets_the_failures(api: Any, typed: dict[str, str]) -> None:
    wrong = typed | {"query_code": other(typed["query_code"])}
    for _ in range(3):
        for _ in range(4):
            await ask(api, "case-progress", **wrong)
        assert (await ask(api, "case-progress", **typed))["found"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("callers", {}),
        ("callers", {"caller": "1" * 300}),
        ("case-progress", {"case_number": "3714-261121", "query_code": "1"}),
        ("case-progress", {"case_number": "１２３", "query_code": "1"}),
        ("case-progress", {"case_number": "1" * 33, "query_code": "1"}),
        ("case-progress", {"case_number": "1"}),
    ],
)
async def test_what_no_menu_asks_is_refused(api: Any, path: str, body: dict[str, str]) -> None:
    assert (await api.wire("POST", f"/internal/{path}", json=body)).status_code == 422


@pytest.mark.parametrize("path", ["callers", "case-progress"])
async def test_only_the_voice_process_may_ask(api: Any, path: str) -> None:
    assert (await api.ask("9001", "POST", f"/internal/{path}", json={})).status_code == 401
