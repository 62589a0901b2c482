"""What the machine's pip configuration says, told to uv, which does not read it; only the standard library here."""

import ast
from collections.abc import Mapping

_SECTIONS = ("global.", "install.", "site.", ":env:.")  # later ones win, as in pip


def parse(listing: str) -> dict[str, str]:
    """Read the output of `pip config list` (`section.name='value'` lines) into name -> value."""
    found: dict[str, str] = {}
    for section in _SECTIONS:
        for line in listing.splitlines():
            name, mark, value = line.partition("=")
            if mark and name.startswith(section):
                found[name.removeprefix(section).replace("_", "-").lower()] = str(ast.literal_eval(value))
    return found


def for_uv(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that make uv look where pip would; what uv is already told wins.

    pip takes the best match of all its indexes, uv the first index that has the name: with hashes pinned, pip's way
    is as safe and finds what a partial mirror lacks.
    """
    wanted = {
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": _list(pip.get("extra-index-url")),
        "UV_FIND_LINKS": _list(pip.get("find-links"), separator=","),
        "UV_INSECURE_HOST": _list(pip.get("trusted-host")),
        "SSL_CERT_FILE": pip.get("cert"),
        "UV_HTTP_TIMEOUT": pip.get("default-timeout") or pip.get("timeout"),
        "UV_NO_INDEX": "1" if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else None,
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "HTTPS_PROXY": pip.get("proxy"),
    }
    if environment.get("UV_INDEX_URL"):
        wanted["UV_DEFAULT_INDEX"] = None
    return {name: value for name, value in wanted.items() if value and not environment.get(name)}


def _list(value: str | None, separator: str = " ") -> str | None:
    return separator.join(value.split()) if value else None
