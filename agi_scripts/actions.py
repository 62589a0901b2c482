"""What a menu does besides speaking: look-ups, registrations, recordings, transfers; for calls, and for trials."""

from pathlib import Path
from typing import Protocol

import structlog

from acd.engine import Engine
from acd.messages import CallEventType
from acd.rules import events as ev
from agi_scripts import commands as agi
from agi_scripts.directory import Directory, DirectoryAway
from agi_scripts.server import AgiHangup, AgiSession
from ivr import protocol as io
from ivr.answers import is_message
from ivr.progress import sounds_of

TRANSFER_CONTEXT = "transfer-out"
TRANSFER_SECONDS = 30
"""How long a transfer's target rings before the menu goes on without it."""

SAMPLES_A_SECOND = 8000
RESULTS = {"ANSWER": "answered", "BUSY": "busy", "NOANSWER": "no_answer", "CANCEL": "no_answer"}

log = structlog.get_logger(__name__)


class Actions(Protocol):
    """Each answers as `ivr.protocol` says; what goes wrong is an `io.Failed`, AgiHangup that the caller is gone."""

    async def look_up_caller(self) -> io.Input:
        """Answer Caller."""

    async def look_up_case(self, case_number: str, query_code: str) -> io.Input:
        """Answer CaseFound or NotFound."""

    async def register_return(self, queue: str, *, priority: int = 0, skill: str | None = None) -> io.Input:
        """Answer Done."""

    async def register_affected(self, incident: str) -> io.Input:
        """Answer Done."""

    async def rate(self, score: int | None) -> io.Input:
        """Answer Done."""

    async def record(self, seconds: int, until_keys: str) -> io.Input:
        """Answer Recorded."""

    async def transfer(self, target: str) -> io.Input:
        """Answer Done when the talk took place."""


class CallActions:
    """The real ones of one call; what is registered goes by the journal, so it needs nobody else to be there."""

    def __init__(
        self, session: AgiSession, call_id: str, *, engine: Engine, directory: Directory, recordings: Path
    ) -> None:
        self.rated = False
        self._session = session
        self._call_id = call_id
        self._engine = engine
        self._directory = directory
        self._recordings = recordings
        self._messages = 0

    async def look_up_caller(self) -> io.Input:
        """Ask the web process; a withheld number is nobody's."""
        number = self._session.header.get("callerid", "")
        if number in {"", "unknown"}:
            return io.Caller(known=False)
        try:
            found = await self._directory.caller(number)
        except DirectoryAway as away:
            return io.Failed(str(away))
        return io.Caller(known=found.known, open_case=found.open_case)

    async def look_up_case(self, case_number: str, query_code: str) -> io.Input:
        """Ask the web process."""
        try:
            progress = await self._directory.case(case_number, query_code, call_id=self._call_id)
        except DirectoryAway as away:
            return io.Failed(str(away))
        return io.NotFound() if progress is None else io.CaseFound(sounds_of(progress))

    async def register_return(self, queue: str, *, priority: int = 0, skill: str | None = None) -> io.Input:
        """The caller is owed a call."""
        self._engine.submit(ev.ReturnWanted(self._call_id, queue, priority, skill))
        return io.Done()

    async def register_affected(self, incident: str) -> io.Input:
        """The caller is affected by an incident."""
        self._note(CallEventType.AFFECTED, incident=incident)
        return io.Done()

    async def rate(self, score: int | None) -> io.Input:
        """The citizen's score, or that none was pressed."""
        self.rated = True
        self._note(CallEventType.RATED, score=score, reason="silent" if score is None else "pressed")
        return io.Done()

    async def record(self, seconds: int, until_keys: str) -> io.Input:
        """Record a message; one that a hang-up ends is a message, too."""
        self._messages += 1
        name = f"{self._call_id}-message-{self._messages}"
        recording = await agi.record_file(
            self._session, str(self._recordings / name), seconds=seconds, escape_digits=until_keys
        )
        lasted = recording.endpos / SAMPLES_A_SECOND
        recorded = io.Recorded(lasted, recording.digit)
        if is_message(recorded):
            self._note(CallEventType.MESSAGE, recording=f"{name}.wav", seconds=round(lasted, 1))
        if recording.hung_up:
            raise AgiHangup("the caller hung up at the end of a message")
        return recorded

    async def transfer(self, target: str) -> io.Input:
        """Connect with a number outside until one of the two hangs up."""
        call = self._engine.floor.calls.get(self._call_id)
        try:
            await agi.gosub(self._session, TRANSFER_CONTEXT, "s", 1, target, str(TRANSFER_SECONDS))
        except AgiHangup:
            talked = call is not None and call.outside
            self._note(CallEventType.TRANSFERRED, target=target, result="answered" if talked else "no_answer")
            raise
        status = await agi.get_variable(self._session, "DIALSTATUS") or ""
        result = RESULTS.get(status, "failed")
        self._note(CallEventType.TRANSFERRED, target=target, result=result)
        return io.Done() if result == "answered" else io.Failed(f"the transfer was {result}")

    def _note(self, kind: CallEventType, **data: object) -> None:
        self._engine.note(self._call_id, kind, dict(data))


class TrialActions:
    """Those of a draft that somebody tries by phone: nothing is registered, nobody is called."""

    async def look_up_caller(self) -> io.Input:
        """Nobody is known."""
        return io.Caller(known=False)

    async def look_up_case(self, case_number: str, query_code: str) -> io.Input:
        """No case is read out."""
        del case_number, query_code
        return io.NotFound()

    async def register_return(self, queue: str, *, priority: int = 0, skill: str | None = None) -> io.Input:
        """As if it had been done."""
        del queue, priority, skill
        return io.Done()

    async def register_affected(self, incident: str) -> io.Input:
        """As if it had been done."""
        del incident
        return io.Done()

    async def rate(self, score: int | None) -> io.Input:
        """As if it had been done."""
        del score
        return io.Done()

    async def record(self, seconds: int, until_keys: str) -> io.Input:
        """As if a message had been spoken."""
        del until_keys
        return io.Recorded(float(seconds))

    async def transfer(self, target: str) -> io.Input:
        """As if the talk had taken place."""
        del target
        return io.Done()
