"""Rings an agent's phone for a call of ours, or as a third party, once the screen shows it: as with every call."""

import asyncio

import structlog

from acd.engine import Engine
from acd.rules import effects as fx
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
        if self._is_wanted(order.leg):
            self._telephone.take(order)

    def _is_wanted(self, leg: str) -> bool:
        """Whether the agent is still to be rung: for a call of ours, or as a third party."""
        call = self._engine.floor.calls.get(fx.call_of(leg) or "")
        third = call.third.leg if call is not None and call.third is not None else None
        own = call.leg if call is not None and call.phase is Phase.OFFERED else None
        return leg in {third, own}
