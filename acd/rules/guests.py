"""Guests of a session (市长接听日, 代表委员): at its end they are signed out, who talks then after the outcome."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from acd.messages import AgentStateName
from acd.rules.agents import CommandRefusedError, Trigger
from acd.rules.book import Book
from acd.rules.presence import Presence
from acd.rules.state import Agent

S = AgentStateName
TIMER = "guest"
GRACE = dt.timedelta(minutes=30)
"""After a session's end: for the last talk and its outcome; nobody signs in or becomes ready any more."""

LOOK_AGAIN = dt.timedelta(minutes=1)
"""A talk that goes on beyond all grace is looked at so often; it is never cut."""

WHILE_IT_LASTS = (Trigger.SIGN_IN, Trigger.READY, Trigger.PAUSE)

Command = Callable[[Agent, Mapping[str, Any]], None]


def refuse_after_end(agent: Agent, *, now: dt.datetime) -> None:
    """Raise CommandRefusedError for a guest whose session is over."""
    if agent.expires is not None and agent.expires <= now:
        raise CommandRefusedError("session_over", "the session has ended: finish the present call, then sign out")


class Guests:
    """Keeps the end of each guest's session."""

    def __init__(self, book: Book, presence: Presence) -> None:
        self._book = book
        self._presence = presence

    def published(self, agent: Agent, until: str | None) -> None:
        """The session's end as it is published now; None for the staff."""
        agent.expires = None if until is None else dt.datetime.fromisoformat(until)
        is_away = agent.state is S.LOGGED_OUT and agent.expires is not None and agent.expires <= self._book.now
        self._book.timers.set((TIMER, agent.agent_id), None if is_away else agent.expires)

    def while_it_lasts(self, command: Command) -> Command:
        """The command, refused to a guest whose session is over."""

        def guarded(agent: Agent, args: Mapping[str, Any]) -> None:
            refuse_after_end(agent, now=self._book.now)
            command(agent, args)

        return guarded

    def due(self, agent_id: str) -> None:
        """The end has come: signed out, or as soon as the present call and its outcome are done."""
        agent = self._book.agents.get(agent_id)
        if agent is None or agent.expires is None:
            return
        self._presence.ask(Trigger.SIGN_OUT, agent, {}, forced=True)
        late = self._book.now >= agent.expires + GRACE
        if late and agent.state is S.WRAP_UP:
            self._book.move(agent, Trigger.FINISH)
        if agent.state is not S.LOGGED_OUT:
            again = self._book.now + LOOK_AGAIN if late else agent.expires + GRACE
            self._book.timers.set((TIMER, agent_id), again)
