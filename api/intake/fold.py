"""Folds the events of one call into its row.

Pure, and a function of the *set* of events: they are put in order first, so the order and the number of
deliveries cannot matter.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from acd.messages import CallEventType, Disposition

# The web process' own event for a message from the spool; journals count from 1, so 0 is free for it.
MESSAGE_TYPE: Final = "call.message"
MESSAGE_SEQ: Final = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """One stored event as the fold sees it."""

    seq: int
    type: str
    at: dt.datetime
    data: dict[str, Any]


@dataclass(slots=True)
class CallFacts:
    """What is known of a call; every field but `source` may be unknown. Times are aware."""

    source: str = "voice"
    caller_raw: str | None = None
    dialled: str | None = None
    menu: str | None = None
    menu_version: int | None = None
    menu_path: list[str] | None = None
    queue: str | None = None
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

    @property
    def has_been_answered(self) -> bool:
        """Somebody spoke with the citizen."""
        return self.answered_at is not None or self.disposition == Disposition.ANSWERED

    @property
    def needs_case(self) -> bool:
        """The call concerns an agent: it was offered, answered, or left a message."""
        return self.first_offered_at is not None or self.has_been_answered or self.disposition == Disposition.MESSAGE

    @property
    def left_alone(self) -> bool:
        """The citizen waited or spoke to a machine and nobody answered: a return call is owed.

        `abandoned` alone tells that: who leaves in the menu is `hangup_in_menu`, and CEL, which cannot tell the two
        apart, would rather owe one call too many.
        """
        return not self.has_been_answered and self.disposition in {Disposition.ABANDONED, Disposition.MESSAGE}


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
    told = [fact for fact in ordered if fact.type not in {CallEventType.RECORD, MESSAGE_TYPE}]
    records = [fact for fact in ordered if fact.type == CallEventType.RECORD]
    messages = [fact for fact in ordered if fact.type == MESSAGE_TYPE]
    call = CallFacts(source="voice" if told else "record" if records else "message")
    for fact in told:
        _apply(call, fact)
    for fact in (*records, *messages):
        _fill(call, _told_by_witness(fact))
    if messages and not call.has_been_answered:
        call.disposition = Disposition.MESSAGE
    call.waited_ms = _waited(call)
    return call


def _apply(call: CallFacts, fact: Fact) -> None:
    data = fact.data
    match fact.type:
        case CallEventType.STARTED:
            _fill(call, {"caller_raw": data.get("caller"), "dialled": data.get("dialled"), "started_at": fact.at})
        case CallEventType.MENU:
            call.menu, call.menu_version, call.menu_path = data["menu"], data.get("version"), data.get("path")
        case CallEventType.QUEUED:
            call.queue, call.priority = data["queue"], data.get("priority")
            _fill(call, {"queued_at": fact.at})
        case CallEventType.OFFERED:
            _fill(call, {"first_offered_at": fact.at})
            call.waited_ms = data.get("waited_ms", call.waited_ms)
        case CallEventType.ANSWERED:
            _fill(call, {"answered_at": fact.at})
            call.answered_by, call.recording = data["agent_id"], data.get("recording") or call.recording
        case CallEventType.ENDED:
            values = {"ended_at": fact.at, "disposition": data["disposition"], "ended_by": data.get("ended_by")}
            _fill(call, values)


def _told_by_witness(fact: Fact) -> dict[str, Any]:
    data = fact.data
    if fact.type == MESSAGE_TYPE:
        return {"caller_raw": data.get("caller"), "dialled": data.get("dialled"), "started_at": fact.at}
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
        elif fact.type == CallEventType.ANSWERED:
            _mark_answered(list(offers.values()), fact)
    return [offers[number] for number in sorted(offers)]


def _mark_answered(offers: Sequence[OfferFacts], fact: Fact) -> None:
    own = [offer for offer in offers if offer.agent_id == fact.data["agent_id"] and offer.result is None]
    if own:
        newest = max(own, key=lambda offer: offer.offer_no)
        newest.finished_at, newest.result = fact.at, "answered"


CALL_COLUMNS: Final = tuple(field.name for field in fields(CallFacts))
