"""Reads Asterisk's call records and hands in what the live path missed: nothing that happened is without a record."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import structlog

from acd.clock import utc_now
from acd.engine import Engine
from acd.journal import Journal
from acd.messages import CallEventType
from acd.rules.events import Snapshot
from acd.rules.records import CallFacts, CallRecords, parse_row

log = structlog.get_logger(__name__)

CHECKPOINT = "cel_offset"
PERIOD_SECONDS = 15.0
SLICE_ROWS = 50
"""Rows that are read at once (a millisecond): nobody's ring waits for the book-keeping."""


class Reconciler:
    """Follows the CEL file from a checkpoint kept in the journal.

    At the start every finished call since the checkpoint is handed in (the effect of a record that says nothing new is
    nothing); later only calls whose end this process has not seen itself.
    """

    def __init__(self, engine: Engine, path: Path, *, journal_grew: Callable[[], None]) -> None:
        self._engine = engine
        self._path = path
        self._grew = journal_grew
        self._records = CallRecords()
        self._snapshot_seen = asyncio.Event()
        self._offset: int = engine.journal.fact(CHECKPOINT) or 0

    async def run(self) -> None:
        """Runs until cancelled. Before the first snapshot it waits: a call may still be alive."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._snapshot_seen.wait(), PERIOD_SECONDS)
        while True:
            for _ in self._slices():
                await asyncio.sleep(0)
            await asyncio.sleep(PERIOD_SECONDS)

    def catch_up(self) -> int:
        """Read what is new in the file at once; returns how many calls were handed in."""
        return sum(self._slices())

    def _slices(self) -> Iterator[int]:
        """Read what is new in the file, slice by slice; how many calls each handed in."""
        before, handed_in = -1, 0
        while before != self._offset:
            before = self._offset
            missed = [facts for facts in self._read() if not self._engine.saw_end(facts.call_id)]
            for facts in missed:
                self._hand_in(facts)
            handed_in += len(missed)
            yield len(missed)
        oldest = self._records.oldest_offset
        self._engine.journal.keep_fact(CHECKPOINT, self._offset if oldest is None else oldest)
        if handed_in:
            log.info("calls_reconciled", calls=handed_in)

    def after_snapshot(self, snapshot: Snapshot) -> None:
        """Calls that Asterisk no longer has and whose records lack an end: they ended when Asterisk died."""
        self._snapshot_seen.set()
        self.catch_up()
        for facts in self._records.drop_unless(snapshot.channels, before=snapshot.taken_at):
            facts.ended_at = snapshot.taken_at
            if not self._engine.saw_end(facts.call_id):
                self._hand_in(facts)

    def _hand_in(self, facts: CallFacts) -> None:
        journal: Journal = self._engine.journal
        journal.append(facts.call_id, CallEventType.RECORD.value, facts.data(self._agent_of), now=utc_now())
        self._grew()

    def _agent_of(self, endpoint: str) -> str | None:
        agent = self._engine.floor.agent_of(endpoint)
        return None if agent is None else agent.agent_id

    def _read(self) -> list[CallFacts]:
        """The calls that the next `SLICE_ROWS` rows finish."""
        finished: list[CallFacts] = []
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return finished
        if size < self._offset:  # rotated or replaced: a new file begins at its beginning
            self._offset, self._records = 0, CallRecords()
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in islice(file, SLICE_ROWS):
                if not line.endswith(b"\n"):
                    break
                row = parse_row(line.decode("utf-8", "replace").rstrip("\r\n"))
                facts = self._records.take(row, offset=self._offset) if row else None
                self._offset += len(line)
                if facts is not None:
                    finished.append(facts)
        return finished
