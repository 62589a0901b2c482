"""One agent at a browser in a test, and the city that calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Dialog, Locator, Page, expect

from ops.call.browser import Desk, open_desk
from ops.call.city import City
from ops.call.desk import Refused
from ops.call.free import free_agents
from ops.call.until import until_answered
from tests.e2e.records import SUPERVISOR


@dataclass(frozen=True, slots=True)
class Seat:
    """One agent at a browser, and the city that calls."""

    city: City
    desk: Desk

    @property
    def page(self) -> Page:
        return self.desk.page

    def at(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    async def popped(self, caller: str) -> str:
        """Wait until the pop of this caller is whole on the page; return the call id."""
        await expect(self.at("pop-caller")).to_have_text(as_shown(caller), timeout=20_000)
        return str(await self.at("pop").get_attribute("data-call-id"))

    async def talk(self) -> None:
        """Pick up as soon as the phone rings."""
        await self.desk.shows("phone-state", "ringing")
        await self.desk.click("answer")
        await self.desk.shows("phone-state", "talking")
        await self.desk.shows("state", "talking")

    async def type(self, words: str) -> None:
        """Write on in the note, key by key."""
        await self.at("note").press_sequentially(words)

    async def refresh(self) -> None:
        await self.page.reload(wait_until="commit")

    async def hang_up(self) -> None:
        await self.desk.click("hangup")
        await self.desk.shows("state", "wrap_up")

    async def submit(self, outcome: str) -> None:
        await self.desk.click(f"outcome-{outcome}")
        await self.desk.click("submit-outcome")

    async def record(self, call_id: str) -> dict[str, Any]:
        return await self.city.desk.call(SUPERVISOR, call_id)

    async def leave(self) -> None:
        """Hang up, finish what is open and sign out, whatever state the test has left."""
        for call in self.city.calls.values():
            call.hang_up()

        async def gone() -> bool:
            try:
                state = (await self.city.desk.ask(self.desk.agent, "GET", "/api/agents/me"))["state"] or {}
                if state.get("state") == "wrap_up":
                    await self.city.desk.choose_outcome(self.desk.agent, state["call_id"], "invalid")
                elif state.get("state") in {"ready", "paused", "missed", "link_lost", "microphone_lost"}:
                    await self.city.desk.set_state(self.desk.agent, "logged_out")
            except (httpx.TransportError, Refused):
                return False
            return state.get("state") == "logged_out"

        await until_answered(gone, f"{self.desk.agent} is signed out", seconds=30)


def as_shown(number: str) -> str:
    """A mobile number as the page writes it."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"


@asynccontextmanager
async def open_seat(city: City, browser: Browser, pictures: Path) -> AsyncIterator[Seat]:
    """A ready agent at a page that nobody has used; signed out again, and the page has not stumbled."""
    agent = (await free_agents(city.desk, 1))[0]
    async with open_desk(browser, pictures, agent) as desk:
        seat = Seat(city, desk)
        seat.page.on("dialog", lambda dialog: asyncio.ensure_future(take_dialog(desk, dialog)))
        try:
            await desk.sign_in(city.place.web_url, city.place.passwords[agent])
            yield seat
        finally:
            await seat.leave()
        assert not desk.complaints


async def take_dialog(desk: Desk, dialog: Dialog) -> None:
    """The browser may ask whether to leave a page that talks; whatever else asks, ran from a caller's text."""
    if dialog.type != "beforeunload":
        desk.complaints.append(f"a dialog came up: {dialog.message}")
    await dialog.accept()
