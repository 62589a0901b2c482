"""Checks passwords in threads of their own, so that a rush of sign-ins never holds up a call."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from weakref import WeakValueDictionary

from db.passwords import generate_password, hash_password, verify_password

THREADS: Final = 1


class Hashing:
    """One thread for password checks; the others queue for it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        # Whoever names an unknown staff number waits as long as with a known one.
        self._nobody = self._pool.submit(hash_password, generate_password())
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, agent_id: str) -> asyncio.Lock:
        """Return the lock that lets sign-ins of one staff number pass one by one.

        An attempt counts as failed until it has succeeded; without turns, right ones at the same time would lock.
        """
        return self._turns.setdefault(agent_id, asyncio.Lock())

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Tell whether the password fits; without a hash spend the same time and say no."""
        loop = asyncio.get_running_loop()
        against = hashed if hashed is not None else await asyncio.wrap_future(self._nobody)
        fits = await loop.run_in_executor(self._pool, verify_password, password, against)
        return fits and hashed is not None

    async def hash(self, password: str) -> str:
        """Return the hash of a new password."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, hash_password, password)

    def close(self) -> None:
        """Let running checks end and take no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
