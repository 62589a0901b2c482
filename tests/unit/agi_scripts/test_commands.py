"""Typed commands against a session whose peer answers from a list."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agi_scripts import commands
from agi_scripts.commands import Recording
from agi_scripts.replies import AgiFailed, AgiHangup, AgiReply, Header
from agi_scripts.server import AgiSession

DEAD = "511 Command Not Permitted on a dead channel or intercept routine"


async def run(talk: Callable[[AgiSession], Awaitable[object]], *replies: str) -> tuple[object, list[str]]:
    """What the talk gave (or raised) and the lines that Asterisk saw."""
    seen: list[str] = []

    async def asterisk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            seen.append((await reader.readline()).decode().rstrip("\n"))
            writer.write(reply.encode() + b"\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(asterisk, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    session = AgiSession(Header({"threadid": "1"}, "call", {}), reader, writer)
    try:
        async with asyncio.timeout(5), session.listening():
            try:
                return await talk(session), seen
            except (AgiFailed, AgiHangup) as error:
                return type(error), seen
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()


Case = tuple[Callable[[AgiSession], Awaitable[object]], list[str], list[str], object]

CASES: list[Case] = [
    (commands.answer, ["200 result=0"], ["ANSWER"], None),
    (commands.answer, ["200 result=-1", DEAD], ["ANSWER", "CHANNEL STATUS"], AgiHangup),
    (
        lambda s: commands.set_variable(s, "HOTLINE_TOKEN", "done-h-1.1"),
        ["200 result=1"],
        ["SET VARIABLE HOTLINE_TOKEN done-h-1.1"],
        None,
    ),
    (
        lambda s: commands.set_language(s, "en"),
        ["200 result=1"],
        ['SET VARIABLE "CHANNEL(language)" en'],
        None,
    ),
    (
        lambda s: commands.get_variable(s, "DIALSTATUS"),
        ["200 result=1 (ANSWER)"],
        ["GET VARIABLE DIALSTATUS"],
        "ANSWER",
    ),
    (lambda s: commands.get_variable(s, "NOPE"), ["200 result=0"], ["GET VARIABLE NOPE"], None),
    (
        lambda s: commands.stream_file(s, "hotline/menu-default", "0123456789*#"),
        ["200 result=50 endpos=800"],
        ["STREAM FILE hotline/menu-default 0123456789*#"],
        ("2", 800),
    ),
    (
        lambda s: commands.stream_file(s, "hotline/x"),
        ["200 result=0 endpos=800"],
        ['STREAM FILE hotline/x ""'],
        (None, 800),
    ),
    (
        lambda s: commands.stream_file(s, "hotline/missing"),
        ["200 result=-1 endpos=0", "200 result=6"],
        ['STREAM FILE hotline/missing ""', "CHANNEL STATUS"],
        AgiFailed,
    ),
    (
        lambda s: commands.stream_file(s, "hotline/x"),
        ["200 result=-1 endpos=9\nHANGUP", DEAD],
        ['STREAM FILE hotline/x ""'],
        AgiHangup,
    ),
    (
        lambda s: commands.get_option(s, "hotline/menu-default", "12*#", 3000),
        ["200 result=42 endpos=800"],
        ["GET OPTION hotline/menu-default 12*# 3000"],
        ("*", 800),
    ),
    (
        lambda s: commands.get_option(s, "hotline/missing", "12", 3000),
        ["200 result=0 endpos=0"],
        ["GET OPTION hotline/missing 12 3000"],
        (None, 0),
    ),
    (lambda s: commands.wait_for_digit(s, 3000), ["200 result=0"], ["WAIT FOR DIGIT 3000"], None),
    (lambda s: commands.wait_for_digit(s, 3000), ["200 result=35"], ["WAIT FOR DIGIT 3000"], "#"),
    (lambda s: commands.wait_for_digit(s, 3000), ["200 result=1000"], ["WAIT FOR DIGIT 3000"], None),
    (
        lambda s: commands.wait_for_digit(s, 3000),
        ["200 result=-1", DEAD],
        ["WAIT FOR DIGIT 3000", "CHANNEL STATUS"],
        AgiHangup,
    ),
    (commands.music_on, ["200 result=0"], ["SET MUSIC ON default"], None),
    (commands.music_off, ["200 result=0"], ["SET MUSIC OFF"], None),
    (lambda s: commands.set_autohangup(s, 20), ["200 result=0"], ["SET AUTOHANGUP 20"], None),
    (commands.channel_status, ["200 result=6"], ["CHANNEL STATUS"], 6),
    (commands.channel_status, ["200 result=-1"], ["CHANNEL STATUS"], AgiHangup),
    (commands.hangup, ["200 result=1"], ["HANGUP"], None),
    (commands.hangup, [DEAD], ["HANGUP"], None),
    (
        lambda s: commands.gosub(s, "ring-agent", "s", 1, "PJSIP/1001&PJSIP/1001w", "20", "h-1.1"),
        ["200 result=0 Gosub complete"],
        ['GOSUB ring-agent s 1 "PJSIP/1001&PJSIP/1001w,20,h-1.1"'],
        AgiReply(200, 0),
    ),
    (
        lambda s: commands.gosub(s, "nowhere", "s", 1),
        ["200 result=-1 Gosub label not found", "200 result=6"],
        ["GOSUB nowhere s 1", "CHANNEL STATUS"],
        AgiFailed,
    ),
    (lambda s: commands.exec_application(s, "Ringing"), ["200 result=0"], ["EXEC Ringing"], AgiReply(200, 0)),
    (
        lambda s: commands.exec_application(s, "Playback", "hotline/a", "noanswer"),
        ["200 result=-2", "200 result=4"],
        ['EXEC Playback "hotline/a,noanswer"', "CHANNEL STATUS"],
        AgiFailed,
    ),
    (
        lambda s: commands.record_file(s, "/spool/a", seconds=60, silence_seconds=5),
        ["200 result=35 (dtmf) endpos=80"],
        ["RECORD FILE /spool/a wav # 60000 BEEP s=5"],
        Recording("#", 80),
    ),
    (
        lambda s: commands.record_file(s, "/home/李 明/.local/a-1", seconds=60, beep=False),
        ["200 result=0 (timeout) endpos=80"],
        ['RECORD FILE "/home/李 明/.local/a-1" wav # 60000'],
        Recording(None, 80),
    ),
    (
        lambda s: commands.record_file(s, "/spool/a", seconds=60, beep=False),
        ["200 result=0 (timeout) endpos=80"],
        ["RECORD FILE /spool/a wav # 60000"],
        Recording(None, 80),
    ),
    (
        lambda s: commands.record_file(s, "/spool/a", seconds=60),
        ["200 result=-1 (hangup) endpos=80"],
        ["RECORD FILE /spool/a wav # 60000 BEEP"],
        Recording(None, 80, hung_up=True),
    ),
    (
        lambda s: commands.record_file(s, "/spool/a", seconds=60),
        ["200 result=-1 (writefile)"],
        ["RECORD FILE /spool/a wav # 60000 BEEP"],
        AgiFailed,
    ),
]


@pytest.mark.parametrize(("talk", "replies", "lines", "outcome"), CASES)
async def test_lines_sent_and_what_replies_mean(
    talk: Callable[[AgiSession], Awaitable[object]], replies: list[str], lines: list[str], outcome: object
) -> None:
    given, seen = await run(talk, *replies)
    assert given == outcome
    assert seen[: len(lines)] == lines


REFUSED: list[Callable[[AgiSession], Awaitable[object]]] = [
    lambda s: commands.get_variable(s, "${SHELL(id)}"),
    lambda s: commands.get_variable(s, "SHELL(id)"),
    lambda s: commands.set_variable(s, "SHELL(id)", "x"),
    lambda s: commands.set_variable(s, "A", "${SHELL(id)}"),
    lambda s: commands.set_variable(s, "A", "$[1+1]"),
    lambda s: commands.set_variable(s, "A", "x\ny"),
    lambda s: commands.stream_file(s, "../../etc/passwd"),
    lambda s: commands.stream_file(s, "hotline/x", "abc"),
    lambda s: commands.music_on(s, "a b"),
    lambda s: commands.gosub(s, "ring-agent", "s", 1, "PJSIP/1001,20"),
    lambda s: commands.gosub(s, "ring-agent", "s", 1, "${EXTEN}"),
    lambda s: commands.gosub(s, "ring-agent", "s", 1, "a)b"),
    lambda s: commands.gosub(s, "ring agent", "s", 1),
    lambda s: commands.exec_application(s, "System", "id"),
    lambda s: commands.exec_application(s, "playback", "hotline/x"),
    lambda s: commands.record_file(s, "/spool/../etc/x", seconds=1),
    lambda s: commands.record_file(s, "/spool/a\nb", seconds=1),
]


@pytest.mark.parametrize("talk", REFUSED)
async def test_text_that_asterisk_could_evaluate_is_never_sent(
    talk: Callable[[AgiSession], Awaitable[object]],
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await run(talk)
