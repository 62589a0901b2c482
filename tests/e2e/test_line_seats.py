"""Talks with an ordinary telephone behind a county's trunk: hold, transfer, three parties, each leaving; its ear."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from ops.call.agent import Manner
from ops.call.carrier import CALLED_TONE, CITIZEN
from ops.call.carrier import Line as Telephone
from ops.call.citizen import Call
from ops.call.city import City
from ops.call.phones import PhoneCall
from ops.call.screen import Screen
from ops.call.tones import AGENT_TONE, CITIZEN_TONE
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.county_seats import LINE_SEAT, NUMBER, always_open, at_a_screen, line_seat
from tests.e2e.distribution import routed
from tests.e2e.menus import Line, Office, office_of
from tests.e2e.records import SUPERVISOR, settled
from tests.e2e.talking import act, heard_tones, hears, hears_music, until_taken

pytestmark = pytest.mark.asyncio(loop_scope="module")

HALL = "1001"
CITY_NUMBER, LINHE = "71820", "71821"
"""Dialled for the queues of the city and the county, without a menu."""
SUPERVISORS_NUMBER = "05345550009"
COUNTY_TONE, EAR_TONE = CALLED_TONE, 1900
ACCEPTS = Telephone(tone=COUNTY_TONE, keys="1")
EAR = Telephone(tone=EAR_TONE, keys="1")
BY_HAND = Manner(answers_after=0.2, outcome=None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(system: Instance) -> AsyncIterator[Office]:
    async with office_of(system) as opened:
        await opened.open([_line(CITY_NUMBER, "city"), _line(LINHE, "linhe")])
        async with City(system) as city:
            await always_open(city, "linhe")
        yield opened


def _line(number: str, queue: str) -> Line:
    return Line(number, {"start": {"kind": "queue", "queue": queue}}, queue=queue)


@dataclass(frozen=True, slots=True)
class Desks:
    """The person at the county's telephone, with a screen, and a colleague in the hall, who is not ready."""

    city: City
    county: Screen

    @property
    def hall(self) -> Screen:
        screen = self.city.agents[HALL].screen
        assert screen is not None
        return screen

    def rings(self, number: str = NUMBER) -> list[PhoneCall]:
        return self.city.county.of(number)

    async def talk(self) -> tuple[Call, PhoneCall]:
        """A citizen who talks with the county's telephone."""
        call = await self.city.dial(LINHE)
        leg = await self.city.county.talking(NUMBER)
        call.adopt(str((await self.county.next("offer")).call_id))
        await hears(call.media, COUNTY_TONE)
        await self.county.in_state("talking")
        return call, leg

    async def hall_talk(self) -> tuple[Call, PhoneCall]:
        """A citizen who talks with the colleague in the hall."""
        await self.hall.set_state("ready")
        call = await self.city.dial(CITY_NUMBER)
        leg = await call.talking(seconds=20)
        assert leg.endpoint == HALL
        return call, leg

    def talk_told(self, screen: Screen) -> dict[str, Any]:
        return screen.find("talk")[-1].body

    async def answered_by(self, call: Call, agent: str) -> dict[str, Any]:
        """The record of a call that is over, with who had the citizen last."""
        (record,) = await settled(self.city, [call], answered=1)
        assert record["answered_by"] == agent
        return record


@pytest_asyncio.fixture(loop_scope="module")
async def desks(office: Office) -> AsyncIterator[Desks]:
    async with City(office.system) as city:
        await city.county.open({NUMBER: ACCEPTS, SUPERVISORS_NUMBER: EAR})
        await city.seat([HALL], BY_HAND, ready=False)
        async with line_seat(city) as county:
            yield Desks(city, county)


@pytest.mark.parametrize("leaves", ["citizen", "agent"])
async def test_a_held_citizen_hears_music_then_the_telephone_again_and_either_may_leave(
    desks: Desks, leaves: str
) -> None:
    call, leg = await desks.talk()
    await act(desks.city, LINE_SEAT, "hold")
    await desks.county.in_state("holding")
    await hears_music(call.media)
    assert desks.talk_told(desks.county)["held"]
    await act(desks.city, LINE_SEAT, "resume")
    await hears(call.media, COUNTY_TONE)
    await hears(leg.media, CITIZEN_TONE)
    if leaves == "citizen":
        call.hang_up()
        await until(lambda: leg.over, "the telephone is on the hook", seconds=10)
    else:
        desks.city.county.hang_up(NUMBER)
        await call.ended(seconds=20)
    await desks.county.in_state("wrap_up")
    assert len(desks.rings()) == 1, "who hangs up is not rung again"
    record = await desks.answered_by(call, LINE_SEAT)
    assert record["ended_by"] == ("caller" if leaves == "citizen" else "agent")


