"""Decides whether the hotline owes a caller a return call; pure.

It looks at the latest facts of a caller, never at what arrived last, so late events change nothing wrongly.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """The latest facts about one canonical number; times are aware.

    `left_*`: the last call nobody answered, or message left. `answered_*`: the last call somebody answered.
    `done_at`: the last return call made. `owed_*`: the open debt as stored. `incident_id`: the last incident the
    caller was registered for since anybody spoke with them.
    """

    caller: str
    left_at: dt.datetime | None = None
    left_call: str | None = None
    left_queue: str | None = None
    answered_at: dt.datetime | None = None
    answered_call: str | None = None
    done_at: dt.datetime | None = None
    owed_since: dt.datetime | None = None
    incident_id: int | None = None
    owed_incident: int | None = None


@dataclass(frozen=True, slots=True)
class Owe:
    """Store the debt, or move the stored one to this newer call."""

    caller: str
    call_id: str
    queue: str | None
    since: dt.datetime
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The citizen rang again and was answered by this call: the stored debt is settled."""

    caller: str
    call_id: str | None
    at: dt.datetime


def decide(facts: CallerFacts) -> Owe | Cancel | None:
    """Return what to do with the caller's debt; None when it stands as it should."""
    if facts.left_at is None or facts.left_call is None:
        return None
    settled = max((at for at in (facts.answered_at, facts.done_at) if at is not None), default=None)
    if settled is None or settled < facts.left_at:
        if (facts.owed_since, facts.owed_incident) == (facts.left_at, facts.incident_id):
            return None
        return Owe(facts.caller, facts.left_call, facts.left_queue, facts.left_at, facts.incident_id)
    return Cancel(facts.caller, facts.answered_call, settled) if facts.owed_since is not None else None
