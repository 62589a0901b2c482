"""A hall under a virtual clock: callers and agents play their part, the real `Floor` decides everything else."""

import datetime as dt
import math
from collections.abc import Callable, Iterator
from random import Random
from typing import cast

from acd.messages import AgentConfiguration, AgentStateName, Configuration, QueueConfiguration
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.floor import Floor
from acd.rules.policy import NO_RULE_SECONDS
from acd.simulation.arrivals import Caller, stream
from acd.simulation.clock import VirtualClock
from acd.simulation.scenario import Queue, Scenario

BEGINNING = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
FIRST_EXTENSION = 100001
FREE_PHONE = "NOT_INUSE"

Over = Callable[[Caller, float], None]
Busy = Callable[[float, float], None]
Check = Callable[["Hall"], None]


class IdleAgentError(AssertionError):
    """The rules left a free agent and a caller whom that agent serves waiting for each other."""


class Hall:
    """Runs until all calls are over.

    `over(caller, moment)` is told each call's answer or, without one, its giving up; `busy(begin, end)` each stretch
    of seconds that an agent was taken; `check` sees the hall after every event that the rules have taken.
    """

    def __init__(
        self, scenario: Scenario, *, seed: str, begin: float, over: Over, busy: Busy, check: Check | None = None
    ) -> None:
        self.floor = Floor()
        self.clock = VirtualClock(begin)
        self.waiting: dict[str, Caller] = {}
        self._ringing = scenario.ringing
        self._luck: Random = stream(seed, "ringing")
        self._over, self._busy, self._check = over, busy, check
        self._calls: dict[str, Caller] = {}
        self._taken_since: dict[str, float] = {}
        self._arrivals: Iterator[Caller] = iter(())
        self._wakes_at: float | None = None
        self._staff(configuration(scenario))

    def run(self, arrivals: Iterator[Caller]) -> None:
        """Let the callers come, and go on until the last of them has been served or has given up."""
        self._arrivals = arrivals
        self._expect_next()
        self.clock.run()

    def _staff(self, conf: Configuration) -> None:
        self._tell(ev.Configured(conf))
        phones = {agent["extension"]: FREE_PHONE for agent in conf["agents"]}
        self._tell(ev.Snapshot(self._now(), phones=phones))
        for agent in conf["agents"]:
            self._tell(ev.Command(agent["id"], "ready"))

    def _now(self) -> dt.datetime:
        return BEGINNING + dt.timedelta(seconds=self.clock.now)

    def _tell(self, event: ev.Event) -> None:
        effects = self.floor.handle(event, now=self._now())
        orders = [effect for effect in effects if isinstance(effect, fx.Ring)]
        for order in orders:
            self._offered(order)
        if self._check is not None:
            self._check(self)
        for order in orders:
            self._ring(order)
        self._plan()

    def _plan(self) -> None:
        """A waiting caller asks for less from some moment on: the rules are told then, as by the engine's timer."""
        due = self.floor.next_due
        if due is None:
            return
        moment = max(self.clock.now, (due - BEGINNING).total_seconds())
        if self._wakes_at is None or moment < self._wakes_at:
            self._wakes_at = moment
            self.clock.at(moment, self._wake, moment)

    def _wake(self, moment: float) -> None:
        if moment == self._wakes_at:
            self._wakes_at = None
            self._tell(ev.Due())

    # Callers

    def _expect_next(self) -> None:
        caller = next(self._arrivals, None)
        if caller is not None:
            self.clock.at(caller.at, self._arrive, caller)

    def _arrive(self, caller: Caller) -> None:
        self._expect_next()
        call_id = caller.call_id
        self._tell(ev.CallStarted(call_id, "", "", ""))
        self._calls[call_id] = self.waiting[call_id] = caller
        self._tell(ev.CallQueued(call_id, caller.queue.id, skill=caller.skill))
        caller.waited = call_id in self.waiting
        if caller.answered_at is None and math.isfinite(caller.patience_s):
            self.clock.at(caller.at + caller.patience_s, self._give_up, caller)

    def _give_up(self, caller: Caller) -> None:
        if caller.answered_at is not None:
            return
        del self._calls[caller.call_id]
        self.waiting.pop(caller.call_id, None)
        self._free(caller)
        self._tell(ev.CallEnded(caller.call_id))
        self._over(caller, self.clock.now)

    # Agents

    def _offered(self, order: fx.Ring) -> None:
        caller = self.waiting.pop(order.call_id)
        caller.offer_no, caller.agent_id = order.offer_no, order.agent_id
        self._taken_since[order.agent_id] = self.clock.now

    def _ring(self, order: fx.Ring) -> None:
        ringing = self._ringing
        if ringing.missed and self._luck.random() < ringing.missed:
            self.clock.at(self.clock.now + NO_RULE_SECONDS, self._miss, order)
        elif ringing.pickup_s:
            self.clock.at(self.clock.now + ringing.pickup_s, self._answer, order)
        else:
            self._answer(order)

    def _current(self, order: fx.Ring) -> Caller | None:
        caller = self._calls.get(order.call_id)
        return caller if caller is not None and caller.offer_no == order.offer_no else None

    def _answer(self, order: fx.Ring) -> None:
        caller = self._current(order)
        if caller is None:
            return
        caller.answered_at = self.clock.now
        self._tell(ev.LegAnswered(order.call_id, order.endpoint))
        self._over(caller, self.clock.now)
        self.clock.at(self.clock.now + caller.handle_s, self._finish, order)

    def _finish(self, order: fx.Ring) -> None:
        """Talk and wrap-up count as one handling time, so the outcome follows the end of the call at once."""
        self._free(self._calls.pop(order.call_id))
        self._tell(ev.HangupAsked(order.call_id))
        self._tell(ev.LegEnded(order.call_id, order.endpoint))
        self._tell(ev.CallEnded(order.call_id))
        self._tell(ev.Command(order.agent_id, "outcome", {"call_id": order.call_id}))

    def _miss(self, order: fx.Ring) -> None:
        caller = self._current(order)
        if caller is None:
            return
        self._free(caller)
        self.waiting[order.call_id] = caller
        self._tell(ev.OfferFailed(order.call_id, order.offer_no, "no_answer"))
        self.clock.at(self.clock.now + self._ringing.away_s, self._return, order.agent_id)

    def _return(self, agent_id: str) -> None:
        self._tell(ev.Command(agent_id, "ready"))

    def _free(self, caller: Caller) -> None:
        if caller.agent_id is not None:
            self._busy(self._taken_since.pop(caller.agent_id), self.clock.now)
            caller.agent_id = None


