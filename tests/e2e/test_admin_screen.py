"""The administration's page in a real browser: a menu from draft to publication, sounds, incidents; nothing is lost."""

import io
import math
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from ops.call.browser import open_browser
from ops.instance import Instance
from tests.e2e.office import SECONDS, Office, Person, open_office
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTHOR, APPROVER = "9901", "9902"
AGENT = "3004"
BAIT = "<img src=x onerror='ran=true'>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(system: Instance, chromium: Path) -> AsyncIterator[Browser]:
    async with open_browser(str(chromium), system.folder / "administration") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def office(browser: Browser, system: Instance, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    async with open_office(browser, system, system.folder / "administration" / request.node.name) as office:
        yield office


def tone(seconds: float = 1.0, rate: int = 16_000) -> bytes:
    """A WAV file with a hum."""
    frames = [int(9_000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(int(seconds * rate))]
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(frames)}h", *frames))
    return held.getvalue()


MENDED = """start: greeting
nodes:
  greeting:
    kind: greeting
    sounds: ['@line']
    early: true
    next: menu
  menu:
    kind: menu
    sounds: [hotline/menu-default]
    choices: {'0': person}
    on_failure: person
  person:
    kind: queue
    queue: '@line'
    priority: 0
"""


async def test_a_menu_is_made_mended_tried_approved_by_another_published_and_rolled_back(office: Office) -> None:
    author = await office.enter(AUTHOR)
    await make_a_menu_without_a_way_to_a_person(author)
    await find_out_and_mend_it(author)
    await try_it(author)
    await author.click("submit-version")
    await author.reads("version-state", "待审核")
    await author.sees("own-work")

    approver = await office.enter(APPROVER)
    await approver.click("menu-evening")
    await approver.at("version-1").get_by_role("link").click()
    await approve_and_publish(approver)
    await write_the_next_version(approver)
    await author.open("#/menus/evening/2")
    await approve_and_publish(author)
    await author.fill("why", "不合适")
    await author.click("roll-back")
    await author.click("roll-back")
    await author.reads("decision-told", "已回退")
    await author.open("#/menus/evening")
    await author.reads("history", BAIT)
    await expect(author.at("version-1")).to_contain_text("生效中")


async def make_a_menu_without_a_way_to_a_person(author: Person) -> None:
    await author.fill("new-menu-name", "evening")
    await author.click("new-menu")
    await author.reads("version-title", "evening 第 1 版")
    await author.reads("version-state", "草稿")
    await author.choose("add-kind", "menu")
    await author.click("add-node")
    await author.choose("field-greeting-next", "menu")
    await author.choose("field-menu-sounds-add", "hotline/menu-default")
    await author.choose("field-menu-choices-0-key", "1")
    await author.sees("unsaved")
    # A refresh before anything was saved.
    await author.page.reload()
    await author.sees("restored")
    await expect(author.at("field-greeting-next")).to_have_value("menu")


async def find_out_and_mend_it(author: Person) -> None:
    await author.click("save-draft")
    await expect(author.at("node-menu").get_by_test_id("finding").first).to_contain_text("按 0 不能转人工")
    await author.sees("has-errors")
    await author.fill("why", f"夜间菜单 {BAIT}")
    await author.click("submit-version")
    await author.sees("decision-problem")
    await expect(author.at("why")).to_have_value(f"夜间菜单 {BAIT}")
    await author.choose("field-menu-choices-1-key", "0")
    await author.click("save-draft")
    await author.sees("no-errors")
    await expect(author.at("yaml")).to_have_value(MENDED)


async def try_it(author: Person) -> None:
    await author.click("tab-trial")
    await author.click("key-0")
    await author.reads("trial-steps", "市区人工服务请按零")
    await author.reads("trial-steps", "市民按 0")
    await expect(author.at("trial-end")).to_have_attribute("data-end", "person")
    await author.at("keypad").press("Backspace")
    await author.reads("trial-steps", "秒没有按键")
    await author.click("trial-code")
    await author.reads("dial", "88")
    await author.click("tab-figures")
    await author.sees("drawn-menu")


async def approve_and_publish(person: Person) -> None:
    await person.fill("why", "听过")
    await person.click("approve-version")
    await person.reads("decision-told", "已批准")
    await person.fill("why", "今晚启用")
    await person.click("publish-now")
    await person.reads("decision-told", "现在打入的电话听到的就是这一版")
    await person.sees("in-force")


async def write_the_next_version(person: Person) -> None:
    """It begins from what is in force."""
    await person.click("copy-draft")
    await person.reads("version-title", "evening 第 2 版")
    await person.fill("field-menu-wait_seconds", "5")
    await person.click("tab-difference")
    await person.reads("changes", "等待按键")
    await person.click("save-draft")
    await person.sees("no-errors")
    await person.fill("why", "多等两秒")
    await person.click("submit-version")
    await person.reads("version-state", "待审核")


async def test_who_is_slower_is_told_who_was_faster_and_loses_nothing(office: Office) -> None:
    slow = await office.enter(AUTHOR)
    await slow.fill("new-menu-name", "shared")
    await slow.click("new-menu")
    await slow.sees("field-person-priority")
    fast = await office.enter(APPROVER)
    await fast.open("#/menus/shared/1")
    await fast.fill("field-person-priority", "3")
    await fast.click("save-draft")
    await fast.sees("no-errors")

    await slow.fill("field-person-priority", "7")
    await slow.click("save-draft")
    await slow.reads("conflict", f"{APPROVER} 在")
    await expect(slow.at("field-person-priority")).to_have_value("7")
    await slow.page.reload()
    await slow.reads("conflict", APPROVER)
    await slow.click("keep-mine")
    await slow.sees("no-errors")
    await fast.page.reload()
    await expect(fast.at("field-person-priority")).to_have_value("7")

    # Text for experts: a slip is told with its place, and stays until it is mended.
    await slow.fill("yaml", "start: hello\nnodes: }")
    await slow.click("yaml-apply")
    await slow.reads("yaml-problem", "2:8")
    await slow.page.reload()
    await expect(slow.at("yaml")).to_have_value("start: hello\nnodes: }")
    await slow.fill("yaml", "start: hello\nnodes: {hello: {kind: queue, queue: city}}")
    await slow.click("yaml-apply")
    await slow.sees("node-hello")


async def test_a_sound_is_refused_uploaded_played_and_approved_by_another(office: Office) -> None:
    maker = await office.enter(AUTHOR)
    await maker.click("nav-sounds")
    await maker.fill("sound-slug", "evening-hum")
    await maker.fill("sound-text", f"嗡 {BAIT}")
    await maker.at("sound-file").set_input_files(
        {"name": "../../hum.wav", "mimeType": "audio/wav", "buffer": b"no sound at all"}
    )
    await maker.click("make-sound")
    await maker.sees("sound-problem")
    await expect(maker.at("sound-text")).to_have_value(f"嗡 {BAIT}")
    await maker.at("sound-file").set_input_files({"name": "hum.wav", "mimeType": "audio/wav", "buffer": tone()})
    await maker.click("make-sound")
    await maker.reads("sound-made", "own/evening-hum-1")
    await maker.reads("sound-own/evening-hum-1", BAIT)
    played = maker.at("sounds").get_by_test_id("play-own/evening-hum-1")
    await played.click()
    await expect(played).to_have_attribute("data-state", "playing", timeout=SECONDS)
    await expect(played).to_have_attribute("data-state", "ended", timeout=SECONDS)

    listener = await office.enter(APPROVER)
    await listener.click("nav-sounds")
    await listener.click("approve-own/evening-hum-1")
    await listener.reads("sound-state-own/evening-hum-1", "已批准")


async def test_a_supervisor_switches_an_incident_on_and_ends_it(office: Office) -> None:
    supervisor = await office.enter(SUPERVISOR)
    await supervisor.click("nav-incidents")
    await supervisor.fill("incident-title", "城南停水")
    await supervisor.fill("incident-text", f"城南片区停水，预计今晚八点恢复。{BAIT}")
    await supervisor.click("hours-2")
    await supervisor.fill("incident-priority", "5")
    await supervisor.click("scope-numbers")
    await supervisor.page.get_by_label("63160000").check()
    await supervisor.page.reload()
    await expect(supervisor.at("incident-title")).to_have_value("城南停水")
    await expect(supervisor.page.get_by_label("63160000")).to_be_checked()
    await supervisor.click("begin-incident")
    await supervisor.reads("incident-told", "现在打入的电话都会听到")
    shown = supervisor.page.locator("article[data-state=on]")
    await expect(shown).to_contain_text(BAIT)
    await expect(shown).to_contain_text("63160000")
    await expect(shown).to_contain_text("优先级 5")
    await shown.get_by_role("button", name="已登记的市民").click()
    await supervisor.reads("incident-callers", "还没有市民登记")
    await shown.get_by_role("button", name="结束通知").click()
    await shown.get_by_role("button", name="再点一次").click()
    await supervisor.reads("incident-ended", "之后打入的电话不再听到")
    await expect(shown).to_have_count(0)


async def test_an_agent_sees_nothing_of_it(office: Office) -> None:
    agent = await office.enter(AGENT)
    await agent.open("#/menus")
    await agent.sees("phone-state")
    for name in ("nav-menus", "menus", "manage"):
        assert await agent.at(name).count() == 0
