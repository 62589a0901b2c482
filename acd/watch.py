"""Watches Asterisk over AMI: events to the engine in their order, a snapshot after every (re)connect."""

import asyncio
from collections.abc import Callable

import structlog

from acd.ami import AmiError, AmiEvent, AmiLink, LinkDown, LinkUp
from acd.clock import utc_now
from acd.engine import Engine
from acd.rules import events as ev
from acd.translation import Translator

log = structlog.get_logger(__name__)

SNAPSHOT_RETRY_SECONDS = 0.2
THAW_SECONDS = 5.0


class Watch:
    """Feeds the engine from the event login; asks for snapshots over the action login."""

    def __init__(
        self, engine: Engine, events: AmiLink, actions: AmiLink, *, on_snapshot: Callable[[ev.Snapshot], None]
    ) -> None:
        self._engine = engine
        self._events = events
        self._actions = actions
        self._on_snapshot = on_snapshot
        self._translator = Translator()
        self._thaw: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Runs until cancelled."""
        async for item in self._events.events():
            match item:
                case LinkUp():
                    await self._take_snapshot()
                case LinkDown(reason):
                    self._lost(reason)
                case AmiEvent(name, fields):
                    self._pass_on(self._translator.translate(name, fields))

    def _pass_on(self, event: ev.Event | None) -> None:
        if event is None:
            return
        try:
            self._engine.submit(event)
        except Exception:  # one event that surprises us must not end the watch over all others
            log.exception("event_failed", engine_event=repr(event))

    def _lost(self, reason: str) -> None:
        log.warning("ami_events_lost", reason=reason)
        self._engine.submit(ev.AmiLost())
        self._stop_thaw()
        self._thaw = asyncio.get_running_loop().call_later(THAW_SECONDS, self._pass_on, ev.Thawed())

    async def _take_snapshot(self) -> None:
        """Offers stay held until it has succeeded; the events that came meanwhile wait behind it in the stream."""
        while self._events.up:
            taken_at = utc_now()
            try:
                channels = await self._actions.action_list("CoreShowChannels")
                devices = await self._actions.action_list("DeviceStateList")
            except AmiError as error:
                log.info("snapshot_retried", error=str(error))
                await asyncio.sleep(SNAPSHOT_RETRY_SECONDS)
                continue
            self._stop_thaw()
            snapshot = self._translator.snapshot(channels, devices, is_agent=self._is_agent, taken_at=taken_at)
            log.info("snapshot", calls=len(snapshot.channels), phones=len(snapshot.phones))
            self._pass_on(snapshot)
            self._on_snapshot(snapshot)
            return

    def _is_agent(self, endpoint: str) -> bool:
        return self._engine.floor.agent_of(endpoint) is not None

    def _stop_thaw(self) -> None:
        if self._thaw is not None:
            self._thaw.cancel()
            self._thaw = None
