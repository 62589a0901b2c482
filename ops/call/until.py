"""Waiting for a condition with a bound: the only way anything in `ops.call` waits."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two looks at a condition; the moments that matter are stamped where they happen, not here.
LOOK_EVERY = 0.02


class StepMissing(Exception):  # noqa: N818 - it reads as what it says: a step of a call did not happen
    """Something that had to happen did not happen in time; `where` names the files that tell more."""

    def __init__(self, what: str, seconds: float, where: str = "") -> None:
        self.what = what
        self.seconds = seconds
        self.where = where
        limit = f"not within {seconds:g} s" if seconds else "it did not happen"
        super().__init__(f"{what}: {limit}" + (f"; look in {where}" if where else ""))


async def until(look: Callable[[], T | None], what: str, *, seconds: float, where: str = "") -> T:
    """Return the first truthy value of `look`, asked every 20 ms; raise `StepMissing` after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (found := look()):
        if loop.time() >= deadline:
            raise StepMissing(what, seconds, where)
        await asyncio.sleep(LOOK_EVERY)
    return found


async def until_answered(look: Callable[[], Awaitable[bool]], what: str, *, seconds: float, where: str = "") -> None:
    """Return once `look`, which asks somebody else and is asked every 20 ms at most, says yes; else `StepMissing`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await look():
        if loop.time() >= deadline:
            raise StepMissing(what, seconds, where)
        await asyncio.sleep(LOOK_EVERY)
