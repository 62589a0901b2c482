"""The pages for rules in a browser: a refusal stands at its field in Chinese, what is saved is felt by callers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from ops.call.agent import Manner
from ops.call.browser import open_browser
from ops.call.city import City
from ops.call.until import until_answered
from ops.instance import Instance
from tests.e2e.county_seats import always_open
from tests.e2e.office import SECONDS, Office, Person, open_office
from tests.e2e.records import SUPERVISOR

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMINISTRATOR, COLLEAGUE = "9901", "9902"
HALL, COUNTY = "1001", "2001"
OVERFLOW = 3.0
"""Seconds after which the county is to help the city; it was 20."""
LINE = "63160000"
BAIT = "<img src=x onerror='ran=true'>"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(system: Instance, chromium: Path) -> AsyncIterator[Browser]:
    async with open_browser(str(chromium), system.folder / "rules") as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def office(browser: Browser, system: Instance, request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    async with open_office(browser, system, system.folder / "rules" / request.node.name) as office:
        yield office


async def enter(office: Office, who: str, tab: str) -> Person:
    person = await office.enter(who)
    await person.click("nav-rules")
    await person.click(f"tab-{tab}")
    return person


async def test_an_overflow_that_is_set_on_the_page_is_felt_by_the_next_caller(office: Office, system: Instance) -> None:
    administrator = await enter(office, ADMINISTRATOR, "queues")
    await administrator.reads("said-city", "等待 20 秒后，或等待满 3 人时，由临河县协助。")
    await administrator.click("edit-queue-city")
    await refused_at_its_field(administrator)
    await administrator.fill("rules.overflow.0.after", f"{OVERFLOW:g}")
    await administrator.fill("rules.overflow.0.waiting", "")
    await administrator.fill("field-priority", "0")
    await administrator.fill("field-why", f"县区支援提前 {BAIT}")
    # A refresh before it was saved.
    await administrator.page.reload()
    await administrator.sees("restored")
    await administrator.desk.picture("queue")
    await administrator.click("save-queue")
    await administrator.reads("rules-told", "现在打入的电话按新规则接听")
    await administrator.reads("said-city", f"等待 {OVERFLOW:g} 秒后，由临河县协助。")

    async with City(system) as city:
        await always_open(city, "linhe")
        await city.seat([HALL, COUNTY], Manner(answers_after=0.1))
        first = await city.dial("12345", keys="0")
        await first.talking(seconds=20)
        assert [offer.agent for offer in first.offers] == [HALL]
        second = await city.dial("12345", keys="0")
        await second.talking(seconds=OVERFLOW + 10)
        (offer,) = second.offers
        assert offer.agent == COUNTY
        waited = offer.arrival.body["waited_ms"] / 1000
        assert OVERFLOW <= waited < OVERFLOW + 4, f"offered after {waited:.1f} s"
        for call in (first, second):
            call.hang_up()
        await city.agents_free()


async def refused_at_its_field(administrator: Person) -> None:
    """First what is no number, then what no office can mean; nothing that was typed is lost."""
    await administrator.fill("field-priority", "高")
    await administrator.fill("rules.overflow.0.waiting", "0")
    await administrator.fill("field-why", "试填")
    await administrator.click("save-queue")
    await administrator.reads("wrong-priority", "请填整数")
    await administrator.fill("field-priority", "-5")
    await administrator.click("save-queue")
    await administrator.reads("wrong-rules.overflow.0", "等待人数应不小于 1 → 只按时间的请留空")
    await expect(administrator.at("wrong-priority")).to_have_count(0)
    await administrator.reads("queue-problem", "请按提示修改")
    await expect(administrator.at("field-priority")).to_have_value("-5")


async def test_a_supervisor_reads_the_rules_of_queues_and_changes_none(office: Office) -> None:
    supervisor = await enter(office, SUPERVISOR, "queues")
    await supervisor.reads("said-pingyuan", "来电属于平原县。")
    await expect(supervisor.at("said-pingyuan")).to_contain_text("周一—周五 08:00-20:00", timeout=SECONDS)
    await supervisor.open("#/rules/queues/pingyuan")
    await supervisor.reads("said-pingyuan", "先为本县区的座席保留 15 秒。")
    assert await supervisor.at("queue-form").count() == 0


async def test_what_a_colleague_has_stored_meanwhile_is_not_written_over_unseen(office: Office) -> None:
    people = [await enter(office, who, "queues") for who in (ADMINISTRATOR, COLLEAGUE)]
    for person in people:
        await person.click("edit-queue-pingyuan")
    fast, slow = people
    await rings_for(fast, 18)

    await slow.fill("field-priority", "3")
    await slow.fill("field-why", f"优先 {BAIT}")
    await slow.page.reload()  # what was typed was typed about the queue as it had been
    await slow.sees("restored")
    await slow.click("save-queue")
    await slow.reads("conflict", f"{ADMINISTRATOR} 在")
    await slow.desk.picture("conflict")
    await slow.click("take-theirs")
    await slow.reads("said-pingyuan", "优先级 0，每次振铃 18 秒")

    await slow.click("edit-queue-pingyuan")
    await expect(slow.at("field-ring_seconds")).to_have_value("18", timeout=SECONDS)
    await slow.fill("field-priority", "3")
    await slow.fill("field-why", "优先")
    await fast.click("edit-queue-pingyuan")
    await rings_for(fast, 25)
    await slow.click("save-queue")
    await slow.reads("conflict", f"{ADMINISTRATOR} 在")
    await slow.click("keep-mine")
    await slow.reads("said-pingyuan", "优先级 3，每次振铃 18 秒")


async def rings_for(person: Person, seconds: int) -> None:
    await person.fill("field-ring_seconds", str(seconds))
    await person.fill("field-why", "县区电话振得久")
    await person.click("save-queue")
    await person.reads("said-pingyuan", f"每次振铃 {seconds} 秒")


async def test_the_priority_of_a_line_is_that_of_its_callers(office: Office, system: Instance) -> None:
    administrator = await office.enter(ADMINISTRATOR)
    await administrator.click("nav-numbers")
    await administrator.click(f"edit-{LINE}")
    await administrator.fill("field-priority", "9999999")
    await administrator.fill("field-why", f"市长公开电话优先 {BAIT}")
    await administrator.click("save-line")
    await administrator.reads("wrong-priority", "应不大于")
    await administrator.fill("field-priority", "7")
    await administrator.desk.picture("line")
    await administrator.click("save-line")
    await administrator.reads(f"line-{LINE}", "7")

    async with City(system) as city:
        calls = [await city.dial(number, keys="0") for number in ("12345", LINE)]
        waiting: list[dict[str, object]] = []

        async def both() -> bool:
            waiting[:] = (await city.desk.ask(SUPERVISOR, "GET", "/api/hall"))["waiting"]
            return len(waiting) == len(calls)

        await until_answered(both, "both calls wait", seconds=20)
        waits = {row["line"]: (row["priority"], row["position"]) for row in waiting}
        assert waits == {"政务服务便民热线": (0, 2), "市长公开电话": (7, 1)}, "later, and first"
        for call in calls:
            call.hang_up()
            await call.ended()


async def test_a_supervisor_changes_by_what_calls_find_an_agent(office: Office) -> None:
    supervisor = await enter(office, SUPERVISOR, "agents")
    await supervisor.click("edit-agent-2002")
    await supervisor.choose("field-seat", "line")
    await supervisor.click("skills.add")
    await supervisor.fill("skills.0.skill", "dialect")
    await supervisor.fill("skills.0.level", "11")
    await supervisor.fill("field-why", f"懂方言 {BAIT}")
    await supervisor.click("save-routing")
    await supervisor.reads("wrong-skills.dialect", "dialect 应在 1 到 10 之间")
    await supervisor.reads("wrong-seat", "电话座席要有电话号码和县区")
    await supervisor.choose("field-seat", "phone")
    await supervisor.fill("skills.0.level", "8")
    await supervisor.click("queues.add")
    await supervisor.choose("queues.1.queue", "city")
    await supervisor.fill("queues.1.handicap", "30")
    await supervisor.desk.picture("agent")
    await supervisor.click("save-routing")
    await supervisor.reads("rules-told", "现在打入的电话按新规则接听")
    await supervisor.reads("agent-2002", "临河县、市级（晚到 30 秒）")
    await supervisor.reads("agent-2002", "dialect 8")


async def test_counties_and_reasons_for_a_pause_are_kept_by_an_administrator(office: Office) -> None:
    administrator = await enter(office, ADMINISTRATOR, "counties")
    await administrator.reads("county-linhe", "127.0.0.4")
    await administrator.click("add-county")
    await administrator.fill("field-county", "linhe")
    await expect(administrator.at("save-county")).to_be_disabled()
    await administrator.fill("field-county", "-陵")
    await administrator.fill("field-trunk_port", "70000")
    await administrator.fill("field-why", "新设县区座席")
    await administrator.click("save-county")
    await administrator.reads("wrong-county", "开头不用 -")
    await administrator.reads("wrong-name", "必须填写")
    await administrator.reads("wrong-trunk_port", "应不大于 65535")
    await administrator.fill("field-county", "lingxian")
    await administrator.fill("field-name", f"陵县 {BAIT}")
    await administrator.fill("field-trunk_port", "")
    await administrator.click("save-county")
    await administrator.reads("county-lingxian", BAIT)

    await administrator.click("tab-pauses")
    await administrator.click("add-pause")
    await administrator.fill("field-reason", "reception")
    await administrator.fill("field-name", "接待")
    await administrator.fill("field-minutes", "0")
    await administrator.fill("field-why", "临时")
    await administrator.click("save-pause")
    await administrator.reads("wrong-minutes", "应不小于 1")
    await administrator.fill("field-minutes", "45")
    await administrator.click("save-pause")
    await administrator.reads("pause-reception", "45")
    await administrator.desk.picture("pauses")
    await administrator.click("remove-pause-reception")
    await expect(administrator.at("remove-pause-reception")).to_be_disabled()
    await administrator.fill("remove-pause-reception-why", "不再需要")
    await administrator.click("remove-pause-reception")
    await expect(administrator.at("pause-reception")).to_have_count(0, timeout=SECONDS)


async def test_a_pattern_is_repeated_over_weeks_and_the_rota_is_taken_away_as_a_table(office: Office) -> None:
    supervisor = await office.enter(SUPERVISOR)
    await supervisor.click("nav-rota")
    await supervisor.fill("week", "2027-03-01")
    await supervisor.at("week").blur()
    await supervisor.click("repeat-pattern")
    await supervisor.at("pattern-agents").select_option(["1003", "1004"], timeout=SECONDS)
    await supervisor.fill("turns.0.starts", "22:00")
    await supervisor.fill("turns.0.ends", "06:00")
    await supervisor.fill("field-weeks", "54")
    await supervisor.fill("field-note", "夜班")
    await supervisor.fill("field-why", f"春季排班 {BAIT}")
    await supervisor.click("save-pattern")
    await supervisor.reads("wrong-weeks", "应不大于 53")
    await supervisor.fill("field-weeks", "2")
    await supervisor.click("save-pattern")
    await supervisor.reads("rota-told", "已写入 20 个班次。")
    await supervisor.click("week-after")
    await supervisor.reads("rota-1004", "22:00—24:00")

    # What clashes is told, and none of it is written.
    await supervisor.click("repeat-pattern")
    await supervisor.at("pattern-agents").select_option(["1004"], timeout=SECONDS)
    await supervisor.fill("turns.0.starts", "21:00")
    await supervisor.fill("turns.0.ends", "23:00")
    await supervisor.fill("field-why", "重复")
    await supervisor.click("save-pattern")
    await supervisor.reads("pattern-problem", "1004 会有两个班次")
    await supervisor.desk.picture("pattern")

    table = await downloaded(supervisor, "rota-table")
    assert table.startswith("\ufeff工号,姓名,开始"), table[:40]
    assert table.count("夜班") == 10
    assert "1003,张晓梅,2027-03-08 22:00:00,2027-03-09 06:00:00,8.0,值班,夜班" in table
    assert "工号,姓名,应到" in await downloaded(supervisor, "attendance-table")


async def downloaded(person: Person, name: str) -> str:
    async with person.page.expect_download(timeout=SECONDS) as waiting:
        await person.click(name)
    return (await (await waiting.value).path()).read_text(encoding="utf-8")
