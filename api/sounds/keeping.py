"""What the web process does with the folder of sounds when it starts: learns the built-in ones, tidies the own ones."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import structlog

from api.sounds import files, repository
from api.sounds.rules import read_built_in
from db.clock import utc_now
from db.engine import Database, DatabaseAwayError

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 2.0
DRAFTS_REST: Final = dt.timedelta(minutes=10)
"""A draft this old belongs to a process that has died."""


async def prepare_sounds(folder: Path | None, database: Database) -> None:
    """Do it once; with the database away, when it is back. What goes wrong stands in the log and stops nothing."""
    while folder is not None:
        try:
            await learn_built_in(folder, database, now=utc_now())
            await remove_leftovers(folder, database, now=utc_now())
        except DatabaseAwayError as error:
            log.warning("sounds_wait_for_database", reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        except Exception as error:
            log.exception("sounds_not_prepared", reason=str(error))
            return
        else:
            return


async def learn_built_in(folder: Path, database: Database, *, now: dt.datetime) -> int:
    """Enter the built-in sounds that the set-up tells of; return how many were new or changed."""
    sounds = read_built_in(await asyncio.to_thread(files.read_listing, folder))
    if not sounds:
        log.warning("no_built_in_sounds", folder=str(folder))
        return 0
    async with database.write() as session:
        touched = await repository.store_built_in(session, sounds, now=now)
    if touched:
        log.info("built_in_sounds_learned", sounds=touched)
    return touched


async def remove_leftovers(folder: Path, database: Database, *, now: dt.datetime) -> list[str]:
    """Remove files of own sounds that have no row, because their upload was cut short; return their names.

    The slug's lock is held meanwhile: a take that is being stored at the moment has its file before its row.
    """
    await asyncio.to_thread(files.remove_drafts, folder, older_than=(now - DRAFTS_REST).timestamp())
    found = await asyncio.to_thread(files.own_files, folder)
    async with database.read() as session:
        known = await repository.known_names(session, [name for _, name in found])
    removed = []
    for slug, name in found:
        if name not in known and await _remove(folder, database, slug, name):
            removed.append(name)
    if removed:
        log.warning("leftover_sounds_removed", names=removed[:20], sounds=len(removed))
    return removed


async def _remove(folder: Path, database: Database, slug: str, name: str) -> bool:
    async with database.write() as session:
        await repository.next_take(session, slug)
        if await repository.find_sound(session, name) is not None:
            return False
        await asyncio.to_thread(files.remove_sound, folder, name)
    return True
