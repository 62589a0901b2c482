from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a process that reaches nothing: port 1 has no listener."""
    return Settings(
        session_secret="s" * 40,
        link_token="l" * 20,
        intake_token="i" * 20,
        seat_secret="t" * 20,
        database_url="postgresql://nobody@127.0.0.1:1/hotline",
        link_url="ws://127.0.0.1:1",
        web_dist=tmp_path / "dist",
        recordings_dir=tmp_path / "recordings",
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The application without its background work, called without a socket."""
    transport = httpx.ASGITransport(create_app(settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hotline") as client:
        yield client
