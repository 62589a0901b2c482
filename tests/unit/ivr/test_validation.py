import pytest

from ivr.default import default_tree, demonstration_tree
from ivr.hours_codec import week_from_dict
from ivr.tree import (
    Announcement,
    CallerLookUp,
    CaseProgress,
    Collect,
    HangUp,
    IncidentNotice,
    Menu,
    Message,
    Node,
    OpeningHours,
    Rating,
    ReturnCall,
    Setting,
    ToQueue,
    Transfer,
    Tree,
)
from ivr.validation import Severity, Sound, check, check_numbers

QUEUES = {"city", "linhe", "pingyuan"}
CITY = ToQueue("city")
MENU = Menu(("m",), {"0": "city"}, on_failure="city")


def tree(**nodes: Node) -> Tree:
    return Tree(next(iter(nodes)), nodes)


@pytest.mark.parametrize("good", [default_tree("city"), demonstration_tree(), tree(m=MENU, city=CITY)])
def test_trees_without_a_finding(good: Tree) -> None:
    assert check(good, QUEUES) == []


@pytest.mark.parametrize(
    ("bad", "severity", "where", "what"),
    [
        (Tree("gone", {}), "error", "start", "no node 'gone'"),
        (tree(a=Announcement(("x",), "gone")), "error", "a", "next leads to 'gone'"),
        (tree(a=Announcement(("x",), "q"), q=ToQueue("closed")), "error", "q", "no queue 'closed'"),
        (tree(a=Announcement(("x",), "q"), q=CITY, old=CITY), "warning", "old", "no way leads here"),
        (tree(a=Announcement(("x",), "a")), "error", "a", "again and again"),
        (tree(a=Announcement(("x",), "b"), b=Announcement(("x",), "a")), "error", "b", "nobody can be reached"),
        (tree(m=Menu(("m",), {"0": "city"}, on_failure="m"), city=CITY), "error", "m", "again and again"),
        (
            tree(m=Menu(("m",), {"0": "city"}, on_failure="city", on_silence="m"), city=CITY),
            "error",
            "m",
            "on_silence does not end",
        ),
        (
            tree(m=Menu(("m",), {"1": "city"}, on_failure="city"), city=CITY),
            "error",
            "m",
            "0 does not lead to a person",
        ),
        (
            tree(m=Menu(("m",), {"0": "b"}, on_failure="q"), b=HangUp(), q=CITY),
            "error",
            "m",
            "0 does not lead straight",
        ),
        (tree(m=Menu(("m",), {"0": "q"}, on_failure="b"), b=HangUp(), q=CITY), "error", "m", "on_failure does not end"),
        (
            tree(m=Menu(("m",), {"0": "q", "1": "n"}, on_failure="q"), n=MENU, q=CITY, city=CITY),
            "error",
            "m",
            "second menu",
        ),
        (
            tree(
                m=Menu(("m",), {"0": "q", "1": "a"}, on_failure="q"), a=Announcement((), "n"), n=MENU, q=CITY, city=CITY
            ),
            "error",
            "m",
            "second menu follows: n",
        ),
        (
            tree(m=Menu(("m",), dict.fromkeys("012345", "city"), on_failure="city"), city=CITY),
            "warning",
            "m",
            "6 choices",
        ),
        (tree(m=Menu((), {"0": "city"}, on_failure="city"), city=CITY), "warning", "m", "no sound"),
        (tree(m=Menu(("m",), {"0": "city", "12": "city"}, on_failure="city"), city=CITY), "error", "m", "not a key"),
        (tree(m=Menu(("m",), {"0": "city"}, on_failure="city", attempts=0), city=CITY), "error", "m", "never played"),
    ],
)
def test_what_is_wrong_is_found_and_named(bad: Tree, severity: str, where: str, what: str) -> None:
    findings = check(bad, QUEUES)
    assert [f for f in findings if f.severity == severity and f.where == where and what in f.what]
    assert all(f.do for f in findings)


def test_errors_come_first() -> None:
    bad = tree(a=Announcement(("x",), "gone"), old=CITY)
    assert [f.severity for f in check(bad, QUEUES)] == sorted(
        (f.severity for f in check(bad, QUEUES)), key=lambda s: s is not Severity.ERROR
    )


def test_a_greeting_before_the_queue_of_zero_is_allowed() -> None:
    good = tree(m=Menu(("m",), {"0": "a"}, on_failure="a"), a=Announcement(("x",), "city"), city=CITY)
    assert check(good, QUEUES) == []


DAY = week_from_dict({"mon-sun": ["08:00-20:00"]})
ALWAYS = week_from_dict({"mon-sun": ["00:00-24:00"], "holiday": ["00:00-24:00"]})
MESSAGE = Message(("m",), "bye", on_failure="q")
NUMBER = Collect(("m",), "case_number", "code", "q")
CODE = Collect(("m",), "query_code", "told", "q")
TOLD = CaseProgress("q", "number", "q")


