"""Supervisors' ears in agents' talks: one leg a supervisor, placed beside the talk so that its end disturbs nobody."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.agents import CommandRefusedError
from acd.rules.book import Book
from acd.rules.places import Rooms, leg_to
from acd.rules.state import Agent, Call, Phase

KIND = "supervise"
CONTEXT = "supervise"
RING_SECONDS = 20
SPIED = "HOTLINE_SPIED"
JOIN = "join"
UNSEEN = "noticed afterwards"
"""Detail of an end that nobody saw: the voice process or AMI was away."""

Write = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Ear:
    """One supervisor's leg; `mode` is listen, whisper or join, `wish` the act that began it. `since` is its answer."""

    supervisor_id: str
    leg: str
    call_id: str
    agent_id: str
    mode: str
    wish: dict[str, Any]
    asked_at: dt.datetime
    since: dt.datetime | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form that survives a restart of the voice process."""
        told = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in told.items()}


def ear_from_dict(data: Mapping[str, Any]) -> Ear:
    """An ear as it was kept."""
    since = data["since"] and dt.datetime.fromisoformat(data["since"])
    return Ear(**{**data, "asked_at": dt.datetime.fromisoformat(data["asked_at"]), "since": since})


@dataclass(frozen=True, slots=True)
class _Next:
    """What a supervisor wants to hear as soon as the present leg is gone."""

    call: Call
    agent: Agent
    wish: dict[str, Any]


class Listening:
    """Who listens where. Asterisk ends each leg with the talk by itself, whoever is away then."""

    def __init__(self, book: Book, rooms: Rooms, write: Write) -> None:
        self._book = book
        self._rooms = rooms
        self._write = write
        self._ears: dict[str, Ear] = {}
        self._next: dict[str, _Next] = {}
        self._count = 0

    def restore(self, kept: Iterable[Mapping[str, Any]]) -> None:
        """Those who listened when the process before ended; the first snapshot confirms or ends each."""
        self._ears = {ear.supervisor_id: ear for ear in map(ear_from_dict, kept)}
        self._count = max((int(ear.leg.rpartition("-")[2]) for ear in self._ears.values()), default=0)

    def agree(self, placed: Mapping[str, bool]) -> None:
        """Make it equal to what Asterisk says: `placed` are the legs that are there, and whether they are answered."""
        for ear in self.present():
            answered, supervisor = placed.get(ear.leg), self._book.agents.get(ear.supervisor_id)
            if supervisor is not None:
                self._use_line(supervisor, used=True)
            if answered is None:
                self._book.out.append(fx.HangUp(ear.leg))  # should it just be ringing: nobody listens unseen
                self._end(ear, UNSEEN)
            elif ear.call_id not in self._book.calls:
                self._book.out.append(fx.HangUp(ear.leg))
            elif answered and ear.since is None:
                self._connected(ear)

    def present(self) -> list[Ear]:
        """All who listen now."""
        return list(self._ears.values())

    def calls(self, supervisor_id: str) -> str | None:
        """The call that a supervisor listens to."""
        ear = self._ears.get(supervisor_id)
        return ear.call_id if ear is not None else None

    def begin(self, supervisor: Agent, call: Call, agent: Agent, wish: dict[str, Any]) -> None:
        """Ring the supervisor's phone, or change what a leg hears that is there; refused without a phone."""
        ear = self._ears.get(supervisor.agent_id)
        if ear is None:
            self._place(supervisor, call, agent, wish)
        elif ear.call_id == call.call_id:
            self._change(ear, wish)
        else:
            self._next[supervisor.agent_id] = _Next(call, agent, wish)
            self._book.out.append(fx.HangUp(ear.leg))

    def _place(self, supervisor: Agent, call: Call, agent: Agent, wish: dict[str, Any]) -> None:
        endpoint = supervisor.phone
        if endpoint is None:
            gone = supervisor.reachable is None
            advice = "your phone is not there: open the page's phone or register yours" if gone else "hang up first"
            raise CommandRefusedError("phone_away" if gone else "phone_busy", advice)
        self._ring(supervisor, endpoint, call, agent, wish)

    def _ring(self, supervisor: Agent, endpoint: str, call: Call, agent: Agent, wish: dict[str, Any]) -> None:
        self._count += 1
        leg, mode = f"{fx.LEG_PREFIX}{KIND}-{call.call_id}-{self._count}", str(wish["act"])
        ear = Ear(supervisor.agent_id, leg, call.call_id, agent.agent_id, mode, wish, self._book.now)
        self._ears[supervisor.agent_id] = ear
        dial, seconds, told = leg_to(endpoint, call, RING_SECONDS)
        spied = ((SPIED, call.leg or ""), *told)
        self._book.out.append(fx.Place(leg, dial, CONTEXT, mode, seconds, f'"{mode}" <{agent.extension}>', spied))
        self._use_line(supervisor, used=True)
        self._keep()
        self._tell(ear, "ringing")

    def _use_line(self, supervisor: Agent, *, used: bool) -> None:
        """No device says whether a line seat's telephone is in use: while it listens nothing else rings there."""
        if supervisor.line is not None or supervisor.line_used:
            supervisor.line_used = used
            self._book.note(supervisor)

    def _change(self, ear: Ear, wish: dict[str, Any]) -> None:
        if ear.since is None:
            raise CommandRefusedError("ringing", "pick up your phone first")
        ear.mode, ear.wish = str(wish["act"]), wish
        self._bring_together(ear)
        self._book.out.append(fx.Move(CONTEXT, ((ear.leg, ear.mode),)))
        self._keep()
        self._tell(ear, "connected")

    def _bring_together(self, ear: Ear) -> None:
        """Whoever joins does so in a room: the recording has all three. A held citizen comes there later."""
        call = self._book.calls.get(ear.call_id)
        if ear.mode == JOIN and call is not None and call.phase is Phase.TALKING and not call.room:
            self._rooms.gather(call)
            self._book.keep(call)

    def stop(self, supervisor_id: str) -> str:
        """End listening; gives the call."""
        ear = self._ears.get(supervisor_id)
        if ear is None:
            raise CommandRefusedError("not_listening", "you do not listen to any call now")
        self.leave(supervisor_id)
        return ear.call_id

    def leave(self, supervisor_id: str) -> None:
        """End listening, if there is any; what becomes of the leg is heard as of every other."""
        self._next.pop(supervisor_id, None)
        ear = self._ears.get(supervisor_id)
        if ear is not None:
            self._book.out.append(fx.HangUp(ear.leg))

    def heard(self, event: ev.Placed | ev.PlacedEnded) -> None:
        """AMI tells of a leg: answered, not answered, or ended."""
        ear = next((one for one in self._ears.values() if one.leg == event.leg), None)
        if ear is None:
            return
        if isinstance(event, ev.Placed) and event.result is ev.PlacedResult.ANSWERED:
            self._connected(ear)
        else:
            self._end(ear, "" if ear.since else event.result.value)

    def _connected(self, ear: Ear) -> None:
        ear.since = self._book.now
        self._bring_together(ear)
        self._keep()
        self._note(ear, "connected", "")

    def _end(self, ear: Ear, detail: str) -> None:
        del self._ears[ear.supervisor_id]
        if (supervisor := self._book.agents.get(ear.supervisor_id)) is not None:
            self._use_line(supervisor, used=False)
        self._keep()
        self._note(ear, "failed" if ear.since is None else "ended", detail)
        self._go_on(ear.supervisor_id)

    def _keep(self) -> None:
        self._book.out.append(fx.KeepEars(tuple(ear.to_dict() for ear in self._ears.values())))

    def _go_on(self, supervisor_id: str) -> None:
        wanted, supervisor = self._next.pop(supervisor_id, None), self._book.agents.get(supervisor_id)
        endpoint = supervisor.reachable if supervisor is not None else None
        if wanted is None or supervisor is None or endpoint is None:
            return
        call, agent = wanted.call, wanted.agent
        if call.phase is Phase.TALKING and call.agent_id == agent.agent_id:
            self._ring(supervisor, endpoint, call, agent, wanted.wish)

    def _note(self, ear: Ear, result: str, detail: str) -> None:
        self._write(ear.call_id, {**ear.wish, "by": ear.supervisor_id, "result": result, "detail": detail})
        self._tell(ear, result)

    def _tell(self, ear: Ear, result: str) -> None:
        """The supervisor's own screen; the agent's is told nothing."""
        supervisor = self._book.agents.get(ear.supervisor_id)
        if supervisor is not None:
            more = {"act": ear.mode, "agent_id": ear.agent_id, "result": result}
            self._book.tell(supervisor, "supervision", ear.call_id, **more)
