"""The voice process put together: engine, FastAGI server, AMI links, link server, delivery."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import Coroutine
from typing import Any

import httpx
import structlog

from acd.ami import AmiError, AmiLink
from acd.engine import Engine
from acd.journal import Journal
from acd.messages import AgentState, AgentStateName
from acd.reconcile import Reconciler
from acd.rules import effects as fx
from acd.rules.events import Snapshot
from acd.rules.figures import Places, count_live, live_to_wire
from acd.rules.pace import Pace
from acd.translation import WANTED
from acd.watch import Watch
from agi_scripts.call import Calls
from agi_scripts.configuration import ConfigurationKeeper
from agi_scripts.delivery import Delivery
from agi_scripts.directory import Directory
from agi_scripts.link import LinkServer
from agi_scripts.outbound import ShownFirst
from agi_scripts.prompts import Prompter
from agi_scripts.safety_net import SafetyNet
from agi_scripts.server import FastAgiServer
from agi_scripts.settings import VoiceSettings
from agi_scripts.shared import Shared, Timing
from agi_scripts.targets import TOLD_OF_TESTS, TargetTests
from agi_scripts.telephone import Telephone
from agi_scripts.trial import Trials
from agi_scripts.waiting import Patience

log = structlog.get_logger(__name__)

API_TIMEOUT_SECONDS = 10.0


class Voice:
    """Every part of the voice process, and the engine's hands."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings
        reload = asyncio.Event()
        self.engine = Engine(Journal(settings.voice_dir / "voice.db"))
        self._client = httpx.AsyncClient(
            base_url=settings.api_url,
            timeout=API_TIMEOUT_SECONDS,
            headers={"Authorization": f"Bearer {settings.intake_token.get_secret_value()}"},
            trust_env=False,
        )
        self._events = self._ami("voice-events", settings.ami_events_secret.get_secret_value(), WANTED)
        self._actions = self._ami("voice-actions", settings.ami_actions_secret.get_secret_value(), TOLD_OF_TESTS)
        self._delivery = Delivery(self.engine, self._client)
        self._configuration = ConfigurationKeeper(
            self.engine, self._client, reload=reload, on_change=self._configuration_changed
        )
        self._net = SafetyNet(self.engine, self._actions)
        self._targets = TargetTests(self._actions)
        self._telephone = Telephone(self._actions, submit=self.engine.submit)
        self._shown_first = ShownFirst(self.engine, self._telephone)
        directory, prompter = Directory(self._client), Prompter(settings.sounds_dir, settings.speech_command)
        self._pace = Pace()
        shared = Shared(
            engine=self.engine,
            configuration=self._configuration,
            directory=directory,
            prompter=prompter,
            recordings=settings.recordings_dir,
            cut=self._cut,
            timing=Timing(lease=settings.lease_seconds),
            patience=Patience(
                first=settings.announce_first_seconds,
                every=settings.announce_every_seconds,
                offer_after=settings.offer_after_seconds,
            ),
            pace=self._pace,
        )
        self._calls = Calls(shared)
        self._trials = Trials(directory, self._configuration, prompter, lease=settings.lease_seconds)
        self._link = LinkServer(
            self.engine,
            token=settings.link_token.get_secret_value(),
            reload=reload,
            configured=lambda: self._configuration.present["version"],
            requests={"test_target": self._test_target, "hall": self._hall},
            figures=self._figures,
        )
        self._reconciler = Reconciler(self.engine, settings.cel_file, journal_grew=self._delivery.journal_grew)
        self._watch = Watch(self.engine, self._events, self._actions, on_snapshot=self._after_snapshot)

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        """Hands of the engine: ring an agent."""
        self._calls.ring(order, offer_seq=offer_seq)

    def talk_over(self, order: fx.TalkOver) -> None:
        """Hands of the engine: the agent's leg is gone."""
        self._calls.talk_over(order)

    def telephone(self, order: fx.Telephone) -> None:
        """Hands of the engine: move, ring or end channels; a leg that a screen is shown first waits for that."""
        if isinstance(order, fx.Place) and order.shown_to is not None:
            self._shown_first.take(order, order.shown_to)
        else:
            self._telephone.take(order)

    def journal_grew(self) -> None:
        """Hands of the engine: deliver."""
        self._delivery.journal_grew()

    def agent_changed(self, state: AgentState) -> None:
        """Hands of the engine: show the state, keep the fallback queues in step, learn how long calls take."""
        call = self.engine.floor.calls.get(state["call_id"] or "")
        since = dt.datetime.fromisoformat(state["since"])
        self._pace.note(
            state["agent_id"], AgentStateName(state["state"]), queue=call.queue if call else None, now=since
        )
        self._link.agent_changed(state)
        self._net.agents_changed()

    def _configuration_changed(self) -> None:
        self._net.agents_changed()
        self._link.configured()

    async def _cut(self, channel: str) -> None:
        """End the sound that a channel hears; one that hears none, or is gone, needs nothing."""
        with contextlib.suppress(AmiError):
            await self._actions.action("ControlPlayback", Channel=channel, Control="stop")

    def _figures(self) -> dict[str, Any]:
        """What is so now, for the web process."""
        published, floor = self._configuration.present, self.engine.floor
        places = Places(published["queues"], published["numbers"])
        return live_to_wire(count_live(floor.calls.values(), floor.agents.values(), places, floor.returns.values()))

    async def _hall(self, _: dict[str, Any]) -> dict[str, Any]:
        return self.engine.floor.hall()

    async def _test_target(self, args: dict[str, Any]) -> dict[str, Any]:
        return {**await self._targets.test(str(args["target"]))}

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set; raises OSError when a port cannot be had."""
        self.engine.start(self)
        self._configuration.start()
        server = FastAgiServer()
        server.add_route("call", self._calls.serve)
        server.add_route("trial", self._trials.serve)
        await self._link.start(self._settings.link_host, self._settings.link_port)
        await server.start(self._settings.fastagi_host, self._settings.fastagi_port)
        log.info("voice_ready", fastagi=self._settings.fastagi_port, link=self._settings.link_port)
        tasks = [asyncio.create_task(part) for part in self._parts()]
        try:
            await _first_end(stop, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.close()
            await self._link.close()
            await self._client.aclose()
            self.engine.journal.close()

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        return [
            self._events.run(),
            self._actions.run(),
            self._watch.run(),
            self._delivery.run(),
            self._net.run(),
            self._reconciler.run(),
            self._configuration.run(),
            self._targets.run(),
            self.engine.journal.keep_short(),
            self._telephone.run(),
        ]

    def _after_snapshot(self, snapshot: Snapshot) -> None:
        self._net.forget()
        self._reconciler.after_snapshot(snapshot)

    def _ami(self, username: str, secret: str, wanted: frozenset[str]) -> AmiLink:
        return AmiLink(
            host=self._settings.ami_host,
            port=self._settings.ami_port,
            username=username,
            secret=secret,
            wanted=wanted,
        )


async def _first_end(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for `stop`, or for a part that failed: then the process ends, so that it is started anew."""
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    for task in done - {stopped}:
        task.result()
