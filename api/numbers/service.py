"""Creates, changes and removes public numbers, each change with who, when and why."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.configuration.repository import list_menus
from api.core.audit import record
from api.core.problems import ConflictError, NotFoundError
from api.core.revisions import require_unchanged
from api.numbers import checks, repository
from api.numbers.schemas import NumberOut, NumberRow
from db.engine import ReadSession, WriteSession
from db.tables import Number

UNKNOWN = "There is no such number; GET /api/numbers lists those that are."


@dataclass(frozen=True, slots=True)
class Stored:
    """How many numbers were created, changed, and were so already."""

    created: int
    changed: int
    unchanged: int


def as_row(number: Number) -> dict[str, Any]:
    """Return a number's columns."""
    names = ("number", "line", "menu", "queue_id", "area", "greeting", "hours", "priority")
    return {name: getattr(number, name) for name in names}


async def menus_in_force(session: ReadSession, *, now: dt.datetime) -> set[str]:
    """Return the menus that callers hear now."""
    moment = now.astimezone(dt.UTC)
    menus = await list_menus(session, now=now)
    return {menu["name"] for menu in menus if dt.datetime.fromisoformat(menu["from"]) <= moment}


def describe(number: Number, in_force: set[str]) -> NumberOut:
    """Return a number as the API tells it."""
    told = {name: getattr(number, name) for name in ("number", "line", "menu", "area", "greeting", "hours", "priority")}
    return NumberOut(**told, queue=number.queue_id, menu_in_force=number.menu in in_force)


async def require_read(session: WriteSession, number: str, if_match: str | None) -> None:
    """Raises ChangedError when `if_match` does not name what the number is now. No number changes meanwhile."""
    found = (await repository.lock_numbers(session)).get(number)
    await require_unchanged(session, describe(found, set()) if found else None, if_match, f"number:{number}")


async def store(session: WriteSession, rows: Sequence[NumberRow], *, by: str, why: str, now: dt.datetime) -> Stored:
    """Create or change these numbers, all or none. Raises RefusedError with all findings."""
    await checks.require_fit(session, rows)
    before = {number: as_row(row) for number, row in (await repository.lock_numbers(session)).items()}
    after = [_wanted(row, before.get(row.number)) for row in rows]
    fresh = [row for row in after if before.get(row["number"]) != row]
    if fresh:
        await repository.store_numbers(session, fresh)
    for row in fresh:
        old = before.get(row["number"])
        action = "number.created" if old is None else "number.changed"
        detail = {"before": old, "after": row}
        await record(session, by, action, f"number:{row['number']}", why=why, detail=detail, now=now)
    created = sum(row["number"] not in before for row in fresh)
    return Stored(created, len(fresh) - created, len(after) - len(fresh))


def _wanted(row: NumberRow, before: dict[str, Any] | None) -> dict[str, Any]:
    greeting = row.greeting or None
    kept = before["priority"] if before else 0
    return {
        "number": row.number,
        "line": row.line,
        "menu": row.menu,
        "queue_id": row.queue,
        "area": row.area,
        "greeting": greeting,
        "hours": checks.normal_hours(row),
        "priority": kept if row.priority is None else row.priority,
    }


async def remove(session: WriteSession, number: str, *, by: str, why: str, now: dt.datetime) -> None:
    """Take a number out. Raises NotFoundError, and ConflictError for the last one: nobody could be reached."""
    numbers = await repository.lock_numbers(session)
    if number not in numbers:
        raise NotFoundError(UNKNOWN)
    if len(numbers) == 1:
        raise ConflictError("This is the last number; add another one before it is taken out.")
    await repository.delete_number(session, number)
    detail = {"before": as_row(numbers[number]), "after": None}
    await record(session, by, "number.removed", f"number:{number}", why=why, detail=detail, now=now)
