"""Creates, changes, removes and tries transfer targets, each with who, when and why."""

import datetime as dt
from typing import Any, Final

from api.configuration.repository import list_menus
from api.core.audit import record
from api.core.problems import ConflictError, NotFoundError
from api.realtime.link import Link
from api.targets import repository
from api.targets.schemas import TargetIn, TargetOut
from db.engine import ReadSession, WriteSession
from db.tables import TransferTarget

UNKNOWN = "There is no such target; GET /api/transfer-targets lists those that are."
TEST_SECONDS: Final = 40.0
RESULTS: Final = frozenset({"answered", "busy", "no_answer", "failed"})


def describe(row: TransferTarget) -> TargetOut:
    """Return a target as the API tells it."""
    return TargetOut.model_validate(row, from_attributes=True)


def _values(row: TransferTarget | TargetIn) -> dict[str, Any]:
    return {"name": row.name, "kind": row.kind}


async def store(session: WriteSession, number: str, wanted: TargetIn, *, by: str, now: dt.datetime) -> None:
    """Create or change a target; what is so already is no change."""
    found = await repository.lock_target(session, number)
    before = None if found is None else _values(found)
    if before == _values(wanted):
        return
    await repository.store_target(session, {"number": number, **_values(wanted)})
    action = "target.created" if before is None else "target.changed"
    detail = {"before": before, "after": _values(wanted)}
    await record(session, by, action, f"target:{number}", why=wanted.why, detail=detail, now=now)


async def remove(session: WriteSession, number: str, *, by: str, why: str, now: dt.datetime) -> None:
    """Take a target out. Raises NotFoundError; ConflictError while a published menu transfers to it."""
    found = await repository.lock_target(session, number)
    if found is None:
        raise NotFoundError(UNKNOWN)
    before = _values(found)
    await repository.delete_target(session, number)
    detail = {"before": before, "after": None}
    await record(session, by, "target.removed", f"target:{number}", why=why, detail=detail, now=now)


async def require_unused(session: ReadSession, number: str, *, now: dt.datetime) -> None:
    """Raise ConflictError while a menu in force, or one to come, transfers to the target."""
    for menu in await list_menus(session, now=now):
        nodes = [name for name, node in menu["tree"].get("nodes", {}).items() if node.get("target") == number]
        if nodes:
            where = f"node {nodes[0]} of menu {menu['name']}, version {menu['version']}"
            raise ConflictError(f"Callers are transferred to {number} by {where}; publish one without it first.")


async def try_target(link: Link, number: str) -> dict[str, Any]:
    """Have the telephone system ring a target; return its `result` and `ms`. Raises VoiceAwayError, ConflictError."""
    answer = await link.request("test_target", {"target": number}, seconds=TEST_SECONDS)
    result, took = answer.get("result"), answer.get("ms")
    return {"result": result if result in RESULTS else "failed", "ms": took if isinstance(took, int) else None}


async def store_test(
    session: WriteSession, number: str, told: dict[str, Any], *, by: str, why: str, now: dt.datetime
) -> None:
    """Keep what a trial call told. Raises NotFoundError when the target was taken out meanwhile."""
    if await repository.lock_target(session, number) is None:
        raise NotFoundError(UNKNOWN)
    values = {"tested_at": now, "test_result": told["result"], "tested_by": by}
    await repository.store_test(session, number, values)
    await record(session, by, "target.tested", f"target:{number}", why=why, detail=told, now=now)
