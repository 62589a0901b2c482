"""Logs of the web process: one line an event on stderr, which the supervisor keeps in a file."""

import contextlib
import logging
import sys
from typing import Any

import structlog


class StderrLogger:
    """Writes lines to stderr as it is now.

    A line that cannot be written is dropped: with the disk full, a citizen's case matters more than its log line.
    """

    def msg(self, line: str) -> None:
        """Write one line at once."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


def _stderr_logger(*_names: Any) -> StderrLogger:
    return StderrLogger()


def configure_logs(level: str) -> None:
    """Write events of this level and above as key=value."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_stderr_logger,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(message)s")
