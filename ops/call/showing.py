"""`make call SCREEN=1`: one call with a browser as the agent, as facts like any other call's."""

import asyncio
import time
from dataclasses import dataclass, field, replace

from ops.call.browser import Desk, browser_desk
from ops.call.citizen import Call, Offer
from ops.call.city import City
from ops.call.free import free_agents
from ops.call.phones import PhoneCall
from ops.call.place import program
from ops.call.placing import SUPERVISOR, Plan, gather_facts
from ops.call.screen import Arrival
from ops.call.timeline import CallFacts
from ops.call.until import StepMissing


@dataclass(slots=True)
class _Seen:
    """What only the page can tell."""

    heard_at: float | None = None
    outcome_at: float | None = None
    case_at: float | None = None
    case_no: str | None = None
    problems: list[str] = field(default_factory=list)


async def show(city: City, plan: Plan) -> CallFacts:
    """Place one call to an agent in a browser; leave pictures in `<home>/pictures`."""
    agent = (await free_agents(city.desk, 1))[0]
    pictures = city.place.home / "pictures"
    seen = _Seen()
    async with browser_desk(program("chromium"), pictures, agent) as desk:
        await desk.sign_in(city.place.web_url, city.place.passwords[agent])
        call = (await city.dial_many(1, plan.dialled))[0]
        try:
            await _live_through(city, desk, call, plan, seen)
        except StepMissing as problem:
            seen.problems.append(str(problem))
        finally:
            call.hang_up()
        await _sign_out(desk, seen)
        facts = await _facts(city, call, plan, seen)
        return replace(facts, problems=(*facts.problems, *seen.problems, *desk.complaints))


async def _live_through(city: City, desk: Desk, call: Call, plan: Plan, seen: _Seen) -> None:
    await call.connected()
    if plan.keys:
        await call.press_when_greeted(plan.keys)
    pop = await desk.mark("popShown", seconds=plan.patience)
    offer = await desk.message("offer", str(pop.call_id), seconds=5)
    city.seen.note_offer(Offer(desk.agent, Arrival(pop.at, offer)))
    leg = await _answer(city, desk, call)
    await desk.hears(seconds=10)
    seen.heard_at = time.time()
    await call.talking(seconds=10)
    await _case(desk, call, seen)
    await desk.write_note("演示：市民询问办事流程，已答复。")
    await desk.picture("talking")
    await asyncio.sleep(plan.talk)
    await desk.click("hangup")
    await call.ended(seconds=15)
    leg.ended_at, leg.ended_by = call.moments.ended_at, "self"
    await _choose(desk, plan, seen)


async def _answer(city: City, desk: Desk, call: Call) -> PhoneCall:
    await desk.picture("popped")
    ringing = await desk.mark("phoneRinging", seconds=10)
    caller = f"<sip:{call.citizen.user}@browser>"
    leg = PhoneCall("browser", desk.agent, ringing.call_id, caller, ringing.at, None)
    city.seen.note_ring(leg)
    await desk.picture("ringing")
    await desk.click("answer")
    leg.answered_at = (await desk.mark("answered", seconds=10)).at
    return leg


async def _case(desk: Desk, call: Call, seen: _Seen) -> None:
    body = await desk.message("case", str(call.call_id), seconds=15)
    shown = await desk.text("pop-case")
    if shown != body["case_no"]:
        seen.problems.append(f"the page shows case {shown!r}, the stream said {body['case_no']!r}")
    seen.case_at, seen.case_no = time.time(), shown


async def _choose(desk: Desk, plan: Plan, seen: _Seen) -> None:
    await desk.shows("state", "wrap_up")
    await desk.click(f"outcome-{plan.outcome}")
    await desk.picture("outcome")
    await desk.click("submit-outcome")
    await desk.shows("state", "ready")
    seen.outcome_at = time.time()
    await desk.picture("done")


async def _sign_out(desk: Desk, seen: _Seen) -> None:
    try:
        await desk.sign_out()
    except StepMissing as problem:
        seen.problems.append(str(problem))


async def _facts(city: City, call: Call, plan: Plan, seen: _Seen) -> CallFacts:
    since = (call.moments.dialled_at or time.time()) - 1
    cases = [case for case in await city.desk.cases_since(SUPERVISOR, since) if case["call_id"] == call.call_id]
    facts = await gather_facts(city, call, plan, len(cases))
    return replace(
        facts,
        citizen_heard_at=seen.heard_at,
        outcome_at=seen.outcome_at,
        case_shown_at=seen.case_at,
        case_no=seen.case_no,
    )
