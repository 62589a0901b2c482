"""Speaks to one caller; the lease always covers what is being said."""

import math
from collections.abc import Mapping

from agi_scripts import commands as agi
from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiFailed, AgiSession

SPEAKING_SECONDS = 30
"""The longest that one sound plays; the lease is counted from its beginning."""


class Speaker:
    """Bound to one session; `texts` is what sounds say that have to be spoken, `lease` is in seconds.

    Everything raises AgiHangup or AgiGone when the caller is gone.
    """

    def __init__(self, session: AgiSession, prompter: Prompter, *, texts: Mapping[str, str], lease: int) -> None:
        self._session = session
        self._prompter = prompter
        self._texts = texts
        self._lease = lease

    async def renew(self) -> None:
        """Renew the lease, while no command is pending."""
        await agi.set_autohangup(self._session, self._lease)

    async def hold(self, seconds: int = SPEAKING_SECONDS) -> None:
        """Renew the lease for a command that may take so long: after it, a forgotten caller goes on in the dialplan.

        A lease that still lasts half of itself beyond the command is left: a key a second is no reason to say so.
        """
        if self._session.hangs_up_in < seconds + self._lease / 2:
            await agi.set_autohangup(self._session, seconds + self._lease)

    async def say(self, sound: str, until_keys: str = "") -> str | None:
        """Play a sound to its end or to one of the keys, which it returns; AgiFailed when it cannot be played."""
        await self.hold()
        return await self._prompter.play(self._session, sound, until_keys, texts=self._texts)

    async def ask(self, sound: str, keys: str, seconds: float) -> tuple[str | None, bool]:
        """Play a sound, then wait so long for a key: the key, and whether the sound was heard (`Prompter.ask`)."""
        await self.hold(SPEAKING_SECONDS + math.ceil(seconds))
        return await self._prompter.ask(self._session, sound, keys, seconds)

    async def tell(self, sound: str, until_keys: str = "") -> str | None:
        """As `say`, but what cannot be played is passed over."""
        try:
            return await self.say(sound, until_keys)
        except AgiFailed:
            return None
