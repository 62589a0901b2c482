"""What the voice process routes by, as it stands on the wire."""

from typing import Any

from pydantic import BaseModel


class QueueOut(BaseModel):
    """One queue."""

    id: str
    name: str
    priority: int
    ring_seconds: int


class AgentOut(BaseModel):
    """One agent with the queues served, in order of preference."""

    id: str
    name: str
    extension: str
    queues: list[str]
    role: str


class NumberOut(BaseModel):
    """One public number."""

    number: str
    line: str
    menu: str
    queue: str


class MenuOut(BaseModel):
    """One published menu."""

    name: str
    version: int
    tree: dict[str, Any]


class ConfigurationOut(BaseModel):
    """All of it, with the version that is also the ETag."""

    version: str
    queues: list[QueueOut]
    agents: list[AgentOut]
    numbers: list[NumberOut]
    menus: list[MenuOut]
