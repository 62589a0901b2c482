"""One at a time: an advisory lock on a file, so that two commands in one folder do not hurt each other."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.console import say


@contextmanager
def only_one(lock_file: Path, doing: str) -> Iterator[None]:
    """Hold `lock_file` (made when missing) for the length of the block; wait, saying so, while another holds it."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"    waiting: another command is {doing}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
