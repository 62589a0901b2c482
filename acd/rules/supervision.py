"""What supervisors do in the hall: acts on calls and agents, checked, written down, told to whom they concern.

Listening has a room of its own (`acd.rules.listening`); this one is the door of all acts.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from acd.messages import AgentStateName, CallEventType
from acd.rules import effects as fx
from acd.rules.agents import CommandRefusedError, Trigger
from acd.rules.book import Book
from acd.rules.guests import refuse_after_end
from acd.rules.listening import Listening
from acd.rules.offers import Offers
from acd.rules.places import Rooms
from acd.rules.presence import Presence
from acd.rules.state import Agent, Call, Phase

S = AgentStateName
SUPERVISE = "supervise"
SUPERVISORS = frozenset({"supervisor", "administrator"})
FORCED = {"ready": Trigger.READY, "paused": Trigger.PAUSE, "logged_out": Trigger.SIGN_OUT}
TEXTS = ("act", "act_id", "agent_id", "call_id", "to", "state", "reason", "why")


@dataclass(frozen=True, slots=True)
class Wish:
    """One act as it was asked for; what does not belong to it is empty. `act_id` names it in the audit trail."""

    act: str
    act_id: str
    agent_id: str
    call_id: str
    to: str
    state: str
    reason: str
    why: str


def wish_of(args: Mapping[str, Any]) -> Wish:
    """Read what came over the link; whatever is not text is empty."""
    texts = {name: value if isinstance(value := args.get(name), str) else "" for name in TEXTS}
    return Wish(**texts)


def subject_of(args: Mapping[str, Any]) -> str:
    """Under what the act is written down: the call that it is about, else the agent."""
    wish = wish_of(args)
    return wish.call_id or f"agent-{wish.agent_id}"


def entry(by: str, args: Mapping[str, Any], result: str, detail: str = "") -> dict[str, Any]:
    """The act as an event of Wire 1; `result`: taken, refused, or what became of listening."""
    return {**asdict(wish_of(args)), "by": by, "result": result, "detail": detail}


class Supervision:
    """Takes a supervisor's acts; raises `CommandRefusedError` with a sentence for what cannot be done now."""

    def __init__(self, book: Book, offers: Offers, presence: Presence) -> None:
        self._book = book
        self._offers = offers
        self._presence = presence
        self._rooms = Rooms(book)
        self.listening = Listening(book, self._rooms, self._write)
        self._acts: dict[str, Callable[[Agent, Wish], str]] = {
            "listen": self._listen,
            "whisper": self._listen,
            "join": self._listen,
            "stop": self._stop,
            "take_over": self._take_over,
            "move": self._move,
            "front": self._front,
            "force": self._force,
            "finish": self._finish,
        }

    def act(self, supervisor: Agent, args: Mapping[str, Any]) -> None:
        """Do one act, and write it down with who and why."""
        wish = wish_of(args)
        act = self._acts.get(wish.act)
        if act is None:
            raise CommandRefusedError("unknown_act", f"{wish.act[:40]!r} is no act: use one of {', '.join(self._acts)}")
        if supervisor.role not in SUPERVISORS:
            raise CommandRefusedError("forbidden", "only supervisors act in the hall")
        subject = act(supervisor, wish)
        self._write(subject, entry(supervisor.agent_id, args, "taken"))

    def _write(self, subject: str, data: dict[str, Any]) -> None:
        self._book.out.append(fx.Record(subject, CallEventType.HALL_ACT, data))

    # Listening

    def _listen(self, supervisor: Agent, wish: Wish) -> str:
        call, agent = self._talk(wish)
        if agent is supervisor:
            raise CommandRefusedError("own_call", "this is your own call")
        if supervisor.call_id is not None and supervisor.state in {S.TALKING, S.OFFERED}:
            raise CommandRefusedError("busy", "finish your own call first")
        self.listening.begin(supervisor, call, agent, asdict(wish))
        if wish.act == "join":
            self._tell(agent, wish, supervisor, call.call_id)
        return call.call_id

    def _stop(self, supervisor: Agent, _: Wish) -> str:
        return self.listening.stop(supervisor.agent_id)

    def _talk(self, wish: Wish) -> tuple[Call, Agent]:
        """The talk that is meant, by its call or by its agent."""
        agent = self._book.agents.get(wish.agent_id)
        call = self._book.calls.get(wish.call_id or (agent.call_id if agent is not None and agent.call_id else ""))
        found = self._book.agents.get(call.agent_id or "") if call is not None else None
        if call is None or found is None or call.phase is not Phase.TALKING or not call.leg:
            raise CommandRefusedError("no_talk", "there is no talk there now: look at the hall again")
        return call, found

    # Taking over

    def _take_over(self, supervisor: Agent, wish: Wish) -> str:
        waiting = self._book.calls.get(wish.call_id)
        if waiting is not None and waiting.phase is Phase.WAITING:
            self._take_waiting(supervisor, waiting)
            return waiting.call_id
        call, agent = self._talk(wish)
        self._may_take(supervisor, call)
        if agent is supervisor:
            raise CommandRefusedError("own_call", "this is your own call already")
        self.listening.leave(supervisor.agent_id)
        self._free(supervisor)
        self._offers.release(call, by="supervisor")
        self._offers.release_third(call, reason="withdrawn")
        self._rooms.leave(call)
        self._tell(agent, wish, supervisor, call.call_id)
        self._keep_for(supervisor, call)
        return call.call_id

    def _may_take(self, supervisor: Agent, call: Call) -> None:
        if not call.session:
            raise CommandRefusedError("out_of_reach", "this call runs without the telephone system; it cannot be moved")
        if supervisor.reachable is None:
            raise CommandRefusedError("phone_away", "your phone is not there: open the page's phone or register yours")
        busy = supervisor.state in {S.OFFERED, S.TALKING, S.WRAP_UP}
        listens = self.listening.calls(supervisor.agent_id) == call.call_id
        if busy or (supervisor.phone is None and not listens):
            raise CommandRefusedError("busy", "finish what is at your own phone first")

    def _keep_for(self, supervisor: Agent, call: Call) -> None:
        """The citizen hears music until the supervisor's phone is free: at once, or when listening has ended."""
        call.phase, call.agent_id, call.leg, call.ended_by = Phase.RESERVED, supervisor.agent_id, None, None
        self._book.reserve(supervisor.agent_id, call.call_id)
        self._book.keep(call)

    def _take_waiting(self, supervisor: Agent, call: Call) -> None:
        self._may_take(supervisor, call)
        if supervisor.phone is None:
            raise CommandRefusedError("busy", "stop listening first")
        self._free(supervisor)
        self._offers.ring(call, supervisor)

    def _free(self, supervisor: Agent) -> None:
        """Whoever takes a call is there for it, whatever their state was."""
        if supervisor.state is not S.READY:
            self._presence.ask(Trigger.READY, supervisor, {})
        if supervisor.state is not S.READY:
            raise CommandRefusedError(
                "microphone_lost", "connect your microphone first: the citizen could not hear you"
            )

    # Those who wait

    def _move(self, _: Agent, wish: Wish) -> str:
        call = self._waiting(wish)
        if wish.to not in self._book.published.queues:
            raise CommandRefusedError("unknown_queue", f"there is no queue {wish.to[:40]!r}: the hall lists them")
        if wish.to == call.queue:
            raise CommandRefusedError("same_queue", "the call waits in that queue already")
        call.queue, call.joined_at = wish.to, self._book.now
        self._wait_anew(call)
        return call.call_id

    def _front(self, _: Agent, wish: Wish) -> str:
        call = self._waiting(wish)
        others = (d for d in self._book.matcher.demands() if d.queue == call.queue and d.call_id != call.call_id)
        call.priority = max((demand.priority + 1 for demand in others), default=call.priority)
        self._wait_anew(call)
        return call.call_id

    def _waiting(self, wish: Wish) -> Call:
        call = self._book.calls.get(wish.call_id)
        if call is None or call.phase is not Phase.WAITING:
            raise CommandRefusedError("not_waiting", "this call does not wait in a queue now: look at the hall again")
        return call

    def _wait_anew(self, call: Call) -> None:
        queued = {"queue": call.queue, "priority": call.priority, "skill": call.skill}
        self._book.record(call.call_id, CallEventType.QUEUED, **queued)
        self._offers.wait(call)
        self._book.keep(call)

    # Agents' states

    def _force(self, supervisor: Agent, wish: Wish) -> str:
        agent, trigger = self._agent(wish), FORCED.get(wish.state)
        if trigger is None:
            raise CommandRefusedError("unknown_state", f"a state to force is one of {', '.join(FORCED)}")
        if trigger is not Trigger.SIGN_OUT:
            refuse_after_end(agent, now=self._book.now)
        self._presence.ask(trigger, agent, {"reason": wish.reason or "supervisor"}, forced=True)
        self._tell(agent, wish, supervisor, agent.call_id or "")
        return f"agent-{agent.agent_id}"

    def _finish(self, supervisor: Agent, wish: Wish) -> str:
        agent = self._agent(wish)
        if agent.state is not S.WRAP_UP:
            raise CommandRefusedError("no_wrap_up", f"{agent.name or agent.agent_id} is not in wrap-up now")
        call_id = agent.call_id
        self._book.move(agent, Trigger.FINISH)
        self._tell(agent, wish, supervisor, call_id or "")
        return f"agent-{agent.agent_id}"

    def _agent(self, wish: Wish) -> Agent:
        agent = self._book.agents.get(wish.agent_id)
        if agent is None:
            raise CommandRefusedError("unknown_agent", f"there is no agent {wish.agent_id[:40]!r}")
        return agent

    def _tell(self, agent: Agent, wish: Wish, supervisor: Agent, call_id: str) -> None:
        """What is done openly is told to whom it is done; silent listening and whispering never come here."""
        by = {"act": wish.act, "by": supervisor.agent_id, "by_name": supervisor.name, "why": wish.why}
        self._book.tell(agent, "supervised", call_id, **by)
