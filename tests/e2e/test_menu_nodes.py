"""Every kind of menu node in real calls: what the caller hears is compared with the prompt, keys come as RTP events."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select

from asterisk_conf.speech import spoken_name
from db.clock import utc_now
from db.tables import Case, Incident, IncidentCaller, Rating, ReturnCall
from ivr.progress import Progress, sounds_of
from ops.call.agent import Manner
from ops.call.carrier import BUSY, CALLED_TONE, CITIZEN, SILENT
from ops.call.carrier import Line as CarrierLine
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.hearing import HEARD, Recording
from ops.call.place import place_of
from ops.call.rtp import wav_frames
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.menu_trees import (
    ASK,
    BYE,
    CLOSED,
    CONNECTING,
    HELLO,
    KNOWN,
    LINES,
    LONG,
    THANKS,
    TROUBLE,
    UNTOLD,
    UNTOLD_TEXT,
)
from tests.e2e.menus import Office, office_of
from tests.e2e.records import SUPERVISOR, files_that_hold

pytestmark = pytest.mark.asyncio(loop_scope="module")

Scene = Callable[[City, Office], Coroutine[Any, Any, None]]
AT_ONCE = 6
SCENES: dict[str, Scene] = {}


def scene(play: Scene) -> Scene:
    """One caller's story; the stories of this file are played side by side, because most of a call is listening."""
    SCENES[play.__name__] = play
    return play


SEATS = [str(1001 + place) for place in range(8)]
BRISK = Manner(answers_after=0.1, talks_for=None, outcome="answered")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.say({UNTOLD: UNTOLD_TEXT})
        await opened.open(list(LINES.values()))
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(office: Office) -> AsyncIterator[City]:
    async with City(office.system) as opened:
        await opened.seat(SEATS, BRISK)
        await opened.carrier.open({"110": CarrierLine(), "119": BUSY, "120": SILENT})
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stories(
    city: City, office: Office, request: pytest.FixtureRequest
) -> AsyncIterator[dict[str, Awaitable[None]]]:
    """Those that were chosen on the command line, going on side by side."""
    door = asyncio.Semaphore(AT_ONCE)

    async def play(story: Scene) -> None:
        async with door:
            await story(city, office)

    chosen = {item.callspec.params.get("story") for item in request.session.items if hasattr(item, "callspec")}
    tasks = {name: asyncio.create_task(play(story)) for name, story in SCENES.items() if name in chosen}
    yield dict(tasks)
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def dial(city: City, line: str, caller: str | None = None) -> Call:
    return await city.dial(LINES[line].number, caller=caller)


async def reaches_person(call: Call, queue: str = "city", *, seconds: float = 30) -> None:
    """An agent talks with the caller, and the offer named the queue; then the caller hangs up."""
    await call.talking(seconds=seconds)
    assert call.offers[-1].arrival.body["queue"] == queue
    call.hang_up()
    await call.ended()


async def hang_up(call: Call) -> None:
    call.hang_up()
    await call.ended()


def told(city: City, call: Call, *sounds: str) -> list[str]:
    """Which of these sounds were heard, in their order."""
    paths = {city.prompt(sound): sound for sound in sounds}
    return [paths[path] for path in call.media.heard.recording().told(paths)]


@scene
async def an_early_greeting_is_heard_before_the_call_is_answered(city: City, office: Office) -> None:
    call = await dial(city, "early")
    greeting = await call.hears(city.prompt(THANKS))
    await reaches_person(call)
    assert call.was_early(greeting)
    assert (await office.record(call)).disposition == "answered"


@scene
async def who_hangs_up_during_an_early_greeting_was_never_answered(city: City, office: Office) -> None:
    call = await dial(city, "early")
    await call.hears_begin(city.prompt(THANKS))
    await hang_up(call)
    assert call.moments.connected_at is None
    record = await office.record(call)
    assert (record.disposition, record.menu_end, record.menu_node) == ("hangup_in_menu", "gave_up", "start")


