"""`WS /api/stream` (Wire 4): one agent's screen. Nothing here waits for the database: a phone waits for the screen."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from api.core.runtime import Runtime, runtime_of
from api.realtime.hub import Screen
from api.sessions.tokens import Identity, TokenError, read_token
from db.clock import utc_now

log = structlog.get_logger(__name__)

router = APIRouter()

HELLO_SECONDS: Final = 10.0
BAD_HELLO: Final = 4400
SIGN_IN_AGAIN: Final = 4401
TRY_AGAIN: Final = 1013
WORD_LIMIT: Final = 200


class RefusedError(Exception):
    """The screen cannot go on; `code` and text are told to it, `close` is the WebSocket's close code."""

    def __init__(self, code: str, detail: str, close: int) -> None:
        super().__init__(detail)
        self.code = code
        self.close = close


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a screen."""

    token: str
    epoch: str | None
    after: int


def read_hello(text: str) -> Hello:
    """Return the first message. Raises RefusedError when it is none."""
    frame = _object(text)
    token, epoch, after = frame.get("token"), frame.get("epoch"), frame.get("after") or 0
    known = epoch is None or (isinstance(epoch, str) and len(epoch) <= WORD_LIMIT)
    if frame.get("type") != "hello" or not isinstance(token, str) or type(after) is not int or not known:
        raise RefusedError("bad_hello", 'Send {"type":"hello","token","epoch","after"} first.', BAD_HELLO)
    return Hello(token, epoch, after)


def _object(text: str) -> dict[str, Any]:
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        frame = None
    if not isinstance(frame, dict):
        raise RefusedError("malformed", "Send JSON objects.", BAD_HELLO)
    return frame


@router.websocket("/api/stream")
async def stream(socket: WebSocket) -> None:
    """Send the agent's messages as they come, take the acknowledgements."""
    runtime = runtime_of(socket)
    await socket.accept()
    try:
        await _converse(runtime, socket)
    except RefusedError as error:
        await _refuse(socket, error)
    except WebSocketDisconnect:
        return


async def _refuse(socket: WebSocket, error: RefusedError) -> None:
    try:
        await socket.send_text(orjson.dumps({"type": "error", "code": error.code, "detail": str(error)}).decode())
        await socket.close(error.close, error.code)
    except (WebSocketDisconnect, RuntimeError):
        return  # the screen has gone before it could be told


async def _converse(runtime: Runtime, socket: WebSocket) -> None:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = read_hello(await _receive(socket))
    except TimeoutError:
        raise RefusedError("bad_hello", "No hello came within ten seconds.", BAD_HELLO) from None
    identity = _identify(runtime, hello)
    screen = Screen(identity.agent_id, epoch=hello.epoch, after=hello.after)
    screen.push({"type": "link", "up": runtime.link.up})
    runtime.hub.join(screen)
    try:
        await runtime.link.subscribe(screen)
        await _relay(runtime, socket, screen, identity)
    finally:
        if runtime.hub.leave(screen):
            await runtime.link.unsubscribe(screen.agent_id)
        if screen.watches_hall:
            await runtime.link.watch_hall()


def _identify(runtime: Runtime, hello: Hello) -> Identity:
    try:
        return read_token(hello.token, runtime.settings.session_secret.get_secret_value(), now=utc_now())
    except TokenError as error:
        raise RefusedError("token_refused", f"Sign in again: {error}.", SIGN_IN_AGAIN) from None


async def _relay(runtime: Runtime, socket: WebSocket, screen: Screen, identity: Identity) -> None:
    """Run both directions until one of them ends, then end the other."""
    work = {
        asyncio.create_task(_write(socket, screen)),
        asyncio.create_task(_read(runtime, socket, screen, identity)),
        asyncio.create_task(_watch(screen, identity)),
    }
    try:
        done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in work:
            task.cancel()
        results = await asyncio.gather(*work, return_exceptions=True)
    for error in results:
        if isinstance(error, RefusedError):
            raise error
    for task in done:
        task.result()


async def _write(socket: WebSocket, screen: Screen) -> None:
    while True:
        frame = await screen.next_frame()
        try:
            await socket.send_text(frame)
        except RuntimeError as error:  # Starlette's word for a socket that is closed
            raise WebSocketDisconnect from error


async def _read(runtime: Runtime, socket: WebSocket, screen: Screen, identity: Identity) -> None:
    while True:
        frame = _object(await _receive(socket))
        epoch, seq = frame.get("epoch"), frame.get("seq")
        if frame.get("type") == "ack" and isinstance(epoch, str) and type(seq) is int:
            runtime.link.ack(screen.agent_id, epoch, seq)
        elif frame.get("type") == "hall":
            await _watch_hall(runtime, screen, identity, on=frame.get("on") is True)
        else:
            screen.push({"type": "error", "code": "unknown_message", "detail": "Only acks and hall are understood."})


async def _watch_hall(runtime: Runtime, screen: Screen, identity: Identity, *, on: bool) -> None:
    """Begin or end the hall on a supervisor's screen."""
    if not identity.sees_everything:
        screen.push({"type": "error", "code": "forbidden", "detail": "Only a supervisor sees the hall."})
        return
    screen.watches_hall = on
    await runtime.link.watch_hall()


async def _receive(socket: WebSocket) -> str:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1005)
    text = message.get("text")
    if text is None:
        raise RefusedError("malformed", "Send text frames.", BAD_HELLO)
    return str(text)


async def _watch(screen: Screen, identity: Identity) -> None:
    """End the stream when the token ends, or when the browser no longer reads."""
    left = (identity.expires_at - utc_now()) / dt.timedelta(seconds=1)
    try:
        async with asyncio.timeout(max(0.0, left)):
            await screen.overrun.wait()
    except TimeoutError:
        raise RefusedError("token_expired", "The session has ended; sign in again.", SIGN_IN_AGAIN) from None
    raise RefusedError("too_slow", "The screen does not read; connect again for a replay.", TRY_AGAIN)
