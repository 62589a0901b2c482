"""Case numbers: region, date, serial and a check digit, such as `3714-261121-00042-7`, and their query codes."""

import datetime as dt
import secrets
from typing import Final

# China keeps one time all year; a fixed offset needs no zone files on the machine.
CHINA: Final = dt.timezone(dt.timedelta(hours=8), "CST")
SERIAL_DIGITS: Final = 5
DATE_DIGITS: Final = 6
CODE_DIGITS: Final = 6


def case_day(at: dt.datetime) -> dt.date:
    """Return the Chinese calendar day of a moment; `at` is aware."""
    return at.astimezone(CHINA).date()


def check_digit(digits: str) -> str:
    """Return the check character of GB/T 17710 (ISO 7064 MOD 11,10): it finds every single wrong digit
    and almost every swapped pair.
    """  # noqa: D205 - one sentence
    rest = 10
    for digit in digits:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)


def case_number(region: str, day: dt.date, serial: int) -> str:
    """Return the number of the `serial`-th case (from 1) of a region on a day."""
    date, tail = day.strftime("%y%m%d"), f"{serial:0{SERIAL_DIGITS}d}"
    return f"{region}-{date}-{tail}-{check_digit(region + date + tail)}"


def is_case_number(text: str) -> bool:
    """Tell whether the check digit fits: a number misheard on the phone is refused before it is looked up."""
    digits = text.replace("-", "").replace(" ", "")
    return digits.isascii() and digits.isdigit() and len(digits) > 1 and check_digit(digits[:-1]) == digits[-1]


def number_of_digits(digits: str, *, region: str) -> str:
    """Return the case number that a citizen typed without its dashes; `region` is that of this city.

    A number of another region is told apart by its length, since a serial seldom grows beyond five digits.
    """
    ours = len(region) if digits.startswith(region) else max(0, len(digits) - DATE_DIGITS - SERIAL_DIGITS - 1)
    parts = (digits[:ours], digits[ours : ours + DATE_DIGITS], digits[ours + DATE_DIGITS : -1], digits[-1:])
    return "-".join(parts)


def new_query_code() -> str:
    """Return six digits nobody can guess from others; with them a citizen hears a case's progress."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
