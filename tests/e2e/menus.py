"""Menus in front of real callers: trees and lines put into the tables, and what the tables say of a call afterwards."""

import asyncio
import datetime as dt
import json
import os
import wave
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from websockets.asyncio.client import connect

from db.address import parse_address
from db.clock import utc_now
from db.engine import Database, open_database
from db.tables import Call as CallRow
from db.tables import MenuPublication, MenuVersion, Number, Sound
from ops.call.citizen import Call
from ops.call.until import until_answered
from ops.instance import Instance

ALWAYS = {"mon-sun": ["00:00-24:00"], "holiday": ["00:00-24:00"], "makeup": ["00:00-24:00"]}
NEVER = {"holiday": ["00:00-00:01"]}
"""Hours of a line that is closed whenever a test runs: no holidays are in the tables."""


@dataclass(frozen=True)
class Line:
    """A number with a menu of its own."""

    number: str
    nodes: Mapping[str, Any]
    start: str = "start"
    after_talk: str | None = None
    queue: str = "city"
    greeting: Sequence[str] = ()
    hours: Mapping[str, Any] | None = None
    name: str = ""

    @property
    def tree(self) -> dict[str, Any]:
        after = {} if self.after_talk is None else {"after_talk": self.after_talk}
        return {"start": self.start, **after, "nodes": dict(self.nodes)}


@dataclass
class Office:
    """The tables of a running system, and the word to the voice process that they have changed."""

    system: Instance
    database: Database
    versions: dict[str, int] = field(default_factory=dict)

    async def open(self, lines: Sequence[Line]) -> None:
        """Give each line its menu and return when calls are served by them."""
        for line in lines:
            await self.publish(f"menu-{line.number}", line.tree)
        rows = [
            {
                "number": line.number,
                "line": line.name or f"线路{line.number}",
                "menu": f"menu-{line.number}",
                "queue_id": line.queue,
                "greeting": list(line.greeting) or None,
                "hours": line.hours,
            }
            for line in lines
        ]
        async with self.database.write() as session:
            await session.execute(insert(Number).values(rows).on_conflict_do_nothing())
        await self.heard()

    async def publish(self, menu: str, tree: Mapping[str, Any], *, at: dt.datetime | None = None) -> int:
        """Add an approved version and put it in force, now or at its time; return the version."""
        version = self.versions[menu] = self.versions.get(menu, 0) + 1
        now = utc_now()
        key = {"menu": menu, "version": version}
        async with self.database.write() as session:
            await session.execute(insert(MenuVersion).values(**key, tree=tree, state="approved"))
            row = {**key, "effective_at": at or now, "decided_at": now, "why": "a test"}
            await session.execute(insert(MenuPublication).values(row))
        return version

    async def say(self, texts: Mapping[str, str]) -> None:
        """Tell the tables what sounds say; their files are somebody else's affair."""
        now = utc_now()
        rows = [
            {"name": name, "text": text, "source": "speech", "state": "approved", "seconds": 1.0, "sha256": "0" * 64}
            for name, text in texts.items()
        ]
        async with self.database.write() as session:
            await session.execute(
                insert(Sound).values([row | {"made_at": now} for row in rows]).on_conflict_do_nothing()
            )

    async def heard(self, *, seconds: float = 20) -> None:
        """Return when the voice process serves calls by what the tables hold."""
        version = await self._version()
        headers = {"Authorization": f"Bearer {self.system.secret('link_token')}"}
        url = f"ws://127.0.0.1:{self.system.ports['link']}"
        async with asyncio.timeout(seconds), connect(url, additional_headers=headers, proxy=None) as link:
            await link.send(json.dumps({"op": "reload"}))
            async for frame in link:
                told = json.loads(frame)
                if told["op"] == "configured" and told["version"] == version:
                    return

    async def _version(self) -> str:
        headers = {"Authorization": f"Bearer {self.system.secret('intake_token')}"}
        async with httpx.AsyncClient(base_url=self.system.url, headers=headers, trust_env=False) as web:
            answer = (await web.get("/internal/configuration")).raise_for_status()
        return str(answer.json()["version"])

    async def record(self, call: Call, *, seconds: float = 20) -> CallRow:
        """What the tables say of a call that has ended: its end and its way through the menu come one by one."""
        found: CallRow | None = None

        async def look() -> bool:
            nonlocal found
            rows = await self.rows(select(CallRow).where(CallRow.caller_raw == call.citizen.user))
            done = [row for row in rows if row.ended_at is not None and row.menu_end is not None]
            found = done[-1] if done else None
            return found is not None

        await until_answered(look, f"call {call.key} is in the records with its end and its menu", seconds=seconds)
        assert found is not None
        return found

    async def rows(self, statement: Any) -> list[Any]:
        """The rows that a statement selects."""
        async with self.database.read() as session:
            return list(await session.scalars(statement))

    async def row(self, statement: Any, what: str, *, seconds: float = 20) -> Any:
        """The first row that a statement selects, waiting for it: events reach the tables a moment after the call."""
        found: list[Any] = []

        async def look() -> bool:
            found[:] = await self.rows(statement)
            return bool(found)

        await until_answered(look, what, seconds=seconds)
        return found[0]


@asynccontextmanager
async def office_of(system: Instance) -> AsyncIterator[Office]:
    database = open_database(parse_address(system.database_url), pool_size=2)
    try:
        yield Office(system, database)
    finally:
        await database.close()


def synthetic_voice(seed: int, seconds: float) -> bytes:
    """Syllables of a voice that speaks no language; each seed says something else."""
    chance = np.random.default_rng(seed)
    parts: list[np.ndarray[Any, Any]] = []
    while sum(map(len, parts)) < seconds * 8000:
        time = np.arange(int(chance.integers(900, 1800))) / 8000
        waves = [np.sin(2 * np.pi * chance.uniform(150, 3000) * time) for _ in range(4)]
        parts += [2500 * np.sum(waves, axis=0), np.zeros(int(chance.integers(80, 400)))]
    return np.concatenate(parts)[: int(seconds * 8000)].astype("<i2").tobytes()


def write_sound(path: Path, samples: bytes) -> Path:
    """Write a sound where Asterisk may read it."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o755)
        path.parent.chmod(0o755)
        owner = path.parent.parent.stat()
        os.chown(path.parent, owner.st_uid, owner.st_gid)  # the web process writes beside it
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples)
    path.chmod(0o644)
    return path
