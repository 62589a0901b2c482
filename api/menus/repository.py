"""Queries about menus: versions, publications, codes, visits, and what a check compares a tree with."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import defer

from db.engine import ReadSession, WriteSession
from db.tables import (
    Audit,
    Call,
    MenuPublication,
    MenuVersion,
    MenuVisit,
    Number,
    Queue,
    Sound,
    TransferTarget,
    TrialCode,
)

EDITS: Final = ("menu.created", "menu.changed")
Session = ReadSession | WriteSession


async def lock_menu(session: WriteSession, menu: str) -> None:
    """Wait until nobody else changes this menu; the lock ends with the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"menu:{menu}", 0))))


async def find_version(session: Session, menu: str, version: int) -> MenuVersion | None:
    """Return a version with its tree."""
    return await session.get(MenuVersion, (menu, version))


async def list_versions(session: Session, menu: str | None = None) -> list[MenuVersion]:
    """Return versions without their trees, the newest of a menu first; of one menu, or all."""
    wanted = select(MenuVersion).options(defer(MenuVersion.tree, raiseload=True))
    if menu is not None:
        wanted = wanted.where(MenuVersion.menu == menu)
    return list(await session.scalars(wanted.order_by(MenuVersion.menu, MenuVersion.version.desc())))


async def newest_version(session: Session, menu: str) -> int:
    """Return the greatest version of a menu; 0 when there is none."""
    return await session.scalar(select(func.max(MenuVersion.version)).where(MenuVersion.menu == menu)) or 0


async def add(session: WriteSession, row: MenuVersion | MenuPublication) -> None:
    """Store a new version or publication; its id is known afterwards."""
    session.add(row)
    await session.flush()


async def editors(session: Session, subject: str) -> set[str]:
    """Return everybody who wrote or changed a version (`menu:default@3`)."""
    edited = select(Audit.by).where(Audit.subject == subject, Audit.action.in_(EDITS))
    return set(await session.scalars(edited))


async def list_publications(session: Session, menu: str | None = None) -> list[MenuPublication]:
    """Return publications, the last decided first; of one menu, or all."""
    wanted = select(MenuPublication)
    if menu is not None:
        wanted = wanted.where(MenuPublication.menu == menu)
    return list(await session.scalars(wanted.order_by(MenuPublication.id.desc())))


async def list_numbers(session: Session) -> list[Number]:
    """Return the public numbers with their lines."""
    return list(await session.scalars(select(Number).order_by(Number.number)))


async def queue_ids(session: Session) -> list[str]:
    """Return the queues that exist; the first one takes what has no other."""
    return list(await session.scalars(select(Queue.id).order_by(Queue.id)))


async def find_sounds(session: Session, names: Collection[str]) -> Sequence[Sound]:
    """Return those of these sounds that exist."""
    return (await session.scalars(select(Sound).where(Sound.name.in_(names)))).all()


async def list_targets(session: Session) -> list[TransferTarget]:
    """Return the numbers that menus may connect citizens with."""
    return list(await session.scalars(select(TransferTarget).order_by(TransferTarget.number)))


async def store_code(session: WriteSession, values: dict[str, Any], *, now: dt.datetime) -> bool:
    """Store a code for a phone; False when the same one is in use. Codes that are over make room."""
    over = TrialCode.used_at.is_not(None) | (TrialCode.expires_at <= now)
    await session.execute(delete(TrialCode).where(over))
    stored = insert(TrialCode).values(values).on_conflict_do_nothing().returning(TrialCode.code_hash)
    return await session.scalar(stored) is not None


async def use_code(session: WriteSession, code_hash: str, *, now: dt.datetime) -> TrialCode | None:
    """Return what a code stands for, once; None for one that is unknown, used or expired."""
    good = (TrialCode.code_hash == code_hash) & TrialCode.used_at.is_(None) & (TrialCode.expires_at > now)
    row: TrialCode | None = await session.scalar(update(TrialCode).where(good).values(used_at=now).returning(TrialCode))
    return row


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit with how its call's way through the menu ended; a call without visits has one row without a node."""

    call_id: str
    started_at: dt.datetime
    menu_end: str | None
    menu_node: str | None
    menu_ms: int | None
    node: str | None
    choice: str | None
    entered_ms: int | None
    spent_ms: int | None


async def list_visits(
    session: ReadSession,
    version: MenuVersion,
    since: dt.datetime,
    until: dt.datetime,
    *,
    after: tuple[dt.datetime, str] | None,
    limit: int,
) -> list[VisitRow]:
    """Return the visits of at most `limit` calls that began in the period, those `after` a call, in their order."""
    wanted = _calls_of(version, since, until)
    if after is not None:
        wanted &= tuple_(Call.started_at, Call.call_id) > tuple_(
            literal(after[0], Call.started_at.type), literal(after[1])
        )
    columns = (Call.call_id, Call.started_at, Call.menu_end, Call.menu_node, Call.menu_ms)
    page = select(*columns).where(wanted).order_by(Call.started_at, Call.call_id).limit(limit).subquery()
    same = (
        (MenuVisit.call_id == page.c.call_id)
        & (MenuVisit.menu == version.menu)
        & (MenuVisit.version == version.version)
    )
    rows = await session.execute(
        select(page, MenuVisit.node, MenuVisit.choice, MenuVisit.entered_ms, MenuVisit.spent_ms)
        .join(MenuVisit, same, isouter=True)
        .order_by(page.c.started_at, page.c.call_id, MenuVisit.visit_no)
    )
    return [VisitRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Answered:
    """How many calls a person answered, and after how many milliseconds from their beginning."""

    calls: int
    mean: float
    p50: float
    p90: float


async def answered(session: ReadSession, version: MenuVersion, since: dt.datetime, until: dt.datetime) -> Answered:
    """Return how calls of the period that went through this version reached a person."""
    took = func.extract("epoch", Call.answered_at - Call.started_at) * 1000
    wanted = _calls_of(version, since, until) & Call.answered_at.is_not(None)
    ranks = [func.percentile_disc(part).within_group(took) for part in (0.5, 0.9)]
    row = (await session.execute(select(func.count(), func.avg(took), *ranks).where(wanted))).one()
    return Answered(row[0], *(float(value or 0) for value in row[1:]))


def _calls_of(version: MenuVersion, since: dt.datetime, until: dt.datetime) -> ColumnElement[bool]:
    through = (Call.menu == version.menu) & (Call.menu_version == version.version) & Call.menu_end.is_not(None)
    return through & (Call.started_at >= since) & (Call.started_at < until)
