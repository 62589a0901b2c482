"""Carries the journal to the web process (Wire 1): at least once, oldest first, for ever."""

import asyncio

import httpx
import orjson
import structlog

from acd.engine import Engine

log = structlog.get_logger(__name__)

BATCH = 100
LINGER_SECONDS = 0.1
"""How long events are gathered before they are sent: an offer is on the screen and the phone rings before its case is
opened, and the web process has one transaction where it would have ten."""

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
PATH = "/internal/call-events"


class Delivery:
    """Sends what the journal holds; removes it when the web process has committed it; passes the pops on."""

    def __init__(self, engine: Engine, client: httpx.AsyncClient) -> None:
        self._engine = engine
        self._client = client
        self._grew = asyncio.Event()
        self._grew.set()

    def journal_grew(self) -> None:
        """There is something to send."""
        self._grew.set()

    async def run(self) -> None:
        """Runs until cancelled; the web process being away only slows it down."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._grew.wait()
            await asyncio.sleep(LINGER_SECONDS)
            self._grew.clear()
            try:
                while await self._send_batch():
                    """There is more."""
                pause = FIRST_PAUSE_SECONDS
            except (httpx.HTTPError, orjson.JSONDecodeError, KeyError, TypeError) as error:
                log.warning("delivery_retried", error=repr(error), pause=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                self._grew.set()

    async def _send_batch(self) -> bool:
        """Send one batch; whether it was full, so that there may be another at once."""
        events = self._engine.journal.pending(BATCH)
        if not events:
            return False
        response = await self._client.post(PATH, content=orjson.dumps({"events": events}))
        response.raise_for_status()
        answer = orjson.loads(response.content)
        for pop in answer["pops"]:
            self._engine.show_pop(pop)
        if not answer["accepted"]:
            raise KeyError("the web process answered 200 but accepted nothing")
        self._engine.journal.remove(answer["accepted"])
        return len(events) == BATCH or len(answer["accepted"]) < len(events)
