"""Hashes and generates passwords; a call keeps a core busy for some 30 ms, so a server makes it in a thread."""

import secrets
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# No letter or digit that is misread on paper: 0 O 1 l I.
LOWER: Final = "abcdefghijkmnpqrstuvwxyz"
UPPER: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "23456789"
LENGTH: Final = 14

# OWASP's figures for argon2id. The library's own (64 MiB, four lanes) take 160 ms of a core each: forty of them
# hold up a seeding, and thirty agents who sign in at eight o'clock would keep calls waiting for the processor.
_HASHER: Final = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1),))


def generate_password() -> str:
    """Return a random password of 14 characters from three classes (about 80 bits)."""
    while True:
        word = "".join(secrets.choice(LOWER + UPPER + DIGITS) for _ in range(LENGTH))
        if all(any(letter in alphabet for letter in word) for alphabet in (LOWER, UPPER, DIGITS)):
            return word


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _HASHER.hash(password)


def verify_password(password: str, hashed: str) -> bool:
    """Tell whether the password belongs to the hash."""
    return _HASHER.verify(password, hashed)
