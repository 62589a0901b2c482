"""Calls that the hotline makes: the agent's phone first, its own number shown, the citizen's nowhere on the screen."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Agent, Manner
from ops.call.carrier import BUSY, CITIZEN, SILENT
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.conftest import Maker
from tests.e2e.records import SUPERVISOR, calls_of, queued

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOTLINE = "12345"
ADMINISTRATOR = "9901"
SPOKEN_BYTES = 8000
"""Half a second."""

BY_HAND = Manner(answers_after=0.3, talks_for=None, outcome=None)
SOON = {
    "HOTLINE_ANNOUNCE_FIRST_SECONDS": "2",
    "HOTLINE_ANNOUNCE_EVERY_SECONDS": "4",
    "HOTLINE_OFFER_AFTER_SECONDS": "3",
}


@dataclass
class Office:
    """One agent at work, with all that the web process has answered to this agent."""

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(make_system: Maker) -> Instance:
    return await asyncio.to_thread(make_system, extra=SOON)


@pytest_asyncio.fixture(loop_scope="module")
async def office(running: Instance) -> AsyncIterator[Office]:
    async with City(running) as city:
        (agent,) = await city.seat(["1001"], BY_HAND)
        yield Office(city, agent)


async def test_the_agents_phone_first_then_the_citizen_who_sees_the_hotlines_number(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: CITIZEN})
    agent.manner = Manner(answers_after=None, outcome=None)
    rings = len(agent.calls)

    call_id = await office.call_out(case_no=case_no)
    offer = await office.come("offer", call_id)
    assert (offer["direction"], offer["case_no"]) == ("outbound", case_no)
    ring = (await until(lambda: agent.calls[rings:], "the agent's phone rings", seconds=10))[0]
    assert ring.caller_number == HOTLINE
    assert ring.call_id == call_id
    assert city.carrier.calls == [], "the citizen is called before the agent is there"

    await agent.answer(ring)
    await office.come("dialling", call_id)
    leg = await city.carrier.talking(number)
    assert leg.caller_number == HOTLINE
    await office.come("answered", call_id)
    case = await office.come("case", call_id)
    assert case["case_no"] == case_no
    media = ring.media
    assert media is not None
    await until(lambda: media.heard.tone_heard_at, "the agent hears the citizen", seconds=10)
    await office.state("talking")
    wav = city.place.home / "recordings" / f"{call_id}.wav"
    await until(lambda: wav.is_file() and wav.stat().st_size > SPOKEN_BYTES, "the talk is recorded", seconds=10)

    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await until(lambda: ring.over, "the agent's phone is on the hook", seconds=10)
    assert (await office.finish(call_id, "reached"))["case_no"] == case_no
    await office.state("ready")

    record = await office.record(call_id)
    assert (record["disposition"], record["direction"]) == ("answered", "outbound")
    assert (record["answered_by"], record["case_no"]) == (agent.number, case_no)
    assert record["recording_url"]
    assert [row["case_no"] for row in await calls_of(city, {number})] == [case_no, case_no], "no new case"

    await office.ask("GET", f"/api/calls/{call_id}")
    await office.ask("GET", "/api/agents/me")
    assert not office.shows(number)


@pytest.mark.parametrize(("line", "result"), [(BUSY, "busy"), (SILENT, "cancelled")])
async def test_who_is_not_reached_is_told_and_recorded(office: Office, line: Any, result: str) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: line})
    call_id = await office.call_out(case_no=case_no)
    leg = await city.carrier.called(number)
    if result == "cancelled":
        agent.hang_up()
    ended = await office.come("ended", call_id)
    assert ended["result"] == result
    await until(lambda: leg.over, "the citizen's phone is silent", seconds=10)
    await until(lambda: agent.calls[-1].over, "the agent's phone is on the hook", seconds=10)
    await office.state("wrap_up")
    await office.finish(call_id, "not_reached")
    await office.state("ready")
    record = await office.record(call_id)
    assert (record["disposition"], record["case_no"], record["answered_by"]) == (result, case_no, None)
    assert not office.shows(number)
    figures = await city.desk.ask(SUPERVISOR, "GET", "/api/figures")
    assert figures["total"]["rolling"]["lost"] == 0, "the connect rate is none of these calls' affair"


async def test_the_agent_hangs_up_and_the_citizen_is_not_left_alone(office: Office) -> None:
    city, agent = office.city, office.agent
    number, case_no = await office.missed_case()
    await city.carrier.open({number: CITIZEN})
    call_id = await office.call_out(case_no=case_no)
    leg = await city.carrier.talking(number)
    agent.hang_up()
    await until(lambda: leg.over, "the citizen's phone is on the hook", seconds=10)
    await office.state("wrap_up")
    await office.finish(call_id, "reached")
    assert (await office.record(call_id))["ended_by"] == "agent"


async def put_rules(city: City, rules: dict[str, Any] | None) -> None:
    queue = next(one for one in await city.desk.ask(ADMINISTRATOR, "GET", "/api/queues") if one["id"] == "city")
    body = {name: queue[name] for name in ("name", "priority", "ring_seconds")} | {"rules": rules, "why": "a test"}
    assert (await city.desk.ask(ADMINISTRATOR, "PUT", "/api/queues/city", body))["heard"]


@contextlib.asynccontextmanager
async def quick_return_calls(city: City) -> AsyncIterator[None]:
    """The second attempt comes soon, and there is no third."""
    await put_rules(city, {"return_calls": {"attempts": 2, "every": 3}})
    try:
        yield
    finally:
        await put_rules(city, None)


async def asked_for_a_return_call(office: Office) -> tuple[Call, Call]:
    """Somebody talks with the agent; whoever came next has asked to be called back and hung up."""
    city = office.city
    talking = await city.dial(HOTLINE, keys="0")
    await talking.talking(seconds=30)
    asking = await city.dial(HOTLINE, keys="0")
    await asking.press_after(city.prompt("hotline/press-for-return-call"), "1")
    await asking.hears(city.prompt("hotline/return-call-noted"))
    await asking.ended(seconds=20)
    return talking, asking


async def end_talk(office: Office, call: Call) -> None:
    call.hang_up()
    await office.state("wrap_up")
    assert call.call_id is not None
    await office.city.desk.choose_outcome(office.agent.number, call.call_id, "answered")


async def test_a_return_call_keeps_the_place_among_live_callers(office: Office) -> None:
    city, agent = office.city, office.agent
    talking, asking = await asked_for_a_return_call(office)
    number = asking.citizen.user
    await city.carrier.open({number: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await queued(city, [younger])
    await until_answered(lambda: waits(city, 1, virtual=1), "one waits, one keeps a place", seconds=20)
    assert not city.carrier.calls, "nobody is free for it"
    await end_talk(office, talking)
    leg = await city.carrier.talking(number)
    assert leg.caller_number == HOTLINE
    offer = city.seen.offers[-1]
    assert (offer.arrival.body["direction"], offer.arrival.body["return_call"]) == ("outbound", True)
    assert not younger.rings, "who came later is not asked first"
    await office.state("talking")
    case = await office.come("case", offer.call_id)
    assert case["case_no"], "what is said now has a case"
    city.carrier.hang_up(number)
    await office.state("wrap_up")
    await office.finish(offer.call_id, "answered")
    await younger.talking(seconds=20)
    await end_talk(office, younger)
    assert not office.shows(number)
    assert (await office.record(offer.call_id))["answered_by"] == agent.number

    async def settled() -> bool:
        done = await city.desk.ask(SUPERVISOR, "GET", "/api/return-calls", state="done")
        return offer.call_id in {row["settled_by_call"] for row in done["items"]}

    await until_answered(settled, "the debt is paid", seconds=20)


async def test_who_rings_again_meanwhile_is_served_once(office: Office) -> None:
    city = office.city
    talking, asking = await asked_for_a_return_call(office)
    await city.carrier.open({asking.citizen.user: CITIZEN})
    younger = await city.dial(HOTLINE, keys="0")
    await queued(city, [younger])
    again = await city.dial(HOTLINE, keys="0", caller=asking.citizen.user)
    await until_answered(lambda: waits(city, 2), "the live call has taken the place", seconds=20)
    await end_talk(office, talking)
    await again.talking(seconds=20)
    assert not younger.rings, "the place was taken over"
    again.hang_up()
    await office.state("wrap_up")
    await office.city.desk.choose_outcome(office.agent.number, city.seen.offers[-1].call_id, "answered")
    await younger.talking(seconds=20)
    await end_talk(office, younger)
    await office.state("ready")
    assert city.carrier.calls == [], "nobody is called who was served"


async def waits(city: City, wanted: int, *, virtual: int = 0) -> bool:
    live = (await city.desk.ask(SUPERVISOR, "GET", "/api/figures"))["total"]["live"]
    return bool(live["waiting"] == wanted and live["virtual"] == virtual)


async def test_who_is_not_reached_is_called_again_and_then_owed(office: Office) -> None:
    city = office.city
    async with quick_return_calls(city):
        talking, asking = await asked_for_a_return_call(office)
        number = asking.citizen.user
        await city.carrier.open({number: BUSY})
        await end_talk(office, talking)
        await until(lambda: len(city.carrier.of(number)) == 2, "there is a second attempt", seconds=20)
        first, second = city.carrier.of(number)
        assert second.rang_at - first.rang_at > 3
        await office.state("ready")
        await until_answered(lambda: waits(city, 0), "there will be no third", seconds=10)
        owed = (await office.ask("GET", "/api/return-calls"))["items"]
        debt = next(row for row in owed if row["caller_display"].endswith(number[-4:]))

        async def tried_twice() -> bool:
            rows = (await office.ask("GET", "/api/return-calls"))["items"]
            return any(row["id"] == debt["id"] and row["attempts"] == 2 for row in rows)

        await until_answered(tried_twice, "both attempts are recorded", seconds=20)
        city.carrier.lines[number] = CITIZEN
        call_id = await office.call_out(return_call_id=debt["id"])
        await office.come("answered", call_id)
        city.carrier.hang_up(number)
        await office.state("wrap_up")
        await office.finish(call_id, "reached")
        assert not office.shows(number)


async def test_what_is_refused(office: Office) -> None:
    number, case_no = await office.missed_case()
    with pytest.raises(Refused, match="none of yours"):
        await office.city.desk.ask("1002", "POST", "/api/outbound/calls", {"case_no": case_no})
    with pytest.raises(Refused, match="422"):
        await office.ask("POST", "/api/outbound/calls", {"number": number})
    call = await office.city.dial(HOTLINE, keys="0")
    await call.talking(seconds=30)
    with pytest.raises(Refused, match="finish the call first"):
        await office.ask("POST", "/api/outbound/calls", {"case_no": case_no})
    call.hang_up()
    await office.state("wrap_up")
    assert office.city.carrier.calls == []
