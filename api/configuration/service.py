"""Puts the configuration together, names its version after its content, and tells the voice process of a new one."""

import asyncio
import datetime as dt
import hashlib
from typing import Final

import orjson
import structlog

from acd.messages import Configuration
from api.configuration import repository
from api.configuration.rules import sounds_in
from api.guests.publishing import guest_configuration, with_guest_numbers
from api.realtime.link import Link
from db.clock import utc_now
from db.engine import Database, DatabaseAwayError, ReadSession

log = structlog.get_logger(__name__)

HEARD_SECONDS: Final = 2.0
ROUND_SECONDS: Final = 0.5


async def current_configuration(session: ReadSession, *, now: dt.datetime) -> Configuration:
    """Return what the voice process routes by; equal content has an equal version.

    `now` decides which menus, incidents and holidays are over; it stands nowhere in the content.
    """
    guests = await guest_configuration(session, now=now)
    numbers = with_guest_numbers(await repository.list_numbers(session), guests.numbers)
    menus = await repository.list_menus(session, now=now)
    incidents = await repository.list_incidents(session, numbers, now=now)
    targets = await repository.list_targets(session)
    configuration = Configuration(
        version="",
        queues=[*await repository.list_queues(session), *guests.queues],
        agents=[*await repository.list_agents(session), *guests.agents],
        numbers=numbers,
        menus=menus,
        incidents=incidents,
        holidays=await repository.list_holidays(session, now=now),
        sounds=await repository.texts_of_sounds(session, sounds_in(numbers, menus, incidents)),
        targets=list(targets),
        target_names=targets,
        pauses=await repository.list_pauses(session),
    )
    content = orjson.dumps(configuration, option=orjson.OPT_SORT_KEYS)
    configuration["version"] = hashlib.sha256(content).hexdigest()[:16]
    return configuration


async def tell_voice(database: Database, link: Link) -> bool:
    """Have the voice process take what was just committed; call it after the commit.

    True: calls that arrive now are routed by it. False: the telephone system is away, or slower than 2 s, and takes
    it as soon as it is back. A change that others make meanwhile is waited for in place of this one.
    """
    try:
        async with asyncio.timeout(HEARD_SECONDS):
            while link.up:
                async with database.read() as session:
                    version = (await current_configuration(session, now=utc_now()))["version"]
                await link.reload()
                if await link.wait_configured(version, ROUND_SECONDS):
                    return True
    except TimeoutError:
        log.warning("configuration_not_heard", seconds=HEARD_SECONDS)
    except DatabaseAwayError as error:  # the change is committed; only whether it was heard is unknown
        log.warning("configuration_not_heard", reason=str(error))
    return False


def matches(if_none_match: str | None, version: str) -> bool:
    """Tell whether an If-None-Match header names this version (RFC 9110 §13.1.2)."""
    given = [tag.strip().removeprefix("W/").strip('"') for tag in (if_none_match or "").split(",")]
    return "*" in given or version in given
