"""One citizen's call as an AGI session: menu, waiting, ringing agents, good-bye. Decides nothing about who gets it."""

import asyncio
from collections.abc import Mapping
from enum import Enum

import structlog

from acd.clock import utc_now
from acd.messages import CallEventType
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.state import Call, Phase
from acd.rules.telephones import interface_of, is_line
from agi_scripts import commands as agi
from agi_scripts.actions import RESULTS, TRANSFER_CONTEXT, TRANSFER_SECONDS, CallActions
from agi_scripts.directory import DirectoryAway
from agi_scripts.line import InLine, Moved, Order
from agi_scripts.menu import Destination, MenuWalk
from agi_scripts.server import AgiError, AgiFailed, AgiGone, AgiHangup, AgiSession
from agi_scripts.service import Service
from agi_scripts.shared import Shared
from agi_scripts.speaker import Speaker
from agi_scripts.waiting import Announcer, Choice
from ivr.answers import MESSAGE_KEYS, is_message

log = structlog.get_logger(__name__)

RING_CONTEXT, LINE_CONTEXT = "ring-agent", "ring-line"
ENTER_CONTEXT, RECORD_CONTEXT = "enter-line", "record"
TALK_CONTEXT = "outbound-talk"
TOKEN_VARIABLE = "HOTLINE_TOKEN"  # noqa: S105 - a variable's name
QUEUE_VARIABLE = "HOTLINE_QUEUE"
DIALLED_VARIABLE = "HOTLINE_DIALLED"
MAX_TEXT = 300
BROKEN_SOUND = "hotline/talk-broken"
RETURN_CALL_SOUND = "hotline/return-call-noted"
MESSAGE_SOUND, MESSAGE_SAVED_SOUND = "hotline/leave-message", "hotline/message-saved"
MESSAGE_SECONDS = 120
MISSED_REASONS = {"NOANSWER": "no_answer", "BUSY": "busy", "CANCEL": "withdrawn"}


class Ending(Enum):
    """How the wait ended: after a talk, with what the citizen chose instead, or given over to the dialplan."""

    TALKED = "talked"
    SERVED = "served"
    GIVEN_OVER = "given_over"


