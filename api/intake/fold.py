"""Folds the events of one call into its row.

Pure, and a function of the *set* of events: they are put in order first, so the order and the number of
deliveries cannot matter.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from acd.messages import CallEventType, Disposition

# A message from the spool is the web process' own event; journals count from 1, so 0 is free for it.
MESSAGE_TYPE: Final = CallEventType.MESSAGE.value
MESSAGE_SEQ: Final = 0

REQUESTS: Final = frozenset({CallEventType.RETURN_REQUESTED, CallEventType.AFFECTED})
OWED: Final = frozenset({Disposition.ABANDONED, Disposition.MESSAGE, Disposition.REGISTERED})


@dataclass(frozen=True, slots=True)
class Fact:
    """One stored event as the fold sees it."""

    seq: int
    type: str
    at: dt.datetime
    data: dict[str, Any]

    @property
    def is_from_spool(self) -> bool:
        """The last-resort script left it; the voice process knows nothing of it."""
        return self.seq == MESSAGE_SEQ


@dataclass(slots=True)
class CallFacts:
    """What is known of a call; every field but `source` may be unknown. Times are aware.

    `queues` are all it waited in, in their order.
    """

    source: str = "voice"
    caller_raw: str | None = None
    dialled: str | None = None
    menu: str | None = None
    menu_version: int | None = None
    menu_path: list[str] | None = None
    queue: str | None = None
    queues: list[str] = field(default_factory=list)
    priority: int | None = None
    started_at: dt.datetime | None = None
    queued_at: dt.datetime | None = None
    first_offered_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    answered_by: str | None = None
    disposition: str | None = None
    ended_by: str | None = None
    waited_ms: int | None = None
    recording: str | None = None
    menu_end: str | None = None
    menu_node: str | None = None
    menu_ms: int | None = None
    skill: str | None = None
    transferred_to: str | None = None
    direction: str = "inbound"
    about_case: str | None = None
    about_call: str | None = None
    return_call_id: int | None = None

    @property
    def is_outbound(self) -> bool:
        """The hotline has made this call."""
        return self.direction == "outbound"

    @property
    def has_been_answered(self) -> bool:
        """Somebody spoke with the citizen."""
        return self.answered_at is not None or self.disposition == Disposition.ANSWERED

    @property
    def needs_case(self) -> bool:
        """The call concerns an agent: it was offered, answered, or left a message.

        One that the hotline has made belongs to the case it is about; where there is none, what was said opens one.
        """
        if self.is_outbound:
            return self.about_case is None and self.answered_at is not None
        return self.first_offered_at is not None or self.has_been_answered or self.disposition == Disposition.MESSAGE

    @property
    def left_alone(self) -> bool:
        """The citizen waited, spoke to a machine or asked for it, and nobody answered: a return call is owed.

        Of those without a wish `abandoned` alone tells that: who leaves in the menu is `hangup_in_menu`, and CEL,
        which cannot tell the two apart, would rather owe one call too many.
        """
        return not self.has_been_answered and self.disposition in OWED


@dataclass(slots=True)
class OfferFacts:
    """What is known of one offer."""

    offer_no: int
    agent_id: str
    offered_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    result: str | None = None
    waited_ms: int | None = None


def fold(events: Iterable[Fact]) -> CallFacts:
    """Return the call as its own events tell it; records and messages fill what is missing, never more."""
    ordered = sorted(events, key=lambda fact: fact.seq)
    told = [fact for fact in ordered if fact.type != CallEventType.RECORD and not fact.is_from_spool]
    records = [fact for fact in ordered if fact.type == CallEventType.RECORD]
    spooled = [fact for fact in ordered if fact.is_from_spool]
    call = CallFacts(source="voice" if told else "record" if records else "message")
    for fact in told:
        _apply(call, fact)
    _fill(call, _left_in_menu(told))
    for fact in (*records, *spooled):
        _fill(call, _told_by_witness(fact, transferred=call.transferred_to is not None))
    if any(fact.data.get("direction") == "outbound" for fact in ordered):
        call.direction = "outbound"
    call.disposition = _disposition(call, ordered)
    call.waited_ms = _waited(call)
    if call.queue is not None and not call.queues:
        call.queues.append(call.queue)
    return call


def _left_in_menu(told: Iterable[Fact]) -> dict[str, Any]:
    """Return queue and recording of a call that reached no person: for whom its wish is, and what it said."""
    values: dict[str, Any] = {}
    for fact in told:
        if fact.type == CallEventType.RETURN_REQUESTED:
            values["queue"] = fact.data.get("queue")
        elif fact.type == CallEventType.MESSAGE:
            values["recording"] = fact.data["recording"]
    return values


def _disposition(call: CallFacts, facts: Sequence[Fact]) -> str | None:
    """Return how the call ended; what a citizen got without a person tells more than that nobody answered."""
    kinds = {fact.type for fact in facts}
    spoke = call.disposition == Disposition.ANSWERED and call.transferred_to is None
    if call.answered_at is not None or spoke:
        return call.disposition
    if CallEventType.MESSAGE in kinds:
        return Disposition.MESSAGE
    if call.transferred_to is not None:
        return Disposition.TRANSFERRED
    return Disposition.REGISTERED if REQUESTS & kinds else call.disposition


def _apply(call: CallFacts, fact: Fact) -> None:
    data = fact.data
    match fact.type:
        case CallEventType.STARTED:
            _fill(call, {"caller_raw": data.get("caller"), "dialled": data.get("dialled"), "started_at": fact.at})
            names = {"queue": "queue", "about_case": "case_no", "about_call": "about_call"}
            _fill(call, {field: data.get(name) for field, name in names.items()})
            _fill(call, {"return_call_id": data.get("return_call")})
        case CallEventType.MENU:
            _apply_menu(call, data)
        case CallEventType.QUEUED:
            call.queue, call.priority, call.skill = data["queue"], data.get("priority"), data.get("skill")
            call.queues.append(data["queue"])
            _fill(call, {"queued_at": fact.at})
        case CallEventType.OFFERED:
            _fill(call, {"first_offered_at": fact.at})
            call.waited_ms = data.get("waited_ms", call.waited_ms)
        case CallEventType.ANSWERED:
            _fill(call, {"answered_at": fact.at})
            call.answered_by, call.recording = data["agent_id"], data.get("recording") or call.recording
        case CallEventType.TRANSFERRED if data["result"] == "answered" and data.get("kind") in {None, "number"}:
            call.transferred_to = data["target"]
        case CallEventType.ENDED:
            values = {"ended_at": fact.at, "disposition": data["disposition"], "ended_by": data.get("ended_by")}
            _fill(call, values)


def _apply_menu(call: CallFacts, data: dict[str, Any]) -> None:
    """Take the way to a person or to the end; the menu after a talk (the rating) changes nothing of it."""
    values = {
        "menu": data["menu"],
        "menu_version": data.get("version"),
        "menu_path": data.get("path"),
        "menu_end": data.get("end"),
        "menu_node": data.get("node"),
        "menu_ms": data.get("ms"),
    }
    if call.answered_at is not None:
        _fill(call, values if call.menu is None else {})
        return
    for name, value in values.items():
        setattr(call, name, value)


def _told_by_witness(fact: Fact, *, transferred: bool) -> dict[str, Any]:
    """Return what a record or a spool file tells; Asterisk's records take whom a menu transferred to for an agent."""
    data = fact.data
    if fact.is_from_spool:
        return {"caller_raw": data.get("caller"), "dialled": data.get("dialled"), "started_at": fact.at}
    if transferred and data.get("answered_by") is None:
        data = {name: value for name, value in data.items() if name not in {"answered_at", "disposition"}}
    return {
        "caller_raw": data.get("caller"),
        **{name: data.get(name) for name in ("dialled", "queue", "answered_by", "disposition")},
        **{name: _moment(data.get(name)) for name in ("started_at", "answered_at", "ended_at")},
    }


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _fill(call: CallFacts, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(call, name) is None:
            setattr(call, name, value)


def _waited(call: CallFacts) -> int | None:
    """Return milliseconds from entering the queue to the answer, or to the end, or as the last offer told."""
    until = call.answered_at or call.ended_at
    if call.queued_at is None or until is None:
        return call.waited_ms
    return max(0, round((until - call.queued_at) / dt.timedelta(milliseconds=1)))


def fold_offers(events: Iterable[Fact]) -> list[OfferFacts]:
    """Return the offers of a call in their order, each with what became of it."""
    offers: dict[int, OfferFacts] = {}
    for fact in sorted(events, key=lambda fact: fact.seq):
        if fact.type == CallEventType.OFFERED:
            offer = offers.setdefault(fact.data["offer_no"], OfferFacts(fact.data["offer_no"], fact.data["agent_id"]))
            offer.offered_at, offer.waited_ms = fact.at, fact.data.get("waited_ms")
        elif fact.type == CallEventType.MISSED:
            offer = offers.setdefault(fact.data["offer_no"], OfferFacts(fact.data["offer_no"], fact.data["agent_id"]))
            offer.finished_at, offer.result = fact.at, fact.data.get("reason") or "missed"
        elif fact.type == CallEventType.CONSULTED and fact.data.get("offer_no") in offers:
            asked = offers[fact.data["offer_no"]]
            asked.finished_at, asked.result = fact.at, "consulted"
        elif fact.type == CallEventType.ANSWERED:
            _mark_answered(list(offers.values()), fact)
    return [offers[number] for number in sorted(offers)]


def _mark_answered(offers: Sequence[OfferFacts], fact: Fact) -> None:
    own = [offer for offer in offers if offer.agent_id == fact.data["agent_id"] and offer.result is None]
    if own:
        newest = max(own, key=lambda offer: offer.offer_no)
        newest.finished_at, newest.result = fact.at, "answered"


CALL_COLUMNS: Final = tuple(field.name for field in fields(CallFacts))
