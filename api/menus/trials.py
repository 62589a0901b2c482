"""Trying a tree: in the browser step by step, or by phone with a code that is good once."""

import asyncio
import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from api.configuration import repository as configuration
from api.core.problems import ConflictError, NotFoundError, RefusedError
from api.menus import repository, versions
from api.menus.checking import line_of, names_in, sounds_named
from api.menus.versions import Act
from db.engine import ReadSession, WriteSession
from db.tables import MenuVersion, TrialCode
from ivr.citizen import KeysError, keys_from_text
from ivr.codec import tree_from_dict
from ivr.hours import Calendar
from ivr.notice import PRESS_ONE, REGISTERED
from ivr.state import Incident, Line, World
from ivr.tree import Tree
from ivr.trial import Assumed, Trial, try_out

CODE_MINUTES: Final = 15
DIAL: Final = "88"
ATTEMPTS: Final = 20
NO_CODE: Final = "This code is unknown, was used, or is older than 15 minutes; make a new one."


@dataclass(frozen=True, slots=True)
class Code:
    """What a seat's phone dials; good until `expires_at`, once."""

    code: str
    expires_at: dt.datetime

    @property
    def dial(self) -> str:
        """The digits to dial."""
        return DIAL + self.code


def read_keys(keys: list[str]) -> tuple[str, ...]:
    """Return the keys of a trial. Raises RefusedError with the words that are known."""
    try:
        return keys_from_text(",".join(keys))
    except KeysError as refusal:
        raise RefusedError(f"{refusal}.") from refusal


async def try_tree(
    session: ReadSession, tree: Tree, keys: tuple[str, ...], number: str | None, *, at: dt.datetime, after_talk: bool
) -> Trial:
    """Return what a citizen who dials this number at this time and presses these keys would hear.

    Without a number nothing belongs to the line: no greeting, no hours, no incident. Raises NotFoundError for a
    number that is none of ours.
    """
    assumed = await _assumed(session, tree, number, at=at)
    return await asyncio.to_thread(try_out, tree, keys, assumed, now=at, after_talk=after_talk)


async def make_code(session: WriteSession, row: MenuVersion, act: Act) -> Code:
    """Store the version's present tree under a new code. Raises ConflictError when no code is free."""
    made = Code(f"{secrets.randbelow(10**6):06}", act.now + dt.timedelta(minutes=CODE_MINUTES))
    values = {"menu": row.menu, "version": row.version, "tree": row.tree, "made_by": act.by, "made_at": act.now}
    for _ in range(ATTEMPTS):
        if await repository.store_code(
            session, {**values, "code_hash": _hash(made.code), "expires_at": made.expires_at}, now=act.now
        ):
            await versions.note(session, row, "menu.trial_code_made", act)
            return made
        made = Code(f"{secrets.randbelow(10**6):06}", made.expires_at)
    raise ConflictError("No code is free; try again in a minute.")


async def use_code(session: WriteSession, code: str, *, now: dt.datetime) -> TrialCode:
    """Return what a code stands for, once. Raises NotFoundError for one that is unknown, used or expired."""
    row = await repository.use_code(session, _hash(code), now=now)
    if row is None:
        raise NotFoundError(NO_CODE)
    return row


async def texts_of(session: WriteSession, data: dict[str, Any]) -> dict[str, str]:
    """Return what the sounds of a stored tree say; the configuration has those of published ones only."""
    rows = await repository.find_sounds(session, names_in(tree_from_dict(data)))
    return {row.name: row.text for row in rows}


def _hash(code: str) -> str:
    return hashlib.sha256(f"trial:{code}".encode()).hexdigest()


async def _assumed(session: ReadSession, tree: Tree, number: str | None, *, at: dt.datetime) -> Assumed:
    queues = await repository.queue_ids(session)
    line = await _line(session, number)
    incidents = await _incidents(session, number, at=at)
    named = {*names_in(tree), *line.greeting, REGISTERED, PRESS_ONE} | {
        sound for one in incidents for sound in one.sounds
    }
    return Assumed(
        queues=frozenset(queues),
        default_queue=line.queue or (queues[0] if queues else "city"),
        world=World(await _calendar(session, at=at), incidents, line),
        sounds=await sounds_named(session, named),
    )


async def _line(session: ReadSession, number: str | None) -> Line:
    if number is None:
        return Line()
    found = next((one for one in await repository.list_numbers(session) if one.number == number), None)
    if found is None:
        raise NotFoundError("There is no such number; GET /api/numbers lists those that are.")
    return line_of(found)


async def _incidents(session: ReadSession, number: str | None, *, at: dt.datetime) -> tuple[Incident, ...]:
    """Those that are on, or to come, for the number; the interpreter looks at their times."""
    if number is None:
        return ()
    numbers = await configuration.list_numbers(session)
    return tuple(
        Incident(
            one["id"],
            tuple(one["sounds"]),
            dt.datetime.fromisoformat(one["starts"]),
            dt.datetime.fromisoformat(one["ends"]),
        )
        for one in await configuration.list_incidents(session, numbers, now=at)
        if number in one["numbers"]
    )


async def _calendar(session: ReadSession, *, at: dt.datetime) -> Calendar:
    days: dict[str, set[dt.date]] = {"holiday": set(), "workday": set()}
    for one in await configuration.list_holidays(session, now=at):
        days[one["kind"]].add(dt.date.fromisoformat(one["day"]))
    return Calendar(frozenset(days["holiday"]), frozenset(days["workday"]))
