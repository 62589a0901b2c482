"""What the records say about the calls of a test: asked of the API as a supervisor."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from ops.call.citizen import Call
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.until import StepMissing, until_answered

SUPERVISOR = "9001"
PAGE = 200


async def calls_of(city: City, callers: set[str]) -> list[dict[str, Any]]:
    """Every call record whose raw caller number is one of these."""
    found: list[dict[str, Any]] = []
    offset = 0
    while True:
        page = await city.desk.ask(SUPERVISOR, "GET", "/api/calls", limit=PAGE, offset=offset)
        found += [item for item in page["items"] if item["caller_raw"] in callers]
        if len(page["items"]) < PAGE:
            return found
        offset += PAGE


async def settled(city: City, calls: Sequence[Call], *, answered: int, seconds: float = 60) -> list[dict[str, Any]]:
    """Wait until the records hold every call, ended, and the wanted number answered, each with its one case."""
    callers = {call.citizen.user for call in calls}
    seen: list[dict[str, Any]] = []

    async def look() -> bool:
        nonlocal seen
        try:
            seen = await calls_of(city, callers)
        except (httpx.TransportError, Refused):
            return False
        done = [r for r in seen if r["ended_at"]]
        return (
            len(done) == len(calls)
            and sum(r["disposition"] == "answered" and bool(r["case_no"]) for r in done) == answered
        )

    try:
        await until_answered(look, f"{len(calls)} ended calls and {answered} answered with a case", seconds=seconds)
    except StepMissing as missing:
        lines = [(r["caller_raw"], r["disposition"], r["ended_at"], r["case_no"], r["answered_by"]) for r in seen]
        raise AssertionError(f"{missing}; the records say: {lines}") from missing
    by_caller = Counter(r["caller_raw"] for r in seen)
    assert set(by_caller.values()) == {1}, f"a call is recorded twice: {by_caller}"
    cases = [r["case_no"] for r in seen if r["case_no"]]
    assert len(cases) == len(set(cases)), "two calls share a case"
    return seen


async def queued(city: City, calls: Sequence[Call], *, seconds: float = 30) -> None:
    """Wait until the records say that every one of these calls waits in a queue."""
    callers = {call.citizen.user for call in calls}

    async def look() -> bool:
        return sum(bool(r["queued_at"]) for r in await calls_of(city, callers)) == len(callers)

    await until_answered(look, f"{len(callers)} calls wait in a queue", seconds=seconds)


async def states(city: City, agents: Sequence[str]) -> dict[str, str | None]:
    """The live states of these agents."""
    rows = await city.desk.ask(SUPERVISOR, "GET", "/api/agents")
    return {row["id"]: row["state"] for row in rows if row["id"] in agents}


def kept_members(instance: Path, queue: str = "city") -> str:
    """The members of a native queue, as Asterisk keeps them over its own restart."""
    path = instance / "asterisk" / "db" / "astdb.sqlite3"
    query = "SELECT value FROM astdb WHERE key = ?"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
        row = database.execute(query, (f"/Queue/PersistentMembers/{queue}",)).fetchone()
    return str(row[0]) if row else ""


def files_that_hold(folder: Path, digits: str, *parts: str) -> list[str]:
    """Every file of an instance, or of these folders of it, that holds the digits; but for what the test phones wrote.

    Logs, records and the journal are among them, without `parts` the database's own files too.
    """
    found = (path for part in parts or (".",) for path in (folder / part).rglob("*") if path.is_file())
    ours = (path for path in found if not path.is_relative_to(folder / "log" / "calls"))
    return [str(path.relative_to(folder)) for path in ours if digits.encode() in path.read_bytes()]
