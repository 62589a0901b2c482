from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., dict[str, Any]]
WINDOW = {"since": "2026-11-21T00:00:00Z", "until": "2026-11-22T00:00:00Z"}


@pytest.fixture
async def rated(api: Any, event: Make) -> Any:
    given = [
        *(("1001", 3, "pressed"), ("1001", 1, "pressed"), ("1001", None, "silent")),
        *(("1002", None, "hung_up"), ("1002", 2, "pressed"), (None, None, "hung_up")),
    ]
    for n, (agent, score, reason) in enumerate(given):
        dialled = "12345" if n % 2 else "999"
        talk = [] if agent is None else [event(f"hall-{n}", 10 * n + 2, "call.answered", agent_id=agent)]
        await api.hand_in(
            event(f"hall-{n}", 10 * n + 1, "call.started", caller="13800138000", dialled=dialled),
            *talk,
            event(f"hall-{n}", 10 * n + 3, "call.rated", score=score, reason=reason),
        )
    return api


async def ask(api: Any, **params: str) -> dict[str, Any]:
    answer = await api.ask("9001", "GET", "/api/ratings/statistics", params=WINDOW | params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_ratings_by_agent(rated: Any) -> None:
    found = await ask(rated)
    rows = {row["id"]: row for row in found["rows"]}
    assert (rows["1001"]["name"], rows["1001"]["asked"], rows["1001"]["mean"]) == ("王丽华", 3, 2.0)
    assert rows["1001"]["share_not_given"] == pytest.approx(1 / 3)
    assert (rows[None]["asked"], rows[None]["mean"], rows[None]["share_not_given"]) == (1, None, 1.0)
    assert found["total"] == {
        **dict(zip(("asked", "given", "silent", "hung_up"), (6, 3, 1, 2), strict=True)),
        **dict.fromkeys(("mean",), 2.0),
        **dict.fromkeys(("share_not_given",), 0.5),
    }


async def test_ratings_by_line_add_up(rated: Any) -> None:
    found = await ask(rated, by="line")
    assert [(row["id"], row["name"], row["asked"]) for row in found["rows"]] == [
        *(("12345", "政务服务便民热线", 3), (None, None, 3)),
    ]
    for name in ("asked", "given", "silent", "hung_up"):
        assert sum(row[name] for row in found["rows"]) == found["total"][name]


async def test_a_period_without_ratings_is_empty(rated: Any) -> None:
    found = await ask(rated, since="2025-11-21T00:00:00Z", until="2025-11-22T00:00:00Z")
    assert found["rows"] == []
    assert (found["total"]["asked"], found["total"]["mean"], found["total"]["share_not_given"]) == (0, None, None)


async def test_agents_are_told_no_figures(rated: Any) -> None:
    assert (await rated.ask("1001", "GET", "/api/ratings/statistics")).status_code == 403
    assert (await rated.ask("9001", "GET", "/api/ratings/statistics?by=moon")).status_code == 422
    assert (await rated.http.get("/api/ratings/statistics")).status_code == 401
