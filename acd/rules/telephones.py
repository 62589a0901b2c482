"""What can be rung for an agent: endpoints of a seat's phones, and telephone numbers behind a county's trunk.

The endpoint of such a line seat is `<number>@line-<county>`, an extension of the dialplan; its device is the trunk that
dials it, `county-<county>`, which says whether the county's line is there, but not whether the number is in use.
"""

import re

FREE_DEVICE = "NOT_INUSE"
AWAY_DEVICE = "UNAVAILABLE"
AWAY_DEVICES = frozenset({AWAY_DEVICE, "INVALID", "UNKNOWN"})
BROWSER_SUFFIX = "w"
TRUNK_PREFIX = "county-"
_LOCAL = "Local/"
_CHANNEL = re.compile(
    r"^(?:PJSIP/(?P<phone>[^/]+)-[0-9a-f]{8,}|Local/(?P<line>[0-9]+@line-[a-z0-9_-]+)-[0-9a-f]{8,};1)$"
)
_NUMBER = re.compile(r"[0-9]{2,20}", re.ASCII)
_COUNTY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_LINE = re.compile(r"(?P<number>[0-9]+)@line-(?P<county>[a-z0-9_-]+)", re.ASCII)


def line_endpoint(number: str, county: str) -> str:
    """The endpoint of a line seat; raises ValueError for what cannot be dialled."""
    if not _NUMBER.fullmatch(number) or not _COUNTY.fullmatch(county):
        raise ValueError("a line seat needs a telephone number of 2 to 20 digits and a county")
    return f"{number}@line-{county}"


def is_line(endpoint: str) -> bool:
    """Whether it is a line seat's."""
    return _LINE.fullmatch(endpoint) is not None


def is_trunk(device: str) -> bool:
    """Whether it is a county's trunk."""
    return device.startswith(TRUNK_PREFIX)


def endpoint_of(channel: str) -> str | None:
    """The endpoint in a channel's name (`PJSIP/1001w-0000002a` -> `1001w`; a Local channel's near end), or None."""
    found = _CHANNEL.match(channel)
    return None if found is None else found["phone"] or found["line"]


def device_of(endpoint: str) -> str:
    """Whose device state tells whether the endpoint can be reached."""
    line = _LINE.fullmatch(endpoint)
    return endpoint if line is None else TRUNK_PREFIX + line["county"]


def seen_state(endpoint: str, state: str, *, before: str | None) -> str:
    """What the state of its device says of an endpoint.

    A trunk that is in use is used by anybody of the county, and goes on to be in use for a while when it is cut: that
    tells nothing new.
    """
    if not is_line(endpoint):
        return state
    if state in AWAY_DEVICES:
        return AWAY_DEVICE
    return FREE_DEVICE if state == FREE_DEVICE else before or FREE_DEVICE


def interface_of(endpoint: str) -> str:
    """What Asterisk dials for an endpoint; a line seat's Local channel is answered once 1 was pressed there."""
    return f"{_LOCAL}{endpoint}/n" if is_line(endpoint) else f"PJSIP/{endpoint}"


def is_local(interface: str) -> bool:
    """Whether a Local channel is dialled, which has two ends."""
    return interface.startswith(_LOCAL)


def endpoint_in(interface: str) -> str:
    """The endpoint of what `interface_of` gave."""
    return interface.removeprefix("PJSIP/").removeprefix(_LOCAL).removesuffix("/n")
