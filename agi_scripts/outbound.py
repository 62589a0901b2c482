"""Rings an agent's phone for a call of the hotline's own once the screen shows it, as with every other call."""

import asyncio

import structlog

from acd.engine import Engine
from acd.rules import effects as fx
from acd.rules.outbound import calling_for
from acd.rules.state import Phase
from agi_scripts.shared import Timing
from agi_scripts.telephone import Telephone

log = structlog.get_logger(__name__)

POP_SECONDS = Timing().pop


class ShownFirst:
    """Holds a leg back until its offer is on the screen, at most for `pop` seconds."""

    def __init__(self, engine: Engine, telephone: Telephone, *, pop: float = POP_SECONDS) -> None:
        self._engine = engine
        self._telephone = telephone
        self._pop = pop
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, order: fx.Place, agent_id: str) -> None:
        """Have it placed then, unless its call is over by then."""
        task = asyncio.create_task(self._place(order, agent_id), name=f"shown-first-{order.leg}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _place(self, order: fx.Place, agent_id: str) -> None:
        if not await self._engine.shown(agent_id, timeout=self._pop):
            log.warning("screen_did_not_acknowledge", agent_id=agent_id, leg=order.leg)
        call = self._engine.floor.calls.get(calling_for(order.leg) or "")
        if call is not None and call.phase is Phase.OFFERED and call.leg == order.leg:
            self._telephone.take(order)
