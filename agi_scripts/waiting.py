"""What a citizen is told in the line: the place, the expected wait, what to do instead; cut short by an order.

While music plays no AGI command is pending, so an order to ring goes out at once. While something is said one is, and
is ended over AMI the moment an order comes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from agi_scripts import commands as agi
from agi_scripts.server import AgiSession
from agi_scripts.speaker import Speaker
from ivr.waiting import INSTEAD, INSTEAD_KEYS, MESSAGE_KEY, RETURN_KEY, place_in_line

LISTEN_MILLISECONDS = 4000
CUT_AGAIN_SECONDS = 0.05
"""Between two orders to stop: the first may come before the sound has begun."""


class Choice(Enum):
    """What a citizen wants instead of waiting."""

    RETURN_CALL = RETURN_KEY
    MESSAGE = MESSAGE_KEY


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of waiting: the place is told `first` and then `every`; from `offer_after` on, what to do instead, too.

    So it is at once where more than `crowded` wait, or the expected wait is longer than `long`.
    """

    first: float = 20.0
    every: float = 45.0
    offer_after: float = 60.0
    crowded: int = 30
    long: float = 600.0


@dataclass(frozen=True, slots=True)
class Prospect:
    """The place in the line (from 1) and the expected seconds, None where nobody can tell."""

    position: int
    seconds: float | None


class Announcer:
    """Speaks to one waiting citizen."""

    def __init__(
        self,
        session: AgiSession,
        speaker: Speaker,
        *,
        patience: Patience,
        cut: Callable[[], Awaitable[None]],
    ) -> None:
        self._session = session
        self._speaker = speaker
        self._patience = patience
        self._cut = cut
        self._silenced = False

    def due_after(self, waited: float, told: int) -> float:
        """Seconds until the next announcement, after `waited` seconds and `told` of them."""
        return max(0.0, self._patience.first + told * self._patience.every - waited)

    def offers(self, waited: float, prospect: Prospect) -> bool:
        """Whether the citizen is told what to do instead."""
        patience = self._patience
        long = prospect.seconds is not None and prospect.seconds > patience.long
        return waited >= patience.offer_after or prospect.position > patience.crowded or long

    async def tell(self, prospect: Prospect, *, offer: bool) -> Choice | None:
        """Say it to its end; the key that was pressed, if it means something.

        Raises AgiHangup when the caller is gone; what cannot be played is passed over.
        """
        self._silenced = False
        for sound in place_in_line(prospect.position, prospect.seconds):
            await self._say(sound, "")
        return await self._offer() if offer else None

    async def silence(self, telling: asyncio.Task[Choice | None]) -> None:
        """End what is being said, at once; a choice pressed in that moment is dropped, because the person has come."""
        self._silenced = True
        while not telling.done():
            await self._cut()
            await asyncio.wait({telling}, timeout=CUT_AGAIN_SECONDS)

    async def _offer(self) -> Choice | None:
        for sound in INSTEAD:
            key = await self._say(sound, INSTEAD_KEYS)
            if key is not None:
                return Choice(key)
        if self._silenced:
            return None
        await self._speaker.hold(LISTEN_MILLISECONDS // 1000)
        key = await agi.wait_for_digit(self._session, LISTEN_MILLISECONDS)
        return Choice(key) if key is not None and key in INSTEAD_KEYS else None

    async def _say(self, sound: str, until_keys: str) -> str | None:
        return None if self._silenced else await self._speaker.tell(sound, until_keys)
