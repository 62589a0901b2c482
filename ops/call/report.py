"""A timeline as a person wants to read it, and the one line that a program reads; pure: values in, text out."""

import json
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from ops.call.clock import shown
from ops.call.timeline import CallFacts, missing, steps, summary, summary_of_all

_WIDTH = 15


def of_one(facts: CallFacts, zone: tzinfo | None) -> list[str]:
    """Return the lines of one call's timeline, the JSON line last."""
    return [*timeline(facts, zone), json.dumps(summary(facts), ensure_ascii=False)]


def timeline(facts: CallFacts, zone: tzinfo | None) -> list[str]:
    """Return one line a step: the clock, milliseconds since dialling, the step, and what there is to say about it."""
    start = facts.dialled_at
    lines = []
    for step in steps(facts):
        if step.at is None:
            lines.append(f"{'--:--:--.---':<12} {'':>9}  {step.name:<{_WIDTH}} did not happen")
        else:
            since = f"+{(step.at - (start or step.at)) * 1000:.0f} ms"
            lines.append(
                f"{shown(step.at, zone):<12} {since:>9}  {step.name:<{_WIDTH}} {printable(step.text)}".rstrip()
            )
    return lines


def of_many(calls: Sequence[CallFacts], double_offers: int) -> list[str]:
    """Return a table of many calls with their percentiles, the JSON line last."""
    total = summary_of_all(calls, double_offers)
    head = f"{'caller':<14} {'agent':<6} {'queue':>7} {'pop':>7} {'ring':>7}  case"
    return [head, *map(_row, calls), "", *_totals(total), json.dumps(total, ensure_ascii=False)]


def complaints(calls: Sequence[CallFacts], logs: str) -> list[str]:
    """Return what did not happen, call by call, and where to look; empty when every step of every call did."""
    lines = []
    for facts in calls:
        lacking = missing(facts)
        if lacking or facts.problems:
            name = f"call {facts.call_id or facts.key} of {printable(facts.caller)}"
            lines += [f"{name}: missing: {', '.join(lacking)}"] if lacking else []
            lines += [f"{name}: {problem}" for problem in facts.problems]
    return [*lines, f"look in {logs}"] if lines else []


def printable(text: str) -> str:
    """Return `text` with every character that could move a terminal's cursor shown as an escape."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def _row(facts: CallFacts) -> str:
    values = summary(facts)
    agent = facts.answer.agent if facts.answer else "-"
    numbers = " ".join(f"{_number(values[name]):>7}" for name in ("queue_ms", "pop_ms", "ring_ms"))
    return f"{printable(facts.caller):<14} {agent:<6} {numbers}  {facts.case_no or '-'}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _totals(total: dict[str, Any]) -> list[str]:
    counts = f"{total['calls']} calls, {total['answered']} answered, {total['cases']} cases"
    order = f"{total['pop_before_ring']} popped before the phone rang, {total['double_offers']} double offers"
    titles = {"decided -> on the screen": total["pop_ms"], "decided -> phone rings": total["ring_ms"]}
    percentiles = [f"{title:<28} {_percentiles(values)}" for title, values in titles.items()]
    return [f"{counts}; {order}", *percentiles]


def _percentiles(values: dict[str, float | None]) -> str:
    return "   ".join(f"{name} {_number(value)} ms" for name, value in values.items())
