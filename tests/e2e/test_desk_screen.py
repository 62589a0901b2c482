"""The agent's page in a real browser: what comes after the call, pauses, the microphone, the link, calls out."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from ops.call.browser import open_browser
from ops.call.carrier import BUSY, CITIZEN, Line
from ops.call.city import City
from ops.call.tones import AGENT_TONE
from ops.call.until import until
from ops.instance import Instance
from tests.e2e import background
from tests.e2e.seats import Seat, open_seat

expect.set_options(timeout=15_000)
pytestmark = pytest.mark.asyncio(loop_scope="module")

#: The smallest screen that seats have.
SMALL = {"width": 1366, "height": 768}
UNPLUG = """kinds => {
    navigator.mediaDevices.enumerateDevices = async () => kinds.map(kind => ({ kind }))
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(system: Instance, chromium: Path) -> AsyncIterator[Browser]:
    async with open_browser(str(chromium), system.folder / "desks") as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as city:
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def seat(city: City, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Seat]:
    async with open_seat(city, browser, city.place.home / "desks" / request.node.name) as seat:
        await seat.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
        yield seat


async def second_tab(seat: Seat) -> Page:
    """The same agent in one more tab of the same browser."""
    page = await seat.page.context.new_page()
    await page.goto(seat.city.place.web_url)
    for name, text in (("agent-id", seat.desk.agent), ("password", seat.city.place.passwords[seat.desk.agent])):
        await page.get_by_test_id(name).fill(text)
    await page.get_by_test_id("sign-in").click()
    return page


async def test_what_is_asked_for_during_a_call_comes_after_it_and_both_tabs_tell_so(seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.at("pause-reason").select_option("meal")
    await seat.desk.click("set-paused")
    await seat.desk.shows("next-state", "paused")
    bar = await seat.page.locator("header").first.bounding_box()
    assert bar is not None
    assert bar["height"] < 90, "the bar is one line"
    other = await second_tab(seat)
    await expect(other.get_by_test_id("next-state")).to_have_text(re.compile("话后：小休 用餐"))
    await expect(other.get_by_test_id("phone-state")).to_have_attribute("data-state", "elsewhere")
    # Taken back in the one tab, asked for again in the other.
    await other.get_by_test_id("set-paused").click()
    await seat.desk.shows("next-state", "")
    await other.get_by_test_id("pause-reason").select_option("meal")
    await other.get_by_test_id("set-paused").click()
    await seat.desk.shows("next-state", "paused")
    await other.close()

    await seat.hang_up()
    await seat.submit("answered")
    await seat.desk.shows("state", "paused")
    await expect(seat.at("state-until")).to_have_text(re.compile(r"剩 (59:\d\d|1:00:00)"))
    await seat.desk.picture("paused")
    await seat.desk.click("set-ready")
    await seat.desk.shows("state", "ready")
    await expect(seat.at("pause-meal")).to_have_text(re.compile("剩 60 分钟"))
    await expect(seat.at("pause-meeting")).to_have_text("会议")


async def test_who_cannot_be_heard_is_offered_nothing_until_the_microphone_is_back(seat: Seat) -> None:
    await seat.page.evaluate(UNPLUG, [])
    await seat.desk.shows("state", "microphone_lost")
    await seat.desk.shows("microphone-problem", "missing")
    await seat.desk.shows("link-banner", "microphone")
    call = await seat.city.dial("12345", keys="0")
    await seat.page.evaluate(UNPLUG, ["audioinput"])
    await seat.popped(call.citizen.user)
    await seat.talk()
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears the agent", seconds=10)
    call.hang_up()
    await seat.desk.shows("state", "wrap_up")


async def test_a_tab_in_the_background_loses_no_call_no_state_and_no_pop(seat: Seat) -> None:
    await background.prepare(seat.page)
    registered: list[float] = []
    seat.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: note_register(frame, registered)))
    await seat.refresh()
    await seat.desk.shows("phone-state", "registered")
    await seat.desk.shows("state", "ready")
    await background.hide(seat.page)
    hidden_at = time.time()
    # A registration lasts 30 s: it is renewed in time although the tab sleeps.
    await until(lambda: registered and registered[-1] > hidden_at, "the hidden phone registers anew", seconds=35)

    call = await seat.city.dial("12345", keys="0")
    await seat.popped(call.citizen.user)
    await seat.desk.shows("phone-state", "ringing")
    assert "来电" in await seat.page.title(), "the tab's title calls for the agent"
    await background.show(seat.page)
    await seat.talk()
    await seat.type("路灯不亮")
    await background.hide(seat.page)
    since = time.time()
    await until(
        lambda: call.media.heard.tone_at(AGENT_TONE, since=since + 2), "two seconds later the talk goes on", seconds=10
    )
    call.hang_up()
    await seat.desk.shows("state", "wrap_up")
    # The next citizen waits; the agent comes back to the tab, whose words are all there.
    following = await seat.city.dial("12345", keys="0")
    await background.show(seat.page)
    await expect(seat.at("note")).to_have_value("路灯不亮")
    await seat.submit("answered")
    await background.hide(seat.page)
    await seat.popped(following.citizen.user)
    await seat.desk.shows("phone-state", "ringing")
    await seat.talk()
    following.hang_up()
    await seat.desk.shows("state", "wrap_up")


