"""Seeds the demonstration city; what is already there is left as it is, passwords above all."""

import asyncio
import datetime as dt
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from sqlalchemy import URL, select, text
from sqlalchemy.dialects.postgresql import insert

from db import city, rota
from db.clock import utc_now
from db.engine import WriteSession, open_database
from db.passwords import generate_password, hash_password
from db.tables import (
    Agent,
    AgentQueue,
    County,
    CoverMinimum,
    MenuPublication,
    MenuVersion,
    Number,
    PauseReason,
    Queue,
    Shift,
)

HASHING_THREADS: Final = 2
LOCK: Final = 0x12346  # one seeding at a time in a database


async def seed(url: URL, passwords_file: Path) -> dict[str, str]:
    """Write what is missing of the demonstration city; return the passwords of the agents it created.

    They are in `passwords_file` (JSON, mode 0600) before the transaction commits, so none is ever lost.
    """
    database = open_database(url, pool_size=1)
    try:
        async with database.write() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await _seed_routing(session)
            passwords = await _seed_people(session)
            await _seed_rota(session, now=utc_now())
            write_passwords(passwords_file, passwords)
    finally:
        await database.close()
    return passwords


async def _seed_routing(session: WriteSession) -> None:
    counties = [{"id": slug, "name": name, "trunk_host": host} for slug, name, host in city.COUNTIES]
    await session.execute(insert(County).values(counties).on_conflict_do_nothing())
    queues = [{"id": slug, "name": name, "rules": city.queue_rules(slug)} for slug, name in city.QUEUES]
    await session.execute(insert(Queue).values(queues).on_conflict_do_nothing())
    pauses = [{"id": slug, "name": name, "minutes": minutes} for slug, name, minutes in city.PAUSES]
    await session.execute(insert(PauseReason).values(pauses).on_conflict_do_nothing())
    await _seed_menu(session)
    numbers = [
        {"number": number, "line": line, "menu": city.DEFAULT_MENU, "queue_id": city.QUEUES[0][0]}
        for number, line in city.NUMBERS
    ]
    await session.execute(insert(Number).values(numbers).on_conflict_do_nothing())


async def _seed_menu(session: WriteSession) -> None:
    menu, now = {"menu": city.DEFAULT_MENU, "version": 1}, utc_now()
    version = {**menu, "tree": city.default_tree(), "state": "approved", "approved_at": now}
    written = await session.execute(
        insert(MenuVersion).values(version).on_conflict_do_nothing().returning(MenuVersion.version)
    )
    if written.first() is not None:
        publication = {**menu, "effective_at": now, "decided_at": now, "why": "the demonstration city"}
        await session.execute(insert(MenuPublication).values(publication))


async def _seed_people(session: WriteSession) -> dict[str, str]:
    known = set(await session.scalars(select(Agent.id)))
    missing = [person for person in city.people() if person.id not in known]
    if not missing:
        return {}
    passwords = {person.id: generate_password() for person in missing}
    hashes = await _hash_all(passwords.values())
    rows = [{**_account(person), "password_hash": hashed} for person, hashed in zip(missing, hashes, strict=True)]
    await session.execute(insert(Agent).values(rows))
    serves = [
        {"agent_id": person.id, "queue_id": queue, "preference": place}
        for person in missing
        for place, queue in enumerate(person.queues)
    ]
    if serves:
        await session.execute(insert(AgentQueue).values(serves))
    return passwords


def _account(person: city.Person) -> dict[str, str | None]:
    return {
        "id": person.id,
        "name": person.name,
        "extension": person.id,
        "role": person.role,
        "county": person.county or None,
        "seat": "line" if person.phone_number else "phone",
        "phone_number": person.phone_number,
    }


async def _seed_rota(session: WriteSession, *, now: dt.datetime) -> None:
    """Only where there is no shift at all: one that somebody took away stays away."""
    if await session.scalar(select(Shift.id).limit(1)) is not None:
        return
    today = now.astimezone(rota.CHINA).date()
    here = set(await session.scalars(select(Agent.id)))
    duties = [
        {"agent_id": duty.agent_id, "starts": duty.starts, "ends": duty.ends, "kind": "duty", "note": duty.note}
        for duty in rota.demonstration(today - dt.timedelta(days=today.weekday()))
        if duty.agent_id in here
    ]
    await session.execute(insert(Shift), duties)
    minimums = [{"queue_id": queue, "agents": agents} for queue, agents in rota.MINIMUMS]
    await session.execute(insert(CoverMinimum).values(minimums).on_conflict_do_nothing())


async def _hash_all(passwords: Iterable[str]) -> list[str]:
    """Hash in a few threads: 40 passwords take about a second."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        return list(await asyncio.gather(*(loop.run_in_executor(pool, hash_password, word) for word in passwords)))


def _told_before(path: Path) -> dict[str, str]:
    """What an earlier seeding told: a person added later takes nobody's password away."""
    try:
        told: dict[str, str] = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return told


def write_passwords(path: Path, passwords: dict[str, str]) -> None:
    """Add to the file, mode 0600, in one step; without new passwords an existing file stays as it is."""
    if not passwords and path.exists():
        return
    passwords = _told_before(path) | passwords
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(passwords, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
