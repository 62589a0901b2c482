"""Builds the web process' application; nothing is connected before it starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

from fastapi import FastAPI

from api import health
from api.agents import endpoints as agents
from api.attendance import endpoints as attendance
from api.calls import endpoints as calls
from api.calls import repository as calls_repository
from api.cases import endpoints as cases
from api.configuration import endpoints as configuration
from api.core.headers import SecurityHeaders
from api.core.limits import BodyLimit
from api.core.openapi import install_openapi, operation_name
from api.core.pages import install_pages
from api.core.problems import install_problems
from api.core.runtime import Runtime
from api.counties import endpoints as counties
from api.figures import endpoints as figures
from api.figures.service import FigureBoard
from api.guests import endpoints as guests
from api.hall import endpoints as hall
from api.holidays import endpoints as holidays
from api.incidents import endpoints as incidents
from api.intake import endpoints as intake
from api.intake.service import Place
from api.lookups import endpoints as lookups
from api.menus import endpoints as menus
from api.menus import publication_endpoints as publications
from api.menus import trial_endpoints as trials
from api.messages import endpoints as messages
from api.messages.spool import SpoolImporter
from api.numbers import endpoints as numbers
from api.outbound import endpoints as outbound
from api.pauses import endpoints as pauses
from api.queues import endpoints as queues
from api.ratings import endpoints as ratings
from api.realtime import stream
from api.realtime.hub import Hub
from api.realtime.link import Link, WrapUp
from api.rota import endpoints as rota
from api.sessions import endpoints as sessions
from api.sessions.hashing import Hashing
from api.settings import Settings
from api.sounds import endpoints as sounds
from api.sounds.keeping import prepare_sounds
from api.talks import endpoints as talks
from api.targets import endpoints as targets
from db.address import parse_address
from db.engine import Database, open_database

VERSION = "0.1.0"
NOUNS = (
    sessions,
    talks,
    agents,
    queues,
    counties,
    calls,
    cases,
    messages,
    outbound,
    menus,
    publications,
    trials,
    numbers,
    holidays,
    pauses,
    targets,
    incidents,
    ratings,
    sounds,
    intake,
    lookups,
    configuration,
    figures,
    rota,
    attendance,
    hall,
    guests,
    health,
    stream,
)


def build_runtime(settings: Settings) -> Runtime:
    """Return the parts of the process. Raises DatabaseAddressError for an address that cannot be right."""
    database = open_database(parse_address(settings.database_url.get_secret_value()))
    hub = Hub()

    async def find_stored(wrap_ups: Sequence[WrapUp]) -> list[WrapUp]:
        return await _find_stored(database, wrap_ups)

    link = Link(settings.link_url, settings.link_token.get_secret_value(), hub, find_stored=find_stored)
    return Runtime(settings, database, hub, link, Hashing())


async def _find_stored(database: Database, wrap_ups: Sequence[WrapUp]) -> list[WrapUp]:
    async with database.read() as session:
        finished = await calls_repository.which_are_finished(session, [item.call_id for item in wrap_ups])
    return [item for item in wrap_ups if item.call_id in finished]


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it starts and serves with database and voice process away."""
    runtime = build_runtime(settings)
    board = FigureBoard(runtime.database, runtime.link, warning=settings.connect_rate_warning)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with _background([*_work(runtime), board.watch()]):
            yield
        runtime.hashing.close()
        await runtime.database.close()

    app = FastAPI(
        title="12345 hotline",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_name,
    )
    app.state.runtime = runtime
    app.state.figures = board
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    install_problems(app)
    install_openapi(app)
    for noun in NOUNS:
        app.include_router(noun.router)
    install_pages(app, settings.web_dist)
    return app


def _work(runtime: Runtime) -> list[Coroutine[Any, Any, None]]:
    """Return what runs beside the requests."""
    settings = runtime.settings
    work = [runtime.link.run(), prepare_sounds(settings.sounds_dir, runtime.database)]
    if settings.spool_dir is not None:
        place = Place(settings.region_code, settings.area_code)
        folder = settings.spool_dir / "messages"
        work.append(SpoolImporter(folder, runtime.database, place, settings.spool_seconds).run())
    return work


@contextlib.asynccontextmanager
async def _background(work: list[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(item) for item in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
