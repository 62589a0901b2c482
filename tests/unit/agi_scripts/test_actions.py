"""What a menu does besides speaking: to the channel, to the journal, to the web process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.rules import events as ev
from acd.rules.state import CARRIER
from agi_scripts.actions import CallActions
from agi_scripts.directory import Directory, DirectoryAway
from agi_scripts.server import AgiHangup, AgiSession
from ivr import protocol as io
from ivr.codec import tree_to_dict
from ivr.default import demonstration_tree
from tests.unit.agi_scripts.asterisk_support import channel
from tests.unit.agi_scripts.voice_support import Hands, engine_at

Answer = Callable[[httpx.Request], httpx.Response]


def answers(body: dict[str, Any], status: int = 200) -> Answer:
    return lambda _: httpx.Response(status, json=body)


class House:
    """The actions of one call, its journal, and a web process that answers as a test says."""

    def __init__(self, session: AgiSession, folder: Path, answer: Answer) -> None:
        self.engine = engine_at(folder, Hands())
        self.engine.submit(ev.CallStarted("dz-1.1", "13800138000", "12345", "PJSIP/trunk-00000001"))
        client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://web")
        self.actions = CallActions(
            session, "dz-1.1", engine=self.engine, directory=Directory(client), recordings=Path("/r")
        )

    @property
    def noted(self) -> list[tuple[str, dict[str, Any]]]:
        events = self.engine.journal.pending(100)
        return [(event["type"], event["data"]) for event in events if event["type"] != "call.started"]


async def test_a_message_is_recorded_and_noted(tmp_path: Path) -> None:
    async with channel("200 result=35 (dtmf) endpos=24000", callerid="13800138000") as (session, seen):
        house = House(session, tmp_path, answers({}))
        assert await house.actions.record(60, "#0") == io.Recorded(3.0, "#")
    assert seen.said == ["RECORD FILE /r/dz-1.1-message-1 wav #0 60000 BEEP"]
    assert house.noted == [("call.message", {"recording": "dz-1.1-message-1.wav", "seconds": 3.0})]


async def test_a_message_ended_by_a_hang_up_is_one(tmp_path: Path) -> None:
    async with channel("200 result=0 (hangup) endpos=16000") as (session, _):
        house = House(session, tmp_path, answers({}))
        with pytest.raises(AgiHangup):
            await house.actions.record(60, "#0")
    assert house.noted == [("call.message", {"recording": "dz-1.1-message-1.wav", "seconds": 2.0})]


@pytest.mark.parametrize("reply", ["200 result=48 (dtmf) endpos=24000", "200 result=0 (timeout) endpos=400"])
async def test_a_zero_or_silence_is_no_message(tmp_path: Path, reply: str) -> None:
    async with channel(reply) as (session, _):
        house = House(session, tmp_path, answers({}))
        await house.actions.record(60, "#0")
    assert house.noted == []


@pytest.mark.parametrize(
    ("status", "result", "given"),
    [("ANSWER", "answered", io.Done()), ("BUSY", "busy", None), ("NOANSWER", "no_answer", None), ("", "failed", None)],
)
async def test_a_transfer(tmp_path: Path, status: str, result: str, given: io.Input | None) -> None:
    async with channel("200 result=0", f"200 result=1 ({status})") as (session, seen):
        house = House(session, tmp_path, answers({}))
        got = await house.actions.transfer("110")
    assert seen.said[0] == 'GOSUB transfer-out s 1 "110,30"'
    assert got == (given or io.Failed(f"the transfer was {result}"))
    assert house.noted == [("call.transferred", {"target": "110", "result": result})]


@pytest.mark.parametrize(("talks", "result"), [(True, "answered"), (False, "no_answer")])
async def test_who_hangs_up_during_a_transfer(tmp_path: Path, *, talks: bool, result: str) -> None:
    async with channel("hang up") as (session, _):
        house = House(session, tmp_path, answers({}))
        if talks:
            house.engine.submit(ev.LegAnswered("dz-1.1", CARRIER))
        with pytest.raises(AgiHangup):
            await house.actions.transfer("110")
    assert house.noted == [("call.transferred", {"target": "110", "result": result})]


async def test_registrations_go_by_the_journal(tmp_path: Path) -> None:
    async with channel() as (session, _):
        house = House(session, tmp_path, answers({}, 503))
        assert await house.actions.register_return("linhe") == io.Done()
        assert await house.actions.register_affected("7") == io.Done()
        assert await house.actions.rate(5) == io.Done()
        assert await house.actions.rate(None) == io.Done()
    assert house.noted == [
        ("call.return_requested", {"queue": "linhe"}),
        ("call.affected", {"incident": "7"}),
        ("call.rated", {"score": 5, "reason": "pressed"}),
        ("call.rated", {"score": None, "reason": "silent"}),
    ]


async def test_a_caller_is_looked_up(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, json={"known": True, "open_case": True})

    async with channel(callerid="13800138000") as (session, _):
        house = House(session, tmp_path, answer)
        assert await house.actions.look_up_caller() == io.Caller(known=True, open_case=True)
    assert asked == [{"caller": "13800138000"}]


async def test_a_withheld_number_is_nobodys(tmp_path: Path) -> None:
    async with channel(callerid="unknown") as (session, _):
        house = House(session, tmp_path, answers({}, 500))
        assert await house.actions.look_up_caller() == io.Caller(known=False)


async def test_the_progress_of_a_case(tmp_path: Path) -> None:
    found = {"found": True, "case_no": "3714-261121-00042-7", "state": "answered", "opened_on": "2026-11-21"}
    async with channel() as (session, _):
        house = House(session, tmp_path, answers(found))
        given = await house.actions.look_up_case("3714261121000427", "123456")
    assert isinstance(given, io.CaseFound)
    assert given.sounds[-1] == "parts/case-answered"


async def test_no_such_case(tmp_path: Path) -> None:
    async with channel() as (session, _):
        house = House(session, tmp_path, answers({"found": False}))
        assert await house.actions.look_up_case("1", "2") == io.NotFound()


@pytest.mark.parametrize("answer", [answers({}, 503), answers({}), lambda _: httpx.Response(200, text="<html>")])
async def test_a_web_process_that_is_away_or_confused(tmp_path: Path, answer: Answer) -> None:
    async with channel(callerid="13800138000") as (session, _):
        house = House(session, tmp_path, answer)
        assert isinstance(await house.actions.look_up_caller(), io.Failed)
        failed = await house.actions.look_up_case("3714261121000427", "123456")
    assert isinstance(failed, io.Failed)
    assert "3714" not in failed.reason


def directory(answer: Answer) -> Directory:
    return Directory(httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://web"))


async def test_a_draft_is_fetched_once() -> None:
    tree = demonstration_tree()
    draft = {"menu": "m", "version": 3, "tree": tree_to_dict(tree), "by": "9901"}
    found = await directory(answers(draft)).trial("123456")
    assert found is not None
    assert (found.menu, found.version, found.tree) == ("m", 3, tree)
    assert await directory(answers({}, 404)).trial("123456") is None
    with pytest.raises(DirectoryAway):
        await directory(answers({}, 503)).trial("123456")
