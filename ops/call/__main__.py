"""`python -m ops.call`: places real calls through the running system and tells what happened to each."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from ops import users
from ops.call import report
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.free import free_agents
from ops.call.place import Place, place_of
from ops.call.placing import Plan, doubles, place
from ops.call.sip import SippFailed
from ops.call.timeline import CallFacts
from ops.call.until import StepMissing
from ops.console import complain, say
from ops.errors import OpsError, explain
from ops.home import Home, default_folder
from ops.parts import bring_tools

#: The seats in the hall of the demonstration city: more agents than these are never needed at once.
SEATS = 30
MOST_CALLS = 200


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    top = argparse.ArgumentParser(prog="python -m ops.call", description=__doc__)
    top.add_argument("--home", type=Path, default=default_folder(), help="the instance's folder (HOTLINE_HOME)")
    top.add_argument(
        "--calls",
        type=_count,
        default=os.environ.get("CALLS") or "1",
        help=f"how many calls at once, 1 to {MOST_CALLS}",
    )
    top.add_argument(
        "--screen", action="store_true", default=_wanted("SCREEN"), help="a browser is the agent (pictures in <home>)"
    )
    top.add_argument("--dial", default=os.environ.get("DIAL") or "12345", help="the number to dial")
    top.add_argument(
        "--keys", default=os.environ.get("KEYS", "0"), help="keys pressed at the greeting; nothing for none"
    )
    top.add_argument("--talk", type=float, default=None, help="seconds of conversation (2; 3 for many calls)")
    return top


def _wanted(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0", "no"}


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CALLS:
        raise argparse.ArgumentTypeError(f"give a number from 1 to {MOST_CALLS}")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when every step of every call happened."""
    options = parser().parse_args(arguments)
    try:
        users.become_owner()
        bring_tools(("sipp", "chromium") if options.screen else ("sipp",))
        return asyncio.run(run(place_of(Home.load(options.home)), options))
    except (OpsError, SippFailed, StepMissing, Refused) as error:
        complain(f"make call: {error}")
    except httpx.HTTPError as error:
        complain(f"make call: the web process does not answer ({error!r}): make status, make up")
    except OSError as error:
        complain(f"make call: {explain(error)}")
    except KeyboardInterrupt:
        complain("make call: interrupted; its agents are signed out")
    return 1


async def run(place_: Place, options: argparse.Namespace) -> int:
    """Place what the options ask for, print it, and return the exit code."""
    plan = Plan(
        calls=options.calls,
        agents=min(options.calls, SEATS),
        dialled=options.dial,
        keys=options.keys,
        talk=options.talk if options.talk is not None else (2.0 if options.calls == 1 else 3.0),
    )
    if options.screen:
        return await _with_browser(place_, plan)
    return await _with_sipp(place_, plan)


async def _with_sipp(place_: Place, plan: Plan) -> int:
    async with City(place_) as city:
        numbers = await free_agents(city.desk, plan.agents)
        await city.seat(numbers, plan.manner)
        facts = await place(city, plan)
        double = doubles(list(city.agents.values()))
        folder = city.folder
    return tell(facts, double, f"{folder} and {place_.logs}")


async def _with_browser(place_: Place, plan: Plan) -> int:
    if plan.calls != 1:
        raise OpsError("a browser takes one call", "make call SCREEN=1 without CALLS")
    # Playwright takes a third of a second to import, which only this way needs.
    from ops.call.showing import show  # noqa: PLC0415

    async with City(place_) as city:
        facts = await show(city, plan)
        say(f"pictures: {place_.home / 'pictures'}")
    return tell([facts], 0, f"{city.folder}, {place_.home / 'pictures'} and {place_.logs}")


def tell(calls: Sequence[CallFacts], double: int, logs: str) -> int:
    """Print the calls; complaints go to standard error, so that the last line of the output stays the JSON."""
    problems = report.complaints(calls, logs)
    for problem in problems:
        complain(problem)
    for line in report.of_one(calls[0], None) if len(calls) == 1 else report.of_many(calls, double):
        say(line)
    return 1 if problems or double else 0


if __name__ == "__main__":
    sys.exit(main())
