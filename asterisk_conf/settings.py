"""What the renderer must know about one Asterisk; checks texts, because a stray line end would be configuration."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from asterisk_conf.fetch import AsteriskPlace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_COUNTY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EXTENSION = re.compile(r"[0-9]{2,10}")
_ADDRESS = re.compile(r"[A-Za-z0-9.:-]{1,100}")
_LONGEST_SOCKET = 107  # bytes of a Unix socket's path on Linux


class SettingsError(ValueError):
    """A setting cannot become a configuration; the text names it and says what to do."""


@dataclass(frozen=True)
class Seat:
    """One extension with its two endpoints: `<extension>` (SIP phone) and `<extension>w` (browser)."""

    extension: str
    password: str
    browser_password: str


@dataclass(frozen=True)
class CountyTrunk:
    """The way to a county's ordinary telephone numbers: the gateway at `host`:`port`, as the endpoint `county-<id>`."""

    id: str
    host: str
    port: int = 5060


@dataclass(frozen=True)
class FallbackQueue:
    """One native queue; `ring_seconds` one phone rings, `wait_seconds` a caller waits before the next step."""

    id: str
    ring_seconds: int = 15
    wait_seconds: int = 120


@dataclass(frozen=True)
class AsteriskSettings:
    """One Asterisk of one instance; `home` is HOTLINE_HOME (ARCHITECTURE.md, "An instance").

    Hosts are addresses to bind to. `media_address` is what the SDP names ("" = `sip_host`, or what the route says when
    that is 0.0.0.0). Behind address translation (containers) `external_address` is what the world calls this Asterisk,
    `internal_address` its own one on that side, and peers in `local_networks` are spoken to without translation.
    `trunks` are source addresses or networks of the carriers, calls leave for `carrier_host` and `carrier_port`, those
    for line seats for their county's trunk in `counties`. Times are seconds. Phones and counties' trunks are asked
    every `phone_qualify_seconds` whether they are there (0: never) and are gone when they have not answered for
    `qualify_timeout_seconds`: the sum is how long a cut line goes unnoticed. `python` and `project` start the
    last-resort script. The RTP range is inclusive.
    """

    home: Path
    place: AsteriskPlace
    python: Path
    project: Path
    seats: tuple[Seat, ...]
    ami_events_secret: str
    ami_actions_secret: str
    queues: tuple[FallbackQueue, ...] = (FallbackQueue("city"),)
    default_queue: str = "city"
    trunks: tuple[str, ...] = ("127.0.0.2",)
    carrier_host: str = "127.0.0.3"
    carrier_port: int = 5060
    counties: tuple[CountyTrunk, ...] = ()
    system_name: str = "hotline"
    sip_host: str = "127.0.0.1"
    sip_port: int = 5060
    media_address: str = ""
    external_address: str = ""
    internal_address: str = ""
    local_networks: tuple[str, ...] = ("127.0.0.0/8",)
    rtp_first: int = 20000
    rtp_last: int = 20999
    http_host: str = "127.0.0.1"
    http_port: int = 8088
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_permit: tuple[str, ...] = ("127.0.0.1/32",)
    fastagi_host: str = "127.0.0.1"
    fastagi_port: int = 4573
    lease_seconds: int = 8
    phone_rtp_timeout: int = 15
    trunk_rtp_timeout: int = 120
    phone_qualify_seconds: int = 2
    qualify_timeout_seconds: float = 2.0
    max_calls: int = 500
    extra_environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what Asterisk would misread; raises SettingsError."""
        for name in (self.system_name, self.default_queue, *(queue.id for queue in self.queues)):
            _match(_NAME, name, "a name")
        for seat in self.seats:
            _match(_EXTENSION, seat.extension, "an extension")
            _check_secret(seat.password)
            _check_secret(seat.browser_password)
        for host in (self.sip_host, self.http_host, self.ami_host, self.fastagi_host):
            _match(_ADDRESS, host, "an address")
        for host in (self.carrier_host, self.media_address or "none", *(county.host for county in self.counties)):
            _match(_ADDRESS, host, "an address")
        for county in self.counties:
            _match(_COUNTY, county.id, "a county's name")
        self._check_translation()
        for network in (*self.trunks, *self.ami_permit, *self.local_networks):
            _check_network(network)
        _check_secret(self.ami_events_secret)
        _check_secret(self.ami_actions_secret)
        if self.default_queue not in {queue.id for queue in self.queues}:
            raise SettingsError(f"the default queue {self.default_queue!r} is not among the queues")
        self._check_paths()

    def _check_translation(self) -> None:
        if bool(self.external_address) != bool(self.internal_address):
            raise SettingsError("external_address and internal_address go together: set both or neither")
        for address in filter(None, (self.external_address, self.internal_address)):
            _match(_ADDRESS, address, "an address")
            _check_network(address)

    def _check_paths(self) -> None:
        for path in (self.home, self.place.modules, self.place.data):
            if not path.is_absolute() or re.search(r"[;\[\]\x00-\x1f]", str(path)):
                raise SettingsError(f"the path {str(path)!r} must be absolute and free of ; [ ] and line ends")
        socket = self.asterisk / "run/asterisk.ctl"
        if len(str(socket).encode()) > _LONGEST_SOCKET:
            raise SettingsError(f"{socket} is too long for a socket: set HOTLINE_HOME to a shorter folder")

    @property
    def asterisk(self) -> Path:
        """Everything of this Asterisk."""
        return self.home / "asterisk"

    @property
    def etc(self) -> Path:
        """The rendered files."""
        return self.asterisk / "etc"

    @property
    def cel_file(self) -> Path:
        """Call event records; the columns are CEL_COLUMNS of `asterisk_conf.render`."""
        return self.asterisk / "cel.csv"

    @property
    def sounds(self) -> Path:
        """Prompts: `zh/hotline/<id>.wav` is `hotline/<id>` for Asterisk; `moh/` is the music."""
        return self.asterisk / "sounds"

    @property
    def recordings(self) -> Path:
        """`<call id>.wav`, one for each answered call."""
        return self.home / "recordings"

    @property
    def messages(self) -> Path:
        """Where the last-resort script leaves its messages."""
        return self.home / "spool/messages"


def _match(pattern: re.Pattern[str], text: str, what: str) -> None:
    if pattern.fullmatch(text) is None:
        raise SettingsError(f"{text!r} cannot be {what} in Asterisk (allowed: {pattern.pattern})")


def _check_secret(text: str) -> None:
    if re.fullmatch(r"[\x21-\x3a\x3c-\x7e]{8,128}", text) is None:
        raise SettingsError("a secret needs 8 to 128 printable ASCII characters without blanks and semicolons")


def _check_network(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError as error:
        raise SettingsError(f"{text!r} is not an IP address or network: {error}") from error
