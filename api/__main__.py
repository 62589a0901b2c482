"""`python -m api`: the web process."""

import errno
import gc
import os
import socket
import sys

import structlog
import uvicorn

from api.app import create_app
from api.core.logs import configure_logs
from api.settings import Settings, SettingsError, load_settings
from db.address import DatabaseAddressError

BACKLOG = 2048
SCREEN_PING_SECONDS = 2.0
SCREEN_PONG_SECONDS = 3.0
"""A screen whose network is gone says no good-bye: its agent must not be offered calls for long."""


def listen(settings: Settings) -> socket.socket:
    """Return the bound socket. Raises SettingsError with what to do when the port cannot be had."""
    place = f"{settings.api_host}:{settings.api_port}"
    try:
        family, *_, address = socket.getaddrinfo(settings.api_host, settings.api_port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = f"is in use; stop its owner (`ss -ltnp 'sport = :{settings.api_port}'`) or set HOTLINE_API_PORT"
        elif error.errno == errno.EACCES:
            advice = "needs a right this user lacks; set HOTLINE_API_PORT to a port above 1023"
        else:
            advice = f"cannot be listened on ({error.strerror}); correct HOTLINE_API_HOST and HOTLINE_API_PORT"
        raise SettingsError(f"{place} {advice}") from error


def main() -> int:
    """Serve until told to stop; 2 with one line on stderr when a setting is wrong."""
    os.umask(0o077)
    try:
        settings = load_settings()
        configure_logs(settings.log_level)
        app = create_app(settings)
        bound = listen(settings)
    except (SettingsError, DatabaseAddressError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=65_536,
        ws_per_message_deflate=False,
        ws_ping_interval=SCREEN_PING_SECONDS,
        ws_ping_timeout=SCREEN_PONG_SECONDS,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
    )
    structlog.get_logger(__name__).info("listening", host=settings.api_host, port=settings.api_port)
    gc.freeze()  # a collection need not look through the modules again and again while screens wait for it
    uvicorn.Server(config).run(sockets=[bound])
    return 0


if __name__ == "__main__":
    sys.exit(main())
