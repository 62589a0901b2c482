"""The supervisor's pages in a real browser: the hall live, acts with their reason, a voice in the ear, the rota."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from ops.call.agent import Manner
from ops.call.browser import open_browser
from ops.call.city import City
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.instance import Instance
from tests.e2e.office import SECONDS, Office, Person, open_office
from tests.e2e.records import SUPERVISOR, settled
from tests.e2e.seats import as_shown
from tests.e2e.talking import heard_tones, hears

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT = "1001"
BY_HAND = Manner(answers_after=0.2, talks_for=None, outcome="answered")
BAIT = "<img src=x onerror='ran=true'>"
#: In China, as an input for date and time has it.
IN_TWO_HOURS = """() => new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' })
    .format(Date.now() + 7_200_000).replace(' ', 'T')"""
#: The smallest screen that seats have.
SMALL = {"width": 1366, "height": 768}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(system: Instance, chromium: Path) -> AsyncIterator[Browser]:
    async with open_browser(str(chromium), system.folder / "hall") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as city:
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def office(browser: Browser, system: Instance, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    async with open_office(browser, system, system.folder / "hall" / request.node.name) as office:
        yield office


async def enter(office: Office) -> Person:
    person = await office.enter(SUPERVISOR)
    await person.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    return person


async def shows(person: Person, agent: str, state: str) -> None:
    row = person.at(f"hall-agent-{agent}")
    await expect(row).to_have_attribute("data-state", state, timeout=SECONDS)


async def act(person: Person, subject: str, name: str, why: str) -> None:
    """Do one act on an agent or a call; the button stays closed until there is a reason."""
    await person.click(f"act-on-{subject}")
    await person.at(f"act-{name}").check()
    await expect(person.at("act-do")).to_be_disabled()
    await person.fill("act-why", why)
    await person.click("act-do")


async def test_the_hall_is_live_and_every_act_is_recorded_with_its_reason(office: Office, city: City) -> None:
    await city.seat([AGENT], BY_HAND)
    supervisor = await enter(office)
    asked: list[str] = []
    supervisor.page.on("request", lambda request: asked.append(request.url.removeprefix(office.system.url)))
    await shows(supervisor, AGENT, "ready")
    await act(supervisor, AGENT, "force_paused", f"班前会 {BAIT}")
    await shows(supervisor, AGENT, "paused")

    # Nobody is free: a citizen waits, and is seen with the middle of the number hidden.
    call = await city.dial("12345", keys="0")
    number = call.citizen.user
    await supervisor.reads("hall-waiting", f"{number[:3]}****{number[-4:]}")
    assert number not in await supervisor.page.content()
    await expect(supervisor.at("figures-total").locator("td").nth(1)).to_have_text("1", timeout=SECONDS)
    await supervisor.at("hall-waiting").get_by_role("button").first.click()
    await supervisor.at("act-move").check()
    await supervisor.choose("act-to", "linhe")
    await supervisor.fill("act-why", "临河专席更熟悉")
    await supervisor.click("act-do")
    await supervisor.reads("hall-waiting", "临河")
    await supervisor.desk.picture("hall")
    call.hang_up()
    await supervisor.reads("hall-waiting", "没有人在等待")

    await act(supervisor, AGENT, "force_ready", "会议结束")
    await shows(supervisor, AGENT, "ready")
    await supervisor.click("tab-acts")
    await supervisor.reads("hall-acts", BAIT)
    await supervisor.reads("hall-acts", "临河专席更熟悉")
    assert "/api/hall" not in {url.rstrip("/") for url in asked}, "the hall is pushed to the page, not asked for"
    assert "/api/hall/acts" in asked


async def test_the_hall_says_that_it_is_stale_and_is_live_again_by_itself(
    office: Office, city: City, system: Instance
) -> None:
    await city.seat([AGENT], BY_HAND)
    supervisor = await enter(office)
    await shows(supervisor, AGENT, "ready")
    for process, told in (("voice", "voice"), ("web", "server")):
        system.kill(process)
        try:
            await supervisor.desk.shows("link-banner", told)
            await expect(supervisor.at("hall")).to_have_class(re.compile("stale"))
        finally:
            await asyncio.to_thread(system.start, process)
        await expect(supervisor.at("link-banner")).to_have_count(0, timeout=SECONDS)
        await expect(supervisor.at("hall")).not_to_have_class(re.compile("stale"))
    await city.desk.set_state(AGENT, "paused", "meeting")
    await shows(supervisor, AGENT, "paused")


async def test_with_the_database_away_the_hall_is_live_and_acts_are_done(
    office: Office, city: City, system: Instance
) -> None:
    await city.seat([AGENT], BY_HAND)
    supervisor = await enter(office)
    await shows(supervisor, AGENT, "ready")
    await asyncio.to_thread(system.stop, "postgres")
    try:
        await supervisor.reads("figures-problem", "数据库暂时连不上")
        await act(supervisor, AGENT, "force_logged_out", "数据库检修")
        await shows_nobody(supervisor, AGENT)
        await expect(supervisor.at("hall")).not_to_have_class(re.compile("stale"))
    finally:
        await asyncio.to_thread(system.start, "postgres")
    await expect(supervisor.at("figures-problem")).to_have_count(0, timeout=SECONDS)


async def shows_nobody(person: Person, agent: str) -> None:
    """Who is signed out is counted only."""
    await expect(person.at(f"hall-agent-{agent}")).to_have_count(0, timeout=SECONDS)


async def test_a_supervisor_listens_by_the_page_and_is_told_what_cannot_be(office: Office, city: City) -> None:
    await city.seat([AGENT], BY_HAND)
    supervisor = await enter(office)
    await supervisor.desk.shows("phone-state", "registered")
    call = await city.dial("12345", keys="0")
    await call.talking(seconds=30)
    await shows(supervisor, AGENT, "talking")
    await act(supervisor, AGENT, "listen", "质检")
    await supervisor.desk.shows("phone-state", "ringing")
    await supervisor.click("answer")
    await supervisor.desk.shows("listening", "listen")
    await supervisor.desk.hears(seconds=15)
    await supervisor.desk.picture("listening")
    await supervisor.click("act-stop")
    await supervisor.desk.shows("phone-state", "registered")

    # The talk ends while the dialog is open: the refusal is a sentence, and the dialog stays.
    await supervisor.click(f"act-on-{AGENT}")
    await supervisor.at("act-whisper").check()
    call.hang_up()
    await shows(supervisor, AGENT, "ready")
    await supervisor.fill("act-why", "帮助")
    await supervisor.click("act-do")
    await supervisor.reads("act-problem", "那里现在没有通话")
    await supervisor.click("act-cancel")


async def test_a_supervisor_whispers_joins_and_takes_over_by_the_page(office: Office, city: City) -> None:
    await city.seat([AGENT], BY_HAND)
    supervisor = await enter(office)
    await supervisor.desk.shows("phone-state", "registered")
    call = await city.dial("12345", keys="0")
    agent = (await call.talking(seconds=30)).media
    assert agent is not None
    # The page's microphone hums the agents' tone; the agent is silent.
    agent.say(())
    await shows(supervisor, AGENT, "talking")
    await act(supervisor, AGENT, "whisper", "提示政策")
    await supervisor.desk.shows("phone-state", "ringing")
    await supervisor.click("answer")
    await supervisor.desk.shows("listening", "whisper")
    whispered = time.time()
    await hears(agent, AGENT_TONE)
    assert AGENT_TONE not in heard_tones(call.media, [AGENT_TONE], since=whispered), "the citizen heard a whisper"
    await act(supervisor, AGENT, "join", "一起答复")
    await supervisor.desk.shows("listening", "join")
    await hears(call.media, AGENT_TONE)
    await hears(agent, CITIZEN_TONE)
    await supervisor.desk.picture("joined")

    # Who takes a call over gets its pop: the page goes to the desk, and the phone rings on there.
    await act(supervisor, AGENT, "take_over", "市民要求班长处理")
    await expect(supervisor.at("pop-caller")).to_have_text(as_shown(call.citizen.user), timeout=SECONDS)
    await supervisor.desk.shows("phone-state", "ringing")
    await supervisor.click("answer")
    await supervisor.desk.shows("state", "talking")
    await hears(call.media, AGENT_TONE)
    await supervisor.desk.picture("taken-over")
    await supervisor.click("hangup")
    await supervisor.desk.shows("state", "wrap_up")
    await supervisor.click("outcome-answered")
    await supervisor.click("submit-outcome")
    await supervisor.desk.shows("state", "ready")
    await supervisor.click("manage")
    await supervisor.click("nav-hall")
    await supervisor.desk.shows("phone-state", "registered")
    await shows(supervisor, AGENT, "ready")
    await supervisor.click("tab-acts")
    for why in ("提示政策", "一起答复", "市民要求班长处理"):
        await supervisor.reads("hall-acts", why)


async def test_the_rota_of_a_week_shows_its_gaps_until_they_are_filled(office: Office) -> None:
    supervisor = await enter(office)
    await supervisor.click("nav-rota")
    await supervisor.fill("week", "2027-03-03")
    await supervisor.at("week").blur()
    await supervisor.reads("rota", "还没有排班")
    await supervisor.desk.shows("cover", "gaps")
    await supervisor.reads("gaps", "2027-03-01 00:00")
    await supervisor.choose("shift-agent", AGENT)
    await supervisor.fill("shift-starts", "2027-03-01T22:00")
    await supervisor.fill("shift-ends", "2027-03-02T08:00")
    await supervisor.fill("shift-why", f"夜班 {BAIT}")
    await supervisor.click("add-shift")
    row = supervisor.at(f"rota-{AGENT}").locator("td")
    await expect(row.nth(1)).to_contain_text("22:00—24:00", timeout=SECONDS)
    await expect(row.nth(2)).to_contain_text("00:00—08:00")
    await expect(row.nth(8)).to_have_text("10.0")
    await supervisor.reads("attendance", AGENT)
    # A second duty at the same time is refused in the form, which keeps what was typed.
    await supervisor.click("add-shift")
    await expect(supervisor.at("shift-problem")).to_be_visible(timeout=SECONDS)
    await expect(supervisor.at("shift-why")).to_have_value(f"夜班 {BAIT}")
    await supervisor.desk.picture("rota")

    await supervisor.fill("rota-why", "按周复制")
    await supervisor.click("copy-week")
    await supervisor.reads("rota-told", "已复制 1 个班次")
    await expect(row.nth(1)).to_contain_text("22:00—24:00", timeout=SECONDS)
    await row.nth(1).get_by_role("button").first.click()
    await row.nth(1).get_by_role("button", name="删除").click()
    await supervisor.reads("rota", "还没有排班")


async def test_guests_are_given_their_passwords_once_and_the_session_ends_with_a_report(
    office: Office, city: City
) -> None:
    supervisor = await enter(office)
    await supervisor.click("tab-guests")
    await supervisor.fill("guest-title", f"市长接听日 {BAIT}")
    await supervisor.fill("guest-ends", "2099-01-01T12:00")
    await supervisor.choose("guest-overflow", "city")
    await supervisor.fill("guest-numbers", "71961，71962")
    await supervisor.fill("guest-names", "赵敏，市长\n钱立，副市长")
    await supervisor.fill("guest-why", "年度接听")
    await supervisor.page.reload()
    await expect(supervisor.at("guest-names")).to_have_value("赵敏，市长\n钱立，副市长", timeout=SECONDS)
    # A session lasts a day at most: the refusal says so, and nothing that was typed is lost.
    await supervisor.click("open-guest-session")
    await supervisor.reads("guest-problem", "一场接听日最长 24 小时")
    await expect(supervisor.at("guest-title")).to_have_value(f"市长接听日 {BAIT}")
    await supervisor.fill("guest-ends", str(await supervisor.page.evaluate(IN_TWO_HOURS)))
    await supervisor.click("open-guest-session")
    await supervisor.reads("guest-passwords", "赵敏 市长")
    passwords = await supervisor.at("guest-passwords").locator("code").all_inner_texts()
    assert len(set(passwords)) == 2
    await supervisor.page.reload()
    session = supervisor.at("guest-sessions").locator("article").filter(has_text=BAIT)
    await expect(session).to_have_attribute("data-state", "on", timeout=SECONDS)
    for password in passwords:
        assert password not in await supervisor.page.content()
    # Whoever dials one of its numbers waits for the guests.
    await expect(session).to_contain_text("71961、71962")
    call = await city.dial("71962")
    await supervisor.click("tab-live")
    await supervisor.reads("hall-waiting", "市长接听日")
    call.hang_up()
    await settled(city, [call], answered=0)
    await supervisor.click("tab-guests")
    await session.get_by_role("button", name="报告").click()
    await expect(session).to_contain_text("来电 1", timeout=SECONDS)
    await session.get_by_role("button", name="提前结束").click()
    await session.get_by_role("textbox").fill("日程变更")
    await session.get_by_role("button", name="确认结束").click()
    await expect(session).to_have_attribute("data-state", "over", timeout=SECONDS)
