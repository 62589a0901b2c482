"""Queries about menus: versions, publications, codes, and what a check compares a tree with."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import defer

from db.engine import ReadSession, WriteSession
from db.tables import Audit, MenuPublication, MenuVersion, Number, Queue, Sound, TransferTarget, TrialCode

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


async def has_built_in_sounds(session: Session) -> bool:
    """Tell whether the sounds that come with the project have been entered."""
    return bool(await session.scalar(select(select(Sound.name).where(Sound.source == "built_in").exists())))


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