class Calls:
    """The running sessions by call id; hands the engine's orders to them."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._sessions: dict[str, CallSession] = {}

    def ring(self, order: fx.Ring, *, offer_seq: int) -> None:
        """Give a ring order to its session; a session that has just ended reports its own loss."""
        session = self._sessions.get(order.call_id)
        if session is not None:
            session.line.orders.put_nowait(Order(order, offer_seq))

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
        if call_id.startswith(fx.OUT_PREFIX) and call_id not in self._shared.engine.floor.calls:
            log.warning("session_of_a_call_unknown", call_id=call_id)
            return  # made by a process before this one: the dialplan brings the two together
        call = CallSession(session, call_id, self._shared)
        self._sessions[call_id] = call
        served = False
        try:
            served = await call.run()
        finally:
            # A citizen who was moved may be in a newer session already: then this one's end says nothing.
            if self._sessions.get(call_id) is call:
                del self._sessions[call_id]
                if not served:
                    self._shared.engine.submit(ev.SessionLost(call_id))


class CallSession:
    """Drives one channel; what it learns goes to the engine, whose orders come by `line.orders` and `talk_over`."""

    def __init__(self, session: AgiSession, call_id: str, shared: Shared) -> None:
        self.talk_over: asyncio.Queue[fx.TalkOver] = asyncio.Queue()
        self._session = session
        self._call_id = call_id
        self._shared = shared
        self._engine = shared.engine
        self._timing = shared.timing
        self._actions = CallActions(
            session, call_id, engine=shared.engine, directory=shared.directory, recordings=shared.recordings
        )
        self._dialled = ""
        self._service: Service | None = None
        self._call: Call | None = None
        self._reservation: asyncio.TimerHandle | None = None
        self._search: asyncio.Task[None] | None = None
        self._log = log.bind(call_id=call_id)
        self._speaker = self._speaker_of(shared.configuration.texts)
        self.line = self._line()

    def _speaker_of(self, texts: Mapping[str, str]) -> Speaker:
        return Speaker(self._session, self._shared.prompter, texts=texts, lease=self._timing.lease)

    def _line(self) -> InLine:
        shared, session = self._shared, self._session
        announcer = Announcer(
            session,
            self._speaker,
            patience=shared.patience,
            cut=lambda: shared.cut(session.header.get("channel", "")),
        )
        return InLine(
            session,
            self._call_id,
            engine=shared.engine,
            pace=shared.pace,
            announcer=announcer,
            speaker=self._speaker,
            pause=shared.timing.lease / 3,
            unstaffed=shared.timing.unstaffed,
        )

    async def run(self) -> bool:
        """The whole call; False when it was left before its end, which only AMI tells."""
        try:
            call = self._call = await self._start()
            return await self._serve(call)
        except (AgiHangup, AgiGone) as end:
            self._log.info("session_ended", reason=str(end))
        except AgiError as error:
            self._log.warning("session_failed", error=str(error))
        finally:
            self._end_reservation()
            self._end_search()
            self._note_missing_rating()
        return False

    async def _start(self) -> Call:
        header = self._session.header
        cleaned = header.get("arg_1")
        if cleaned is None:
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
        call = self._engine.floor.calls[self._call_id]
        if call.phase is Phase.MENU and caller not in {"", "unknown"} and self._shared.configuration.asks_for_owners:
            self._search = asyncio.create_task(self._find_owner(caller), name=f"owner-{self._call_id}")
        return call

    async def _find_owner(self, caller: str) -> None:
        """Who took the caller's open case (首问首办), found out while the menu speaks."""
        try:
            found = await self._shared.directory.caller(caller)
        except DirectoryAway as away:
            self._log.info("owner_not_found", reason=str(away))
            return
        if found.owner is not None:
            self._engine.submit(ev.OwnerKnown(self._call_id, found.owner))

    def _end_search(self) -> None:
        if self._search is not None:
            self._search.cancel()

    async def _serve(self, call: Call) -> bool:
        """Menu, then a person. True when the call is finished and the dialplan may hang up."""
        if call.out is not None:
            return await self._serve_called(call)
        service = self._service = self._shared.configuration.service_for(self._dialled, now=utc_now())
        if call.phase is Phase.MENU:
            ending = await self._wait_for_person(call, await self._walk(service))
        else:
            ending = await self._go_on(call)
        while ending is Ending.TALKED and service.tree.after_talk is not None:
            way = await self._walk(service, after_talk=True)
            if way.queue is not None:
                await self._forget_talk()
            ending = await self._wait_for_person(call, way)
        if ending is Ending.GIVEN_OVER:
            return False
        await agi.set_variable(self._session, TOKEN_VARIABLE, f"done-{self._call_id}")
        return True

    async def _serve_called(self, call: Call) -> bool:
        """A citizen whom we have called: the agent is on the line already; afterwards as after every talk."""
        if call.out is not None and call.out.sessions > 1:
            ending = await self._go_on(call)
        else:
            await self._speaker.renew()
            await self._start_recording()
            ending = Ending.TALKED if await self._talk_with_caller(call) else await self._stay(call, call.priority)
        if ending is Ending.GIVEN_OVER:
            return False
        await agi.set_variable(self._session, TOKEN_VARIABLE, f"done-{self._call_id}")
        return True

    async def _talk_with_caller(self, call: Call) -> bool:
        """True when the talk is over; False when the citizen waits for the agent, whose phone broke."""
        agent = self._engine.floor.agents.get(call.agent_id or "")
        extension = "" if agent is None else agent.extension
        await agi.gosub(self._session, TALK_CONTEXT, "s", 1, call.leg or "")
        if await agi.get_variable(self._session, "DIALSTATUS") != "ANSWER":
            self._engine.submit(ev.LegEnded(self._call_id, extension))
        return not await self._waits_again(call, extension)

    async def _walk(self, service: Service, *, after_talk: bool = False) -> Destination:
        """Where the menu leads; its way is recorded also when the caller leaves in the middle."""
        walk = MenuWalk(
            self._session,
            service,
            self._actions,
            self._speaker_of(service.texts),
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

    async def _go_on(self, call: Call) -> Ending:
        """A citizen who comes back from a talk to a session that has not seen it: on to where the floor has them."""
        if call.phase is Phase.TALKING and not await self._waits_again(call):
            return Ending.TALKED
        return Ending.TALKED if call.phase is Phase.AFTER_TALK else await self._stay(call, call.priority)

    async def _wait_for_person(self, call: Call, way: Destination) -> Ending:
        """The line of the way's queue, until a talk; nothing to wait for where the way is a good-bye."""
        if way.queue is None:
            return Ending.SERVED
        await self._enter_line(way.queue)
        self._engine.submit(ev.CallQueued(self._call_id, way.queue, way.priority, way.skill))
        return await self._stay(call, way.priority, entered=way.queue)

    async def _stay(self, call: Call, priority: int, *, entered: str = "") -> Ending:
        """With the citizen until a talk is over; a transfer changes the queue, or leads outside."""
        while True:
            queue = call.queue or self._shared.configuration.default_queue
            if queue != entered:
                await self._enter_line(queue)
                entered = queue
            if call.phase is Phase.OUTSIDE and call.target is not None:
                if await self._connect(call.target):
                    return Ending.TALKED
                continue
            came = await self.line.next(queue)
            if came is None:
                return Ending.GIVEN_OVER
            if isinstance(came, Order):
                if await self._ring(call, came):
                    return Ending.TALKED
            elif isinstance(came, Moved):
                continue
            elif await self._instead(came, queue):
                return Ending.SERVED
            else:
                self._engine.submit(ev.CallQueued(self._call_id, queue, priority, call.skill))

    async def _connect(self, number: str) -> bool:
        """Connect the citizen with a number outside to which an agent has given the call; True after a talk."""
        await agi.gosub(self._session, TRANSFER_CONTEXT, "s", 1, number, str(TRANSFER_SECONDS))
        status = await agi.get_variable(self._session, "DIALSTATUS") or ""
        result = RESULTS.get(status, "failed")
        self._engine.submit(ev.OutsideOver(self._call_id, result))
        return result == "answered"

    async def _instead(self, choice: Choice, queue: str) -> bool:
        """What the citizen has chosen instead of waiting; False when nothing came of it and the wait goes on."""
        self._engine.submit(ev.CallLeft(self._call_id))
        if choice is Choice.RETURN_CALL:
            await self._actions.register_return(queue)
            await self._speaker.tell(RETURN_CALL_SOUND)
            return True
        await self._speaker.tell(MESSAGE_SOUND)
        await self._speaker.hold(MESSAGE_SECONDS)
        try:
            recorded = await self._actions.record(MESSAGE_SECONDS, MESSAGE_KEYS)
        except AgiFailed as error:
            self._log.error("message_not_recorded", error=str(error))
            return False
        if not is_message(recorded):
            return False
        await self._speaker.tell(MESSAGE_SAVED_SOUND)
        return True

    async def _start_recording(self) -> None:
        """Of a call that enters no line; the dialplan starts it once a call."""
        try:
            await agi.gosub(self._session, RECORD_CONTEXT, "s", 1, self._call_id)
        except AgiFailed as error:
            self._log.error("not_recorded", error=str(error))

    async def _enter_line(self, queue: str) -> None:
        """Name the queue for the fallback and start the recording, which records nothing before somebody talks."""
        try:
            await agi.gosub(self._session, ENTER_CONTEXT, "s", 1, self._call_id, queue)
        except AgiFailed as error:
            self._log.error("not_recorded", error=str(error))
            await agi.set_variable(self._session, QUEUE_VARIABLE, queue)

    async def _ring(self, call: Call, order: Order) -> bool:
        """Ring one agent, after the screen has shown the offer; True after a talk."""
        ring = order.ring
        shown = await self._engine.streams.acked(ring.agent_id, order.offer_seq, timeout=self._timing.pop)
        if not self._stands(ring):
            return False
        if not shown:
            self._log.warning("screen_did_not_acknowledge", agent_id=ring.agent_id, offer_no=ring.offer_no)
        line = is_line(ring.endpoint)
        context, dialled = (LINE_CONTEXT, ring.endpoint) if line else (RING_CONTEXT, interface_of(ring.endpoint))
        await agi.gosub(self._session, context, "s", 1, dialled, str(ring.seconds), self._call_id)
        status = await agi.get_variable(self._session, "DIALSTATUS") or ""
        if status == "ANSWER":
            return not await self._waits_again(call, ring.endpoint)
        reason = MISSED_REASONS.get(status, "unreachable")
        self._engine.submit(ev.OfferFailed(self._call_id, ring.offer_no, reason))
        return False

    async def _waits_again(self, call: Call, endpoint: str = "") -> bool:
        """Whether the citizen, who is still there, waits once more: a broken phone, a transfer, a supervisor's act.

        Only AMI knows whether somebody hung up. Where it does not say so in time its link is down, and the talk counts
        as ended in good order.
        """
        try:
            over = await asyncio.wait_for(self.talk_over.get(), self._timing.word)
        except TimeoutError:
            self._end_talk(call, endpoint)
            return False
        if not over.again:
            return False
        await self._forget_talk()
        self._end_reservation()
        self._reservation = asyncio.get_running_loop().call_later(
            self._timing.reserved, self._engine.submit, ev.ReservationOver(self._call_id)
        )
        if not over.quiet:
            self._log.warning("agents_phone_lost", agent_id=call.agent_id)
            await self._speaker.tell(BROKEN_SOUND)
        return True

    def _end_talk(self, call: Call, endpoint: str) -> None:
        """Nobody says what became of the talk: it has ended in good order."""
        if call.phase is Phase.OFFERED:
            self._engine.submit(ev.LegAnswered(self._call_id, endpoint))
        agent = self._engine.floor.agents.get(call.agent_id or "")
        endpoint = agent.extension if agent is not None else endpoint
        self._engine.submit(ev.HangupAsked(self._call_id, endpoint))
        self._engine.submit(ev.LegEnded(self._call_id, endpoint))

    async def _forget_talk(self) -> None:
        """The citizen waits once more: from now on a dead voice process must not look like a talk that ended well."""
        await agi.set_variable(self._session, "DIALSTATUS", "")

    def _end_reservation(self) -> None:
        """A phone that breaks again begins its time anew."""
        if self._reservation is not None:
            self._reservation.cancel()
            self._reservation = None

    def _stands(self, ring: fx.Ring) -> bool:
        """Whether the offer is still the present one: the caller may have gone while the screen was shown it."""
        call = self._engine.floor.calls.get(self._call_id)
        return call is not None and call.phase is Phase.OFFERED and call.offer_no == ring.offer_no
