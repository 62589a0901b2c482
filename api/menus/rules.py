"""The life of a version as one table, and which publication is in force; pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FARTHEST: Final = dt.timedelta(days=365)
YEARS: Final = range(2000, 2100)
"""Times outside are a slip, and arithmetic with zones ends at year 9999."""


class VersionState(StrEnum):
    """States of a version; what is approved never changes again."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"


class Trigger(StrEnum):
    """What moves a version."""

    CHANGE = "change"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"


class Standing(StrEnum):
    """What became of a publication."""

    CANCELLED = "cancelled"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    PAST = "past"


class StepRefusedError(Exception):
    """The version, or the moment, does not allow this; the text says what to do."""


TRANSITIONS: Final[dict[tuple[VersionState, Trigger], VersionState]] = {
    (VersionState.DRAFT, Trigger.CHANGE): VersionState.DRAFT,
    (VersionState.DRAFT, Trigger.SUBMIT): VersionState.SUBMITTED,
    (VersionState.SUBMITTED, Trigger.APPROVE): VersionState.APPROVED,
    (VersionState.SUBMITTED, Trigger.RETURN): VersionState.DRAFT,
}
ADVICE: Final = {
    VersionState.DRAFT: "it is a draft; submit it first",
    VersionState.SUBMITTED: "it waits for approval; approve it, or return it to its author first",
    VersionState.APPROVED: "it is approved and stays as it is; make a new version of it",
}


def next_state(state: VersionState, trigger: Trigger) -> VersionState:
    """Return the state that follows. Raises StepRefusedError when the table has no such step."""
    try:
        return TRANSITIONS[state, trigger]
    except KeyError:
        raise StepRefusedError(f"A version in the state {state} does not take {trigger}: {ADVICE[state]}.") from None


@dataclass(frozen=True, slots=True)
class Publication:
    """A version and since when it is to be in force; `effective_at` is aware."""

    id: int
    version: int
    effective_at: dt.datetime
    cancelled: bool = False


def in_force(publications: Iterable[Publication], *, now: dt.datetime) -> Publication | None:
    """Return what is, or by the present plan will be, in force at a moment."""
    course = _course(publications, now=now)
    return course[-1] if course else None


def before(publications: Iterable[Publication], *, now: dt.datetime) -> Publication | None:
    """Return what was in force before the present version: where a roll-back leads."""
    course = _course(publications, now=now)
    return next((one for one in reversed(course) if one.version != course[-1].version), None)


def scheduled(publications: Iterable[Publication], *, now: dt.datetime) -> list[Publication]:
    """Return those to come, the next one first."""
    coming = [one for one in publications if not one.cancelled and one.effective_at > now]
    return sorted(coming, key=_order)


def standing(publication: Publication, present: Publication | None, *, now: dt.datetime) -> Standing:
    """Return what a publication is to a reader; `present` is the one in force."""
    if publication.cancelled:
        return Standing.CANCELLED
    if publication.effective_at > now:
        return Standing.SCHEDULED
    return Standing.IN_FORCE if present is not None and publication.id == present.id else Standing.PAST


def moment(at: dt.datetime | None, *, now: dt.datetime) -> dt.datetime:
    """Return when a publication takes effect. Raises StepRefusedError for the past and for more than a year ahead."""
    if at is None:
        return now
    if at < now:
        raise StepRefusedError("`at` has passed; name a later time, or leave it out to publish now.")
    if at - now > FARTHEST:
        raise StepRefusedError("`at` is more than a year ahead; name an earlier time.")
    return at


def _course(publications: Iterable[Publication], *, now: dt.datetime) -> list[Publication]:
    """What has been in force up to now, in order; of several for the same moment only the last decided counts."""
    by_moment: dict[dt.datetime, Publication] = {}
    for one in sorted(publications, key=_order):
        if not one.cancelled and one.effective_at <= now:
            by_moment[one.effective_at] = one
    return list(by_moment.values())


def _order(publication: Publication) -> tuple[dt.datetime, int]:
    return publication.effective_at, publication.id
