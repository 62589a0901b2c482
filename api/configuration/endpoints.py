"""`GET /internal/configuration`: the voice process fetches what it routes by."""

from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, Response

from api.configuration import service
from api.configuration.schemas import ConfigurationOut
from api.core.openapi import NOT_MODIFIED, problems
from api.core.runtime import Reader
from api.sessions.dependencies import voice_only
from db.clock import utc_now

router = APIRouter(prefix="/internal", tags=["wires"], dependencies=[Depends(voice_only)])


@router.get(
    "/configuration",
    response_model=ConfigurationOut,
    responses=NOT_MODIFIED | problems(HTTPStatus.UNAUTHORIZED),
    summary="Fetch the configuration",
)
async def get_configuration(
    session: Reader, if_none_match: Annotated[str | None, Header(max_length=1000)] = None
) -> Response:
    """Give all that calls are routed by; 304 when If-None-Match names the current version.

    Of each menu the version in force and those to come are given: the voice process changes over by itself at `from`.
    """
    configuration = await service.current_configuration(session, now=utc_now())
    headers = {"ETag": f'"{configuration["version"]}"'}
    if service.matches(if_none_match, configuration["version"]):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(orjson.dumps(configuration), headers=headers, media_type="application/json")
