"""`/api/figures` for people, `/metrics` for Prometheus: the same figures."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from api.configuration.service import matches
from api.core.openapi import NOT_MODIFIED, problems
from api.figures import metrics
from api.figures.schemas import FiguresOut
from api.figures.service import FigureBoard, version_of
from api.sessions.dependencies import SignedIn, voice_only
from db.clock import utc_now
from db.engine import DatabaseAwayError

router = APIRouter(tags=["figures"], responses=problems(HTTPStatus.UNAUTHORIZED))


async def _board(request: Request) -> FigureBoard:
    board = request.app.state.figures
    if not isinstance(board, FigureBoard):
        raise TypeError("the application was not built by api.app.create_app")
    return board


BoardDep = Annotated[FigureBoard, Depends(_board)]


@router.get(
    "/api/figures",
    response_model=FiguresOut,
    responses=NOT_MODIFIED,
    summary="Who waits, how many were answered how soon, and the connect rate",
)
async def get_figures(
    identity: SignedIn, board: BoardDep, if_none_match: Annotated[str | None, Header(max_length=1000)] = None
) -> Response:
    """Give the figures of now, of the last 24 hours and of today, by queue, county and number; ask every second.

    304 when nothing but the clock has gone on since the version in If-None-Match. What is so now is null while the
    telephone system is away. Agents are told who waits in their own queues.
    """
    page = await board.describe(identity, now=utc_now())
    version = version_of(page)
    headers = {"ETag": f'W/"{version}"'}
    if matches(if_none_match, version):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(page.model_dump_json(), headers=headers, media_type="application/json")


@router.get(
    "/metrics",
    response_class=Response,
    responses={HTTPStatus.OK: {"content": {metrics.MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    dependencies=[Depends(voice_only)],
    summary="The figures for Prometheus",
)
async def get_metrics(board: BoardDep) -> Response:
    """Give the figures as gauges; what is not known just now is left out. Send the token of the wires."""
    now = utc_now()
    try:
        history = await board.history(now=now)
    except DatabaseAwayError:
        history = None  # told as hotline_database_up 0
    return Response(metrics.page(board, history, now=now.timestamp()), media_type=metrics.MEDIA_TYPE)