@pytest.mark.parametrize(
    "good",
    [
        tree(h=OpeningHours(DAY, "q", "n"), n=MESSAGE, q=CITY, bye=HangUp()),
        tree(h=OpeningHours(ALWAYS, "q", "q"), q=CITY),
        tree(
            m=Menu(("m",), {"0": "h"}, on_failure="q"), h=OpeningHours(DAY, "q", "n"), n=MESSAGE, q=CITY, bye=HangUp()
        ),
        tree(i=IncidentNotice("m", "bye", "q"), m=Menu(("m",), {"0": "q"}, "q"), q=CITY, bye=HangUp()),
        tree(number=NUMBER, code=CODE, told=TOLD, q=CITY),
        tree(r=ReturnCall(("m",), "city", "bye", "q", "q"), q=CITY, bye=HangUp()),
        Tree("q", {"q": CITY, "rate": Rating(("m",), {"1": 1}, "bye"), "bye": HangUp()}, after_talk="rate"),
        tree(t=Transfer((), "110", "q"), q=CITY),
    ],
)
def test_other_trees_without_a_finding(good: Tree) -> None:
    assert check(good, QUEUES, tested={"110"}) == []


@pytest.mark.parametrize(
    ("bad", "severity", "where", "what"),
    [
        (tree(a=Announcement(("x",), "bye"), bye=HangUp()), "error", "bye", "before the citizen has reached anybody"),
        (tree(m=Menu(("m",), {"0": "q", "1": "bye"}, "q"), q=CITY, bye=HangUp()), "error", "bye", "reached anybody"),
        (
            tree(a=Announcement(("x",), "q", on_failure="b"), b=MESSAGE, q=CITY, bye=HangUp()),
            "error",
            "a",
            "on_failure",
        ),
        (tree(s=Setting("q", on_failure="s"), q=CITY), "error", "s", "again and again"),
        (tree(l=CallerLookUp("q", "q", on_failure="n"), n=MESSAGE, q=CITY, bye=HangUp()), "error", "l", "on_failure"),
        (tree(r=ReturnCall(("m",), "closed", "q", "q", "q"), q=CITY), "error", "r", "no queue 'closed'"),
        (
            tree(r=ReturnCall(("m",), "city", "q", "n", "q"), n=MESSAGE, q=CITY, bye=HangUp()),
            "error",
            "r",
            "on_declined",
        ),
        (tree(r=Rating(("m",), {"1": 1}, "bye"), bye=HangUp()), "error", "r", "before the talk"),
        (Tree("q", {"q": CITY, "r": Rating(("m",), {}, "bye"), "bye": HangUp()}, "r"), "error", "r", "no key gives"),
        (Tree("q", {"q": CITY}, "gone"), "error", "after_talk", "no node 'gone'"),
        (tree(t=Transfer((), "119", "q"), q=CITY), "error", "t", "'119' has not answered a test"),
        (tree(h=OpeningHours(DAY, "q", "bye"), q=CITY, bye=HangUp()), "error", "h", "gap: from mon 20:00 to tue 08:00"),
        (
            tree(h=OpeningHours(week_from_dict({"mon-sun": ["00:00-24:00"]}), "q", "bye"), q=CITY, bye=HangUp()),
            "error",
            "h",
            "on holidays",
        ),
        (tree(h=OpeningHours(week_from_dict({}), "q", "q"), q=CITY), "warning", "h", "never open"),
        (
            tree(h=OpeningHours(week_from_dict({"mon-sun": ["00:00-23:59"]}), "q", "q"), q=CITY),
            "warning",
            "h",
            "looks like a slip",
        ),
        (tree(number=NUMBER, code=CODE, told=CaseProgress("q", "code", "q"), q=CITY), "error", "told", "case_number"),
        (tree(code=CODE, told=TOLD, q=CITY, number=NUMBER), "error", "told", "before the case_number"),
        (tree(n=Collect(("m",), "case_number", "q", "q", 9, 8), q=CITY), "error", "n", "9 to 8 digits"),
        (tree(n=Collect(("m",), "case_number", "q", "q", 1, 8), q=CITY), "error", "n", "1 to 8 digits"),
        (
            tree(n=Collect(("m",), "case_number", "q", "q", on_silence="w"), w=MESSAGE, q=CITY, bye=HangUp()),
            "error",
            "n",
            "on_silence",
        ),
        (tree(m=Menu(("m",), {"0": "q"}, "q", attempts=4), q=CITY), "warning", "m", "more than 3 attempts"),
        (tree(n=Message((), "bye", "q"), q=CITY, bye=HangUp()), "warning", "n", "no sound"),
        (tree(a=Announcement(("x",), "b"), b=IncidentNotice("a", "q", "q"), q=CITY), "error", "a", "again and again"),
    ],
)
def test_what_is_wrong_with_other_nodes(bad: Tree, severity: str, where: str, what: str) -> None:
    findings = check(bad, QUEUES, tested={"110"})
    assert [f for f in findings if f.severity == severity and f.where == where and what in f.what], findings
    assert all(f.do for f in findings)


