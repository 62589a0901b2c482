"""How the API describes itself: problem documents in place of FastAPI's own errors, one operation id a name."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from api.core.problems import MEDIA_TYPE

DESCRIPTION: Final = """
The web process of the 12345 hotline: sign-in, calls, cases and agents.

Every error is a problem document (RFC 9457, `application/problem+json`) whose `detail` says what to do and whose
`code` is for programs. Sign in with `POST /api/sessions` and send the token as `Authorization: Bearer <token>`.
"""

TAGS: Final[list[dict[str, str]]] = [
    {"name": "sessions", "description": "Sign-in"},
    {"name": "agents", "description": "Agents, their live states, their phones"},
    {"name": "pause reasons", "description": "Reasons for a pause 小休, with the minutes of a day"},
    {"name": "talks", "description": "What agents do with their talks: hold, transfers, a third party"},
    {"name": "queues", "description": "Queues that citizens wait in"},
    {"name": "counties", "description": "Counties with remote seats 远端座席, and the trunks to their telephones"},
    {"name": "calls", "description": "Calls with their history, recording, draft and outcome"},
    {"name": "cases", "description": "Cases 工单"},
    {"name": "messages", "description": "Messages left"},
    {"name": "outbound", "description": "Calls to citizens 回访, and the return calls owed"},
    {"name": "menus", "description": "Menus: drafts, checks, approval, publication, roll-back, trying, figures"},
    {"name": "numbers", "description": "Public numbers, their lines, and how many rang there"},
    {"name": "holidays", "description": "Days that are not what their weekday says"},
    {"name": "transfer targets", "description": "Numbers that menus may connect citizens with"},
    {"name": "incidents", "description": "Incidents 突发事件: notices on chosen lines, and who is affected"},
    {"name": "ratings", "description": "How citizens rated their talks"},
    {"name": "sounds", "description": "Sounds that menus, lines and incidents play"},
    {"name": "figures", "description": "Who waits, how many were answered how soon, the connect rate 接通率"},
    {"name": "rota", "description": "Rota 排班: who is on duty when, and every minute without cover"},
    {"name": "guest sessions", "description": "Guest sessions 市长接听日, 代表委员: their seats, queue and report"},
    {"name": "hall", "description": "What happens now, and supervisors' acts: listen, take over, move, force"},
    {"name": "health", "description": "Is it alive, and what does it reach"},
    {"name": "wires", "description": "For the voice process only"},
]


class ProblemItem(BaseModel):
    """One wrong field."""

    at: Annotated[str, Field(description="Where, such as body.outcome")]
    what: Annotated[str, Field(description="What is wrong with it")]


class ProblemFinding(BaseModel):
    """One thing that a check found, such as in a menu."""

    severity: Annotated[str, Field(description="error (it stops) or warning (it is shown)")]
    where: Annotated[str, Field(description="Where, such as the name of a node")]
    what: Annotated[str, Field(description="What is wrong")]
    do: Annotated[str, Field(description="What to do about it")]


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    code: Annotated[str, Field(description="For programs: voice_away, database_away, locked_out, …")]
    detail: Annotated[str, Field(description="For people: what to do")]
    errors: list[ProblemItem] | None = None
    findings: list[ProblemFinding] | None = None


Responses = dict[int | str, dict[str, Any]]

WAV: Final[Responses] = {200: {"description": "Sound", "content": {"audio/wav": {}}}}
NOT_MODIFIED: Final[Responses] = {304: {"description": "Nothing changed"}}


def problems(*statuses: HTTPStatus) -> Responses:
    """Return the `responses` of an endpoint that may answer with these problems; 503 goes without saying."""
    every = (*statuses, HTTPStatus.SERVICE_UNAVAILABLE)
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status.value: {"description": status.phrase, "content": content} for status in every}


def operation_name(route: APIRoute) -> str:
    """Return the function's name: clients generated from the OpenAPI file read well."""
    return route.name


def install_openapi(app: FastAPI) -> None:
    """Let the application describe its errors as they are."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=TAGS
            )
            app.openapi_schema = _with_problems(schema)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _with_problems(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        components.pop(name, None)
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= described.pop("$defs")
    components["Problem"] = described
    for path in schema["paths"].values():
        for operation in path.values():
            if "422" in operation["responses"]:
                operation["responses"] |= problems(HTTPStatus.UNPROCESSABLE_ENTITY)
                operation["responses"] = {str(key): value for key, value in operation["responses"].items()}
    return schema
