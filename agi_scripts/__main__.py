"""`python -m agi_scripts`: the voice process."""

import asyncio
import gc
import logging
import signal
import sys

import structlog
import uvloop
from pydantic import ValidationError

from agi_scripts.settings import VoiceSettings, load
from agi_scripts.voice import Voice

CONFIGURATION_ERROR = 2


def main() -> int:
    """Run until SIGTERM or SIGINT; 2 for settings that are wrong, 1 for a port that cannot be had."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stdout)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    for library in ("httpx", "websockets"):  # a line for every request and health check would bury what matters
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        settings = load()
    except ValidationError as error:
        names = ", ".join("HOTLINE_" + str(e["loc"][0]).upper() for e in error.errors())
        sys.stderr.write(f"voice: settings missing or wrong: {names}. `make up` writes them; see ARCHITECTURE.md.\n")
        return CONFIGURATION_ERROR
    try:
        uvloop.run(_run(settings))
    except OSError as error:
        sys.stderr.write(f"voice: {error}. Another voice process may be running: see `make status`.\n")
        return 1
    return 0


async def _run(settings: VoiceSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gc.freeze()  # a collection need not look through the modules again and again while calls wait for it
    await Voice(settings).run(stop)


if __name__ == "__main__":
    sys.exit(main())
