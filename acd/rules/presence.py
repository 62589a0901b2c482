"""What agents ask to be, and whether they can be reached: next states, pauses, screens, microphones."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from acd.messages import AgentStateName
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError, Trigger, next_state
from acd.rules.book import Book
from acd.rules.state import Agent, Wish
from acd.rules.steps import BUSY, WISHED

S = AgentStateName
LINK_TIME = dt.timedelta(seconds=3)
"""So long a page may be gone (a refresh) before its agent is offered nothing."""

WEB_TIME = dt.timedelta(seconds=10)
"""So long pages have to come back after the web process has: that it was away is not the agents' fault."""

SIGNED_IN = "signed_in"
WISHES = {trigger: state for state, trigger in WISHED.items()}


class Presence:
    """Takes the commands about an agent's own state, and what is told of screens."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._webs = 0

    # What is asked for

    def ask(self, trigger: Trigger, agent: Agent, args: Mapping[str, Any], *, forced: bool = False) -> None:
        """Become ready, pause, sign in or out, or do so after the present call; `forced` knows no quota.

        Raises `TransitionRefusedError` and `CommandRefusedError`; nothing has changed then.
        """
        reason = self._reason(trigger, agent, args.get("reason"), forced=forced)
        if agent.state in BUSY:
            self._wish(agent, trigger, reason)
            return
        if next_state(agent.state, trigger) is agent.state and (trigger is not Trigger.PAUSE or reason == agent.reason):
            return
        if trigger is Trigger.READY:
            agent.page.forget_absent()
        agent.next = None
        self._book.move(agent, trigger, reason=reason)

    def _reason(self, trigger: Trigger, agent: Agent, given: str | None, *, forced: bool) -> str | None:
        if trigger is Trigger.SIGN_IN:
            return given or SIGNED_IN
        if trigger is not Trigger.PAUSE:
            return None
        reasons = self._book.published.pauses
        if forced or not reasons:
            return given or SIGNED_IN
        reason = reasons.get(given or "")
        if reason is None:
            listed = ", ".join(f"{one.id} ({one.name})" for one in reasons.values())
            raise CommandRefusedError("pause_reason_unknown", f"give one of these reasons for a pause: {listed}")
        runs = agent.state is S.PAUSED and agent.reason == reason.id
        if not runs and agent.pauses.left(reason, now=self._book.now) == dt.timedelta(0):
            raise CommandRefusedError(
                "pause_quota_used",
                f"today's {reason.minutes} minutes of {reason.name} "
                "are used up: take another reason, or ask your supervisor",
            )
        return reason.id

    def _wish(self, agent: Agent, trigger: Trigger, reason: str | None) -> None:
        if trigger is Trigger.SIGN_IN:
            return
        wanted = WISHES.get(trigger)
        agent.next = None if wanted is None else Wish(wanted, reason)
        self._book.tell_state(agent)

    def microphone(self, agent: Agent, args: Mapping[str, Any]) -> None:
        """The page tells whether its microphone is there."""
        ok = args.get("ok")
        if not isinstance(ok, bool):
            raise CommandRefusedError("malformed", 'say whether the microphone is there: {"ok": true} or {"ok": false}')
        if agent.microphone is ok:
            return
        agent.microphone = ok
        if ok and agent.state is S.MICROPHONE_LOST:
            self._book.move(agent, Trigger.MICROPHONE_BACK)
        elif not ok and agent.state is S.READY:
            self._book.move(agent, Trigger.MICROPHONE_LOST)
        else:
            self._book.keep_agent(agent)

    # Screens

    def screen_back(self, event: ev.ScreenBack) -> None:
        """The first screen of an agent is there."""
        agent = self._book.agents.get(event.agent_id)
        if agent is None:
            return
        known, agent.page.seen, agent.page.there, agent.page.lost = agent.page.seen, True, True, False
        self._book.timers.set(("link", agent.agent_id), None)
        if agent.state is S.LINK_LOST:
            self._book.move(agent, Trigger.LINK_BACK)
        elif not known:
            self._book.keep_agent(agent)

    def screen_gone(self, event: ev.ScreenGone) -> None:
        """The last screen of an agent is gone."""
        agent = self._book.agents.get(event.agent_id)
        if agent is None:
            return
        agent.page.there = False
        if agent.state is S.LOGGED_OUT:
            agent.page.forget_absent()
        elif self._webs:
            self._book.timers.set(("link", agent.agent_id), self._book.now + LINK_TIME)

    def web_came(self, _: ev.WebCame) -> None:
        """A web process is there: pages have time to find it."""
        self._webs += 1
        if self._webs == 1:
            self._wait_for_pages(self._book.now + WEB_TIME)

    def web_went(self, _: ev.WebWent) -> None:
        """A web process is gone. Without any nobody's page can be there, and phones ring all the same."""
        self._webs -= 1
        if not self._webs:
            self._wait_for_pages(None)

    def _wait_for_pages(self, until: dt.datetime | None) -> None:
        for agent in self._book.agents.values():
            if agent.page.seen and not agent.page.there and not agent.page.lost:
                self._book.timers.set(("link", agent.agent_id), until)

    def link_due(self, agent_id: str) -> None:
        """The page did not come back in time."""
        agent = self._book.agents.get(agent_id)
        if agent is None or agent.page.there or not agent.page.seen:
            return
        agent.page.lost = True
        if agent.state is S.READY:
            self._book.move(agent, Trigger.LINK_LOST)

    # Time

    def state_due(self, agent_id: str) -> None:
        """A pause has used its quota, which is shown and no more: a person may be ill. A wrap-up had its time."""
        agent = self._book.agents.get(agent_id)
        if agent is None:
            return
        if agent.state is S.PAUSED and not agent.overrun:
            agent.overrun = True
            self._book.tell_state(agent)
        elif agent.state is S.WRAP_UP:
            self._book.move(agent, Trigger.FINISH)

    def published(self, agent: Agent) -> None:
        """Quotas may have changed: a pause in progress ends by those of now."""
        before, until = (agent.until, agent.overrun), agent.until
        if agent.state is S.PAUSED:
            until = self._book.pause_end(agent)
            agent.overrun = until is not None and until <= self._book.now
        self._book.set_end(agent, until)
        if (agent.until, agent.overrun) != before:
            self._book.tell_state(agent)
