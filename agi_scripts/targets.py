"""Tries whether a transfer's target answers: one call over the carrier that says so and hangs up."""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from typing import TypedDict

import structlog

from acd.ami import AmiError, AmiEvent, AmiLink
from acd.rules.state import CARRIER
from acd.translation import CAUSES, REASONS

TOLD_OF_TESTS = frozenset({"OriginateResponse", "HangupRequest", "Hangup"})
RING_SECONDS = 30
HANGUP_SECONDS = 1.0
"""How much later than the response the hang-up of the same call may be told."""
SOUND = "hotline/target-test"
_DIGITS = re.compile(r"[0-9]{2,20}", re.ASCII)

log = structlog.get_logger(__name__)


class TargetResult(TypedDict):
    """`result`: answered, busy, no_answer, failed; `ms` from the order to the answer or the end."""

    result: str
    ms: int


class _Test:
    """What Asterisk tells of one trial call: the response's reason, and the cause of its hang-up."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.reason: asyncio.Future[str] = loop.create_future()
        self.cause: asyncio.Future[str] = loop.create_future()

    async def result(self) -> str:
        """Return answered, busy, no_answer or failed."""
        reason = await self.reason
        if reason in REASONS:
            return REASONS[reason]
        try:
            return CAUSES.get(await asyncio.wait_for(self.cause, HANGUP_SECONDS), "failed")
        except TimeoutError:
            return "failed"


class TargetTests:
    """Originates over the action login, and hears on the same how it went."""

    def __init__(self, actions: AmiLink) -> None:
        self._actions = actions
        self._going_on: dict[str, _Test] = {}

    async def run(self) -> None:
        """Hear the results until cancelled."""
        async for item in self._actions.events():
            if isinstance(item, AmiEvent):
                self._hear(item.name, item.fields)

    def _hear(self, event: str, fields: Mapping[str, str]) -> None:
        responds = event == "OriginateResponse"
        test = self._going_on.get(fields.get("ActionID" if responds else "Uniqueid", ""))
        if test is None:
            return
        waiting, told = (test.reason, "Reason") if responds else (test.cause, "Cause")
        if not waiting.done():
            waiting.set_result(fields.get(told, ""))

    async def test(self, target: str) -> TargetResult:
        """Call the target once; ValueError for what is no number."""
        if not _DIGITS.fullmatch(target):
            raise ValueError("a transfer's target has 2 to 20 digits")
        started = time.monotonic()
        result = await self._originate(target)
        log.info("target_tested", target=target, result=result)
        return TargetResult(result=result, ms=round((time.monotonic() - started) * 1000))

    async def _originate(self, target: str) -> str:
        key = f"target-test-{secrets.token_hex(6)}"
        test = self._going_on[key] = _Test()
        try:
            async with asyncio.timeout(RING_SECONDS + 5):
                await self._actions.action(
                    "Originate",
                    ActionID=key,
                    ChannelId=key,
                    Channel=f"PJSIP/{target}@{CARRIER}",
                    Application="Playback",
                    Data=SOUND,
                    Timeout=RING_SECONDS * 1000,
                    Async="true",
                )
                return await test.result()
        except (AmiError, TimeoutError) as error:
            log.warning("target_not_tested", target=target, error=repr(error))
            return "failed"
        finally:
            del self._going_on[key]
