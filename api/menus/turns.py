"""One change of a menu at a time: the transaction, the lock, the moment and the person, together."""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from api.core.runtime import Runtime
from api.menus import repository
from api.menus.documents import clean_why
from api.menus.versions import Act
from api.sessions.tokens import Identity
from db.clock import utc_now
from db.engine import WriteSession


class Turn(NamedTuple):
    """A transaction in which nobody else changes the same menu, and who acts in it."""

    session: WriteSession
    act: Act


@contextlib.asynccontextmanager
async def turn(runtime: Runtime, menu: str, identity: Identity, why: str | None = None) -> AsyncIterator[Turn]:
    """Give a turn that commits when the block ends well; what is None needs no reason.

    The clock is read once the lock is held: of two who publish at once the later one is in force.
    Raises RefusedError for a reason that is none.
    """
    reason = "" if why is None else clean_why(why)
    async with runtime.database.write() as session:
        await repository.lock_menu(session, menu)
        yield Turn(session, Act(identity.agent_id, utc_now(), reason))
