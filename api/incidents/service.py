"""Switches incidents on and off, each with its case and with who, when and why."""

import datetime as dt

import structlog

from api.cases.numbers import case_day, case_number, new_query_code
from api.core.audit import record
from api.core.fields import finding
from api.core.phones import display_number
from api.core.problems import ConflictError, NotFoundError, RefusedError
from api.core.runtime import Runtime
from api.incidents import repository
from api.incidents.repository import AffectedRow, IncidentRow
from api.incidents.rules import LONGEST, is_on, wrong_end
from api.incidents.schemas import AffectedOut, IncidentIn, IncidentOut
from api.intake.repository import take_serials
from api.numbers.checks import unfit_sounds
from api.sounds.service import speak_now
from db.engine import WriteSession
from db.tables import Incident

log = structlog.get_logger(__name__)

UNKNOWN = "There is no such incident; GET /api/incidents lists those that are."
SLUG = "incident"


def describe(row: IncidentRow, *, now: dt.datetime) -> IncidentOut:
    """Return an incident as the API tells it."""
    incident = row.incident
    own = ("id", "title", "text", "sounds", "numbers", "areas", "priority", "starts_at", "ends_at")
    off = ("switched_on_by", "switched_off_at", "switched_off_by")
    told = {name: getattr(incident, name) for name in (*own, *off)}
    on = is_on(incident.starts_at, incident.ends_at, incident.switched_off_at, now=now)
    return IncidentOut(**told, on=on, case_no=row.case_no, affected=row.affected)


def describe_caller(row: AffectedRow) -> AffectedOut:
    """Return a registered caller as the API tells it."""
    caller = row.caller
    return AffectedOut(
        call_id=caller.call_id,
        caller=caller.caller,
        caller_display=display_number(caller.caller),
        at=caller.at,
        return_call_owed=row.owed,
    )


async def switch_on(runtime: Runtime, session: WriteSession, wanted: IncidentIn, *, by: str, now: dt.datetime) -> int:
    """Store an incident that is on from now, with its sound and its case; return its id.

    Raises RefusedError with all findings. The text is spoken before any row is locked: that takes a while.
    """
    await _require_fit(session, wanted, now=now)
    sounds = wanted.sounds or [await speak_now(runtime, session, SLUG, wanted.text, by, now)]
    case_id, case_no = await _open_case(session, wanted, region=runtime.settings.region_code, by=by, now=now)
    chosen = {name: getattr(wanted, name) for name in ("title", "text", "numbers", "areas", "priority", "ends_at")}
    values = {**chosen, "sounds": sounds, "starts_at": now, "switched_on_by": by, "case_id": case_id}
    incident_id = await repository.store_incident(session, values)
    detail = {**chosen, "ends_at": wanted.ends_at.isoformat(), "sounds": sounds, "case_no": case_no}
    why = wanted.why or wanted.title
    await record(session, by, "incident.switched_on", f"incident:{incident_id}", why=why, detail=detail, now=now)
    log.info("incident_switched_on", incident_id=incident_id, by=by, ends_at=wanted.ends_at.isoformat())
    return incident_id


async def _require_fit(session: WriteSession, wanted: IncidentIn, *, now: dt.datetime) -> None:
    numbers, areas = await repository.known_lines(session)
    known = f"use one of {', '.join(sorted(areas)) or '(no line belongs to any)'}"
    unknown = [number for number in wanted.numbers or () if number not in numbers]
    elsewhere = [area for area in wanted.areas or () if area not in areas]
    found = [
        *(finding("numbers", f"there is no number {number}", "GET /api/numbers lists all") for number in unknown),
        *(finding("areas", f"no line belongs to {area}", known) for area in elsewhere),
        *await unfit_sounds(session, wanted.sounds or (), where="sounds"),
    ]
    if what := wrong_end(wanted.ends_at, now=now):
        found.append(finding("ends_at", what, f"choose an end within the next {LONGEST.days} days"))
    if found:
        raise RefusedError("Correct what `findings` names; the incident is not on.", found)


async def _open_case(
    session: WriteSession, wanted: IncidentIn, *, region: str, by: str, now: dt.datetime
) -> tuple[int, str]:
    day = case_day(now)
    (serial,) = await take_serials(session, region, day, 1)
    number = case_number(region, day, serial)
    values = {"number": number, "query_code": new_query_code(), "note": f"{wanted.title}\n{wanted.text}"}
    return await repository.open_case(session, values, by=by, now=now), number


async def end(session: WriteSession, incident_id: int, *, by: str, why: str, now: dt.datetime) -> Incident:
    """End an incident before its time. Raises NotFoundError, and ConflictError when it is over already."""
    incident = await repository.lock_incident(session, incident_id)
    if incident is None:
        raise NotFoundError(UNKNOWN)
    if not is_on(incident.starts_at, incident.ends_at, incident.switched_off_at, now=now):
        over = incident.switched_off_at or incident.ends_at
        raise ConflictError(f"This incident is over since {over.isoformat(timespec='seconds')}.")
    await repository.switch_off(session, incident_id, by=by, now=now)
    await record(session, by, "incident.ended", f"incident:{incident_id}", why=why, now=now)
    log.info("incident_ended", incident_id=incident_id, by=by)
    return incident
