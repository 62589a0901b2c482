"""Puts the configuration together and names its version after its content."""

import hashlib

import orjson

from acd.messages import Configuration
from api.configuration import repository
from db.engine import ReadSession


async def current_configuration(session: ReadSession) -> Configuration:
    """Return what the voice process routes by; equal content has an equal version."""
    configuration = Configuration(
        version="",
        queues=await repository.list_queues(session),
        agents=await repository.list_agents(session),
        numbers=await repository.list_numbers(session),
        menus=await repository.list_menus(session),
    )
    content = orjson.dumps(configuration, option=orjson.OPT_SORT_KEYS)
    configuration["version"] = hashlib.sha256(content).hexdigest()[:16]
    return configuration


def matches(if_none_match: str | None, version: str) -> bool:
    """Tell whether an If-None-Match header names this version (RFC 9110 §13.1.2)."""
    given = [tag.strip().removeprefix("W/").strip('"') for tag in (if_none_match or "").split(",")]
    return "*" in given or version in given
