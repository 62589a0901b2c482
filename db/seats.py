"""Seat passwords: what a phone signs in to Asterisk with, derived so that renderer and API agree unasked."""

import hashlib
import hmac
from typing import Final

LENGTH: Final = 24


def seat_password(seat_secret: str, endpoint: str) -> str:
    """Return the SIP password of one endpoint, `1001` (SIP phone) or `1001w` (browser), as 24 hex digits."""
    digest = hmac.new(seat_secret.encode(), b"seat:" + endpoint.encode(), hashlib.sha256)
    return digest.hexdigest()[:LENGTH]