@scene
async def a_greeting_that_is_not_early_is_heard_after_the_answer(city: City, _: Office) -> None:
    call = await dial(city, "late")
    greeting = await call.hears(city.prompt(THANKS))
    assert not call.was_early(greeting)
    await reaches_person(call)


@scene
async def the_line_says_its_own_greeting_and_leads_to_its_own_queue(city: City, _: Office) -> None:
    call = await dial(city, "line")
    await reaches_person(call, "linhe")
    assert told(city, call, HELLO, THANKS, CLOSED) == [THANKS, HELLO]


@scene
async def announcements_follow_each_other(city: City, office: Office) -> None:
    call = await dial(city, "announcement")
    await reaches_person(call)
    assert told(city, call, HELLO, THANKS, BYE) == [THANKS, HELLO]
    record = await office.record(call)
    assert (record.menu, record.menu_version, record.menu_end, record.menu_node) == (
        f"menu-{LINES['announcement'].number}",
        1,
        "queue",
        "person",
    )


async def makes_one_choice(city: City, office: Office, call: Call, *, cuts_short: bool = True) -> None:
    """However it was pressed, the key counts once: its way is heard, and no other one."""
    await call.hears(city.prompt(THANKS))
    await reaches_person(call)
    assert call.heard(city.prompt(LONG)).cut_short is cuts_short
    assert not call.heard(city.prompt(CONNECTING))
    record = await office.record(call)
    assert (record.menu_path, record.menu_end) == (["1"], "queue")


@scene
async def a_key_during_the_prompt_cuts_it_short(city: City, office: Office) -> None:
    call = await dial(city, "menu")
    await call.press_during(city.prompt(LONG), "1")
    await makes_one_choice(city, office, call)


@scene
async def a_key_after_the_prompt_counts(city: City, office: Office) -> None:
    call = await dial(city, "menu")
    await call.press_after(city.prompt(LONG), "1")
    await makes_one_choice(city, office, call, cuts_short=False)


@scene
async def a_hash_at_the_end_means_nothing(city: City, office: Office) -> None:
    call = await dial(city, "menu")
    await call.press_during(city.prompt(LONG), "1#")
    await makes_one_choice(city, office, call)


@scene
async def a_key_pressed_twice_counts_once(city: City, office: Office) -> None:
    call = await dial(city, "menu")
    await call.press_during(city.prompt(LONG), "11")
    await makes_one_choice(city, office, call)


@scene
async def after_a_wrong_key_the_menu_is_asked_again(city: City, office: Office) -> None:
    call = await dial(city, "menu")
    await call.press_during(city.prompt(LONG), "7")
    assert call.moments.pressed_at is not None
    await call.hears_begin(city.prompt(LONG), since=call.moments.pressed_at)
    call.press("1")
    await makes_one_choice(city, office, call)


@scene
async def a_key_that_comes_before_its_menu_is_taken(city: City, office: Office) -> None:
    call = await dial(city, "greeted menu")
    await call.press_during(city.prompt(TROUBLE), "2")
    await call.hears(city.prompt(CONNECTING))
    await reaches_person(call)
    assert (await office.record(call)).menu_path == ["2"]


@scene
async def a_key_before_the_answer_does_no_harm_and_the_next_one_counts(city: City, office: Office) -> None:
    call = await dial(city, "early menu")
    await call.press_during(city.prompt(CLOSED), "2")
    await call.press_during(city.prompt(ASK), "1")
    await call.hears(city.prompt(THANKS))
    await reaches_person(call)
    assert told(city, call, CLOSED, THANKS, CONNECTING) == [CLOSED, THANKS]
    assert (await office.record(call)).menu_path == ["1"]


@scene
async def a_key_that_comes_too_late_changes_nothing(city: City, office: Office) -> None:
    call = await dial(city, "two attempts")
    await call.talking(seconds=30)
    call.press("1")
    await until(lambda: not call.media.pressing, "the key is pressed", seconds=5)
    await hang_up(call)
    assert told(city, call, ASK, THANKS) == [ASK, ASK]
    assert (await office.record(call)).menu_path == []


