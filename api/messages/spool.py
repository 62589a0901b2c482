"""Imports what the last-resort script left in the spool folder, again and again, each file once."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from api.intake.service import Place
from api.messages import service
from api.messages.rules import SIZE_LIMIT, SpoolFileError, read_spool_file
from db.clock import utc_now
from db.engine import Database, DatabaseAwayError

log = structlog.get_logger(__name__)

IMPORTED: Final = "imported"
REJECTED: Final = "rejected"
# A file that does not parse may still be on its way to the disk; one that has rested this long is not.
SETTLED: Final = dt.timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class SpoolImporter:
    """Scans `spool/messages`; imported files move to `imported/`, broken ones to `rejected/` with a `.reason`."""

    folder: Path
    database: Database
    place: Place
    period_seconds: float

    async def run(self) -> None:
        """Scan until cancelled; nothing that goes wrong in one scan ends the next."""
        while True:
            try:
                await self.scan(now=utc_now())
            except DatabaseAwayError as error:
                log.warning("spool_waits_for_database", reason=str(error))
            except OSError as error:
                log.error("spool_not_readable", folder=str(self.folder), reason=str(error))  # noqa: TRY400 - one line
            except Exception as error:
                log.exception("spool_scan_failed", reason=str(error))
            await asyncio.sleep(self.period_seconds)

    async def scan(self, *, now: dt.datetime) -> int:
        """Import what is there; return how many messages were new. Raises DatabaseAwayError, OSError."""
        imported = 0
        for path in await asyncio.to_thread(self._waiting):
            imported += await self._take(path, now=now)
        return imported

    def _waiting(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.json") if path.is_file() and not path.is_symlink())

    async def _take(self, path: Path, *, now: dt.datetime) -> bool:
        try:
            message = read_spool_file(await asyncio.to_thread(_read, path))
        except SpoolFileError as error:
            if now - _modified(path) >= SETTLED:
                await asyncio.to_thread(self._reject, path, str(error))
            return False
        try:
            async with self.database.write() as session:
                new = await service.import_message(session, path.name, message, place=self.place, now=now)
        except DBAPIError as error:
            await asyncio.to_thread(self._reject, path, f"the database refused it: {error.orig}")
            return False
        await asyncio.to_thread(self._finish, path, message.recording)
        log.info("message_imported", call_id=message.call_id, file=path.name, new=new)
        return new

    def _finish(self, path: Path, recording: str | None) -> None:
        """Move the sound first: if this is cut short, the JSON is still there to move both."""
        target = self.folder / IMPORTED
        target.mkdir(exist_ok=True)
        if recording is not None and (self.folder / recording).is_file():
            (self.folder / recording).replace(target / recording)
        path.replace(target / path.name)

    def _reject(self, path: Path, reason: str) -> None:
        target = self.folder / REJECTED
        target.mkdir(exist_ok=True)
        (target / f"{path.name}.reason").write_text(f"{reason}\n", encoding="utf-8")
        path.replace(target / path.name)
        log.error("message_rejected", file=path.name, reason=reason, moved_to=str(target))


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(SIZE_LIMIT + 1)


def _modified(path: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
