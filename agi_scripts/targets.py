"""Tries whether a transfer's target answers: one call over the carrier that says so and hangs up."""

import asyncio
import itertools
import re
import time
from typing import TypedDict

import structlog

from acd.ami import AmiError, AmiEvent, AmiLink

CARRIER = "carrier"
RING_SECONDS = 30
SOUND = "hotline/target-test"
# OriginateResponse, `Reason` (main/manager.c, channel.h): the last control frame of the call that was placed.
RESULTS = {"4": "answered", "5": "busy", "3": "no_answer"}

_DIGITS = re.compile(r"[0-9]{2,20}", re.ASCII)

log = structlog.get_logger(__name__)


class TargetResult(TypedDict):
    """`result`: answered, busy, no_answer, failed; `ms` from the order to the answer or the end."""

    result: str
    ms: int


class TargetTests:
    """Originates over the action login, and hears how it went as `OriginateResponse` on the same."""

    def __init__(self, actions: AmiLink) -> None:
        self._actions = actions
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def run(self) -> None:
        """Hear the results until cancelled."""
        async for item in self._actions.events():
            if isinstance(item, AmiEvent) and item.name == "OriginateResponse":
                answer = self._waiting.get(item.fields.get("ActionID", ""))
                if answer is not None and not answer.done():
                    answer.set_result(item.fields.get("Reason", ""))

    async def test(self, target: str) -> TargetResult:
        """Call the target once; ValueError for what is no number."""
        if not _DIGITS.fullmatch(target):
            raise ValueError("a transfer's target has 2 to 20 digits")
        started = time.monotonic()
        result = await self._originate(target)
        log.info("target_tested", target=target, result=result)
        return TargetResult(result=result, ms=round((time.monotonic() - started) * 1000))

    async def _originate(self, target: str) -> str:
        action_id = f"target-test-{next(self._ids)}"
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = answer
        try:
            async with asyncio.timeout(RING_SECONDS + 5):
                await self._actions.action(
                    "Originate",
                    ActionID=action_id,
                    Channel=f"PJSIP/{target}@{CARRIER}",
                    Application="Playback",
                    Data=SOUND,
                    Timeout=RING_SECONDS * 1000,
                    Async="true",
                )
                return RESULTS.get(await answer, "failed")
        except (AmiError, TimeoutError) as error:
            log.warning("target_not_tested", target=target, error=repr(error))
            return "failed"
        finally:
            del self._waiting[action_id]