@scene
async def silence_and_wrong_keys_lead_to_a_person_after_three_of_them(city: City, office: Office) -> None:
    silent, wrong, mixed = await asyncio.gather(*(dial(city, "three attempts") for _ in range(3)))

    async def press_wrong(call: Call, keys: str) -> None:
        since = 0.0
        for key in keys:
            heard = await call.hears_begin(city.prompt(ASK), since=since)
            call.press(key)
            since = heard.at + 0.8

    await asyncio.gather(press_wrong(wrong, "7*9"), press_wrong(mixed, "8"))
    await asyncio.gather(*(reaches_person(call, seconds=45) for call in (silent, wrong, mixed)))
    assert told(city, silent, ASK, THANKS) == [ASK] * 3
    for call in (silent, wrong, mixed):
        record = await office.record(call)
        assert (record.menu_path, record.menu_end, record.disposition) == ([], "queue", "answered")


@scene
async def opening_hours_lead_by_the_time_of_day(city: City, _: Office) -> None:
    opened, closed = await dial(city, "open"), await dial(city, "closed")
    await asyncio.gather(reaches_person(opened), reaches_person(closed))
    assert told(city, opened, HELLO, CLOSED) == [HELLO]
    assert told(city, closed, HELLO, CLOSED) == [CLOSED]


@scene
async def a_caller_is_led_by_what_is_known_of_the_number(city: City, office: Office) -> None:
    unknown = await dial(city, "look-up")
    await reaches_person(unknown)
    await office.row(
        select(Case).where(Case.call_id == unknown.call_id, Case.state == "answered"), "the case is answered"
    )
    known = await dial(city, "look-up", unknown.citizen.user)
    await reaches_person(known)
    assert [told(city, call, HELLO, KNOWN, CONNECTING, TROUBLE) for call in (unknown, known)] == [[HELLO], [KNOWN]]


@scene
async def whose_case_is_open_is_led_by_that(city: City, office: Office) -> None:
    first = await dial(city, "message")
    await leave_message(city, first, THANKS)
    record = await office.record(first)
    await office.row(select(Case).where(Case.call_id == record.call_id), "the message has its case")
    again = await dial(city, "look-up", first.citizen.user)
    await reaches_person(again)
    assert told(city, again, HELLO, KNOWN, CONNECTING, TROUBLE) == [CONNECTING]


@scene
async def the_progress_of_a_case_is_read_to_who_types_its_number_and_code(city: City, office: Office) -> None:
    first = await dial(city, "announcement")
    await reaches_person(first)
    case = await office.row(
        select(Case).where(Case.call_id == first.call_id, Case.state == "answered"), "the case is answered"
    )
    digits = case.number.replace("-", "")

    async def type_in(call: Call, code: str) -> None:
        await call.press_during(city.prompt(TROUBLE), digits + "#")
        await call.press_after(city.prompt(HELLO), code)

    right, wrong = await dial(city, "progress"), await dial(city, "progress")
    code = case.query_code
    await asyncio.gather(type_in(right, code), type_in(wrong, f"{(int(code) + 1) % 10**6:06}"))
    await asyncio.gather(right.hears(city.prompt(THANKS)), wrong.hears(city.prompt(CLOSED)))
    opened_on = case.opened_at.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    parts = sounds_of(Progress(case.number, "answered", opened_on))
    for sound in (parts[0], parts[-1]):
        assert right.heard(city.prompt(sound)), sound
        assert not wrong.heard(city.prompt(sound)), sound
    await asyncio.gather(reaches_person(right), reaches_person(wrong))
    assert not (await office.record(right)).menu_path
    assert files_that_hold(office.system.folder, digits, "log", "asterisk", "voice") == [], ""


@scene
async def language_priority_and_skill_stay_with_the_call(city: City, office: Office) -> None:
    call = await dial(city, "set")
    await reaches_person(call)
    assert told(city, call, HELLO) == [HELLO]
    record = await office.record(call)
    assert (record.priority, record.skill) == (9, "english")


