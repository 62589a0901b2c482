"""Errors of the API's services, and how each is told to a client (RFC 9457 problem details)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from db.engine import DatabaseAwayError

log = structlog.get_logger(__name__)


class HotlineError(Exception):
    """Base of every refusal; the text is one sentence that says what to do."""


class NotFoundError(HotlineError):
    """The thing does not exist, or is none of the asker's business."""


class ConflictError(HotlineError):
    """The thing is in a state that does not allow this; `code` names the case for programs where there are several."""

    def __init__(self, text: str, *, code: str = "conflict") -> None:
        super().__init__(text)
        self.code = code


class ForbiddenError(HotlineError):
    """The role does not allow this."""


class NotSignedInError(HotlineError):
    """No token, or one that is wrong or expired."""


class BadCredentialsError(HotlineError):
    """Staff number and password do not belong together."""


class UnreadableError(HotlineError):
    """The body is not what the endpoint takes."""


class RefusedError(HotlineError):
    """What was sent can be read and may not be; `findings` says where, what and what to do, each with its severity."""

    def __init__(self, text: str, findings: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(text)
        self.findings = [dict(finding) for finding in findings]


class ChangedError(HotlineError):
    """Somebody else changed the thing since it was read: `by` (staff number) at a moment, where that is known."""

    def __init__(self, text: str, *, by: str | None = None, at: dt.datetime | None = None) -> None:
        super().__init__(text)
        self.by = by
        self.at = at


class UnconditionalError(HotlineError):
    """The change must name the revision that it is made to."""


class TooLargeError(HotlineError):
    """The body is larger than anything that belongs there."""


class UnavailableError(HotlineError):
    """A part of this machine cannot be used now; the text names it."""


class VoiceAwayError(HotlineError):
    """The voice process cannot be reached now."""


class LockedOutError(HotlineError):
    """Too many failed sign-ins; `retry_seconds` tells how long the lock still holds."""

    def __init__(self, text: str, *, retry_seconds: int) -> None:
        super().__init__(text)
        self.retry_seconds = retry_seconds


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of error looks from outside."""

    status: HTTPStatus
    code: str


SHAPES: Final[dict[type[Exception], Shape]] = {
    NotFoundError: Shape(HTTPStatus.NOT_FOUND, "not_found"),
    ConflictError: Shape(HTTPStatus.CONFLICT, "conflict"),
    ForbiddenError: Shape(HTTPStatus.FORBIDDEN, "forbidden"),
    NotSignedInError: Shape(HTTPStatus.UNAUTHORIZED, "not_signed_in"),
    BadCredentialsError: Shape(HTTPStatus.UNAUTHORIZED, "bad_credentials"),
    UnreadableError: Shape(HTTPStatus.BAD_REQUEST, "unreadable"),
    RefusedError: Shape(HTTPStatus.UNPROCESSABLE_ENTITY, "refused"),
    ChangedError: Shape(HTTPStatus.PRECONDITION_FAILED, "changed"),
    UnconditionalError: Shape(HTTPStatus.PRECONDITION_REQUIRED, "unconditional"),
    TooLargeError: Shape(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"),
    LockedOutError: Shape(HTTPStatus.TOO_MANY_REQUESTS, "locked_out"),
    VoiceAwayError: Shape(HTTPStatus.SERVICE_UNAVAILABLE, "voice_away"),
    UnavailableError: Shape(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    DatabaseAwayError: Shape(HTTPStatus.SERVICE_UNAVAILABLE, "database_away"),
}

# Python 3.13 renamed this status.
CODES: Final = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large"}
ADVICE: Final = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address; /docs lists what there is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method; /docs lists those it takes.",
}
DATABASE_ADVICE: Final = "The database cannot be reached; nothing was stored. Send the same request again in a moment."
FAULT_ADVICE: Final = "The server failed; nothing was stored. Try again; if it stays, look into the web process' log."
MEDIA_TYPE: Final = "application/problem+json"


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    errors: list[dict[str, Any]] | None = None,
    findings: list[dict[str, str]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Return one problem document; `code` is for programs, `detail` for people, `more` is what only one kind has."""
    body: dict[str, Any] = {
        "type": f"urn:hotline:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    if findings:
        body["findings"] = findings
    body |= more or {}
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


async def _tell(_request: Request, error: Exception) -> JSONResponse:
    shape = next(SHAPES[kind] for kind in type(error).__mro__ if kind in SHAPES)
    headers: dict[str, str] = {}
    if isinstance(error, LockedOutError):
        headers["Retry-After"] = str(error.retry_seconds)
    elif shape.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "2"
    elif shape.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, DatabaseAwayError):
        log.warning("database_away", reason=str(error))
        return problem(shape.status, shape.code, DATABASE_ADVICE, headers=headers)
    findings = error.findings if isinstance(error, RefusedError) else None
    code = error.code if isinstance(error, ConflictError) else shape.code
    more: dict[str, Any] = {}
    if isinstance(error, ChangedError) and error.at is not None:
        more = {"by": error.by, "at": error.at.isoformat()}
    return problem(shape.status, code, str(error), headers=headers, findings=findings, more=more)


async def _tell_http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    detail = ADVICE.get(status) or str(error.detail)
    headers = dict(error.headers) if error.headers else None
    return problem(status, CODES.get(status, status.name.lower()), detail, headers=headers)


async def _tell_invalid(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [
        {"at": ".".join(str(part) for part in found["loc"]), "what": str(found["msg"])} for found in error.errors()
    ]
    detail = "Correct what `errors` names and send the request again."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=errors[:20])


async def _tell_fault(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", FAULT_ADVICE)


def install_problems(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    for kind in SHAPES:
        app.add_exception_handler(kind, _tell)
    app.add_exception_handler(HTTPException, _tell_http)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(Exception, _tell_fault)
