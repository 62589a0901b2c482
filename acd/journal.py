"""The voice process's local memory: the journal of call events, live calls, agents' states, the last configuration.

One SQLite file in WAL mode: a write survives the death of the process at once, and that of the machine up to the last
checkpoint. Nothing here knows what an event means.
"""

import asyncio
import contextlib
import datetime as dt
import sqlite3
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import structlog

from acd.messages import CallEvent, KeptAgent
from acd.rules.returning import Recent, Why

log = structlog.get_logger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    call_id TEXT NOT NULL, type TEXT NOT NULL, at TEXT NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (call_id TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS agents (agent_id TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS callers (caller TEXT PRIMARY KEY, at TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS returns (return_id TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


CHECKPOINT_SECONDS = 1.0
_MOST_PAGES = 25_000
"""The log's length (100 MB) at which a write checkpoints by itself, should nobody else do it."""

_Rows = list[tuple[Any, ...]]


class Journal:
    """Appends, hands out and removes call events; `seq` grows for ever, also over restarts and removals.

    When the disk refuses a write the event stays in memory and is written with the next one: calls go on.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        weakref.finalize(self, self._db.close)  # a journal that is dropped closes its file too
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(f"PRAGMA wal_autocheckpoint={_MOST_PAGES}")
        self._db.executescript(_SCHEMA)
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        self._seq: int = row[0] if row else 0
        self._unwritten: list[CallEvent] = []
        self._gathered: list[tuple[str, _Rows]] | None = None

    async def keep_short(self) -> None:
        """Bring the log's pages into the file again and again, until cancelled.

        In a thread with a connection of its own: a checkpoint waits for the disk, milliseconds at a time, and whoever
        writes an event must not.
        """
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await asyncio.to_thread(_checkpoint, self._path)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Write everything of the block in one transaction at its end."""
        self._gathered = []
        try:
            yield
        finally:
            gathered, self._gathered = self._gathered, None
            self._flush(gathered)

    def close(self) -> None:
        """Write what is still in memory and close the file."""
        self._flush()
        self._db.close()

    def append(self, call_id: str, kind: str, data: dict[str, Any], *, now: dt.datetime) -> CallEvent:
        """Add one event; it is on its way to the disk before this returns."""
        self._seq += 1
        event = CallEvent(call_id=call_id, seq=self._seq, type=kind, at=now.isoformat(), data=data)
        self._unwritten.append(event)
        if self._gathered is None:
            self._flush()
        return event

    def pending(self, limit: int) -> list[CallEvent]:
        """The oldest events that the web process has not taken yet."""
        self._flush()
        rows = self._db.execute("SELECT seq, call_id, type, at, data FROM events ORDER BY seq LIMIT ?", (limit,))
        stored = [CallEvent(seq=s, call_id=c, type=t, at=a, data=orjson.loads(d)) for s, c, t, a, d in rows]
        return stored + self._unwritten[: max(0, limit - len(stored))]

    def remove(self, seqs: list[int]) -> None:
        """The web process has committed these."""
        done = set(seqs)
        self._unwritten = [e for e in self._unwritten if e["seq"] not in done]
        self._write("DELETE FROM events WHERE seq = ?", [(s,) for s in seqs])

    def keep_call(self, call_id: str, data: dict[str, Any]) -> None:
        """Keep a live call over a restart."""
        self._write("INSERT OR REPLACE INTO calls VALUES (?, ?)", [(call_id, orjson.dumps(data))])

    def forget_call(self, call_id: str) -> None:
        """The call is over."""
        self._write("DELETE FROM calls WHERE call_id = ?", [(call_id,)])

    def calls(self) -> list[dict[str, Any]]:
        """The calls that were live when they were last kept."""
        return [orjson.loads(d) for (d,) in self._db.execute("SELECT data FROM calls ORDER BY call_id")]

    def keep_return(self, return_id: str, data: dict[str, Any]) -> None:
        """Keep a virtual caller over a restart."""
        self._write("INSERT OR REPLACE INTO returns VALUES (?, ?)", [(return_id, orjson.dumps(data))])

    def forget_return(self, return_id: str) -> None:
        """Nobody waits for this call any more."""
        self._write("DELETE FROM returns WHERE return_id = ?", [(return_id,)])

    def returns(self) -> list[dict[str, Any]]:
        """The virtual callers as they were last kept."""
        return [orjson.loads(d) for (d,) in self._db.execute("SELECT data FROM returns ORDER BY return_id")]

    def keep_agent(self, state: KeptAgent) -> None:
        """Keep an agent's live state over a restart."""
        self._write("INSERT OR REPLACE INTO agents VALUES (?, ?)", [(state["agent_id"], orjson.dumps(state))])

    def agents(self) -> list[KeptAgent]:
        """Every agent's last state."""
        return [orjson.loads(d) for (d,) in self._db.execute("SELECT data FROM agents ORDER BY agent_id")]

    def keep_caller(self, caller: str, recent: Recent | None) -> None:
        """Keep over a restart what happened to a caller last; None: nothing any more."""
        if recent is None:
            self._write("DELETE FROM callers WHERE caller = ?", [(caller,)])
        else:
            row = (caller, recent.at.astimezone(dt.UTC).isoformat(), recent.why.value)
            self._write("INSERT OR REPLACE INTO callers VALUES (?, ?, ?)", [row])

    def callers(self) -> list[Recent]:
        """What happened to callers last, the oldest first."""
        rows = self._db.execute("SELECT caller, at, why FROM callers ORDER BY at")
        return [Recent(caller, dt.datetime.fromisoformat(at), Why(why)) for caller, at, why in rows]

    def keep_fact(self, key: str, value: Any) -> None:
        """Keep one JSON value by name: the last configuration, the CEL checkpoint."""
        self._write("INSERT OR REPLACE INTO facts VALUES (?, ?)", [(key, orjson.dumps(value))])

    def fact(self, key: str) -> Any:
        """The kept value, or None."""
        row = self._db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def _flush(self, others: list[tuple[str, _Rows]] | None = None) -> None:
        """Write the events that are still in memory, with `others` in the same transaction."""
        rows = [(e["seq"], e["call_id"], e["type"], e["at"], orjson.dumps(e["data"])) for e in self._unwritten]
        work = [*([("INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?)", rows)] if rows else []), *(others or [])]
        if work and self._commit(work):
            self._unwritten.clear()

    def _write(self, statement: str, rows: _Rows) -> None:
        if self._gathered is None:
            self._commit([(statement, rows)])
        else:
            self._gathered.append((statement, rows))

    def _commit(self, work: list[tuple[str, _Rows]]) -> bool:
        """Run these in one transaction; False (and an alarm in the log) when the disk refuses."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in work:
                self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            log.error("journal_write_refused", error=str(error), unwritten=len(self._unwritten))  # noqa: TRY400 - no trace needed
            return False
        return True


def _checkpoint(path: Path) -> None:
    """What could not be brought over now is later."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.OperationalError as error:
        log.warning("journal_not_checkpointed", error=str(error))
