import datetime as dt

import jwt
import pytest

from api.sessions.rules import ATTEMPTS, LOCK, locked_for
from api.sessions.tokens import AUDIENCE, Identity, Role, TokenError, issue_token, read_token, same_secret

SECRET = "s" * 40
NOW = dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=12)
AGENT = Identity("1001", "王丽华", Role.AGENT, LATER)


def test_a_token_tells_who_until_its_end() -> None:
    token = issue_token(AGENT, SECRET, now=NOW)
    assert read_token(token, SECRET, now=LATER - dt.timedelta(seconds=1)) == AGENT
    with pytest.raises(TokenError, match="expired"):
        read_token(token, SECRET, now=LATER)


def forged(**changes: object) -> str:
    claims = {"sub": "1001", "name": "x", "role": "agent", "aud": AUDIENCE, "exp": int(LATER.timestamp())}
    return jwt.encode(claims | changes, SECRET, "HS256")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "\ud800",
        issue_token(AGENT, "o" * 40, now=NOW),
        jwt.encode({"sub": "1001"}, "", "none"),
        forged(role="emperor"),
        forged(aud="elsewhere"),
        forged(exp=10**18),
    ],
)
def test_what_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenError, match="not one of ours"):
        read_token(token, SECRET, now=NOW)


def test_agents_and_guests_see_less_than_everything() -> None:
    seen = {role: Identity("1", "x", role, LATER).sees_everything for role in Role}
    assert seen == {Role.AGENT: False, Role.GUEST: False, Role.SUPERVISOR: True, Role.ADMINISTRATOR: True}


@pytest.mark.parametrize(("given", "same"), [("token", True), ("Token", False), ("", False), ("\ud800", False)])
def test_secrets_are_compared_whatever_is_sent(given: str, same: bool) -> None:
    assert same_secret(given, "token") is same


@pytest.mark.parametrize(
    ("failures", "minutes_ago", "locked"),
    [(ATTEMPTS - 1, 0, False), (ATTEMPTS, 0, True), (ATTEMPTS, 14, True), (ATTEMPTS, 15, False), (99, 1, True)],
)
def test_five_failures_lock_for_a_quarter_of_an_hour(failures: int, minutes_ago: int, locked: bool) -> None:
    held = locked_for(failures, NOW - dt.timedelta(minutes=minutes_ago), now=NOW)
    assert (held is not None) is locked
    assert held is None or held <= LOCK
