"""An engine with hands that only write down, for the tests of what stands around it."""

import datetime as dt
from pathlib import Path
from typing import Any

from acd.engine import Engine
from acd.journal import Journal
from acd.messages import AgentState, Configuration
from acd.rules import effects as fx
from acd.rules import events as ev

T0 = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
CONFIGURATION: Configuration = {
    "version": "v1",
    "queues": [{"id": "city", "name": "市级", "priority": 0, "ring_seconds": 20}],
    "agents": [
        {"id": "1001", "name": "王芳", "extension": "1001", "queues": ["city"], "role": "agent"},
        {"id": "1002", "name": "李强", "extension": "1002", "queues": ["city"], "role": "agent"},
    ],
    "numbers": [{"number": "12345", "line": "市民热线", "menu": "default", "queue": "city"}],
    "menus": [],
}


class Hands:
    """Keeps what the engine wanted done; passes it on where a test has put something."""

    def __init__(self) -> None:
        self.rings: list[tuple[fx.Ring, int]] = []
        self.states: list[AgentState] = []
        self.on_ring: Any = None
        self.on_talk_over: Any = None
        self.on_journal: Any = None
        self.on_agent: Any = None

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        self.rings.append((order, offer_seq))
        if self.on_ring:
            self.on_ring(order, offer_seq=offer_seq)

    def talk_over(self, order: fx.TalkOver) -> None:
        if self.on_talk_over:
            self.on_talk_over(order)

    def telephone(self, order: fx.Telephone) -> None:
        """Nothing is moved here."""

    def journal_grew(self) -> None:
        if self.on_journal:
            self.on_journal()

    def agent_changed(self, state: AgentState) -> None:
        self.states.append(state)
        if self.on_agent:
            self.on_agent(state)


def engine_at(folder: Path, hands: Hands) -> Engine:
    """An engine with two agents whose SIP phones are registered; Asterisk is in sight."""
    engine = Engine(Journal(folder / "voice.db"))
    engine.start(hands)
    engine.submit(ev.Configured(CONFIGURATION))
    engine.submit(ev.Snapshot(T0, {}, {"1001": "NOT_INUSE", "1002": "NOT_INUSE"}))
    return engine
