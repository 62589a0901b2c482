"""Queries about sounds, and about what plays them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from api.core.paging import Window
from api.sounds.rules import OWN, BuiltIn, Source, State, take_of
from db.engine import ReadSession, WriteSession
from db.tables import Incident, MenuPublication, MenuVersion, Number, Sound

Session = ReadSession | WriteSession


@dataclass(frozen=True, slots=True)
class SoundFilter:
    """Which sounds are wanted; `words` is looked for in name and text."""

    state: State | None = None
    source: Source | None = None
    words: str | None = None


def _conditions(wanted: SoundFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        conditions.append(Sound.state == wanted.state)
    if wanted.source is not None:
        conditions.append(Sound.source == wanted.source)
    if wanted.words:
        found = (field.icontains(wanted.words, autoescape=True) for field in (Sound.name, Sound.text))
        conditions.append(or_(*found))
    return conditions


async def list_sounds(session: ReadSession, wanted: SoundFilter, window: Window) -> tuple[int, Sequence[Sound]]:
    """Return how many sounds there are, and one page of them, newest first."""
    conditions = _conditions(wanted)
    total = await session.scalar(select(func.count()).select_from(Sound).where(*conditions))
    page = select(Sound).where(*conditions).order_by(Sound.made_at.desc(), Sound.name)
    return total or 0, (await session.scalars(page.limit(window.limit).offset(window.offset))).all()


async def find_sound(session: Session, name: str) -> Sound | None:
    """Return one sound."""
    return await session.get(Sound, name)


async def lock_sound(session: WriteSession, name: str) -> Sound | None:
    """Return one sound, kept from every other change until the transaction ends."""
    return await session.scalar(select(Sound).where(Sound.name == name).with_for_update())


async def next_take(session: WriteSession, slug: str) -> int:
    """Return the number of a slug's next take; until the transaction ends nobody else gets one of the same slug."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sound:{slug}", 0))))
    names = await session.scalars(select(Sound.name).where(Sound.name.regexp_match(f"^{OWN}/{slug}-[0-9]+$")))
    return max((take_of(name) for name in names), default=0) + 1


async def known_names(session: Session, names: Sequence[str]) -> set[str]:
    """Return those of these names that are sounds."""
    return set(await session.scalars(select(Sound.name).where(Sound.name.in_(names))))


async def store_sound(session: WriteSession, sound: Sound) -> None:
    """Enter a new sound."""
    session.add(sound)
    await session.flush()


async def store_built_in(session: WriteSession, sounds: Sequence[BuiltIn], *, now: dt.datetime) -> int:
    """Enter the sounds that came with the project, or what changed in them; return how many were touched."""
    if not sounds:
        return 0
    fixed = {"source": Source.BUILT_IN, "state": State.APPROVED, "made_at": now}
    statement = insert(Sound).values([asdict(sound) | fixed for sound in sounds])
    told = {name: statement.excluded[name] for name in ("text", "seconds", "sha256")}
    changed = or_(*(getattr(Sound, name) != value for name, value in told.items()))
    update = statement.on_conflict_do_update(
        index_elements=["name"], set_=told, where=(Sound.source == Source.BUILT_IN) & changed
    )
    return len((await session.scalars(update.returning(Sound.name))).all())


async def where_used(session: Session, name: str, *, now: dt.datetime) -> list[str]:
    """Return what plays a sound now, or is about to: menus in force or scheduled, greetings, incidents not over."""
    mark = f'"{name}"'
    playing = _published_at(now).union(_scheduled_after(now)).subquery()
    menus = (
        select(MenuVersion.menu, MenuVersion.version)
        .join(playing, (playing.c.menu == MenuVersion.menu) & (playing.c.version == MenuVersion.version))
        .where(cast(MenuVersion.tree, Text).contains(mark, autoescape=True))
        .order_by(MenuVersion.menu, MenuVersion.version)
    )
    numbers = select(Number.number).where(cast(Number.greeting, Text).contains(mark, autoescape=True))
    incidents = select(Incident.id).where(
        cast(Incident.sounds, Text).contains(mark, autoescape=True),
        Incident.ends_at > now,
        Incident.switched_off_at.is_(None),
    )
    used = [f"menu {menu} version {version}" for menu, version in await session.execute(menus)]
    used += [f"number {number}" for number in await session.scalars(numbers.order_by(Number.number))]
    return used + [f"incident {number}" for number in await session.scalars(incidents.order_by(Incident.id))]


def _published_at(now: dt.datetime) -> Select[str, int]:
    newest = (MenuPublication.menu, MenuPublication.effective_at.desc(), MenuPublication.id.desc())
    in_force = (
        select(MenuPublication.menu, MenuPublication.version)
        .where(MenuPublication.cancelled_at.is_(None), MenuPublication.effective_at <= now)
        .ext(distinct_on(MenuPublication.menu))
        .order_by(*newest)
        .subquery()
    )
    return select(in_force.c.menu, in_force.c.version)


def _scheduled_after(now: dt.datetime) -> Select[str, int]:
    return select(MenuPublication.menu, MenuPublication.version).where(
        MenuPublication.cancelled_at.is_(None), MenuPublication.effective_at > now
    )
