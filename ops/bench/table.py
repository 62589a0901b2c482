"""The table for people and the JSON for programs; pure."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ops.bench.figures import Figure, Missing, Summary

_HEAD = ("figure", "", "samples", "mean", "p50", "p95", "p99", "ratio", "asked for")


def as_json(results: Sequence[Figure | Missing], about: dict[str, Any]) -> dict[str, Any]:
    """Return the whole run as data: `figures` by name, `missing` by comparison."""
    return {
        **about,
        "figures": {one.name: _without_name(one) for one in results if isinstance(one, Figure)},
        "missing": {one.name: one.why for one in results if isinstance(one, Missing)},
    }


def _without_name(figure: Figure) -> dict[str, Any]:
    row = asdict(figure)
    del row["name"]
    return row


def as_table(results: Sequence[Figure | Missing]) -> list[str]:
    """Return the lines of the table, then from where to where each figure is measured."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for result in results:
        rows += _rows(result) if isinstance(result, Figure) else [(result.name, "NOT MADE", *("",) * 6, result.why)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD) - 1)]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * len(lines[0]))
    return [*lines, "", *(f"{one.name}: {one.note}" for one in results if isinstance(one, Figure) and one.note)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.ljust(width) if place < 2 else text.rjust(width)  # noqa: PLR2004 - names to the left, numbers to the right
        for place, (text, width) in enumerate(zip(row[:-1], widths, strict=True))
    ]
    return "  ".join([*cells, row[-1]]).rstrip()


def _rows(figure: Figure) -> list[tuple[str, ...]]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.3g}"
    wishes = "; ".join(f"{limit.text} {'yes' if limit.met else f'NO: {limit.value:.4g}'}" for limit in figure.limits)
    rows = [(f"{figure.name} ({figure.unit})", "ours", *_numbers(figure.ours), ratio, wishes)]
    if figure.other is not None:
        rows.append(("", figure.other_is, *_numbers(figure.other), "", figure.ratio_is))
    return rows


def _numbers(found: Summary) -> tuple[str, ...]:
    return (str(found.samples), *(f"{value:.4g}" for value in (found.mean, found.p50, found.p95, found.p99)))