def configuration(scenario: Scenario) -> Configuration:
    """The scenario's queues and agents as the web process would publish them."""
    agents: list[AgentConfiguration] = []
    for group in scenario.groups:
        for _ in range(group.count or 0):
            staff_no = str(FIRST_EXTENSION + len(agents))
            agent: AgentConfiguration = {
                "id": staff_no,
                "name": staff_no,
                "extension": staff_no,
                "queues": list(group.queues),
                "role": "agent",
            }
            agents.append(cast("AgentConfiguration", {**agent, **dict(group.routing)}))
    return {
        "version": "simulation",
        "queues": [_published(queue) for queue in scenario.queues],
        "agents": agents,
        "numbers": [],
        "menus": [],
    }


def _published(queue: Queue) -> QueueConfiguration:
    plain: QueueConfiguration = {
        "id": queue.id,
        "name": queue.id,
        "priority": queue.priority,
        "ring_seconds": NO_RULE_SECONDS,
    }
    return cast("QueueConfiguration", {**plain, **dict(queue.routing)})


def work_conserving(hall: Hall) -> None:
    """A check: raises `IdleAgentError` when a free agent and a caller whom that agent serves wait for each other.

    Who waits is taken from the hall's own book, not from the rules' waiting line. Callers who need a skill or a seat of
    their county are left out: whom these may keep waiting for is a matter of time.
    """
    if not hall.waiting:
        return
    wanted = {caller.queue.id for caller in hall.waiting.values() if _takes_anybody(caller)}
    for agent in hall.floor.agents.values():
        if agent.state is AgentStateName.READY and agent.phone is not None and not wanted.isdisjoint(agent.queues):
            raise IdleAgentError(f"agent {agent.agent_id} is free at {hall.clock.now:.3f} s, waiting: {sorted(wanted)}")


def _takes_anybody(caller: Caller) -> bool:
    return caller.skill is None and not {"needs", "county"} & caller.queue.routing.keys()
