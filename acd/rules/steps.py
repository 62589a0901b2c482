"""Where a trigger leads an agent in the end: by the table, then by what was asked for during a call, or by a loss."""

from acd.messages import AgentStateName
from acd.rules.agents import Trigger, next_state
from acd.rules.state import Agent

S = AgentStateName
BUSY = frozenset({S.OFFERED, S.TALKING, S.HOLDING, S.WRAP_UP})
"""What is asked for in these states comes after them."""

LOST = frozenset({S.LINK_LOST, S.MICROPHONE_LOST})
WISHED = {S.PAUSED: Trigger.PAUSE, S.LOGGED_OUT: Trigger.SIGN_OUT}


def landing(agent: Agent, trigger: Trigger, *, call_id: str | None, reason: str | None) -> tuple[S, str | None]:
    """The state that the agent comes to, and its reason; raises `TransitionRefusedError`.

    Whoever would be ready, or has missed an offer, goes where they asked to go. Whoever would be ready without page
    or microphone is not.
    """
    state = next_state(agent.state, trigger)
    if agent.next is not None and call_id is None and state in {S.READY, S.MISSED}:
        return next_state(state, WISHED[agent.next.state]), agent.next.reason
    if state is S.READY and agent.page.lost:
        return next_state(state, Trigger.LINK_LOST), None
    if state is S.READY and not agent.microphone:
        return next_state(state, Trigger.MICROPHONE_LOST), None
    return state, reason


def keeps_wish(state: S, call_id: str | None) -> bool:
    """Whether what was asked for still has to come: during a call, and while a broken phone is waited for."""
    return state in BUSY or (state is S.MISSED and call_id is not None)
