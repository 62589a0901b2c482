"""Finds a case by what a citizen typed, and gives a guesser nothing to tell apart."""

import datetime as dt
import hmac
import secrets

from api.cases.numbers import new_query_code, number_of_digits
from api.lookups import repository
from db.engine import WriteSession
from db.tables import Case


async def find_progress(
    session: WriteSession, typed: str, code: str, *, region: str, secret: str, now: dt.datetime
) -> Case | None:
    """Return the case with this number (typed without dashes) and code.

    A wrong number and a wrong code go the same way through the same statements; after five of either for the same
    number nothing is found for 15 minutes, whatever is typed. What was typed is kept nowhere: failures are counted for
    its fingerprint under `secret`.
    """
    fingerprint = hmac.digest(secret.encode(), f"look-up:{typed}".encode(), "sha256").hex()
    allowed = await repository.take_failure(session, fingerprint, now=now)
    case = await repository.find_case(session, number_of_digits(typed, region=region))
    expected = case.query_code if case is not None else new_query_code()
    right = secrets.compare_digest(code, expected)
    if case is None or not (allowed and right):
        return None
    await repository.forget_failures(session, fingerprint)
    return case