def note_register(frame: str | bytes, registered: list[float]) -> None:
    if str(frame).startswith("REGISTER"):
        registered.append(time.time())


async def test_a_lost_server_is_told_without_moving_the_page(system: Instance, seat: Seat) -> None:
    before = await seat.at("call-out").bounding_box()
    system.kill("web")
    try:
        await seat.desk.shows("link-banner", "server")
        assert await seat.at("call-out").bounding_box() == before
    finally:
        await asyncio.to_thread(system.start, "web")
    await expect(seat.at("link-banner")).to_have_count(0)
    await seat.desk.shows("state", "ready")


async def test_a_citizen_is_called_back_whose_number_nobody_sees(seat: Seat) -> None:
    caller = seat.city.number()
    call = await seat.city.dial("12345", keys="0", caller=caller)
    await seat.popped(caller)
    await seat.talk()
    await seat.hang_up()
    await seat.submit("to_dispatch")
    await seat.desk.shows("state", "ready")
    await call.ended(seconds=10)
    await seat.refresh()
    await seat.desk.shows("phone-state", "registered")

    await seat.city.carrier.open({caller: CITIZEN})
    await seat.desk.click("call-out-cases")
    await seat.at("my-cases").get_by_role("button").first.click()
    await seat.desk.shows("phone-state", "ringing")
    await seat.desk.click("answer")
    await expect(seat.at("pop-phase")).to_have_text("正在呼叫市民…")
    reached = await seat.city.carrier.called(caller)
    await seat.desk.hears(seconds=15)
    await expect(seat.at("pop-caller")).to_have_text(f"{caller[:3]}****{caller[-4:]}")
    assert caller not in await seat.page.content()
    await seat.desk.picture("called-back")
    await seat.hang_up()
    await until(lambda: reached.over, "the citizen's call has ended", seconds=10)
    await seat.submit("reached")
    await seat.desk.shows("state", "ready")


async def test_a_citizen_is_held_a_unit_is_asked_and_joined_and_leaves_again(seat: Seat) -> None:
    await seat.city.carrier.open({"110": Line()})
    call = await seat.city.dial("12345", keys="0")
    await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.desk.click("hold")
    await seat.desk.shows("talk", "held")
    await seat.desk.shows("state", "holding")
    # The only one that the search finds is chosen; Enter asks it first.
    await seat.desk.click("transfer")
    await seat.at("kind-number").check()
    await seat.at("transfer-search").fill("公安")
    await expect(seat.at("to-number-110").locator("input")).to_be_checked()
    await seat.at("transfer-search").press("Enter")
    await seat.city.carrier.called("110")
    await seat.desk.shows("talk", "consulting")
    await expect(seat.at("third")).to_have_text("公安报警")
    await seat.desk.click("join")
    await seat.desk.shows("talk", "three")
    await seat.desk.picture("three")
    seat.city.carrier.hang_up("110")
    await seat.desk.shows("talk", "two")
    assert not call.over
    await seat.hang_up()
    await seat.submit("answered")
    await seat.desk.shows("state", "ready")


async def test_a_transfer_that_nobody_takes_comes_back_with_a_word(seat: Seat) -> None:
    await seat.city.carrier.open({"119": BUSY})
    call = await seat.city.dial("12345", keys="0")
    await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.desk.click("transfer")
    await seat.at("kind-number").check()
    await seat.at("to-number-119").click()
    await seat.desk.click("do-transfer")
    # The citizen rings here again, and the screen says why.
    await seat.desk.shows("phone-state", "ringing", seconds=20)
    await seat.talk()
    await seat.desk.shows("talk-note", "transfer_failed")
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears the agent", seconds=10)
    call.hang_up()
    await seat.desk.shows("state", "wrap_up")
