"""`make bench`: brings both sides up, makes every comparison, prints the table and writes `.local/bench.json`."""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import httpx
import uvloop

from acd.simulation.scenario import ScenarioError
from ops.bench import rules
from ops.bench.assign import Assign
from ops.bench.figures import Figure, Missing, TooFew
from ops.bench.live import live
from ops.bench.menu import Menus
from ops.bench.native import Native
from ops.bench.plan import FULL, QUICK, Plan
from ops.bench.replay import Replay, members, team
from ops.bench.ring import Ringing
from ops.bench.sipp import Callers
from ops.bench.sounds import GREETING_SECONDS, silence
from ops.bench.stage import Stage
from ops.bench.table import as_json, as_table
from ops.bench.voice import StandIn, Voice, with_five_steps
from ops.call.desk import Refused
from ops.call.place import program
from ops.call.ports import allow_many_sockets
from ops.call.until import StepMissing
from ops.console import complain, say, step
from ops.errors import OpsError, explain
from ops.home import LOCAL
from ops.instance import Instance
from ops.ports import block, reserve
from ops.users import become_owner

FAILURES = (StepMissing, OpsError, TooFew, Refused, TimeoutError, OSError, httpx.HTTPError)
"""What a comparison may fail with: it is told in the table, and the others go on."""
_FIRST_AGENT = 1001

Result = Figure | Missing


class Bench:
    """One run; `results` grows comparison by comparison."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.results: list[Result] = []
        self._plan = plan
        self._folder = folder
        self.agents = tuple(str(_FIRST_AGENT + place) for place in range(plan.agents))

    def decide(self) -> None:
        """The matcher's own speed, before anything else uses the processor."""
        with step("decide"):
            self._collect("decide", partial(rules.decide, self._plan))

    async def telephony(self, ours: Instance, native: Native) -> None:
        """Halls and menus on real Asterisks; the virtual hall beside the rush, which leaves the processor idle."""
        stage = Stage(ours, native, self.agents, seed=secrets.randbits(32))
        try:
            await self._halls(stage)
            await asyncio.gather(self._replay(stage), self._simulated())
        finally:
            await stage.close()
        await self._menus(ours, native)

    async def _halls(self, stage: Stage) -> None:
        try:
            await stage.open(self._plan.sockets)
            ready_at = await stage.ready()
        except FAILURES as error:
            self._missed(("assign_gap", "ring", "work_conserving_live"), error)
            return
        assign, ringing = Assign(stage, self._plan), Ringing(stage, self._plan)
        await self._repeat("assign_gap", assign.repeat, assign.figures)
        await self._repeat("ring", ringing.repeat, ringing.figures)
        try:
            self._add([await live(stage, [*assign.halls, *ringing.halls], ready_at, self._plan)])
        except FAILURES as error:
            self._missed(("work_conserving_live",), error)

    async def _replay(self, stage: Stage) -> None:
        replay = Replay(stage, self._plan)
        try:
            await stage.sign_out()
            await stage.ready(self.agents[: team(len(self.agents))])
        except (*FAILURES, AttributeError) as error:  # a stage that could not be opened has no link
            self._missed(("replay",), error)
            return
        await self._repeat("replay", replay.repeat, replay.figures)

    async def _simulated(self) -> None:
        """In a process of its own, so that nobody waits for it."""
        loop = asyncio.get_running_loop()
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            for name, figures in (("work_conserving", rules.conserving), ("erlang", rules.erlang)):
                try:
                    self._add(await loop.run_in_executor(pool, figures, self._plan))
                except (*FAILURES, ScenarioError) as error:
                    self._missed((name,), error)

    async def _menus(self, ours: Instance, native: Native) -> None:
        stand_in, voice = StandIn(with_five_steps(await published(ours))), Voice(native.home)
        try:
            await stand_in.open(native.home.ports["web"])
            await voice.start()
            callers = Callers(program("sipp"), self._folder, native.server)
            menus = Menus(native, voice, callers, self._plan)
            await self._repeat("ivr", menus.repeat, menus.figures)
        except FAILURES as error:
            self._missed(("ivr",), error)
        finally:
            voice.stop()
            await stand_in.close()

    async def _repeat(
        self, name: str, repeat: Callable[[int], Awaitable[None]], figures: Callable[[], Iterable[Figure]]
    ) -> None:
        plan = self._plan
        try:
            with step(f"{name}, {plan.repeats} repeats"):
                for number in range(plan.repeats):
                    await repeat(number)
                for number in range(plan.repeats, plan.repeats + plan.spare):
                    if enough(figures):
                        break
                    await repeat(number)
        except FAILURES as error:
            self._missed((name,), error)
            return
        self._collect(name, figures)

    def _collect(self, name: str, figures: Callable[[], Iterable[Figure]]) -> None:
        try:
            self._add(list(figures()))
        except FAILURES as error:
            self._missed((name,), error)

    def _add(self, figures: Iterable[Figure]) -> None:
        self.results += figures

    def _missed(self, names: Iterable[str], error: Exception) -> None:
        self.results += [Missing(name, f"{type(error).__name__}: {error}") for name in names]


