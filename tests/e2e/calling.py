"""An agent who makes calls in a test, with all that the web process has answered to this agent."""

import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from ops.call.agent import Agent, Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.until import until_answered
from tests.e2e.records import SUPERVISOR

HOTLINE = "12345"
BY_HAND = Manner(answers_after=0.3, talks_for=None, outcome=None)


@dataclass
class Office:
    """One agent at work; `answers` is what came by HTTP."""

    city: City
    agent: Agent
    answers: list[Any] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        answer = await self.city.desk.ask(self.agent.number, method, path, body, **query)
        self.answers.append(answer)
        return answer

    async def call_out(self, **whom: str | int) -> str:
        """Ask for a call and return its id."""
        answer = await self.ask("POST", "/api/outbound/calls", whom)
        return str(answer["call_id"])

    async def come(self, kind: str, call_id: str, *, seconds: float = 15) -> dict[str, Any]:
        assert self.agent.screen is not None
        return (await self.agent.screen.next(kind, call_id, seconds=seconds)).body

    async def state(self, *states: str, seconds: float = 15) -> None:
        assert self.agent.screen is not None
        await self.agent.screen.in_state(*states, seconds=seconds)

    async def finish(self, call_id: str, outcome: str) -> dict[str, Any]:
        answer = await self.ask("PUT", f"/api/calls/{call_id}/outcome", {"outcome": outcome, "note": "记下"})
        assert isinstance(answer, dict)
        return answer

    async def record(self, call_id: str, *, seconds: float = 20) -> dict[str, Any]:
        """What the records say of a call, once it has ended in them."""
        found: dict[str, Any] = {}

        async def ended() -> bool:
            with contextlib.suppress(Refused):
                found.update(await self.city.desk.call(SUPERVISOR, call_id))
            return found.get("ended_at") is not None

        await until_answered(ended, f"the call {call_id} is in the records with its end", seconds=seconds)
        return found

    async def missed_case(self) -> tuple[str, str]:
        """A citizen's number, and the case of a call of theirs that this agent has answered."""
        call = await self.city.dial(HOTLINE, keys="0")
        await call.talking(seconds=30)
        call.hang_up()
        call_id = call.call_id
        assert call_id is not None
        await self.state("wrap_up")
        answer = await self.city.desk.ask(
            self.agent.number, "PUT", f"/api/calls/{call_id}/outcome", {"outcome": "to_dispatch", "note": ""}
        )
        await self.state("ready")
        return call.citizen.user, str(answer["case_no"])

    def shows(self, number: str) -> bool:
        """Whether the number is anywhere in what this agent's browser was sent about calls of ours."""
        assert self.agent.screen is not None
        bodies = [one.body for one in self.agent.screen.arrivals]
        outbound = {body["call_id"] for body in bodies if str(body.get("call_id", "")).startswith("out-")}
        told = [body for body in bodies if body.get("call_id") in outbound]
        assert told, "the screen was told nothing"
        return number in json.dumps([told, self.answers], ensure_ascii=False)

    async def end_talk(self, call: Call) -> None:
        """The citizen hangs up, and the agent writes down how it was."""
        call.hang_up()
        await self.state("wrap_up")
        assert call.call_id is not None
        await self.city.desk.choose_outcome(self.agent.number, call.call_id, "answered")
