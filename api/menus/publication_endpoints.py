"""`/api/menus/{name}/publications`: now, later, and back again."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from api.configuration.service import tell_voice
from api.core.openapi import problems
from api.core.runtime import Reader, RuntimeDep
from api.menus import publishing, versions
from api.menus.describing import heard_out, publication_out, published_out
from api.menus.documents import WHY_LIMIT
from api.menus.schemas import HeardOut, MenuName, PublicationIn, PublicationOut, PublishedOut, Reason
from api.menus.turns import turn
from api.sessions.dependencies import Administrator, SignedIn
from db.clock import utc_now

router = APIRouter(prefix="/api/menus/{name}", tags=["menus"], responses=problems(HTTPStatus.UNAUTHORIZED))

REFUSED: Final = problems(
    HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)


@router.get("/publications", summary="List the publications of a menu")
async def get_menu_publications(name: MenuName, _identity: SignedIn, session: Reader) -> list[PublicationOut]:
    """Give what was, is and will be in force, the last decided first; a roll-back is one more publication."""
    return [publication_out(one) for one in await publishing.list_shown(session, name, now=utc_now())]


@router.post(
    "/publications", status_code=HTTPStatus.CREATED, responses=REFUSED, summary="Publish a version now or later"
)
async def publish_menu(
    name: MenuName, body: PublicationIn, identity: Administrator, runtime: RuntimeDep
) -> PublishedOut:
    """Publish an approved version; the next call hears it, calls in progress finish on the version they began with.

    It is checked again with the sounds and queues of today: with errors 422, and `findings` says what to do. 409 for a
    version that is not approved or is in force already.
    """
    async with turn(runtime, name, identity, body.why) as (session, act):
        row = await versions.find(session, name, body.version)
        published = await publishing.publish(session, row, body.at, act)
    return published_out(published, heard=await tell_voice(runtime.database, runtime.link))


@router.delete("/publications/{publication_id}", responses=REFUSED, summary="Cancel a publication set for later")
async def cancel_menu_publication(
    name: MenuName,
    publication_id: Annotated[int, Path(ge=1, lt=2**63)],
    identity: Administrator,
    runtime: RuntimeDep,
    why: Annotated[str | None, Query(min_length=1, max_length=WHY_LIMIT, description="For the history")] = None,
) -> HeardOut:
    """Take back what is set for later; 409 once it has taken effect."""
    async with turn(runtime, name, identity, why) as (session, act):
        cancelled = await publishing.cancel(session, name, publication_id, act)
    return heard_out(cancelled, heard=await tell_voice(runtime.database, runtime.link))


@router.post("/rollback", status_code=HTTPStatus.CREATED, responses=REFUSED, summary="Roll back in one step")
async def roll_back_menu(name: MenuName, body: Reason, identity: Administrator, runtime: RuntimeDep) -> PublishedOut:
    """Publish the version that was in force before the present one; what is set for later stays, and `note` names it.

    Once more leads back again: the version before is then the one that was rolled back.
    """
    async with turn(runtime, name, identity, body.why) as (session, act):
        published = await publishing.roll_back(session, name, act)
    return published_out(published, heard=await tell_voice(runtime.database, runtime.link))