def enough(figures: Callable[[], Iterable[Figure]]) -> bool:
    """Whether the samples so far give the figures."""
    try:
        list(figures())
    except TooFew:
        return False
    return True


async def published(instance: Instance) -> dict[str, object]:
    """Return the configuration that the web process publishes (Wire 2)."""
    token = {"Authorization": f"Bearer {instance.secret('intake_token')}"}
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(f"{instance.url}/internal/configuration", headers=token)
        answer.raise_for_status()
        found: dict[str, object] = answer.json()
        return found


def make_side(folder: Path, stack: ExitStack) -> Instance:
    """Make an instance with ports of its own; they are given back with `stack`."""
    reservation = reserve()
    stack.callback(reservation.release)
    return Instance.create(folder, ports=block(reservation.base))


def bring_up(ours: Instance, stack: ExitStack) -> None:
    """Start our side, with a greeting so short that 20 calls a second are not 100 who listen to it."""
    stack.callback(ours.down)
    ours.up()
    silence(ours.folder / "asterisk/sounds/zh/hotline/greeting-12345.wav", GREETING_SECONDS)


async def run(plan: Plan, folder: Path) -> list[Result]:
    """Make every comparison and return the results; raise OpsError when a side cannot be brought up."""
    bench = Bench(plan, folder)
    bench.decide()
    with ExitStack() as stack:
        ours, other = make_side(folder / "ours", stack), make_side(folder / "other", stack)
        with step("Starting our side"):
            bring_up(ours, stack)
        native = Native(other.home, bench.agents)
        stack.callback(native.stop)
        with step("Starting the other side"):
            await native.start({"bench": [(agent, 0) for agent in bench.agents], **members(bench.agents)})
        await bench.telephony(ours, native)
    return bench.results


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; 0 when every comparison was made (whether or not a limit was met), 1 otherwise."""
    options = parser().parse_args(arguments)
    plan = QUICK if options.quick else FULL
    folder = LOCAL / f"bench-{os.getpid()}-{secrets.token_hex(2)}"
    allow_many_sockets()
    began = time.monotonic()
    try:
        become_owner()
        folder.mkdir(parents=True)
        results = uvloop.run(run(plan, folder))
    except (OpsError, StepMissing) as error:
        complain(f"make bench: {error}")
        return 1
    except OSError as error:
        complain(f"make bench: {explain(error)}")
        return 1
    except KeyboardInterrupt:
        complain("make bench: interrupted; what it had started has ended")
        return 1
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    about = {"quick": options.quick, "repeats": plan.repeats, "seconds": round(time.monotonic() - began, 1)}
    options.out.write_text(json.dumps(as_json(results, about), indent=2) + "\n", encoding="utf-8")
    for line in as_table(results):
        say(line)
    say(f"in {about['seconds']:.0f} s; as data in {options.out}")
    return int(any(isinstance(result, Missing) for result in results))


def parser() -> argparse.ArgumentParser:
    """Describe the options."""
    top = argparse.ArgumentParser(prog="python -m ops.bench")
    top.add_argument("--quick", action="store_true", help="a short run that only proves that the bench works")
    top.add_argument("--keep", action="store_true", help="leave both sides' folders with their logs")
    top.add_argument("--out", type=Path, default=LOCAL / "bench.json", help="where the figures go as JSON")
    return top


if __name__ == "__main__":
    sys.exit(main())
