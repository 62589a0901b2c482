import pytest

from ivr.default import default_tree, demonstration_tree
from ivr.tree import Announcement, HangUp, Menu, ToQueue, Tree
from ivr.validation import Severity, check

QUEUES = {"city", "linhe", "pingyuan"}
CITY = ToQueue("city")
MENU = Menu(("m",), {"0": "city"}, on_failure="city")


def tree(**nodes: Announcement | Menu | ToQueue | HangUp) -> Tree:
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
