"""Trying a menu: `POST /api/menus/trial` in the browser, a code for a phone, and `POST /internal/trials` behind it."""

import asyncio
import datetime as dt
from http import HTTPStatus

from fastapi import APIRouter, Depends

from api.core.openapi import problems
from api.core.problems import NotFoundError, RefusedError
from api.core.runtime import Reader, RuntimeDep, Writer
from api.menus import publishing, trials, versions
from api.menus.describing import trial_out
from api.menus.documents import tree_of
from api.menus.rules import YEARS, Standing
from api.menus.schemas import MenuName, TrialCodeIn, TrialCodeOut, TrialIn, TrialOut, TrialTreeOut, VersionNo
from api.menus.turns import turn
from api.sessions.dependencies import Administrator, SignedIn, voice_only
from db.clock import utc_now
from db.engine import ReadSession
from ivr.hours import CHINA
from ivr.tree import Tree

router = APIRouter(responses=problems(HTTPStatus.UNAUTHORIZED))


@router.post(
    "/api/menus/trial",
    tags=["menus"],
    responses=problems(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    summary="Try a menu by keys",
)
async def try_menu(body: TrialIn, _identity: SignedIn, session: Reader) -> TrialOut:
    """Give every step of a call whose citizen presses these keys, by the interpreter that calls use; stores nothing."""
    keys, at = trials.read_keys(body.keys), _moment(body.at)
    tree = await _tree(body, session)
    trial = await trials.try_tree(session, tree, keys, body.number, at=at, after_talk=body.after_talk)
    return trial_out(trial)


@router.post(
    "/api/menus/{name}/versions/{version}/trial-code",
    tags=["menus"],
    status_code=HTTPStatus.CREATED,
    responses=problems(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    summary="Hear a version on a phone",
)
async def create_menu_trial_code(
    name: MenuName, version: VersionNo, identity: Administrator, runtime: RuntimeDep
) -> TrialCodeOut:
    """Give a code to dial from a seat's phone: good once and for 15 minutes, for the tree as it is now."""
    async with turn(runtime, name, identity) as (session, act):
        made = await trials.make_code(session, await versions.find(session, name, version), act)
    return TrialCodeOut(code=made.code, dial=made.dial, expires_at=made.expires_at)


@router.post(
    "/internal/trials",
    tags=["wires"],
    dependencies=[Depends(voice_only)],
    responses=problems(HTTPStatus.NOT_FOUND),
    summary="Use a trial code",
)
async def use_trial_code(body: TrialCodeIn, session: Writer) -> TrialTreeOut:
    """Give the tree that a code stands for, once, and what its sounds say; 404 for one that is no good (any more)."""
    row = await trials.use_code(session, body.code, now=utc_now())
    texts = await trials.texts_of(session, row.tree)
    return TrialTreeOut(menu=row.menu, version=row.version, tree=row.tree, by=row.made_by, sounds=texts)


async def _tree(body: TrialIn, session: ReadSession) -> Tree:
    """The tree that was typed, or the version that is named."""
    if (body.tree is None) == (body.menu is None):
        raise RefusedError("Send either `tree`, or `menu` and its `version`.")
    if body.tree is not None:
        return await asyncio.to_thread(tree_of, body.tree)
    menu = body.menu or ""
    version = body.version or await _in_force(session, menu)
    return versions.tree_of(await versions.find(session, menu, version))


async def _in_force(session: ReadSession, menu: str) -> int:
    for one in await publishing.list_shown(session, menu, now=utc_now()):
        if one.standing is Standing.IN_FORCE:
            return one.row.version
    raise NotFoundError("No version of this menu is in force; name a `version`.")


def _moment(at: dt.datetime | None) -> dt.datetime:
    at = at or utc_now()
    if at.year not in YEARS:
        raise RefusedError(f"`at` lies outside the years {YEARS.start} to {YEARS.stop - 1}.")
    return at if at.tzinfo else at.replace(tzinfo=CHINA)
