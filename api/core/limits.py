"""Bounds the size of what is sent: nothing larger than belongs to an address is kept in memory."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.core.problems import SHAPES, TooLargeError, problem

MEBIBYTE: Final = 1024 * 1024
# By the beginning of the address; the longest that fits counts.
LIMITS: Final = {
    "/": 2 * MEBIBYTE,
    "/api/menus": MEBIBYTE,
    "/api/sounds": 21 * MEBIBYTE,
    "/internal": 64 * MEBIBYTE,
}


def limit_of(path: str) -> int:
    """Return how many bytes a request to this address may carry."""
    return LIMITS[max((start for start in LIMITS if path.startswith(start)), key=len, default="/")]


class BodyLimit:
    """ASGI middleware; answers 413 as soon as a body is announced, or grows, beyond its limit."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit, taken = limit_of(scope["path"]), 0
        text = f"The body is larger than {limit} bytes, which is more than belongs there; send less."
        if _announced(scope) > limit:
            shape = SHAPES[TooLargeError]
            await problem(shape.status, shape.code, text)(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, text)
            return message

        await self._app(scope, counted, send)


def _announced(scope: Scope) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)
