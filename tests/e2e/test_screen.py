"""The agent's page in a real browser: the pop before the ring, sound both ways, and no word lost whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from ops.call import tones
from ops.call.browser import open_browser
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.until import until, until_answered
from ops.instance import Instance
from tests.e2e.records import SUPERVISOR
from tests.e2e.seats import Seat, as_shown, open_seat

expect.set_options(timeout=15_000)
pytestmark = pytest.mark.asyncio(loop_scope="module")

#: Longer than Asterisk waits for a silent phone (15 s) before it takes the talk for ended.
SILENT_PHONE_SECONDS = 25


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(system: Instance, chromium: Path) -> AsyncIterator[Browser]:
    async with open_browser(str(chromium), system.folder / "screens") as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as city:
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def seat(city: City, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Seat]:
    async with open_seat(city, browser, city.place.home / "screens" / request.node.name) as seat:
        yield seat


async def test_the_pop_is_there_before_the_ring_and_knows_the_caller(seat: Seat) -> None:
    caller = seat.city.number()
    await seat.city.dial("12345", keys="0", caller=caller)
    call_id = await seat.popped(caller)
    popped = await seat.desk.mark("popShown", call_id, seconds=1)
    rang = await seat.desk.mark("phoneRinging", call_id, seconds=15)
    assert popped.at < rang.at
    await expect(seat.at("pop-dialled")).to_have_text("12345")
    await expect(seat.at("pop-menu")).to_have_text("0")
    await expect(seat.at("pop-wait")).to_have_text("00:00")
    case_no = (await seat.record(call_id))["case_no"]
    await expect(seat.at("pop-case")).to_have_text(case_no)
    await expect(seat.at("pop-case-state")).to_have_text("登记")
    for empty in ("earlier-calls", "open-cases"):
        await expect(seat.at(empty)).to_contain_text("无")

    await seat.talk()
    await seat.type("路灯 <b>不亮</b>")
    await seat.hang_up()
    await seat.submit("to_dispatch")
    await seat.desk.shows("state", "ready")

    again = await seat.city.dial("12345", keys="0", caller=caller)
    assert await seat.popped(caller) != call_id
    await expect(seat.at("pop-case")).not_to_have_text(case_no)
    earlier, pending = seat.at("earlier-calls").locator("li"), seat.at("open-cases").locator("li")
    await expect(earlier).to_have_count(1)
    for words in ("12345", "已接听", case_no):
        await expect(earlier).to_contain_text(words)
    await expect(pending).to_have_count(1)
    for words in (case_no, "待派单", "路灯 <b>不亮</b>"):
        await expect(pending).to_contain_text(words)
    again.hang_up()
    await expect(seat.at("no-call")).to_be_visible()


async def test_both_sides_hear_each_other_and_mute_is_silence(seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    await seat.talk()
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears the browser's microphone", seconds=10)
    await seat.desk.hears(seconds=10)
    await seat.desk.click("mute")
    await until(lambda: hears_nothing(call), "the citizen hears nothing of a muted agent", seconds=10)
    await seat.desk.click("mute")
    call.media.heard.expect(tones.AGENT_TONE)
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears the agent again", seconds=10)
    call.hang_up()
    await seat.desk.shows("state", "wrap_up")
    await seat.desk.shows("phone-state", "registered")


def hears_nothing(call: Call) -> bool:
    """Whether the last 400 ms were quiet."""
    latest = list(call.media.heard.frames)[-20:]
    return not any(tones.is_sound(payload) for _, payload in latest)


async def test_a_refresh_while_the_phone_rings_brings_back_pop_words_and_ring(seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    call_id = await seat.popped(call.citizen.user)
    await seat.desk.shows("phone-state", "ringing")
    await seat.type("The lamp in People's Road")
    await seat.refresh()

    await expect(seat.at("pop")).to_have_attribute("data-call-id", call_id)
    await seat.talk()
    await expect(seat.at("note")).to_have_value("The lamp in People's Road")
    await until(lambda: call.media.heard.tone_heard_at, "the citizen hears the agent", seconds=10)
    await seat.type(" is dark.")
    await seat.hang_up()
    await seat.submit("to_dispatch")
    await seat.desk.shows("state", "ready")
    record = await seat.record(call_id)
    assert record["note"] == "The lamp in People's Road is dark."
    assert record["outcome"] == "to_dispatch"


async def test_a_refresh_in_wrap_up_loses_no_word_nor_the_chosen_outcome(seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    call_id = await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.type("Noise at night")
    call.hang_up()
    await seat.desk.shows("state", "wrap_up")
    await seat.desk.click("outcome-rejected")
    await seat.type(", every night")
    await seat.refresh()

    async def all_back() -> None:
        await expect(seat.at("pop")).to_have_attribute("data-phase", "wrap_up")
        await expect(seat.at("pop-caller")).to_have_text(as_shown(call.citizen.user))
        await expect(seat.at("note")).to_have_value("Noise at night, every night")
        await expect(seat.at("outcome-rejected").locator("input")).to_be_checked()

    await all_back()
    await seat.desk.shows("save-state", "saved")
    # Another computer: this browser has never seen the words.
    await seat.page.evaluate("() => localStorage.clear()")
    await seat.refresh()
    await all_back()
    await seat.desk.click("submit-outcome")
    await seat.desk.shows("state", "ready")
    record = await seat.record(call_id)
    assert (record["note"], record["outcome"]) == ("Noise at night, every night", "rejected")


async def test_a_refresh_while_talking_keeps_the_words_and_brings_the_citizen_back(seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    call_id = await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.type("A tree fell")
    await seat.refresh()

    await expect(seat.at("pop")).to_have_attribute("data-call-id", call_id)
    await expect(seat.at("pop-caller")).to_have_text(as_shown(call.citizen.user))
    await expect(seat.at("note")).to_have_value("A tree fell")
    await seat.type(" on the road")
    # Asterisk takes the page's old leg for broken after some silence; the same citizen rings at the new page.
    await seat.desk.shows("phone-state", "ringing", seconds=SILENT_PHONE_SECONDS)
    await seat.talk()
    await expect(seat.at("pop")).to_have_attribute("data-call-id", call_id)
    await expect(seat.at("note")).to_have_value("A tree fell on the road")
    assert not call.over
    await seat.hang_up()
    await call.ended(seconds=5)
    await seat.submit("answered")
    await seat.desk.shows("state", "ready")
    record = await seat.record(call_id)
    assert record["disposition"] == "answered"
    assert record["answered_by"] == seat.desk.agent
    assert record["ended_at"]
    assert record["note"] == "A tree fell on the road"


async def test_no_word_and_no_outcome_is_lost_when_the_web_process_dies(system: Instance, seat: Seat) -> None:
    call = await seat.city.dial("12345", keys="0")
    call_id = await seat.popped(call.citizen.user)
    await seat.talk()
    await seat.type("Water ")
    system.kill("web")
    try:
        await seat.type("comes through ")
        await seat.desk.shows("save-state", "local")
        # The phone needs no web process: the talk goes on and ends as always.
        assert not call.over
        await seat.desk.click("hangup")
        await call.ended(seconds=10)
        await seat.type("the roof")
    finally:
        await asyncio.to_thread(system.start, "web")
    await seat.desk.shows("state", "wrap_up")
    await expect(seat.at("note")).to_have_value("Water comes through the roof")

    system.kill("web")
    try:
        await seat.submit("to_dispatch")
        await expect(seat.at("outcome-problem")).to_be_visible()
        await expect(seat.at("note")).to_have_value("Water comes through the roof")
    finally:
        await asyncio.to_thread(system.start, "web")
    # It goes by itself: the agent has pressed the button already.
    await seat.desk.shows("state", "ready")
    record = await seat.record(call_id)
    assert (record["note"], record["outcome"]) == ("Water comes through the roof", "to_dispatch")


async def test_the_outcome_brings_the_next_caller_who_waits(seat: Seat) -> None:
    first = await seat.city.dial("12345", keys="0")
    first_id = await seat.popped(first.citizen.user)
    await seat.talk()
    second = await seat.city.dial("12345", keys="0")

    async def waits() -> bool:
        calls = (await seat.city.desk.ask(SUPERVISOR, "GET", "/api/calls", limit=5))["items"]
        return any(each["caller_raw"] == second.citizen.user and each["queued_at"] for each in calls)

    await until_answered(waits, "the second caller waits", seconds=15)
    await seat.hang_up()
    await expect(seat.at("pop")).to_have_attribute("data-call-id", first_id)
    await seat.submit("answered")
    second_id = await seat.popped(second.citizen.user)
    assert second_id != first_id
    popped = await seat.desk.mark("popShown", second_id, seconds=1)
    rang = await seat.desk.mark("phoneRinging", second_id, seconds=15)
    assert popped.at < rang.at
    await expect(seat.at("note")).to_have_value("")
    await seat.talk()
    await until(lambda: second.media.heard.tone_heard_at, "the second caller hears the agent", seconds=10)
    await seat.hang_up()
    await seat.submit("answered")
    await seat.desk.shows("state", "ready")
    await seat.desk.sign_out()


async def test_hostile_text_of_a_caller_is_text_on_the_page(seat: Seat) -> None:
    bait = """<img src=x onerror='ran=true'><script>ran=true</script>"&'"""
    sent = bait.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20").replace('"', "%22")
    await seat.city.dial(sent, keys="0", caller=sent, display='"<script>ran=true</script>"')
    await expect(seat.at("pop-dialled")).to_have_text(bait)
    await expect(seat.at("pop-caller")).to_have_text("未显示号码")
    offer = next(message for message in seat.desk.messages if message["type"] == "offer")
    assert offer["caller"] == bait
    await seat.talk()
    await seat.type(bait)
    await seat.refresh()
    await expect(seat.at("note")).to_have_value(bait)
    assert await seat.page.locator("body script, img").count() == 0
    assert await seat.page.evaluate("() => typeof ran") == "undefined"
