"""Keeps Asterisk's native fallback queues in step: their members are the agents last known to take calls."""

import asyncio

import structlog

from acd.ami import AmiError, AmiLink, AmiRefused
from acd.engine import Engine
from acd.messages import AgentStateName
from acd.rules.state import ON_DUTY, Agent
from acd.rules.telephones import endpoint_in, interface_of

log = structlog.get_logger(__name__)

RETRY_SECONDS = 1.0
ABSENT = frozenset(AgentStateName) - ON_DUTY

Member = tuple[str, str, str]  # queue, endpoint, agent id


def wanted_members(agents: list[Agent]) -> frozenset[Member]:
    """Who should be in which native queue, by which phone."""
    return frozenset(
        (queue, phone, agent.agent_id)
        for agent in agents
        if agent.state not in ABSENT and (phone := agent.reachable) is not None
        for queue in agent.queues
    )


def next_change(present: frozenset[Member], wanted: frozenset[Member]) -> tuple[str, Member] | None:
    """The AMI action that comes first: a queue that lacks somebody is worse than one that still has somebody.

    A phone that is another agent's now leaves first, for a queue has each phone once.
    """
    missing, surplus = wanted - present, present - wanted
    places = {member[:2] for member in missing}
    if handed_on := {member for member in surplus if member[:2] in places}:
        return "QueueRemove", min(handed_on)
    if missing:
        return "QueueAdd", min(missing)
    return ("QueueRemove", min(surplus)) if surplus else None


class SafetyNet:
    """Brings the native queues to the wanted membership, one change at a time, again after every failure."""

    def __init__(self, engine: Engine, actions: AmiLink) -> None:
        self._engine = engine
        self._actions = actions
        self._present: frozenset[Member] | None = None
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
        """Looks anew before each change: agents come and go while a hall is signed out one by one."""
        if self._present is None:
            self._present = await self._ask()
        while self._present is not None:
            change = next_change(self._present, wanted_members(list(self._engine.floor.agents.values())))
            if change is None:
                return
            await self._change(*change)
            if self._present is not None:
                self._present ^= {change[1]}

    async def _ask(self) -> frozenset[Member]:
        rows = await self._actions.action_list("QueueStatus", complete="QueueStatusComplete")
        return frozenset(
            (r["Queue"], endpoint_in(r["Location"]), r["Name"]) for r in rows if r.get("Event") == "QueueMember"
        )

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