async def test_a_person_who_hangs_up_while_the_citizen_is_held_has_ended_the_talk(desks: Desks) -> None:
    call, _ = await desks.talk()
    await act(desks.city, LINE_SEAT, "hold")
    await hears_music(call.media)
    desks.city.county.hang_up(NUMBER)
    await call.ended(seconds=20)
    await desks.county.in_state("wrap_up")
    assert (await desks.answered_by(call, LINE_SEAT))["ended_by"] == "agent"


async def test_a_telephone_gives_the_citizen_to_the_hall_and_the_hall_to_the_telephone(desks: Desks) -> None:
    call, first = await desks.talk()
    await desks.hall.set_state("ready")
    await act(desks.city, LINE_SEAT, "transfer", "agent", HALL)
    await until(lambda: first.over, "the telephone is on the hook", seconds=10)
    await desks.county.in_state("wrap_up")
    await desks.hall.in_state("talking")
    await hears(call.media, AGENT_TONE)
    await desks.county.set_state("ready")  # the call is the colleague's: no outcome is owed
    await act(desks.city, HALL, "transfer", "queue", "linhe")
    await desks.county.in_state("talking", seconds=20)
    await hears(call.media, COUNTY_TONE)
    await hears(desks.rings()[1].media, CITIZEN_TONE)
    call.hang_up()
    await desks.answered_by(call, LINE_SEAT)


async def test_a_telephone_consults_the_hall_joins_and_leaves_the_citizen_there(desks: Desks) -> None:
    call, leg = await desks.talk()
    await desks.hall.set_state("ready")
    await act(desks.city, LINE_SEAT, "consult", "agent", HALL)
    await hears_music(call.media)
    await desks.hall.in_state("talking")
    (colleague,) = desks.city.agents[HALL].calls
    await hears(colleague.media, COUNTY_TONE)
    await hears(leg.media, AGENT_TONE)
    await act(desks.city, LINE_SEAT, "join")
    await hears(call.media, COUNTY_TONE, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE, AGENT_TONE)
    desks.city.county.hang_up(NUMBER)
    await desks.county.in_state("wrap_up")
    await hears(call.media, AGENT_TONE)
    await hears(colleague.media, CITIZEN_TONE)
    assert len(desks.rings()) == 1, "who hangs up is not rung again"
    call.hang_up()
    await desks.hall.in_state("wrap_up")
    await desks.answered_by(call, HALL)


@pytest.mark.parametrize("leaves", ["citizen", "agent"])
async def test_the_hall_consults_a_telephone_and_leaves_the_citizen_there(desks: Desks, leaves: str) -> None:
    call, leg = await desks.hall_talk()
    await act(desks.city, HALL, "consult", "agent", LINE_SEAT)
    await hears_music(call.media)
    third = await desks.city.county.called(NUMBER)
    assert third.caller_number == CITY_NUMBER, "the telephone shows the hotline's number"
    await desks.county.in_state("talking", seconds=20)
    await hears(third.media, AGENT_TONE)
    await hears(leg.media, COUNTY_TONE)
    assert not heard_tones(call.media, [COUNTY_TONE], since=0), "the citizen hears no consultation"
    await act(desks.city, HALL, "join")
    await hears(call.media, COUNTY_TONE, AGENT_TONE)
    await act(desks.city, HALL, "complete")
    await until(lambda: leg.over, "the first agent's phone is on the hook", seconds=10)
    await hears(call.media, COUNTY_TONE)
    await hears(third.media, CITIZEN_TONE)
    if leaves == "citizen":
        call.hang_up()
        await until(lambda: third.over, "the telephone is on the hook", seconds=10)
    else:
        desks.city.county.hang_up(NUMBER)
        await call.ended(seconds=20)
    await desks.county.in_state("wrap_up")
    assert len(desks.rings()) == 1, "who hangs up is not rung again"
    record = await desks.answered_by(call, LINE_SEAT)
    assert record["ended_by"] == ("caller" if leaves == "citizen" else "agent")


async def test_a_consulted_telephone_that_presses_no_key_leaves_the_citizen_with_the_agent(desks: Desks) -> None:
    desks.city.county.lines[NUMBER] = Telephone(tone=COUNTY_TONE, keys="5")
    call, leg = await desks.hall_talk()
    await act(desks.city, HALL, "consult", "agent", LINE_SEAT)
    await hears_music(call.media)
    await desks.county.in_state("missed", seconds=20)
    await desks.hall.in_state("talking")
    await hears(call.media, AGENT_TONE)
    await hears(leg.media, CITIZEN_TONE)
    assert leg.media is not None
    assert not heard_tones(leg.media, [COUNTY_TONE], since=0), "what presses no key is not in the talk"
    call.hang_up()
    await desks.answered_by(call, HALL)


