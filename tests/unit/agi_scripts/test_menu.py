"""Menus spoken to a fake Asterisk: which lines it sees for a tree, and where the call goes."""

import asyncio
import datetime as dt

import pytest

from agi_scripts.menu import Destination, walk
from agi_scripts.replies import Header
from agi_scripts.server import AgiSession
from ivr.default import demonstration_tree
from ivr.tree import Announcement, Greeting, HangUp, Message, Rating, ReturnCall, Setting, ToQueue, Transfer, Tree

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)


async def speak(tree: Tree, *replies: str) -> tuple[Destination, list[str]]:
    """Where the tree led, and the lines that Asterisk saw but for leases; it answers from the list."""
    seen: list[str] = []
    answers = list(replies)

    async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            lease = line.startswith(b"SET AUTOHANGUP")
            seen.extend([] if lease else [line.decode().rstrip("\n")])
            writer.write((answers.pop(0) if answers and not lease else "200 result=0 endpos=0").encode() + b"\n")
        writer.close()

    server = await asyncio.start_server(asterisk, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    session = AgiSession(Header({"threadid": "1"}, "call", {}), reader, writer)
    try:
        async with asyncio.timeout(5), session.listening():
            queues = frozenset({"city", "linhe", "pingyuan"})
            way = await walk(session, tree, queues=queues, default_queue="city", lease=8, clock=lambda: NOW)
            return way, seen
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()


async def test_the_demonstration_menu_is_spoken_as_ever() -> None:
    way, seen = await speak(demonstration_tree(), "200 result=0 endpos=8", "200 result=0 endpos=8", "200 result=49")
    assert way == Destination("linhe", 0, ("1",))
    assert seen == [
        "STREAM FILE hotline/greeting-12345 012",
        "STREAM FILE hotline/menu-default 0123456789*#",
        "WAIT FOR DIGIT 3000",
    ]


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
    way, seen = await speak(tree)
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
    way, seen = await speak(tree, "200 result=0", "200 result=-1 endpos=0", "200 result=6")
    assert way == Destination("linhe", 0, ())
    assert seen[-1] == "ANSWER"


@pytest.mark.parametrize(
    "node",
    [
        Message((), "bye", on_failure="q"),
        Transfer((), "110", on_failure="q"),
        ReturnCall((), "city", "bye", on_declined="q", on_failure="q"),
    ],
)
async def test_what_calls_cannot_do_yet_leads_to_a_person(node: Message | Transfer | ReturnCall) -> None:
    tree = Tree("n", {"n": node, "q": ToQueue("linhe"), "bye": HangUp()})
    way, _ = await speak(tree, "200 result=49")
    assert way.queue == "linhe"


async def test_a_rating_that_cannot_be_stored_ends_the_call() -> None:
    way, _ = await speak(Tree("r", {"r": Rating((), {"1": 3}, "bye"), "bye": HangUp()}), "200 result=49")
    assert way.queue is None
