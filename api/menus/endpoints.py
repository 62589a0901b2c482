"""`/api/menus`: menus and their versions, from the draft to the approval."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from api.core.audit import history
from api.core.openapi import Responses, problems
from api.core.problems import NotFoundError
from api.core.revisions import IfMatch
from api.core.runtime import Reader, RuntimeDep
from api.menus import overview, repository, use, versions
from api.menus.checking import findings_of
from api.menus.describing import checked_out, detail_out, difference_out, findings_out, version_out
from api.menus.documents import YAML, Proposal, is_yaml, read_proposal, write_yaml
from api.menus.schemas import (
    CheckedOut,
    DifferenceOut,
    EntryOut,
    FiguresOut,
    FindingOut,
    MenuName,
    MenuOut,
    Reason,
    VersionDetailOut,
    VersionIn,
    VersionNo,
    VersionOut,
)
from api.menus.turns import turn
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/menus", tags=["menus"], responses=problems(HTTPStatus.UNAUTHORIZED))

UNKNOWN: Final = problems(HTTPStatus.NOT_FOUND)
REFUSED: Final = problems(
    HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)
UNREADABLE: Final = problems(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
TREE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": VersionIn.model_json_schema()},
            YAML: {"schema": {"type": "string", "description": "The tree as export gives it; `why` in the address"}},
        },
    }
}
AS_YAML: Final[Responses] = {200: {"content": {YAML: {"schema": {"type": "string"}}}}}


async def _proposal(
    request: Request,
    why: Annotated[str, Query(max_length=500, description="For a tree sent as YAML: why, for the history")] = "",
) -> Proposal:
    """Read the tree that was sent; in a thread, because a large one takes a second."""
    return await asyncio.to_thread(
        read_proposal, await request.body(), request.headers.get("content-type", "application/json"), why
    )


ProposalDep = Annotated[Proposal, Depends(_proposal)]


@router.get("", summary="List menus")
async def get_menus(_identity: SignedIn, session: Reader) -> list[MenuOut]:
    """Give every menu with what is in force, what is to come, its newest version and its numbers."""
    return await overview.list_menus(session, now=utc_now())


@router.post(
    "/{name}/versions",
    status_code=HTTPStatus.CREATED,
    responses=UNREADABLE,
    openapi_extra=TREE_BODY,
    summary="Make a draft, or import one",
)
async def create_menu_version(
    name: MenuName, identity: Administrator, proposal: ProposalDep, runtime: RuntimeDep, response: Response
) -> CheckedOut:
    """Keep a tree as the next version of a menu (a new menu where there is none of this name), with its findings.

    Findings do not stop a draft; what is no tree at all is 422 with everything that is wrong.
    """
    async with turn(runtime, name, identity, proposal.why) as (session, act):
        checked = await versions.create(session, name, proposal, act)
    response.headers["Location"] = f"/api/menus/{name}/versions/{checked.row.version}"
    response.headers["ETag"] = f'"{checked.row.revision}"'
    return checked_out(checked)


@router.get("/{name}/versions", responses=UNKNOWN, summary="List the versions of a menu")
async def get_menu_versions(name: MenuName, _identity: SignedIn, session: Reader) -> list[VersionOut]:
    """Give all versions of a menu, the newest first, without their trees."""
    rows = await repository.list_versions(session, name)
    if not rows:
        raise NotFoundError("There is no such menu; GET /api/menus lists those that are.")
    return [version_out(row) for row in rows]


@router.get(
    "/{name}/versions/{version}",
    response_model=VersionDetailOut,
    responses=AS_YAML | UNKNOWN,
    summary="One version, or its export",
)
async def get_menu_version(
    name: MenuName, version: VersionNo, _identity: SignedIn, session: Reader, request: Request
) -> Response:
    """Give a version with its tree; with `Accept: application/yaml` the tree alone, as import takes it."""
    row = await versions.find(session, name, version)
    headers = {"ETag": f'"{row.revision}"', "Vary": "Accept"}
    if is_yaml(request.headers.get("accept", "")):
        headers["Content-Disposition"] = f'attachment; filename="{name}-{version}.yaml"'
        return Response(write_yaml(versions.tree_of(row)), headers=headers, media_type=YAML)
    return Response(detail_out(row).model_dump_json(), headers=headers, media_type="application/json")


@router.put(
    "/{name}/versions/{version}",
    responses=UNREADABLE
    | problems(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED
    ),
    openapi_extra=TREE_BODY,
    summary="Change a draft",
)
async def put_menu_version(
    *,
    name: MenuName,
    version: VersionNo,
    identity: Administrator,
    proposal: ProposalDep,
    runtime: RuntimeDep,
    response: Response,
    if_match: IfMatch = None,
) -> CheckedOut:
    """Replace the tree of a draft; 412 when somebody else has changed it since the revision in If-Match."""
    async with turn(runtime, name, identity, proposal.why) as (session, act):
        row = await versions.find(session, name, version)
        checked = await versions.change(session, row, proposal, if_match, act)
    response.headers["ETag"] = f'"{checked.row.revision}"'
    return checked_out(checked)


@router.get("/{name}/versions/{version}/findings", responses=UNKNOWN, summary="Check a version")
async def get_menu_findings(
    name: MenuName, version: VersionNo, _identity: SignedIn, session: Reader
) -> list[FindingOut]:
    """Give what a check finds now, errors first: against the queues, sounds, lines and tested targets of today."""
    row = await versions.find(session, name, version)
    return findings_out(await findings_of(session, name, versions.tree_of(row), now=utc_now()))


@router.get("/{name}/versions/{version}/difference", responses=UNKNOWN, summary="Compare two versions")
async def get_menu_difference(
    name: MenuName,
    version: VersionNo,
    _identity: SignedIn,
    session: Reader,
    base: Annotated[
        int | None,
        Query(alias="from", ge=0, lt=2**31, description="The version to compare with; else the one in force"),
    ] = None,
) -> DifferenceOut:
    """Give the changes as lines to read; without `from` against the version in force, else the one before."""
    row = await versions.find(session, name, version)
    compared, old = await versions.base_of(session, row, base, now=utc_now())
    return await asyncio.to_thread(difference_out, compared, old, version, versions.tree_of(row))


@router.post("/{name}/versions/{version}/submission", responses=REFUSED, summary="Submit a draft for approval")
async def submit_menu_version(
    name: MenuName, version: VersionNo, body: Reason, identity: Administrator, runtime: RuntimeDep
) -> CheckedOut:
    """Put a draft before a second person; with errors 422, and `findings` says where and what to do."""
    async with turn(runtime, name, identity, body.why) as (session, act):
        row = await versions.find(session, name, version)
        return checked_out(await versions.submit(session, row, act))


@router.post(
    "/{name}/versions/{version}/approval",
    responses=REFUSED | problems(HTTPStatus.PRECONDITION_FAILED),
    summary="Approve a version",
)
async def approve_menu_version(
    *,
    name: MenuName,
    version: VersionNo,
    body: Reason,
    identity: Administrator,
    runtime: RuntimeDep,
    if_match: IfMatch = None,
) -> CheckedOut:
    """Approve what somebody else wrote; 403 for whoever wrote or changed it.

    With If-Match the revision that was read, 412 when it is another one meanwhile.
    """
    async with turn(runtime, name, identity, body.why) as (session, act):
        row = await versions.find(session, name, version)
        return checked_out(await versions.approve(session, row, if_match, act))


@router.post("/{name}/versions/{version}/return", responses=REFUSED, summary="Return a version to its author")
async def return_menu_version(
    name: MenuName, version: VersionNo, body: Reason, identity: Administrator, runtime: RuntimeDep
) -> CheckedOut:
    """Make a draft again of what waits for approval; its author may take it back like this, too."""
    async with turn(runtime, name, identity, body.why) as (session, act):
        row = await versions.find(session, name, version)
        return checked_out(await versions.give_back(session, row, act))


@router.get("/{name}/versions/{version}/figures", responses=UNKNOWN, summary="How a version is used")
async def get_menu_figures(
    name: MenuName,
    version: VersionNo,
    _identity: SignedIn,
    session: Reader,
    since: Annotated[AwareDatetime | None, Query(description="With offset; else 30 days before `until`")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Not included; else now")] = None,
) -> FiguresOut:
    """Give for calls that began in a period, at most 366 days, how they used this version.

    A node and a choice: calls, share, time spent, where citizens gave up, how long until a person; and the tree as a
    picture's data.
    """
    asked = use.period(since, until, now=utc_now())
    return await use.use_of(session, await versions.find(session, name, version), asked)


@router.get("/{name}/history", summary="Who did what, when and why")
async def get_menu_history(name: MenuName, _identity: SignedIn, session: Reader) -> list[EntryOut]:
    """Give the acts on a menu and its versions, the newest 500, newest first."""
    return [EntryOut.model_validate(entry) for entry in await history(session, f"menu:{name}")]
