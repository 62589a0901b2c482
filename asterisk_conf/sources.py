"""Reading the machine's own apt sources, so that no mirror address is ever written in this project."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEBIAN_SUITES = frozenset(
    {
        "stable",
        "oldstable",
        "oldoldstable",
        "testing",
        "unstable",
        "sid",
        "bullseye",
        "bookworm",
        "trixie",
        "forky",
        "duke",
    }
)


@dataclass(frozen=True)
class Source:
    """One place packages come from: `signed_by` is a keyring path or an inline key block, or empty."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""
    trusted: bool = False


def parse_one_line(text: str) -> Iterator[Source]:
    """Yield the sources of a `sources.list` file (`deb [options] uri suite component...`)."""
    for raw in text.splitlines():
        line = raw.split("#", 1)[0].strip()
        match = re.fullmatch(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line)
        if match is None:
            continue
        options = dict(part.split("=", 1) for part in (match[1] or "").split() if "=" in part)
        yield Source(
            uri=match[2],
            suite=match[3],
            components=tuple(match[4].split()),
            signed_by=options.get("signed-by", ""),
            trusted=options.get("trusted") == "yes",
        )


def parse_deb822(text: str) -> Iterator[Source]:
    """Yield the sources of a deb822 `.sources` file: one for each pair of URI and suite of each enabled paragraph."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip() == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(
                    uri=uri,
                    suite=suite,
                    components=tuple(fields.get("components", "").split()),
                    signed_by=fields.get("signed-by", "").strip(),
                    trusted=fields.get("trusted", "").strip() == "yes",
                )


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in {" ", "\t"} and name:
            content = line.strip()
            fields[name] += "\n" + ("" if content == "." else content)
        elif ":" in line:
            name, value = (part.strip() for part in line.split(":", 1))
            name = name.lower()
            fields[name] = value
    return fields


def machine_sources(apt_etc: Path) -> list[Source]:
    """Every source of the machine (`apt_etc` is normally `/etc/apt`); unreadable files raise OSError."""
    lists = [apt_etc / "sources.list", *sorted((apt_etc / "sources.list.d").glob("*.list"))]
    found = [source for path in lists if path.is_file() for source in parse_one_line(path.read_text("utf-8"))]
    for path in sorted((apt_etc / "sources.list.d").glob("*.sources")):
        found.extend(parse_deb822(path.read_text("utf-8")))
    return found


def debian_sources(sources: Iterable[Source], codename: str) -> list[Source]:
    """Those that look like a mirror of Debian's main archive, the likeliest first; `codename` from os-release."""
    suites = DEBIAN_SUITES | {codename}
    fits = [
        source
        for source in sources
        if source.suite in suites and "main" in source.components and not source.uri.startswith("cdrom:")
    ]
    return sorted(fits, key=lambda source: not source.uri.rstrip("/").endswith("/debian"))
