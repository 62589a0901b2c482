"""What is done with publications: now or later, cancelled before, and rolled back in one step."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from api.core.problems import ConflictError, NotFoundError, RefusedError
from api.menus import repository, versions
from api.menus.checking import as_publication, findings_of
from api.menus.repository import Session
from api.menus.rules import (
    Publication,
    Standing,
    StepRefusedError,
    VersionState,
    before,
    in_force,
    moment,
    standing,
)
from api.menus.versions import Act
from db.engine import WriteSession
from db.tables import MenuPublication, MenuVersion
from ivr.findings import Finding

NOTHING_BEFORE: Final = "No other version was in force before this one; publish the version that you want instead."


@dataclass(frozen=True, slots=True)
class Shown:
    """A publication and what it is to a reader now."""

    row: MenuPublication
    standing: Standing


@dataclass(frozen=True, slots=True)
class Published:
    """A new publication, what the check of it warned of, and those that are set for later and stay."""

    shown: Shown
    findings: list[Finding]
    scheduled: list[Shown]


async def list_shown(session: Session, menu: str, *, now: dt.datetime) -> list[Shown]:
    """Return the publications of a menu, the last decided first."""
    rows = await repository.list_publications(session, menu)
    return shown(rows, now=now)


def shown(rows: list[MenuPublication], *, now: dt.datetime) -> list[Shown]:
    """Return publications of one menu as a reader sees them now."""
    present = in_force(map(as_publication, rows), now=now)
    return [Shown(row, standing(as_publication(row), present, now=now)) for row in rows]


async def publish(session: WriteSession, row: MenuVersion, at: dt.datetime | None, act: Act) -> Published:
    """Publish an approved version from `at` on, or at once; the caller holds the menu's lock since before `act.now`.

    Raises ConflictError when it is not approved or is in force then already, RefusedError for a moment that cannot
    be, and with all findings when the check of today finds an error.
    """
    if row.state != VersionState.APPROVED:
        raise ConflictError(f"Version {row.version} is not approved; submit it and have it approved first.")
    effective_at = _moment(at, now=act.now)
    present = in_force(await _publications(session, row.menu), now=effective_at)
    if present is not None and present.version == row.version:
        raise ConflictError(f"Version {row.version} is in force then already; nothing was published.")
    findings = await findings_of(session, row.menu, versions.tree_of(row), now=act.now)
    versions.require_no_errors(findings, "published")
    published = await _store(session, row, effective_at, findings, act)
    await versions.note(session, row, "menu.published", act, _detail(published.shown.row))
    return published


async def roll_back(session: WriteSession, menu: str, act: Act) -> Published:
    """Publish at once the version that was in force before the present one; what is set for later stays.

    It is checked against the sounds and queues of today, but old tests of its targets still count.
    Raises ConflictError when there is none, RefusedError with all findings when the check finds an error.
    """
    former = before(await _publications(session, menu), now=act.now)
    if former is None:
        raise ConflictError(NOTHING_BEFORE)
    row = await versions.find(session, menu, former.version)
    findings = await findings_of(session, menu, versions.tree_of(row), now=act.now, old_tests=True)
    versions.require_no_errors(findings, "published")
    published = await _store(session, row, act.now, findings, act)
    await versions.note(session, row, "menu.rolled_back", act, _detail(published.shown.row))
    return published


async def cancel(session: WriteSession, menu: str, publication_id: int, act: Act) -> Shown:
    """Take back a publication that is set for later. Raises NotFoundError, ConflictError once it has taken effect."""
    rows = await repository.list_publications(session, menu)
    found = next((one for one in shown(rows, now=act.now) if one.row.id == publication_id), None)
    if found is None:
        raise NotFoundError("There is no such publication; GET /api/menus/{name}/publications lists those that are.")
    if found.standing is Standing.CANCELLED:
        raise ConflictError("This publication is cancelled already.")
    if found.standing is not Standing.SCHEDULED:
        raise ConflictError("This publication has taken effect; roll back, or publish another version.")
    row = found.row
    row.cancelled_at, row.cancelled_by = act.now, act.by
    version = await versions.find(session, menu, row.version)
    await versions.note(session, version, "menu.publication_cancelled", act, _detail(row))
    return Shown(row, Standing.CANCELLED)


async def _store(
    session: WriteSession, row: MenuVersion, effective_at: dt.datetime, findings: list[Finding], act: Act
) -> Published:
    publication = MenuPublication(
        menu=row.menu,
        version=row.version,
        effective_at=effective_at,
        decided_at=act.now,
        decided_by=act.by,
        why=act.why,
    )
    await repository.add(session, publication)
    every = await list_shown(session, row.menu, now=act.now)
    new = next(one for one in every if one.row.id == publication.id)
    return Published(new, findings, coming(every, but=publication.id))


def _detail(row: MenuPublication) -> dict[str, Any]:
    return {"publication": row.id, "at": row.effective_at.isoformat()}


def coming(every: list[Shown], *, but: int | None = None) -> list[Shown]:
    """Return those set for later, the next one first."""
    later = [one for one in every if one.standing is Standing.SCHEDULED and one.row.id != but]
    return sorted(later, key=lambda one: (one.row.effective_at, one.row.id))


async def _publications(session: Session, menu: str) -> list[Publication]:
    return [as_publication(row) for row in await repository.list_publications(session, menu)]


def _moment(at: dt.datetime | None, *, now: dt.datetime) -> dt.datetime:
    try:
        return moment(at, now=now)
    except StepRefusedError as refusal:
        raise RefusedError(str(refusal)) from refusal
