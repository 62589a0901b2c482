"""Tables as CSV for a spreadsheet: no cell is taken for a formula, and Chinese is read right."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.responses import Response

from api.core.openapi import Responses
from ivr.hours import CHINA

BYTE_ORDER_MARK: Final = "\ufeff"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CSV: Final[Responses] = {200: {"description": "A table", "content": {"text/csv": {}}}}

Cell = str | int | float | dt.datetime | None


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return a download named `name`.csv (ASCII), UTF-8 with its mark, lines ended by CR LF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response((BYTE_ORDER_MARK + text.getvalue()).encode(), media_type="text/csv", headers=headers)


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    return "'" + value if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value