@scene
async def one_presses_for_a_call_back_and_another_waits(city: City, office: Office) -> None:
    wants, waits = await dial(city, "return call"), await dial(city, "return call")
    await city.carrier.open({wants.citizen.user: CITIZEN})
    await wants.press_during(city.prompt(HELLO), "1")
    await asyncio.gather(wants.ended(), reaches_person(waits, "pingyuan"))
    assert wants.moments.ended_by == "other"
    assert wants.heard(city.prompt("hotline/return-call-noted"))
    assert (await office.record(wants)).disposition == "registered"
    assert (await office.record(waits)).disposition == "answered"
    await city.carrier.talking(wants.citizen.user)
    city.carrier.hang_up(wants.citizen.user)
    paid = await office.row(
        select(ReturnCall).where(ReturnCall.caller.endswith(wants.citizen.user), ReturnCall.state == "done"),
        "the citizen was called back",
    )
    assert paid.queue == "pingyuan"


async def leave_message(city: City, call: Call, words: str) -> None:
    """Say these words after the beep, end them with `#`, and hear the good-bye."""
    call.media.say(())
    await call.hears(city.prompt("beep"))
    call.media.say_once(wav_frames(city.prompt(words)))
    await until(lambda: not call.media.saying, "the message is spoken", seconds=15)
    call.press("#")
    await call.ended()


@scene
async def a_message_holds_what_the_caller_said(city: City, office: Office) -> None:
    call = await dial(city, "message")
    await leave_message(city, call, "hotline/failure")
    assert call.heard(city.prompt(THANKS))
    record = await office.record(call)
    assert (record.disposition, record.menu_end) == ("message", "message")
    assert record.recording is not None
    kept = Recording.of_file(office.system.folder / "recordings" / record.recording)
    assert kept.find(city.prompt("hotline/failure"))
    assert not kept.find(city.prompt(BYE))
    await office.row(
        select(ReturnCall).where(ReturnCall.caller.endswith(call.citizen.user), ReturnCall.state == "owed"),
        "a return call is owed",
    )
    await office.row(select(Case).where(Case.call_id == record.call_id), "the message has its case")


@scene
async def zero_instead_of_a_message_leads_to_a_person(city: City, _: Office) -> None:
    call = await dial(city, "message")
    call.media.say(())
    await call.press_during(city.prompt(TROUBLE), "0")
    await call.answered(seconds=30)
    await hang_up(call)


@scene
async def a_transfer_connects_the_caller_with_the_other_number(city: City, office: Office) -> None:
    call = await dial(city, "transfer")
    other = await city.carrier.talking("110")
    await until(lambda: call.media.heard.tone_at(CALLED_TONE), "the caller hears the other side", seconds=10)
    assert other.caller_number == call.citizen.user
    assert call.heard(city.prompt(CONNECTING))
    city.carrier.hang_up("110")
    await call.ended()
    record = await office.record(call)
    assert (record.disposition, record.transferred_to, record.menu_end) == ("transferred", "110", "transfer")


@scene
async def a_transfer_that_is_busy_leads_to_a_person(city: City, office: Office) -> None:
    call = await dial(city, "busy transfer")
    await reaches_person(call)
    assert [leg.end for leg in city.carrier.of("119")] == ["refused"]
    assert told(city, call, HELLO, "hotline/all-busy") == [HELLO, "hotline/all-busy"]
    record = await office.record(call)
    assert (record.disposition, record.transferred_to) == ("answered", None)


@scene
async def who_hangs_up_while_the_other_number_rings_was_not_transferred(city: City, office: Office) -> None:
    call = await dial(city, "silent transfer")
    other = await city.carrier.called("120")
    await hang_up(call)
    await until(lambda: other.end == "withdrawn", "it stops to ring there", seconds=10)
    record = await office.record(call)
    assert (record.disposition, record.transferred_to) == ("hangup_in_menu", None)


