"""Who can be rung, per queue, longest idle first: what a call that comes in looks up instead of asking every agent."""

import datetime as dt
from bisect import bisect_left, insort

from acd.messages import AgentStateName
from acd.rules.state import Agent

Key = tuple[dt.datetime, str]


class IdleAgents:
    """The ready agents with a free phone, each queue sorted by (earlier in this state, agent id)."""

    def __init__(self) -> None:
        self._queues: dict[str, list[Key]] = {}
        self._kept: dict[str, tuple[tuple[str, ...], Key]] = {}

    def __contains__(self, agent_id: str) -> bool:
        return agent_id in self._kept

    def note(self, agent: Agent) -> None:
        """Take in what an agent has become: to be called whenever state, queues or phones have changed."""
        free = agent.state is AgentStateName.READY and agent.phone is not None
        wanted = (agent.queues, (agent.since, agent.agent_id)) if free else None
        if wanted == self._kept.get(agent.agent_id):
            return
        self._drop(agent.agent_id)
        if wanted is not None:
            self._kept[agent.agent_id] = wanted
            for queue in agent.queues:
                insort(self._queues.setdefault(queue, []), wanted[1])

    def _drop(self, agent_id: str) -> None:
        kept = self._kept.pop(agent_id, None)
        if kept is None:
            return
        queues, key = kept
        for queue in queues:
            line = self._queues[queue]
            del line[bisect_left(line, key)]

    def first(self, queue: str) -> str | None:
        """The longest-idle agent who serves `queue`, or None."""
        line = self._queues.get(queue)
        return line[0][1] if line else None
