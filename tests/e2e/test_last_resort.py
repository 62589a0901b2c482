"""Nobody is there at all: no voice process, no agent. The citizen still leaves a number and a message."""

import contextlib
from pathlib import Path
from typing import Any

import httpx

from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR, calls_of

NUMBER = "13912345678"
ONE_SECOND = 16_000
QUIET_LOOKS = 5


async def test_a_number_and_a_spoken_message_reach_the_records(system: Instance) -> None:
    async with City(system) as city:
        system.kill("voice")
        try:
            call = await city.dial("12345")
            await call.greeted(seconds=30)
            await until(Asking(system), "the last-resort script asks", seconds=60)
            call.press(NUMBER + "#")
            # The citizen hums all the time; hanging up in the middle keeps what was said.
            await until(lambda: recorded_bytes(system) > ONE_SECOND, "a second of speech is recorded", seconds=60)
            call.hang_up()
            await call.ended()
        finally:
            system.start("voice")

        message = await message_of(city, call.citizen.user)
        assert message["number"] == NUMBER
        audio = await fetched(system, city, message["recording_url"])
        assert audio[:4] == b"RIFF"
        assert len(audio) > ONE_SECOND
        (record,) = await calls_of(city, {call.citizen.user})
        assert record["case_no"]
        assert record["disposition"] == "message"


def last_resort_process(system: Instance) -> Path | None:
    """The script that Asterisk has started for this instance, in /proc."""
    mark = str(system.folder).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = mark in (folder / "environ").read_bytes()
            if ours and b"agi_scripts.last_resort" in (folder / "cmdline").read_bytes():
                return folder
    return None


class Asking:
    """The script has started and waits for the citizen: it uses the processor no more."""

    def __init__(self, system: Instance) -> None:
        self._system = system
        self._seen: list[list[str]] = []

    def __call__(self) -> bool:
        process = last_resort_process(self._system)
        if process is None:
            return False
        with contextlib.suppress(OSError):
            self._seen.append((process / "stat").read_text().rpartition(")")[2].split()[11:13])
        return len(self._seen) > QUIET_LOOKS and all(s == self._seen[-1] for s in self._seen[-QUIET_LOOKS:])


def recorded_bytes(system: Instance) -> int:
    return sum(path.stat().st_size for path in (system.folder / "spool" / "messages").glob("*.wav"))


async def message_of(city: City, caller: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    async def look() -> bool:
        page = await city.desk.ask(SUPERVISOR, "GET", "/api/messages")
        found[:] = [m for m in page["items"] if m["caller_raw"] == caller]
        return bool(found)

    await until_answered(look, "the message is imported", seconds=20)
    (message,) = found
    return message


async def fetched(system: Instance, city: City, path: str) -> bytes:
    headers = {"Authorization": f"Bearer {await city.desk.token(SUPERVISOR)}"}
    async with httpx.AsyncClient(base_url=system.url, trust_env=False) as client:
        return (await client.get(path, headers=headers)).raise_for_status().content
