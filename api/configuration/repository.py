"""Queries of the configuration that the voice process routes by."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final, cast

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from acd.messages import (
    AgentConfiguration,
    HolidayConfiguration,
    IncidentConfiguration,
    MenuConfiguration,
    NumberConfiguration,
    PauseConfiguration,
    QueueConfiguration,
)
from api.configuration.rules import lines_of
from db.engine import ReadSession
from db.tables import (
    Agent,
    AgentQueue,
    Holiday,
    Incident,
    MenuPublication,
    MenuVersion,
    Number,
    PauseReason,
    Queue,
    Sound,
    TransferTarget,
)
from ivr.hours import CHINA

ALWAYS_KNOWN: Final = "hotline/"
"""The voice process speaks these by itself, whatever the menus name."""


async def list_queues(session: ReadSession) -> list[QueueConfiguration]:
    """Return all queues by id, each with the rules that are set."""
    rows = await session.scalars(select(Queue).order_by(Queue.id))
    return [_queue(row) for row in rows]


def _queue(row: Queue) -> QueueConfiguration:
    plain = {"id": row.id, "name": row.name, "priority": row.priority, "ring_seconds": row.ring_seconds}
    return cast("QueueConfiguration", {**(row.rules or {}), **plain})


async def list_agents(session: ReadSession) -> list[AgentConfiguration]:
    """Return the active accounts by id, each with its queues in order of preference."""
    serves: defaultdict[str, list[str]] = defaultdict(list)
    pairs = select(AgentQueue.agent_id, AgentQueue.queue_id).order_by(AgentQueue.preference, AgentQueue.queue_id)
    for agent_id, queue_id in await session.execute(pairs):
        serves[agent_id].append(queue_id)
    rows = await session.scalars(select(Agent).where(Agent.active).order_by(Agent.id))
    return [_agent(row, serves.get(row.id, [])) for row in rows]


def _agent(row: Agent, queues: list[str]) -> AgentConfiguration:
    agent = AgentConfiguration(id=row.id, name=row.name, extension=row.extension, queues=queues, role=row.role)
    if row.skills:
        agent["skills"] = row.skills
    if row.handicaps:
        agent["handicaps"] = row.handicaps
    if row.county:
        agent["county"] = row.county
    if row.seat == "line" and row.phone_number:
        agent["seat"], agent["phone_number"] = row.seat, row.phone_number
    return agent


async def list_numbers(session: ReadSession) -> list[NumberConfiguration]:
    """Return the public numbers with their lines."""
    rows = await session.scalars(select(Number).order_by(Number.number))
    return [_number(row) for row in rows]


def _number(row: Number) -> NumberConfiguration:
    number = NumberConfiguration(
        number=row.number,
        line=row.line,
        menu=row.menu,
        queue=row.queue_id,
        area=row.area,
        greeting=row.greeting or [],
        hours=row.hours,
    )
    if row.priority:
        number["priority"] = row.priority
    return number


async def list_menus(session: ReadSession, *, now: dt.datetime) -> list[MenuConfiguration]:
    """Return of each menu the version in force and those to come, in the order in which they are spoken."""
    standing = MenuPublication.cancelled_at.is_(None)
    in_force = (
        select(MenuPublication.id)
        .where(standing, MenuPublication.effective_at <= now)
        .ext(distinct_on(MenuPublication.menu))
        .order_by(MenuPublication.menu, MenuPublication.effective_at.desc(), MenuPublication.id.desc())
    )
    same = (MenuVersion.menu == MenuPublication.menu) & (MenuVersion.version == MenuPublication.version)
    rows = await session.execute(
        select(MenuVersion.menu, MenuVersion.version, MenuVersion.tree, MenuPublication.effective_at)
        .join(MenuPublication, same)
        .where(standing, (MenuPublication.effective_at > now) | MenuPublication.id.in_(in_force))
        .order_by(MenuVersion.menu, MenuPublication.effective_at, MenuPublication.id)
    )
    return [
        {"name": menu, "version": version, "tree": tree, "from": _stamp(effective_at)}
        for menu, version, tree, effective_at in rows
    ]


async def list_incidents(
    session: ReadSession, numbers: Sequence[NumberConfiguration], *, now: dt.datetime
) -> list[IncidentConfiguration]:
    """Return the incidents that are on or to come, each with the numbers it is on for."""
    on = Incident.switched_off_at.is_(None) & (Incident.ends_at > now)
    rows = await session.scalars(select(Incident).where(on).order_by(Incident.id))
    return [_incident(row, numbers) for row in rows]


def _incident(row: Incident, numbers: Sequence[NumberConfiguration]) -> IncidentConfiguration:
    incident = IncidentConfiguration(
        id=str(row.id),
        sounds=row.sounds,
        numbers=lines_of(numbers, chosen=row.numbers, areas=row.areas),
        starts=_stamp(row.starts_at),
        ends=_stamp(row.ends_at),
    )
    if row.priority:
        incident["priority"] = row.priority
    return incident


async def list_holidays(session: ReadSession, *, now: dt.datetime) -> list[HolidayConfiguration]:
    """Return the special days of this year (in China) and later: the content changes by itself once a year only."""
    first = dt.date(now.astimezone(CHINA).year, 1, 1)
    rows = await session.scalars(select(Holiday).where(Holiday.day >= first).order_by(Holiday.day))
    return [HolidayConfiguration(day=row.day.isoformat(), kind=row.kind) for row in rows]


async def texts_of_sounds(session: ReadSession, named: Collection[str]) -> dict[str, str]:
    """Return what these sounds, and the built-in ones, say; a sound that nobody knows is left out."""
    wanted = Sound.name.in_(named) | Sound.name.startswith(ALWAYS_KNOWN, autoescape=True)
    rows = await session.execute(select(Sound.name, Sound.text).where(wanted).order_by(Sound.name))
    return {name: text for name, text in rows}  # noqa: C416 - dict() cannot type rows


async def list_pauses(session: ReadSession) -> list[PauseConfiguration]:
    """Return the reasons for which agents may pause."""
    rows = await session.scalars(select(PauseReason).where(PauseReason.active).order_by(PauseReason.id))
    return [PauseConfiguration(id=row.id, name=row.name, minutes=row.minutes) for row in rows]


async def list_targets(session: ReadSession) -> dict[str, str]:
    """Return the numbers that calls may be transferred to, each with its name."""
    rows = await session.execute(select(TransferTarget.number, TransferTarget.name).order_by(TransferTarget.number))
    return {number: name for number, name in rows}  # noqa: C416 - dict() cannot type rows


def _stamp(at: dt.datetime) -> str:
    """The same moment reads the same whatever the zone of the database."""
    return at.astimezone(dt.UTC).isoformat()