SOUNDS = {
    "short": Sound(4.0, text="您好，这里是一二三四五。"),
    "long": Sound(9.0),
    "raw": Sound(1.0, approved=False),
    "ad": Sound(2.0, text="本线路由某某银行冠名，扫码关注领红包。"),
    "tax": Sound(2.0, text="税收优惠政策咨询请按二。"),
}
PLAIN = Menu(("long",), {"0": "q"}, on_failure="q")


@pytest.mark.parametrize(
    ("bad", "severity", "where", "what"),
    [
        (tree(a=Announcement(("gone",), "q"), q=CITY), "error", "a", "no sound 'gone'"),
        (tree(a=Announcement(("raw",), "q"), q=CITY), "error", "a", "'raw' is not approved"),
        (tree(a=Announcement(("ad",), "q"), q=CITY), "error", "a", "advertising: 冠名, 扫码关注, 红包"),
        (tree(a=Announcement(("tax",), "q"), q=CITY), "warning", "a", "advertising: 优惠"),
        (tree(a=Announcement(("long", "long"), "q"), q=CITY), "error", "q", "18.0 s of sound"),
        (tree(a=Announcement(("long",), "m"), m=PLAIN, q=CITY), "error", "m", "18.0 s of sound"),
        (
            tree(a=CallerLookUp("q", "b", "q"), b=Announcement(("long",), "c"), c=Announcement(("long",), "q"), q=CITY),
            "error",
            "q",
            "18.0 s",
        ),
        (tree(i=IncidentNotice("a", "q", "q"), a=Announcement(("long",) * 2, "q"), q=CITY), "error", "q", "18.0 s"),
    ],
)
def test_what_is_wrong_with_sounds(bad: Tree, severity: str, where: str, what: str) -> None:
    findings = check(bad, QUEUES, sounds=SOUNDS)
    assert [f for f in findings if f.severity == severity and f.where == where and what in f.what], findings


def test_sounds_up_to_fifteen_seconds_and_those_after_a_menu_are_no_finding() -> None:
    good = tree(
        a=Announcement(("short",), "m"), m=Menu(("long",), {"0": "b"}, "b"), b=Announcement(("long",), "q"), q=CITY
    )
    assert check(good, QUEUES, sounds=SOUNDS) == []


def test_a_number_needs_a_tree() -> None:
    findings = check_numbers({"12345": "main", "63160000": None, "12319": "gone"}, {"main"})
    assert [(f.where, f.what) for f in findings] == [
        ("63160000", "the number has no tree"),
        ("12319", "there is no tree 'gone'"),
    ]


def test_the_largest_tree_is_checked_in_time() -> None:
    chain: dict[str, Node] = {f"n{i}": Announcement(("short",), f"n{i + 1}") for i in range(499)}
    findings = check(Tree("n0", {**chain, "n499": CITY}), QUEUES, sounds=SOUNDS)
    assert [f.what for f in findings] == ["1996.0 s of sound go before a person can be reached here"]
    circle: dict[str, Node] = {f"n{i}": Announcement(("short",), f"n{(i + 1) % 500}") for i in range(500)}
    assert len(check(Tree("n0", circle), QUEUES, sounds=SOUNDS)) == 1001
    ladder: dict[str, Node] = {
        f"n{i}": OpeningHours(ALWAYS, f"n{i // 2 * 2 + 2}", f"n{i // 2 * 2 + 3}") for i in range(498)
    }
    menus: dict[str, Node] = {"n498": Menu(("short",), {"0": "n499", "1": "n0"}, "n499"), "n499": CITY}
    assert [f.where for f in check(Tree("n498", ladder | menus), QUEUES, sounds=SOUNDS)] == ["n1"]


def test_a_tree_of_menus_alone_is_checked_in_time() -> None:
    keys = {key: place for place, key in enumerate("0123456789*#")}
    menus: dict[str, Node] = {
        f"n{i}": Menu(("short",), {key: f"n{(i * 7 + place * 13 + 1) % 500}" for key, place in keys.items()}, "n0")
        for i in range(500)
    }
    findings = check(Tree("n0", menus), QUEUES, sounds=SOUNDS)
    assert len([f for f in findings if f.what.startswith("a second menu follows")]) == 500
    assert len([f for f in findings if f.what == "nobody can be reached from here"]) == 500
