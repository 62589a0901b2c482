"""The agent as a real browser: headless Chromium on the real page, with its own phone; pictures of each step."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, WebSocket, async_playwright

from ops.call import tones
from ops.call.rtp import Heard
from ops.call.screen import Arrival
from ops.call.until import StepMissing, until

#: A microphone that hums the agents' tone, a phone that needs no permission and finds loopback addresses.
_FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
)
_SIZE = {"width": 1440, "height": 900}
#: Seconds of tone in the microphone's file, which Chromium repeats.
_HUM = 10


def prepare(folder: Path) -> Path:
    """Make `folder` without earlier pictures, and in it the WAV file that the browser's microphone plays."""
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("*.png"):
        earlier.unlink()
    heard = Heard()
    for n in range(_HUM * 50):
        heard.take(tones.tone_frame(tones.AGENT_TONE), n / 50)
    path = folder / "microphone.wav"
    heard.save(path)
    return path


class Desk:
    """One agent's page; waits are bounded and name the step that did not happen."""

    def __init__(self, page: Page, pictures: Path, agent: str) -> None:
        self.agent = agent
        self.complaints: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self._page = page
        self._pictures = pictures
        self._taken = 0
        page.on("websocket", self._watch)
        page.on("pageerror", lambda error: self.complaints.append(f"the page stumbled: {error}"))

    @property
    def page(self) -> Page:
        """The page itself, for what is asked only once."""
        return self._page

    async def sign_in(self, url: str, password: str) -> None:
        """Sign in by typing, wait for the phone's registration, and become ready."""
        await self._wait(self._page.goto(url), f"{url} opens")
        await self._type("agent-id", self.agent)
        await self._type("password", password)
        await self.picture("signing-in")
        await self.click("sign-in")
        await self.shows("phone-state", "registered", seconds=20)
        await self.click("set-ready")
        await self.shows("state", "ready")
        await self.picture("ready")

    async def sign_out(self) -> None:
        """Sign out by the page's button and return once the sign-in form is there."""
        await self.click("sign-out")
        await self._wait(
            self._page.get_by_test_id("sign-in-form").wait_for(timeout=10_000), "the sign-in form is shown"
        )

    async def mark(self, name: str, call_id: str | None = None, *, seconds: float) -> Arrival:
        """Return the first mark of this name (about one call) with its moment, epoch seconds, and its call id."""
        script = "([name, call]) => window.__hotlineMarks.some(m => m.name === name && (!call || m.call_id === call))"
        wait = self._page.wait_for_function(script, arg=[name, call_id], timeout=seconds * 1000)
        await self._wait(wait, f"the page marks {name}")
        marks = await self._page.evaluate("() => window.__hotlineMarks")
        found = next(mark for mark in marks if mark["name"] == name and call_id in {None, mark["call_id"]})
        return Arrival(found["at"] / 1000, {"type": name, "call_id": found["call_id"]})

    async def shows(self, name: str, state: str, *, seconds: float = 15) -> None:
        """Return once the element `name` is in `state`."""
        locator = self._page.locator(f'[data-testid="{name}"][data-state="{state}"]')
        await self._wait(locator.wait_for(timeout=seconds * 1000), f"{name} shows {state}")

    async def text(self, name: str, *, seconds: float = 15) -> str:
        """Return the text of an element once it is there and not empty."""
        locator = self._page.get_by_test_id(name)
        await self._wait(locator.first.wait_for(timeout=seconds * 1000), f"{name} is shown")
        return (await locator.first.inner_text()).strip()

    async def click(self, name: str) -> None:
        """Click an element."""
        await self._wait(self._page.get_by_test_id(name).click(timeout=10_000), f"{name} can be clicked")

    async def write_note(self, text: str) -> None:
        """Type the agent's own words."""
        await self._type("note", text)

    async def hears(self, *, seconds: float) -> None:
        """Return once sound (not only packets) has reached the browser's ear."""
        script = (
            "async () => { const media = await window.__hotlinePhoneMedia(); return !!media && media.energy > 0.001 }"
        )
        wait = self._page.wait_for_function(script, timeout=seconds * 1000, polling=50)
        await self._wait(wait, "the browser hears the citizen")

    async def picture(self, name: str) -> Path:
        """Leave a picture of the page."""
        self._taken += 1
        path = self._pictures / f"{self._taken:02}-{name}.png"
        await self._page.screenshot(path=path)
        return path

    async def message(self, kind: str, call_id: str, *, seconds: float) -> dict[str, Any]:
        """Return the first stream message of a type about a call."""

        def found() -> dict[str, Any] | None:
            return next((one for one in self.messages if (one["type"], one.get("call_id")) == (kind, call_id)), None)

        return await until(found, f"the page's stream brings {kind!r}", seconds=seconds, where=str(self._pictures))

    async def _type(self, name: str, text: str) -> None:
        # The page's components put a field's name on the field itself or on what surrounds it.
        fields = self._page.locator(f'[data-testid="{name}"]').locator("input, textarea")
        itself = self._page.locator(f'input[data-testid="{name}"], textarea[data-testid="{name}"]')
        await self._wait(itself.or_(fields).first.fill(text, timeout=10_000), f"{name} can be written in")

    def _watch(self, socket: WebSocket) -> None:
        if socket.url.endswith("/api/stream"):
            socket.on("framereceived", self._take)

    def _take(self, frame: str | bytes) -> None:
        self.messages.append(json.loads(frame))

    async def _wait(self, waiting: Any, what: str) -> None:
        try:
            await waiting
        except Error as error:
            picture = await self.picture("stuck")
            raise StepMissing(f"{what} ({error.message.splitlines()[0]})", 0, str(picture)) from None


@asynccontextmanager
async def open_browser(chromium: str, folder: Path) -> AsyncIterator[Browser]:
    """Start a browser with a humming microphone, whose file lies in `folder`, and close it again."""
    hum = prepare(folder)
    flags = [*_FLAGS, f"--use-file-for-fake-audio-capture={hum}"]
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=chromium, args=flags, env=_own_home(folder))
        except Error as error:
            raise StepMissing(f"{chromium} starts ({error.message.splitlines()[0]})", 0) from None
        try:
            yield browser
        finally:
            hum.unlink(missing_ok=True)
            await _close(browser)


def _own_home(folder: Path) -> dict[str, str | float | bool]:
    """Return the environment with a home below `folder`, so that the browser writes nothing into a person's own."""
    home = folder / "browser"
    home.mkdir(exist_ok=True)
    elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    # Its sound library would leave a folder in /tmp.
    return {**elsewhere, "HOME": str(home), "PULSE_RUNTIME_PATH": str(home / "pulse")}


@asynccontextmanager
async def open_desk(browser: Browser, pictures: Path, agent: str) -> AsyncIterator[Desk]:
    """Open a page that shares nothing with other pages of this browser, and close it again."""
    context = await browser.new_context(viewport=_SIZE, locale="zh-CN", permissions=["microphone"])  # type: ignore[arg-type]
    try:
        yield Desk(await context.new_page(), pictures, agent)
    finally:
        await _close(context)


@asynccontextmanager
async def browser_desk(chromium: str, pictures: Path, agent: str) -> AsyncIterator[Desk]:
    """Open a browser of its own for one agent, and close it again."""
    async with open_browser(chromium, pictures) as browser, open_desk(browser, pictures, agent) as desk:
        yield desk


async def _close(opened: Browser | BrowserContext) -> None:
    try:
        await opened.close()
    except Error as error:
        # A browser that has crashed is closed already; what the crash cost is told by the step it cost.
        if "closed" not in str(error):
            raise
