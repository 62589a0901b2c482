"""What administrators do to one menu by HTTP, and what the next caller hears of it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import httpx

from ops.call.city import City
from tests.e2e.menu_trees import PERSON, say

AUTHOR, SECOND = "9901", "9902"


@dataclass(frozen=True)
class Desk:
    """The administrators' way to one menu: HTTP, and nothing else."""

    city: City
    menu: str

    async def send(self, person: str, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.city.desk.send(person, method, f"/api/menus/{self.menu}{path}", **more)

    async def done(self, person: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = await self.send(person, method, path, **more)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def draft(self, tree: dict[str, Any]) -> int:
        made = await self.done(AUTHOR, "POST", "/versions", json={"tree": tree, "why": "a test"})
        return int(made["version"])

    async def approved(self, tree: dict[str, Any]) -> int:
        """A version that one person wrote and another one approved."""
        version = await self.draft(tree)
        await self.done(AUTHOR, "POST", f"/versions/{version}/submission", json={"why": "ready"})
        await self.done(SECOND, "POST", f"/versions/{version}/approval", json={"why": "well read"})
        return version

    async def publish(self, version: int, at: dt.datetime | None = None) -> dict[str, Any]:
        body = {"version": version, "at": at and at.isoformat(), "why": "a test"}
        return await self.done(AUTHOR, "POST", "/publications", json=body)

    async def serve(self, number: str) -> None:
        line = {"line": f"线路{number}", "menu": self.menu, "queue": "city", "why": "a test"}
        answer = await self.city.desk.send(AUTHOR, "PUT", f"/api/numbers/{number}", json=line)
        assert answer.is_success, answer.text
        assert answer.json()["heard"]


def saying(sound: str) -> dict[str, Any]:
    return {"start": "start", "nodes": {"start": say(sound), "person": PERSON}}


async def hears_only(city: City, number: str, sound: str, *others: str) -> None:
    """A new call hears this and none of the others."""
    call = await city.dial(number)
    await call.hears(city.prompt(sound))
    await call.answered(seconds=30)
    call.hang_up()
    await call.ended()
    assert not [other for other in others if call.heard(city.prompt(other))]
