"""One citizen's call as an AGI session: menu, waiting, ringing agents, good-bye. Decides nothing about who gets it."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

import structlog

from acd.clock import utc_now
from acd.engine import Engine
from acd.messages import CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.state import Call, Phase
from agi_scripts import commands as agi
from agi_scripts.actions import CallActions
from agi_scripts.configuration import ConfigurationKeeper
from agi_scripts.directory import Directory
from agi_scripts.menu import Destination, MenuWalk
from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiError, AgiFailed, AgiGone, AgiHangup, AgiSession
from agi_scripts.service import Service

log = structlog.get_logger(__name__)

RING_CONTEXT = "ring-agent"
RECORD_CONTEXT = "record"
TOKEN_VARIABLE = "HOTLINE_TOKEN"  # noqa: S105 - a variable's name
QUEUE_VARIABLE = "HOTLINE_QUEUE"
DIALLED_VARIABLE = "HOTLINE_DIALLED"
MAX_TEXT = 300
BROKEN_SOUND = "hotline/talk-broken"
MISSED_REASONS = {"NOANSWER": "no_answer", "BUSY": "busy", "CANCEL": "withdrawn"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    `lease`: after them Asterisk takes a forgotten caller back; `pop`: the longest wait for a screen's acknowledgement
    before the phone rings; `unstaffed`: how long a caller waits in a queue for which nobody is signed in; `reserved`:
    how long one waits for the agent whose phone broke; `word`: how long AMI may lag behind AGI at the end of a talk.
    """

    lease: int = 8
    pop: float = 0.25
    unstaffed: float = 20.0
    reserved: float = 20.0
    word: float = 2.0


@dataclass(frozen=True, slots=True)
class House:
    """What every call of this process uses; `recordings` is the folder for messages that citizens leave."""

    engine: Engine
    configuration: ConfigurationKeeper
    directory: Directory
    prompter: Prompter
    recordings: Path
    timing: Timing = Timing()


@dataclass(frozen=True, slots=True)
class _Order:
    ring: fx.Ring
    offer_seq: int


class Calls:
    """The running sessions by call id; hands the engine's orders to them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sessions: dict[str, CallSession] = {}

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        """Give a ring order to its session; a session that has just ended reports its own loss."""
        session = self._sessions.get(order.call_id)
        if session is not None:
            session.orders.put_nowait(_Order(order, offer_seq))

    def talk_over(self, order: fx.TalkOver) -> None:
        """Tell a session that its agent's leg is gone, and whether its citizen waits again."""
        session = self._sessions.get(order.call_id)
        if session is not None:
            session.talk_over.put_nowait(order)

    async def serve(self, session: AgiSession) -> None:
        """The FastAGI route `call`."""
        call_id = session.header.get("uniqueid", "")
        if not call_id:
            log.error("session_without_uniqueid")
            return
        call = CallSession(session, call_id, self._house)
        self._sessions[call_id] = call
        try:
            await call.run()
        finally:
            del self._sessions[call_id]


