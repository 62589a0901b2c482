"""How long a citizen will probably wait: the place in the line, the agents on duty, and how long calls take lately."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from acd.messages import AgentStateName
from acd.rules.state import IN_TALK, ON_DUTY, Agent

BUSY = IN_TALK | {AgentStateName.WRAP_UP}
FIRST_GUESS_SECONDS = 180.0
WEIGHT = 0.1
"""Of the newest call in the mean: some twenty calls are remembered."""


class Pace:
    """Time from answer to the end of the wrap-up, a mean for each queue; told by the changes of agents' states."""

    def __init__(self) -> None:
        self._means: defaultdict[str, float] = defaultdict(lambda: FIRST_GUESS_SECONDS)
        self._since: dict[str, tuple[dt.datetime, str]] = {}

    def note(self, agent_id: str, state: AgentStateName, *, queue: str | None, now: dt.datetime) -> None:
        """An agent's state changed; `queue` is that of the call, where there is one."""
        if state in BUSY:
            if queue is not None:
                self._since.setdefault(agent_id, (now, queue))
            return
        began = self._since.pop(agent_id, None)
        if began is not None:
            since, of = began
            self._means[of] += WEIGHT * ((now - since).total_seconds() - self._means[of])

    def handling_seconds(self, queue: str) -> float:
        """The mean so far; the first guess where nothing was seen yet."""
        return self._means[queue]

    def expected_seconds(self, queue: str, position: int, agents: Iterable[Agent]) -> float | None:
        """How long until the call at `position` (from 1) is answered; None when nobody of the queue is at work.

        So many calls must end first, one after the other among those who are at work.
        """
        working = sum(agent.state in ON_DUTY and queue in agent.queues for agent in agents)
        return position * self.handling_seconds(queue) / working if working else None
