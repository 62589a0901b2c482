"""A line for every kind of node: the smallest tree that shows what it does, in built-in prompts."""

from typing import Any

from tests.e2e.menus import ALWAYS, NEVER, Line

ASK = "hotline/confirm-number"
LONG = "hotline/press-for-return-call"
"""Long enough to press a key in its middle on a machine that is busy with other things."""
HELLO, THANKS, BYE = "hotline/expected-wait", "hotline/thank-you", "hotline/goodbye"
CLOSED, CONNECTING, WAIT = "hotline/closed", "hotline/connecting", "hotline/fallback-wait"
KNOWN, TROUBLE = "hotline/talk-broken", "hotline/number-is"
PERSON = {"kind": "queue", "queue": "@line"}
UNTOLD = "own/never-recorded"
UNTOLD_TEXT = "这段话没有录音"
SILENT = "own/nobody-knows"


def say(sound: str, following: str = "person", **more: Any) -> dict[str, Any]:
    return {"kind": "announcement", "sounds": [sound], "next": following, **more}


def ask(sound: str, choices: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"kind": "menu", "sounds": [sound], "choices": choices, "on_failure": "person", "wait_seconds": 1} | more


def bye(sound: str = BYE) -> dict[str, Any]:
    return {"kind": "hang_up", "sounds": [sound]}


MENU = {
    "start": ask(ASK, {"0": "person", "1": "one", "2": "two"}, attempts=2),
    "one": say(THANKS),
    "two": say(CONNECTING),
    "person": PERSON,
}
EARLY = {"kind": "greeting", "sounds": [CLOSED], "next": "menu"}
RATE = {
    "kind": "rating",
    "sounds": [TROUBLE],
    "scores": {"1": 3, "2": 2, "3": 1},
    "next": "thanks",
    "wait_seconds": 3,
    "attempts": 1,
}
LINES = {
    "early": Line("70001", {"start": {"kind": "greeting", "sounds": [THANKS], "next": "person"}, "person": PERSON}),
    "late": Line(
        "70002", {"start": {"kind": "greeting", "sounds": [THANKS], "early": False, "next": "person"}, "person": PERSON}
    ),
    "line": Line(
        "70003",
        {"start": {"kind": "greeting", "sounds": ["@line"], "next": "person"}, "person": PERSON},
        queue="linhe",
        greeting=[THANKS, HELLO],
    ),
    "announcement": Line("70004", {"start": say(THANKS, "then"), "then": say(HELLO), "person": PERSON}),
    "menu": Line("70005", {**MENU, "start": MENU["start"] | {"sounds": [LONG]}}),
    "two attempts": Line("70022", MENU),
    "early menu": Line("70023", {**MENU, "start": EARLY, "menu": MENU["start"]}),
    "greeted menu": Line("70006", {**MENU, "start": say(TROUBLE, "menu"), "menu": MENU["start"]}),
    "three attempts": Line("70007", {**MENU, "start": MENU["start"] | {"attempts": 3}}),
    "open": Line(
        "70008",
        {
            "start": {"kind": "hours", "weekly": ALWAYS, "on_open": "open", "on_closed": "closed"},
            "open": say(HELLO),
            "closed": say(CLOSED),
            "person": PERSON,
        },
    ),
    "closed": Line(
        "70009",
        {
            "start": {"kind": "hours", "on_open": "open", "on_closed": "closed"},
            "open": say(HELLO),
            "closed": say(CLOSED),
            "person": PERSON,
        },
        hours=NEVER,
    ),
    "look-up": Line(
        "70010",
        {
            "start": {
                "kind": "caller_look_up",
                "on_unknown": "unknown",
                "on_known": "known",
                "on_open_case": "open",
                "on_failure": "failed",
            },
            "unknown": say(HELLO),
            "known": say(KNOWN),
            "open": say(CONNECTING),
            "failed": say(TROUBLE),
            "person": PERSON,
        },
    ),
    "progress": Line(
        "70011",
        {
            "start": {
                "kind": "collect",
                "sounds": [TROUBLE],
                "collects": "case_number",
                "next": "code",
                "on_failure": "person",
                "wait_seconds": 4,
            },
            "code": {
                "kind": "collect",
                "sounds": [HELLO],
                "collects": "query_code",
                "next": "progress",
                "on_failure": "person",
                "min_digits": 6,
                "max_digits": 6,
                "wait_seconds": 4,
            },
            "progress": {"kind": "progress", "next": "thanks", "on_not_found": "nothing", "on_failure": "person"},
            "thanks": say(THANKS),
            "nothing": say(CLOSED),
            "person": PERSON,
        },
    ),
    "set": Line(
        "70012",
        {
            "start": {"kind": "set", "next": "words", "language": "en", "priority": 7, "skill": "english"},
            "words": say(HELLO),
            "person": {"kind": "queue", "queue": "city", "priority": 2},
        },
    ),
    "return call": Line(
        "70013",
        {
            "start": {
                "kind": "return_call",
                "sounds": [HELLO],
                "queue": "@line",
                "next": "noted",
                "on_declined": "person",
                "on_failure": "person",
                "wait_seconds": 2,
            },
            "noted": bye("hotline/return-call-noted"),
            "person": PERSON,
        },
        queue="pingyuan",
    ),
    "message": Line(
        "70014",
        {
            "start": {
                "kind": "message",
                "sounds": [TROUBLE],
                "next": "saved",
                "on_failure": "person",
                "seconds": 30,
            },
            "saved": bye(THANKS),
            "person": PERSON,
        },
    ),
    "transfer": Line(
        "70015",
        {
            "start": {"kind": "transfer", "sounds": [CONNECTING], "target": "110", "on_failure": "person"},
            "person": PERSON,
        },
    ),
    "busy transfer": Line(
        "70016",
        {
            "start": {"kind": "transfer", "sounds": [HELLO], "target": "119", "on_failure": "busy"},
            "busy": say("hotline/all-busy"),
            "person": PERSON,
        },
    ),
    "silent transfer": Line(
        "70024",
        {"start": {"kind": "transfer", "sounds": [], "target": "120", "on_failure": "person"}, "person": PERSON},
    ),
    "incident": Line(
        "70017",
        {
            "start": {
                "kind": "incident",
                "next": "person",
                "on_registered": "noted",
                "on_failure": "person",
                "wait_seconds": 2,
            },
            "noted": bye(),
            "person": PERSON,
        },
    ),
    "rating": Line(
        "70018",
        {"start": say(HELLO), "person": PERSON, "rate": RATE, "thanks": bye("hotline/rating-thanks")},
        after_talk="rate",
    ),
    "hang-up": Line("70019", {"start": say(HELLO, "end"), "end": bye(), "person": PERSON}),
    "untold": Line(
        "70020", {"start": say(UNTOLD, "next"), "next": say(SILENT, "then"), "then": say(HELLO), "person": PERSON}
    ),
    "broken": Line("70021", {"start": say(SILENT, on_failure="lost"), "lost": say(TROUBLE), "person": PERSON}),
}
