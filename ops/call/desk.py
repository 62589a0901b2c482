"""HTTP as an agent's or a supervisor's browser speaks it: sign-in, commands, and the records to compare with."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from ops.call.clock import epoch

#: A sign-in costs the server 100 ms of one core (argon2): more at once only make each other wait.
_SIGN_INS_AT_ONCE = 3
_RETRY_AFTER = 0.2
_PAGE = 200


class Refused(Exception):  # noqa: N818 - reads as what it says
    """The web process answered with an error; `status` is its HTTP code, the text its problem's title and detail."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(f"HTTP {status}: {text}")


class Desk:
    """One HTTP client for everybody of a city; tokens are kept and used again."""

    def __init__(self, web_url: str, passwords: Mapping[str, str]) -> None:
        self._client = httpx.AsyncClient(
            base_url=web_url, timeout=10, trust_env=False, limits=httpx.Limits(max_connections=50)
        )
        self._passwords = passwords
        self._tokens: dict[str, str] = {}
        self._door = asyncio.Semaphore(_SIGN_INS_AT_ONCE)

    async def aclose(self) -> None:
        """Close the client's connections."""
        await self._client.aclose()

    @property
    def people(self) -> frozenset[str]:
        """Whose password is known."""
        return frozenset(self._passwords)

    async def token(self, person: str) -> str:
        """Return a token of `person`, signing in the first time."""
        if person not in self._tokens:
            async with self._door:
                body = {"agent_id": person, "password": self._passwords[person]}
                answer = _body(await self._client.post("/api/sessions", json=body))
                self._tokens[person] = answer["token"]
        return self._tokens[person]

    async def ask(self, person: str, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """Send one request as `person` and return its JSON; raise `Refused` for an error, httpx's for no answer."""
        return _body(await self.send(person, method, path, json=body, params=query or None))

    async def send(
        self, person: str, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request as `person` and return the answer, errors too; `more` is httpx's (json, content, files)."""
        signed = {"Authorization": f"Bearer {await self.token(person)}", **(headers or {})}
        return await self._client.request(method, path, headers=signed, **more)

    async def set_state(self, agent: str, state: str, reason: str | None = None) -> None:
        """Make an agent `ready`, `paused` or `logged_out`."""
        await self.ask(agent, "PUT", "/api/agents/me/state", {"state": state, "reason": reason})

    async def choose_outcome(
        self, agent: str, call_id: str, outcome: str, note: str = "", *, seconds: float = 10
    ) -> None:
        """Submit the outcome of a call; while the web process is away try again, up to `seconds`."""
        path = f"/api/calls/{quote(call_id, safe='')}/outcome"
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            try:
                await self.ask(agent, "PUT", path, {"outcome": outcome, "note": note})
            except (httpx.TransportError, Refused) as error:
                if loop.time() >= deadline or (isinstance(error, Refused) and not _passing(error.status)):
                    raise
            else:
                return
            await asyncio.sleep(_RETRY_AFTER)

    async def call(self, person: str, call_id: str) -> dict[str, Any]:
        """Return the record of one call."""
        record: dict[str, Any] = await self.ask(person, "GET", f"/api/calls/{quote(call_id, safe='')}")
        return record

    async def cases_since(self, person: str, since: float) -> list[dict[str, Any]]:
        """Return the cases opened at or after `since` (epoch seconds), newest first."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.ask(person, "GET", "/api/cases", limit=_PAGE, offset=len(found))
            found += page["items"]
            if len(page["items"]) < _PAGE or epoch(found[-1]["opened_at"]) < since:
                return [case for case in found if epoch(case["opened_at"]) >= since]


def _passing(status: int) -> bool:
    """Whether an error may be gone in a moment: the server is away, or the case is not committed yet."""
    return status in {404, 409, 429} or status >= 500  # noqa: PLR2004 - HTTP's server errors


def _body(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
        text = " ".join(str(problem.get(name, "")) for name in ("title", "detail", "code")).strip()
    except (ValueError, AttributeError):
        text = answer.text[:200]
    raise Refused(answer.status_code, text)