@scene
async def who_is_affected_by_an_incident_presses_one_and_is_registered(city: City, office: Office) -> None:
    now = utc_now()
    values = {
        "title": "停电",
        "text": "城东停电",
        "sounds": [CLOSED],
        "numbers": [LINES["incident"].number],
        "starts_at": now - dt.timedelta(seconds=5),
        "ends_at": now + dt.timedelta(hours=1),
        "switched_on_by": SUPERVISOR,
    }
    before = await dial(city, "incident")
    await reaches_person(before)
    async with office.database.write() as session:
        incident_id = (await session.execute(insert(Incident).values(values).returning(Incident.id))).scalar_one()
    await office.heard()
    affected, stays = await dial(city, "incident"), await dial(city, "incident")
    await affected.press_during(city.prompt(CLOSED), "1")
    await asyncio.gather(affected.ended(), reaches_person(stays))
    assert told(city, before, CLOSED, BYE) == []
    assert affected.heard(city.prompt(BYE))
    assert told(city, stays, CLOSED, BYE) == [CLOSED]
    record = await office.record(affected)
    assert (record.disposition, record.menu_end) == ("registered", "affected")
    registered = await office.row(
        select(IncidentCaller).where(IncidentCaller.incident_id == incident_id), "the caller is registered"
    )
    assert registered.call_id == record.call_id
    owed = await office.row(
        select(ReturnCall).where(ReturnCall.caller.endswith(affected.citizen.user)), "a return call is owed"
    )
    assert owed.incident_id == incident_id


@scene
async def the_citizen_rates_after_the_agent_has_hung_up(city: City, office: Office) -> None:
    calls = [await dial(city, "rating") for _ in range(3)]
    pressing, silent, leaving = calls
    for call in calls:
        leg = await call.talking(seconds=30)
        city.phones.hang_up(leg)
    await asyncio.gather(pressing.press_during(city.prompt(TROUBLE), "1"), leaving.hears_begin(city.prompt(TROUBLE)))
    leaving.hang_up()
    await city.all_ended(calls)
    assert [told(city, call, TROUBLE, "hotline/rating-thanks")[-1:] for call in (pressing, silent)] == [
        ["hotline/rating-thanks"]
    ] * 2
    for call, wanted in zip(calls, [(3, "pressed"), (None, "silent"), (None, "hung_up")], strict=True):
        record = await office.record(call)
        assert record.disposition == "answered"
        rating = await office.row(select(Rating).where(Rating.call_id == record.call_id), f"the rating {wanted}")
        assert (rating.score, rating.reason, rating.agent_id) == (*wanted, record.answered_by)


@scene
async def a_line_that_only_informs_hangs_up_itself(city: City, office: Office) -> None:
    call = await dial(city, "hang-up")
    await call.ended()
    assert call.moments.ended_by == "other"
    assert told(city, call, HELLO, BYE) == [HELLO, BYE]
    assert (await office.record(call)).menu_end == "hang_up"


@scene
async def a_missing_sound_is_spoken_from_its_text_and_never_silent(city: City, _: Office) -> None:
    call, broken = await dial(city, "untold"), await dial(city, "broken")
    await asyncio.gather(reaches_person(call), reaches_person(broken))
    spoken = city.prompt(spoken_name(UNTOLD_TEXT))
    heard = call.media.heard.recording().told([spoken, city.prompt(HELLO)])
    assert heard == [spoken, city.prompt(HELLO)]
    assert told(city, broken, TROUBLE) == [TROUBLE]


@pytest.mark.parametrize("story", SCENES)
async def test_story(story: str, stories: dict[str, Awaitable[None]]) -> None:
    await stories[story]


async def test_nobody_has_met_a_problem_and_nothing_is_left_behind(city: City) -> None:
    await city.agents_free(seconds=30)
    assert not [agent for agent in city.agents.values() if agent.problems]


async def test_every_built_in_prompt_is_told_apart_from_those_of_its_length(system: Instance) -> None:
    folder = place_of(system.home).prompt("hotline/x").parent
    prompts = sorted(folder.glob("*.wav"), key=lambda path: path.stat().st_size)
    ears = {path: Recording.of_file(path) for path in prompts}
    for place, path in enumerate(prompts):
        assert ears[path].find(path).score > HEARD
        for other in prompts[place + 1 : place + 6]:
            assert ears[path].find(other).score < HEARD, f"{other.stem} is found in {path.stem}"