async def test_a_telephone_calls_a_citizen_back_and_whoever_hangs_up_there_has_ended_the_talk(desks: Desks) -> None:
    city = desks.city
    call, _ = await desks.talk()
    call.hang_up()
    await desks.county.in_state("wrap_up")
    await city.desk.choose_outcome(LINE_SEAT, str(call.call_id), "to_dispatch")
    await desks.county.in_state("ready")

    number = call.citizen.user
    await city.carrier.open({number: CITIZEN})
    asked = await city.desk.ask(LINE_SEAT, "POST", "/api/outbound/calls", {"call_id": call.call_id})
    leg = await city.carrier.called(number)
    assert leg.caller_number == LINHE
    await until(lambda: leg.media, "the citizen picks up", seconds=10)
    await hears(leg.media, COUNTY_TONE)
    _, rung = desks.rings()
    assert rung.caller_number == LINHE, "the telephone shows the hotline's number, not the citizen's"
    await hears(rung.media, CITIZEN_TONE)
    city.county.hang_up(NUMBER)
    await until(lambda: leg.over, "the citizen is on the hook", seconds=15)
    await desks.county.in_state("wrap_up")
    assert len(desks.rings()) == 2, "who hangs up is not rung again"
    await city.desk.choose_outcome(LINE_SEAT, asked["call_id"], "reached")


async def test_without_the_voice_process_a_telephone_takes_calls_and_the_next_one_knows_its_talk(
    desks: Desks, office: Office
) -> None:
    city = desks.city
    async with routed(city, LINE_SEAT, queues=["linhe", "city"]):
        office.system.kill("voice")
        try:
            call = await city.dial(CITY_NUMBER)
            rung = await city.county.called(NUMBER, seconds=30)
            assert rung.caller_number == CITY_NUMBER, "the telephone shows the hotline's number, not the citizen's"
            await hears(call.media, COUNTY_TONE, seconds=20)
            await hears(rung.media, CITIZEN_TONE)
        finally:
            office.system.start("voice")
        await desks.county.in_state("talking", seconds=20)
        await until_taken(city, LINE_SEAT, "hold")
        await hears_music(call.media)
        await act(city, LINE_SEAT, "resume")
        await hears(call.media, COUNTY_TONE)
        city.county.hang_up(NUMBER)
        await call.ended(seconds=20)
        await desks.county.in_state("wrap_up")
        await desks.answered_by(call, LINE_SEAT)


async def hall_act(city: City, name: str, **more: Any) -> None:
    await city.desk.ask(SUPERVISOR, "POST", "/api/hall/acts", {"act": name, "why": "质检", **more})


async def test_a_supervisor_at_a_telephone_listens_to_a_telephone_whispers_joins_and_takes_over(desks: Desks) -> None:
    city = desks.city
    line = {"seat": "line", "phone_number": SUPERVISORS_NUMBER, "county": "linhe"}
    async with routed(city, SUPERVISOR, **line), at_a_screen(city, SUPERVISOR) as screen:
        call, leg = await desks.talk()
        await hall_act(city, "listen", agent_id=LINE_SEAT)
        rung = await city.county.called(SUPERVISORS_NUMBER)
        assert rung.caller_number == LINHE, "the telephone shows the hotline's number"
        await until(lambda: rung.media, "the supervisor picks up", seconds=10)
        await hears(rung.media, CITIZEN_TONE, COUNTY_TONE)
        await until(lambda: screen.find("supervision")[-1].body["result"] == "connected", "it is told", seconds=5)
        since = time.time()
        await hall_act(city, "whisper", agent_id=LINE_SEAT)
        await hears(leg.media, EAR_TONE)
        assert not heard_tones(call.media, [EAR_TONE], since=since), "the citizen heard the whisper"

        await hall_act(city, "join", agent_id=LINE_SEAT)
        await hears(call.media, EAR_TONE, COUNTY_TONE)
        await hears(leg.media, EAR_TONE, CITIZEN_TONE)
        await hears(rung.media, CITIZEN_TONE, COUNTY_TONE)

        await hall_act(city, "take_over", call_id=str(call.call_id))
        await until(lambda: rung.over and leg.over, "both telephones are on the hook", seconds=10)
        await until(lambda: len(desks.rings(SUPERVISORS_NUMBER)) == 2, "the supervisor's rings", seconds=10)
        taken = desks.rings(SUPERVISORS_NUMBER)[1]
        assert rung.ended_at is not None
        assert taken.rang_at >= rung.ended_at, "rung while it was in use"
        await screen.in_state("talking", seconds=20)
        await hears(call.media, EAR_TONE)
        await hears(taken.media, CITIZEN_TONE)
        call.hang_up()
        await desks.answered_by(call, SUPERVISOR)
