"""What `make call` does in a city: dials, presses, talks, ends, and gathers the facts of each call."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import httpx

from ops.call.agent import Agent, Manner
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.clock import epoch
from ops.call.desk import Refused
from ops.call.phones import PhoneCall
from ops.call.screen import Arrival
from ops.call.timeline import CallFacts, OfferFact, RingFact, Word, double_offers, double_rings
from ops.call.until import StepMissing, until

#: Who may read every call and case in the demonstration city.
SUPERVISOR = "9001"
#: Seconds for the greeting and a free agent; each further round of the same agents gets as many again.
_ROUND = 30.0
_OUTCOME = 20.0
#: Seconds by which two processes of one machine may disagree.
_CLOCKS_APART = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to place: how many calls at once to which number, with which keys, and how long they talk (seconds)."""

    calls: int = 1
    agents: int = 1
    dialled: str = "12345"
    keys: str = "0"
    talk: float = 2.0
    outcome: str = "answered"

    @property
    def patience(self) -> float:
        """Seconds until the last call must have been answered."""
        rounds = -(-self.calls // max(self.agents, 1))
        return _ROUND + rounds * (_ROUND / 3 + self.talk)

    @property
    def manner(self) -> Manner:
        """How the agents of this plan work."""
        return Manner(answers_after=0.5, talks_for=self.talk, outcome=self.outcome, note="make call")


async def place(city: City, plan: Plan) -> list[CallFacts]:
    """Place the calls of `plan` among the agents of `city`; a step that fails becomes a problem in the facts."""
    calls = await city.dial_many(plan.calls, plan.dialled)
    problems = await asyncio.gather(*(_follow(city, call, plan) for call in calls))
    since = min((call.moments.dialled_at for call in calls if call.moments.dialled_at), default=time.time())
    cases = Counter(case["call_id"] for case in await city.desk.cases_since(SUPERVISOR, since - _CLOCKS_APART))
    return [
        await gather_facts(city, call, plan, cases[call.call_id], found)
        for call, found in zip(calls, problems, strict=True)
    ]


async def _follow(city: City, call: Call, plan: Plan) -> tuple[str, ...]:
    try:
        await _live_through(city, call, plan)
    except StepMissing as problem:
        call.hang_up()
        return (str(problem),)
    return ()


async def _live_through(city: City, call: Call, plan: Plan) -> None:
    await call.connected(seconds=15)
    if plan.keys:
        await call.press_when_greeted(plan.keys)
    leg = await call.answered(seconds=plan.patience)
    await call.talking(seconds=plan.talk + 5)
    await call.ended(seconds=plan.talk + 15)
    agent = city.agents[leg.endpoint]
    where = str(city.place.logs)
    stored = f"the outcome of call {call.key} is stored by {agent.number}"
    await until(lambda: _outcome(agent, call), stored, seconds=_OUTCOME, where=where)
    await until(
        lambda: shown_cases(city, call), f"the case number of call {call.key} is shown", seconds=10, where=where
    )


def _outcome(agent: Agent, call: Call) -> float | None:
    if agent.problems:
        raise StepMissing(f"agent {agent.number}: {agent.problems[0]}", 0)
    return agent.outcomes.get(call.call_id or "")


def shown_cases(city: City, call: Call) -> list[Arrival]:
    """Return the `case` messages about a call at any screen, oldest first."""
    screens = [agent.screen for agent in city.agents.values() if agent.screen is not None]
    found = chain.from_iterable(screen.find("case", call.call_id) for screen in screens) if call.call_id else ()
    return sorted(found, key=lambda arrival: arrival.at)


async def gather_facts(
    city: City, call: Call, plan: Plan, case_count: int, problems: tuple[str, ...] = ()
) -> CallFacts:
    """Return everything the city saw of one call, and what the API's records say about it."""
    record, worse = await _record(city, call)
    moments, leg, cases = call.moments, call.answered_ring(), shown_cases(city, call)
    outcomes = [at for agent in city.agents.values() if (at := agent.outcomes.get(call.call_id or ""))]
    return CallFacts(
        key=call.key,
        caller=call.citizen.user,
        dialled=call.citizen.dialled,
        keys=plan.keys,
        dialled_at=moments.dialled_at,
        connected_at=moments.connected_at,
        greeted_at=call.media.heard.first_sound_at,
        pressed_at=moments.pressed_at,
        queued_at=_queued_at(record, call),
        offers=tuple(_offer_fact(one.agent, one.arrival) for one in call.offers),
        rings=tuple(map(_ring_fact, call.rings)),
        agent_heard_at=call.media.heard.tone_heard_at,
        citizen_heard_at=leg.media.heard.tone_heard_at if leg and leg.media else None,
        ended_at=moments.ended_at,
        ended_by=moments.ended_by,
        refused=moments.refused,
        outcome=plan.outcome,
        outcome_at=min(outcomes, default=None),
        call_id=call.call_id,
        case_no=str(cases[0].body["case_no"]) if cases else None,
        case_shown_at=cases[0].at if cases else None,
        case_count=case_count,
        problems=(*problems, *worse),
    )


async def _record(city: City, call: Call) -> tuple[dict[str, Any], tuple[str, ...]]:
    if call.call_id is None:
        return {}, ()
    try:
        return await city.desk.call(SUPERVISOR, call.call_id), ()
    except (httpx.HTTPError, Refused) as error:
        return {}, (f"the record of call {call.call_id} cannot be read: {error}",)


def _queued_at(record: dict[str, Any], call: Call) -> float | None:
    """Return when the call was queued: the API's record, else the first offer's own words."""
    if record.get("queued_at"):
        return epoch(str(record["queued_at"]))
    first = next(iter(call.offers), None)
    return first.decided_at - first.arrival.body["waited_ms"] / 1000 if first else None


def _offer_fact(agent: str, arrival: Arrival) -> OfferFact:
    body = arrival.body
    return OfferFact(
        agent=agent,
        call_id=str(body["call_id"]),
        decided_at=float(body["decided_at"]),
        popped_at=arrival.at,
        queue=str(body.get("queue", "")),
        menu_version=body.get("menu_version"),
        waited_ms=body.get("waited_ms"),
    )


def _ring_fact(ring: PhoneCall) -> RingFact:
    return RingFact(ring.endpoint, ring.call_id, ring.rang_at, ring.answered_at, ring.ended_at, ring.ended_by)


def doubles(agents: Sequence[Agent]) -> int:
    """Return how often an agent had two calls at once, at the screen or at the phone."""
    at_screens = sum(double_offers(map(_word, agent.screen.arrivals)) for agent in agents if agent.screen is not None)
    return at_screens + sum(double_rings(map(_ring_fact, agent.calls)) for agent in agents)


def _word(arrival: Arrival) -> Word:
    return Word(arrival.type, arrival.call_id, arrival.body.get("state") if arrival.type == "state" else None)
