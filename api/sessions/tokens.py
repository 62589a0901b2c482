"""Signed tokens: who somebody is and until when; pure but for the signature."""

import datetime as dt
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import jwt
from jwt.types import Options

ALGORITHM: Final = "HS256"
AUDIENCE: Final = "hotline"
# The clock is an argument here, so the library must not compare times by its own.
OPTIONS: Final[Options] = {"require": ["sub", "name", "role", "exp"], "verify_exp": False, "verify_iat": False}


class Role(StrEnum):
    """What a member of staff may do; each role stands alone."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in."""

    agent_id: str
    name: str
    role: Role
    expires_at: dt.datetime

    @property
    def sees_everything(self) -> bool:
        """Supervisors and administrators see everybody's calls, agents and guests their own."""
        return self.role in {Role.SUPERVISOR, Role.ADMINISTRATOR}


class TokenError(Exception):
    """The token is no proof of anything now."""


def issue_token(identity: Identity, secret: str, *, now: dt.datetime) -> str:
    """Return a token that is good until `identity.expires_at`."""
    claims = {
        "sub": identity.agent_id,
        "name": identity.name,
        "role": identity.role.value,
        "aud": AUDIENCE,
        "iat": int(now.timestamp()),
        "exp": int(identity.expires_at.timestamp()),
    }
    return jwt.encode(claims, secret, ALGORITHM)


def read_token(token: str, secret: str, *, now: dt.datetime) -> Identity:
    """Return who the token belongs to. Raises TokenError when it is forged, malformed or expired."""
    try:
        claims = jwt.decode(token, secret, [ALGORITHM], audience=AUDIENCE, options=OPTIONS)
        expires_at = dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
        identity = Identity(claims["sub"], claims["name"], Role(claims["role"]), expires_at)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError) as error:
        raise TokenError("the token is not one of ours") from error
    if identity.expires_at <= now:
        raise TokenError("the token has expired")
    return identity


def same_secret(given: str, expected: str) -> bool:
    """Compare two secrets in constant time, whatever text was given."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
