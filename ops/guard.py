"""Ends an instance of a test run when the test run is gone, however it ended: `python -m ops.guard <process id>`."""

import os
import select
import signal
import sys


def main() -> None:
    """Wait for the process to end, then ask supervisord (the parent) to stop everything."""
    try:
        watched = os.pidfd_open(int(sys.argv[1]))
    except ProcessLookupError:
        watched = None
    if watched is not None:
        select.select([watched], [], [])
    os.kill(os.getppid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
