"""Serves the built screens; what is no file is the page itself, whose own router reads the address."""

from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

from api.core.docs_page import render_docs

PRIVATE_PREFIXES: Final = ("/api/", "/internal/")
MISSING: Final = """<!doctype html><html lang=en><head><meta charset=utf-8><title>12345</title></head>
<body><h1>12345</h1><p>The agents' page is not built yet. Run <code>make up</code>, which builds and serves it.</p>
<p>The API is at <a href="/docs">/docs</a>.</p></body></html>"""
FOR_EVER: Final = "public, max-age=31536000, immutable"


def install_pages(app: FastAPI, dist: Path | None) -> None:
    """Add the OpenAPI page and the built screens; to be called after every other route."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(render_docs(app.openapi()))

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str) -> Response:
        if f"/{path}/".startswith(PRIVATE_PREFIXES):
            raise HTTPException(404)
        return _file(dist, path) or _index(dist)


def _file(dist: Path | None, path: str) -> Response | None:
    if dist is None or not path or "\x00" in path:
        return None
    found = (dist / path).resolve()
    if not found.is_relative_to(dist.resolve()) or not found.is_file():
        return None
    # The build names what is under assets/ after its content, so a browser may keep it.
    kept = FOR_EVER if path.startswith("assets/") else "no-cache"
    return FileResponse(found, headers={"Cache-Control": kept})


def _index(dist: Path | None) -> Response:
    index = dist / "index.html" if dist else None
    if index is None or not index.is_file():
        return HTMLResponse(MISSING, headers={"Cache-Control": "no-cache"})
    return FileResponse(index, headers={"Cache-Control": "no-cache"})
