"""Keeps Asterisk's native fallback queues in step: their members are the agents last known to take calls."""

import asyncio
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import structlog

from acd.ami import AmiError, AmiLink, AmiRefused
from acd.engine import Engine
from acd.messages import AgentStateName
from acd.rules.state import ON_DUTY, Agent
from acd.rules.telephones import endpoint_in, interface_of

log = structlog.get_logger(__name__)

RETRY_SECONDS = 1.0
ABSENT = frozenset(AgentStateName) - ON_DUTY

Seat = tuple[str, str, tuple[str, ...]]  # agent id, endpoint, queues
Member = tuple[str, str, str]  # queue, endpoint, agent id


def seats_taken(agents: Iterable[Agent]) -> frozenset[Seat]:
    """Who takes calls, by which phone, from which queues."""
    return frozenset(
        (agent.agent_id, phone, agent.queues)
        for agent in agents
        if agent.state not in ABSENT and (phone := agent.reachable) is not None
    )


def wanted_members(seats: Iterable[Seat]) -> frozenset[Member]:
    """Who should be in which native queue, by which phone."""
    return frozenset((queue, phone, agent_id) for agent_id, phone, queues in seats for queue in queues)


def changes(present: AbstractSet[Member], wanted: AbstractSet[Member]) -> list[tuple[str, Member]]:
    """The AMI actions in their order: a queue that lacks somebody is worse than one that still has somebody.

    A phone that is another agent's now leaves first, for a queue has each phone once.
    """
    missing, surplus = wanted - present, present - wanted
    places = {member[:2] for member in missing}
    handed_on = {member for member in surplus if member[:2] in places}
    orders = (("QueueRemove", handed_on), ("QueueAdd", missing), ("QueueRemove", surplus - handed_on))
    return [(action, member) for action, members in orders for member in sorted(members)]


class SafetyNet:
    """Brings the native queues to the wanted membership, one change at a time, again after every failure."""

    def __init__(self, engine: Engine, actions: AmiLink) -> None:
        self._engine = engine
        self._actions = actions
        self._present: set[Member] | None = None
        self._seats: frozenset[Seat] | None = None
        self._changed = asyncio.Event()

    def agents_changed(self) -> None:
        """Somebody came, left or changed phones."""
        self._changed.set()

    def forget(self) -> None:
        """Asterisk may have been restarted: ask it again what its queues hold."""
        self._present = None
        self._changed.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._bring_in_step()
            except AmiError as error:
                log.info("safety_net_retried", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                self._present = None
                self._changed.set()

    async def _bring_in_step(self) -> None:
        """Looks anew whenever somebody has come or gone meanwhile: a hall is signed out one by one."""
        seats = self._seats_now()
        if self._present is None:
            self._present = await self._ask()
        elif seats == self._seats:  # most often only what somebody does has changed
            return
        self._seats = None
        for action, member in changes(self._present, wanted_members(seats)):
            await self._change(action, member)
            if self._present is None:
                return
            self._present ^= {member}
            if self._changed.is_set() and seats != self._seats_now():
                return
        self._seats = seats

    def _seats_now(self) -> frozenset[Seat]:
        return seats_taken(self._engine.floor.agents.values())

    async def _ask(self) -> set[Member]:
        rows = await self._actions.action_list("QueueStatus", complete="QueueStatusComplete")
        return {(r["Queue"], endpoint_in(r["Location"]), r["Name"]) for r in rows if r.get("Event") == "QueueMember"}

    async def _change(self, action: str, member: Member) -> None:
        queue, endpoint, agent_id = member
        interface = interface_of(endpoint)
        fields = {"Queue": queue, "Interface": interface}
        if action == "QueueAdd":
            fields |= {"MemberName": agent_id, "StateInterface": interface}
        try:
            await self._actions.action(action, **fields)
        except AmiRefused as error:  # already there, already gone, or a queue not rendered yet
            log.info("safety_net_change_refused", action=action, queue=queue, endpoint=endpoint, error=str(error))
