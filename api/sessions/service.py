"""Signs members of staff in."""

import datetime as dt
import math

from acd.rules.guests import GRACE
from api.core.problems import BadCredentialsError, ForbiddenError, LockedOutError
from api.sessions import repository
from api.sessions.hashing import Hashing
from api.sessions.tokens import Identity, Role
from db.engine import Database
from ivr.hours import CHINA


async def sign_in(
    database: Database, hashing: Hashing, agent_id: str, password: str, *, hours: int, now: dt.datetime
) -> Identity:
    """Return who signed in, good for `hours`.

    Raises LockedOutError after five failures in a row, BadCredentialsError otherwise. Three short transactions,
    because a password check takes longer than a connection should be held.
    """
    async with hashing.turn(agent_id):
        return await _sign_in(database, hashing, agent_id, password, hours=hours, now=now)


async def _sign_in(
    database: Database, hashing: Hashing, agent_id: str, password: str, *, hours: int, now: dt.datetime
) -> Identity:
    async with database.write() as session:
        held = await repository.take_attempt(session, agent_id, now=now)
    if held is not None:
        minutes = math.ceil(held / dt.timedelta(minutes=1))
        text = f"Five sign-ins failed; this staff number is locked for {minutes} more minutes. Ask a supervisor."
        raise LockedOutError(text, retry_seconds=math.ceil(held.total_seconds()))
    async with database.read() as reader:
        agent = await repository.find_account(reader, agent_id)
    if not await hashing.verify(password, agent.password_hash if agent else None) or agent is None:
        raise BadCredentialsError("Staff number and password do not belong together; check both and try again.")
    async with database.write() as session:
        await repository.forget_attempts(session, agent_id, now=now)
    return Identity(agent.id, agent.name, Role(agent.role), _until(agent, now + dt.timedelta(hours=hours), now=now))


def _until(account: repository.Account, latest: dt.datetime, *, now: dt.datetime) -> dt.datetime:
    """Until when the account is good; a guest has some time more to finish. Raises ForbiddenError outside its time."""
    if account.opens is None or account.closes is None:
        return latest
    if not account.opens <= now < account.closes:
        times = " to ".join(f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}" for at in (account.opens, account.closes))
        raise ForbiddenError(f"This guest's account is good from {times} only.")
    return min(latest, account.closes + GRACE)
