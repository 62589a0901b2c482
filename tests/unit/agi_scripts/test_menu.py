"""Menus spoken to a fake Asterisk: which lines it sees for a tree, and where the call goes."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from agi_scripts.actions import TrialActions
from agi_scripts.menu import Destination, MenuWalk
from agi_scripts.prompts import Prompter
from agi_scripts.server import AgiHangup, AgiSession
from agi_scripts.service import Service
from agi_scripts.speaker import Speaker
from ivr.default import demonstration_tree
from ivr.tree import (
    Announcement,
    CallerLookUp,
    Greeting,
    HangUp,
    Menu,
    Message,
    Rating,
    ReturnCall,
    Setting,
    ToQueue,
    Transfer,
    Tree,
)
from tests.unit.agi_scripts.asterisk_support import WELL, channel

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
QUEUES = frozenset({"city", "linhe", "pingyuan"})


def service(tree: Tree, texts: Mapping[str, str] | None = None) -> Service:
    return Service("m", 1, tree, "city", QUEUES, texts=texts or {})


def speaker(session: AgiSession) -> Speaker:
    return Speaker(session, Prompter(None, ()), texts={}, lease=8)


async def speak(tree: Tree, *replies: str, after_talk: bool = False) -> tuple[Destination, list[str], dict[str, Any]]:
    """Where the tree led, the lines that Asterisk saw, and what the records keep."""
    async with channel(*replies) as (session, seen):
        walk = MenuWalk(
            session,
            service(tree),
            TrialActions(),
            speaker(session),
            answered=after_talk,
            clock=lambda: NOW,
        )
        way = await walk.walk(after_talk=after_talk)
        return way, seen.said, walk.journey()


async def test_the_demonstration_menu_is_answered_and_spoken() -> None:
    played = "200 result=0 endpos=8"
    way, seen, journey = await speak(demonstration_tree(), "200 result=0", played, "200 result=49 endpos=8")
    assert way == Destination("linhe", 0, ("1",))
    assert seen == [
        "ANSWER",
        "STREAM FILE hotline/greeting-12345 012",
        "GET OPTION hotline/menu-default 0123456789*# 3000",
    ]
    assert (journey["end"], journey["node"]) == ("queue", "linhe")
    assert [(step["node"], step["choice"]) for step in journey["steps"]] == [
        ("greeting", None),
        ("menu", "1"),
        ("linhe", None),
    ]


ASKING = Tree(
    "ask",
    {
        "ask": Menu(("menu", "keys"), {"1": "q"}, wait_seconds=2, attempts=1, on_silence="silent", on_failure="failed"),
        "q": ToQueue("linhe"),
        "silent": ToQueue("pingyuan"),
        "failed": ToQueue("city"),
    },
)
ASKED = ["ANSWER", "STREAM FILE menu 0123456789*#", "GET OPTION keys 0123456789*# 2000"]


@pytest.mark.parametrize(
    ("replies", "queue", "lines"),
    [
        pytest.param(("200 result=49 endpos=9",), "linhe", ASKED[:2], id="a key in the first sound"),
        pytest.param((WELL, "200 result=49 endpos=0"), "linhe", ASKED, id="a key as the last one begins"),
        pytest.param((WELL, WELL), "pingyuan", ASKED, id="silence"),
        pytest.param(
            (WELL, "200 result=0 endpos=0", "200 result=49 endpos=9"),
            "linhe",
            [*ASKED, "STREAM FILE keys 0123456789*#"],
            id="not heard, then heard by itself",
        ),
        pytest.param(
            (WELL, "200 result=0 endpos=0", "200 result=0 endpos=0", "200 result=0"),
            "pingyuan",
            [*ASKED, "STREAM FILE keys 0123456789*#", "WAIT FOR DIGIT 2000"],
            id="an empty sound is waited after",
        ),
        pytest.param(
            (WELL, "200 result=0 endpos=0", *["200 result=-1 endpos=0", "200 result=6"] * 2),
            "city",
            [
                *ASKED,
                *(
                    line
                    for name in ("keys", "zh/keys")
                    for line in (f"STREAM FILE {name} 0123456789*#", "CHANNEL STATUS")
                ),
            ],
            id="a missing sound is the menu's failure",
        ),
    ],
)
async def test_a_question_is_asked_in_one_command(replies: tuple[str, ...], queue: str, lines: list[str]) -> None:
    way, seen, _ = await speak(ASKING, "200 result=0", *replies)
    assert (way.queue, seen) == (queue, lines)


async def test_a_greeting_before_the_answer_and_a_language() -> None:
    tree = Tree(
        "hello",
        {
            "hello": Greeting(("ring",), "english"),
            "english": Setting("say", language="en", priority=2),
            "say": Announcement(("welcome",), "q"),
            "q": ToQueue("linhe", 1),
        },
    )
    way, seen, _ = await speak(tree)
    assert way == Destination("linhe", 3, ())
    assert seen == [
        "EXEC Progress",
        'STREAM FILE ring ""',
        "ANSWER",
        'SET VARIABLE "CHANNEL(language)" en',
        'STREAM FILE welcome ""',
    ]


async def test_a_greeting_without_its_sound_is_answered_all_the_same() -> None:
    tree = Tree("hello", {"hello": Greeting(("gone",), "q"), "q": ToQueue("linhe")})
    failed = ("200 result=-1 endpos=0", "200 result=6")
    way, seen, _ = await speak(tree, "200 result=0", *failed, *failed)
    assert way == Destination("linhe", 0, ())
    assert seen[-1] == "ANSWER"
    assert seen.count("ANSWER") == 1


async def test_a_look_up_comes_before_the_answer_and_a_caller_waits_in_an_answered_call() -> None:
    tree = Tree("who", {"who": CallerLookUp("q", "q", "q"), "q": ToQueue("linhe")})
    _, seen, _ = await speak(tree)
    assert seen == ["ANSWER"]


@pytest.mark.parametrize(
    ("node", "keys", "queue"),
    [
        (Message((), "bye", on_failure="q"), (), None),
        (Transfer((), "110", on_failure="q"), (), None),
        (ReturnCall((), "city", "bye", on_declined="q", on_failure="q"), ("200 result=0", "200 result=49"), None),
        (ReturnCall((), "city", "bye", on_declined="q", on_failure="q"), (), "linhe"),
    ],
)
async def test_what_a_menu_does(
    node: Message | Transfer | ReturnCall, keys: tuple[str, ...], queue: str | None
) -> None:
    tree = Tree("n", {"n": node, "q": ToQueue("linhe"), "bye": HangUp()})
    way, _, _ = await speak(tree, *keys)
    assert way.queue == queue


async def test_after_the_talk_the_call_is_not_answered_again() -> None:
    tree = Tree("q", {"q": ToQueue("city"), "r": Rating((), {"1": 3}, "bye"), "bye": HangUp()}, after_talk="r")
    way, seen, _ = await speak(tree, "200 result=49", after_talk=True)
    assert way == Destination(None, 0, ("1",))
    assert seen == ["WAIT FOR DIGIT 5000"]


async def test_who_hangs_up_in_the_menu_gave_up_there() -> None:
    tree = demonstration_tree()
    async with channel("200 result=0", "200 result=0 endpos=8", "hang up") as (session, _):
        walk = MenuWalk(session, service(tree), TrialActions(), speaker(session), clock=lambda: NOW)
        with pytest.raises(AgiHangup):
            await walk.walk()
        assert (walk.journey()["end"], walk.journey()["node"]) == ("gave_up", "menu")


async def test_the_lease_covers_each_command_and_one_that_lasts_is_not_renewed() -> None:
    async with channel("200 result=0", "200 result=0 endpos=8") as (session, seen):
        walk = MenuWalk(session, service(demonstration_tree()), TrialActions(), speaker(session))
        await walk.walk()
        assert seen.leases == ["SET AUTOHANGUP 38"]
