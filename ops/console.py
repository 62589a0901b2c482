"""What the operator sees: plain lines, and signs of life during long steps."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 10.0
WORTH_TELLING_SECONDS = 1.0


def say(line: str = "") -> None:
    """Write one line to standard output at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Write one line to standard error at once."""
    sys.stdout.flush()
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


@contextmanager
def step(title: str, timings: dict[str, float] | None = None) -> Iterator[None]:
    """Announce a step, show every ten seconds that it goes on, and say how long it took (seconds into `timings`)."""
    say(f"==> {title}")
    done = threading.Event()
    started = time.monotonic()

    def tick() -> None:
        while not done.wait(QUIET_SECONDS):
            say(f"    ... {title}: {time.monotonic() - started:.0f} s so far")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
        took = time.monotonic() - started
        if timings is not None:
            timings[title] = took
        if took > WORTH_TELLING_SECONDS:
            say(f"    {took:.1f} s")