class CallSession:
    """Drives one channel; what it learns goes to the engine, what the engine orders comes by `orders`."""

    def __init__(self, session: AgiSession, call_id: str, house: House) -> None:
        self.orders: asyncio.Queue[_Order] = asyncio.Queue()
        self.talk_over: asyncio.Queue[fx.TalkOver] = asyncio.Queue()
        self._session = session
        self._call_id = call_id
        self._house = house
        self._engine = house.engine
        self._timing = house.timing
        self._actions = CallActions(
            session, call_id, engine=house.engine, directory=house.directory, recordings=house.recordings
        )
        self._dialled = ""
        self._recorded = False
        self._service: Service | None = None
        self._call: Call | None = None
        self._reservation: asyncio.TimerHandle | None = None
        self._log = log.bind(call_id=call_id)

    async def run(self) -> None:
        """The whole call; its loss is told to the engine, its end only AMI tells."""
        served = False
        try:
            await self._start()
            served = await self._serve()
        except (AgiHangup, AgiGone) as end:
            self._log.info("session_ended", reason=str(end))
        except AgiError as error:
            self._log.warning("session_failed", error=str(error))
        finally:
            self._end_reservation()
            self._note_missing_rating()
            if not served:
                self._engine.submit(ev.SessionLost(self._call_id))

    async def _start(self) -> None:
        header = self._session.header
        cleaned = await agi.get_variable(self._session, DIALLED_VARIABLE)
        dialled = cleaned or header.get("dnid", "")
        caller = header.get("callerid", "")
        self._engine.submit(
            ev.CallStarted(
                self._call_id,
                caller="" if caller == "unknown" else caller[:MAX_TEXT],
                dialled="" if dialled == "unknown" else dialled[:MAX_TEXT],
                channel=header.get("channel", ""),
            )
        )
        self._dialled = dialled

    async def _serve(self) -> bool:
        """Menu, then a person. True when the call is finished and the dialplan may hang up."""
        self._call = self._engine.floor.calls.get(self._call_id)
        service = self._service = self._house.configuration.service_for(self._dialled, now=utc_now())
        await self._renew_lease()
        way = await self._walk(service)
        while way.queue is not None:
            if not await self._wait_for_person(way, way.queue):
                return False
            if service.tree.after_talk is None:
                break
            way = await self._walk(service, after_talk=True)
        await agi.set_variable(self._session, TOKEN_VARIABLE, f"done-{self._call_id}")
        return True

    async def _walk(self, service: Service, *, after_talk: bool = False) -> Destination:
        """Where the menu leads; its way is recorded also when the caller leaves in the middle."""
        walk = MenuWalk(
            self._session,
            service,
            self._actions,
            self._house.prompter,
            lease=self._timing.lease,
            answered=after_talk,
        )
        try:
            way = await walk.walk(after_talk=after_talk)
        except (AgiHangup, AgiGone):
            if not after_talk:
                menu = {"menu": service.menu, "version": service.version, "path": list(walk.path)}
                self._engine.note(self._call_id, CallEventType.MENU, menu | walk.journey())
            raise
        if not after_talk:
            self._engine.submit(
                ev.MenuPassed(self._call_id, service.menu, service.version, way.path, journey=walk.journey())
            )
        return way

    def _note_missing_rating(self) -> None:
        """A citizen who hung up instead of rating: that there is no score is recorded, too."""
        talked = self._call is not None and self._call.answered_at is not None
        if talked and self._service is not None and self._service.rates and not self._actions.rated:
            self._engine.note(self._call_id, CallEventType.RATED, {"score": None, "reason": "hung_up"})

    async def _wait_for_person(self, way: Destination, queue: str) -> bool:
        """True after a talk; False when the caller is given over to the dialplan's fallback."""
        await agi.set_variable(self._session, QUEUE_VARIABLE, queue)
        # Of a talk before: a dead voice process would look like one that ended well.
        await agi.set_variable(self._session, "DIALSTATUS", "")
        self._engine.submit(ev.CallQueued(self._call_id, queue, way.priority, way.skill))
        while (order := await self._next_order(queue)) is not None:
            if await self._ring(order):
                return True
        return False

    async def _next_order(self, queue: str) -> _Order | None:
        """The next ring order, with music while there is none; None when nobody is signed in for too long.

        While it waits no AGI command is pending, so an order goes out at once; only the lease is renewed.
        """
        if not self.orders.empty():
            return self.orders.get_nowait()
        await self._start_recording()
        await self._renew_lease()
        await agi.music_on(self._session)
        unstaffed = 0.0
        pause = self._timing.lease / 3
        while unstaffed < self._timing.unstaffed:
            order = await self._order_within(pause)
            if order is not None:
                return order
            await self._renew_lease()
            unstaffed = 0.0 if self._engine.floor.staffed(queue) else unstaffed + pause
        self._log.warning("queue_unstaffed", queue=queue)
        return None

    async def _order_within(self, seconds: float) -> _Order | None:
        """An order, or None after `seconds`; raises AgiHangup as soon as the caller is gone."""
        order = asyncio.ensure_future(self.orders.get())
        gone = asyncio.ensure_future(self._session.gone.wait())
        try:
            await asyncio.wait({order, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise AgiHangup("the caller is gone while waiting")
            return order.result() if order.done() else None
        finally:
            order.cancel()
            gone.cancel()

    async def _start_recording(self) -> None:
        """Once a call, while it waits anyway; it records nothing before somebody talks."""
        if self._recorded:
            return
        self._recorded = True
        try:
            await agi.gosub(self._session, RECORD_CONTEXT, "s", 1, self._call_id)
        except AgiFailed as error:
            self._log.error("not_recorded", error=str(error))

    async def _renew_lease(self) -> None:
        await agi.set_autohangup(self._session, self._timing.lease)

    async def _ring(self, order: _Order) -> bool:
        """Ring one agent, after the screen has shown the offer; True after a talk."""
        ring = order.ring
        acked = self._engine.streams.acked(ring.agent_id, order.offer_seq, timeout=self._timing.pop)
        shown, _ = await asyncio.gather(acked, self._start_recording())
        if not self._stands(ring):
            return False
        if not shown:
            self._log.warning("screen_did_not_acknowledge", agent_id=ring.agent_id, offer_no=ring.offer_no)
        await agi.gosub(self._session, RING_CONTEXT, "s", 1, f"PJSIP/{ring.endpoint}", str(ring.seconds), self._call_id)
        status = await agi.get_variable(self._session, "DIALSTATUS") or ""
        if status == "ANSWER":
            return not await self._waits_again(ring)
        reason = MISSED_REASONS.get(status, "unreachable")
        self._engine.submit(ev.OfferFailed(self._call_id, ring.offer_no, reason))
        return False

    async def _waits_again(self, ring: fx.Ring) -> bool:
        """Whether the agent's phone broke: then the citizen, who is still there, waits for an agent once more.

        Only AMI knows whether somebody hung up. Where it does not say so in time its link is down, and the talk counts
        as ended in good order.
        """
        try:
            over = await asyncio.wait_for(self.talk_over.get(), self._timing.word)
        except TimeoutError:
            self._engine.submit(ev.LegAnswered(self._call_id, ring.endpoint))
            self._engine.submit(ev.HangupAsked(self._call_id, ring.endpoint))
            self._engine.submit(ev.LegEnded(self._call_id, ring.endpoint))
            return False
        if not over.again:
            return False
        self._log.warning("agents_phone_lost", agent_id=ring.agent_id)
        self._end_reservation()
        self._reservation = asyncio.get_running_loop().call_later(
            self._timing.reserved, self._engine.submit, ev.ReservationOver(self._call_id)
        )
        # Without this a dead voice process would look like a talk that ended well.
        await agi.set_variable(self._session, "DIALSTATUS", "")
        with contextlib.suppress(AgiFailed):
            await agi.stream_file(self._session, BROKEN_SOUND)
        return True

    def _end_reservation(self) -> None:
        """A phone that breaks again begins its time anew."""
        if self._reservation is not None:
            self._reservation.cancel()
            self._reservation = None

    def _stands(self, ring: fx.Ring) -> bool:
        """Whether the offer is still the present one: the caller may have gone while the screen was shown it."""
        call = self._engine.floor.calls.get(self._call_id)
        return call is not None and call.phase is Phase.OFFERED and call.offer_no == ring.offer_no
