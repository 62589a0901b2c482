"""Numbers, money, dates and times in Mandarin, put together from the sounds `parts/...` of prompts.yaml."""

import datetime as dt
from decimal import Decimal

LIMIT = 10**12
"""A number must be smaller than this: 9999亿9999万9999 is the largest one that is said."""

MAX_DECIMALS = 6

_HUNDRED, _THOUSAND = "parts/hundred", "parts/thousand"
_GROUPS = ("", "parts/ten-thousand", "parts/hundred-million")
_TWO, _TWO_OF = "parts/2", "parts/two"
_ZERO = "parts/0"
_MINUS = "parts/minus"


def say_number(number: int | Decimal) -> tuple[str, ...]:
    """A number such as 一百零一, 两千, 负三点一四; up to six decimals, without the zeros at their end.

    Raises ValueError for 10^12 and more, for more decimals, and for what is no number: say those as digits.
    """
    if isinstance(number, int):
        return _whole(number)
    whole, decimals = _split(number)
    sign = (_MINUS,) if number < 0 and (whole or decimals) else ()
    return (*sign, *_whole(whole), *(("parts/point", *_digits(decimals)) if decimals else ()))


def say_count(number: int) -> tuple[str, ...]:
    """A number before what it counts: 2 is 两, not 二; raises ValueError like `say_number`."""
    return (_TWO_OF,) if number == 2 else say_number(number)  # noqa: PLR2004 - the rule is about two


def say_digits(text: str) -> tuple[str, ...]:
    """Digits one by one as on the telephone, where 1 is 幺; what is no digit 0-9 is left out."""
    digits = (letter for letter in text if letter in "0123456789")
    return tuple("parts/one-on-the-phone" if digit == "1" else f"parts/{digit}" for digit in digits)


def say_case_number(text: str) -> tuple[str, ...]:
    """A case number such as 3714-261121-00042-7, digit by digit."""
    return say_digits(text)


def say_money(fen: int) -> tuple[str, ...]:
    """An amount in fen as 元, 角 and 分: 二十元, 一元零五分, 五角; raises ValueError like `say_number`."""
    yuan, rest = divmod(abs(fen), 100)
    jiao, single = divmod(rest, 10)
    said: tuple[str, ...] = (_MINUS,) if fen < 0 else ()
    if yuan or not rest:
        said += (*say_count(yuan), "parts/yuan")
    if jiao:
        said += (*(say_number(jiao) if yuan else say_count(jiao)), "parts/jiao")
    if single:
        zero = (_ZERO,) if yuan and not jiao else ()
        said += (*zero, *(say_number(single) if yuan or jiao else say_count(single)), "parts/fen")
    return said


def say_date(date: dt.date) -> tuple[str, ...]:
    """A date: 二零二六年十一月二十一日."""
    month, day = (*_whole(date.month), "parts/month"), (*_whole(date.day), "parts/day")
    return (*_digits(str(date.year)), "parts/year", *month, *day)


def say_time(time: dt.time) -> tuple[str, ...]:
    """A time of day by the 24-hour clock: 八点三十分, 十四点整, 两点零五分; the seconds are left out."""
    hour = (*say_count(time.hour), "parts/hour")
    if time.minute == 0:
        return (*hour, "parts/on-the-hour")
    zero = (_ZERO,) if time.minute < 10 else ()  # noqa: PLR2004 - two digits are always said
    return (*hour, *zero, *_whole(time.minute), "parts/minute")


def say_minutes(minutes: int) -> tuple[str, ...]:
    """How many minutes: 两分钟, 十分钟; raises ValueError like `say_number`."""
    return (*say_count(minutes), "parts/minutes")


def _digits(text: str) -> tuple[str, ...]:
    """Digits of a year or behind the point, where 1 is 一."""
    return tuple(f"parts/{digit}" for digit in text)


def _split(number: Decimal) -> tuple[int, str]:
    """The whole part without its sign, and the decimals as digits."""
    if not number.is_finite() or abs(number) >= LIMIT:
        raise ValueError("this is too large to be said as a number; say its digits")
    if number != round(number, MAX_DECIMALS):
        raise ValueError(f"more than {MAX_DECIMALS} decimals are too many to be heard; round the number")
    whole, _, decimals = f"{abs(number):.{MAX_DECIMALS}f}".partition(".")
    return int(whole), decimals.rstrip("0")


def _whole(number: int) -> tuple[str, ...]:
    if abs(number) >= LIMIT:
        raise ValueError("this is too large to be said as a number; say its digits")
    if number < 0:
        return (_MINUS, *_whole(-number))
    if number == 0:
        return (_ZERO,)
    said: tuple[str, ...] = ()
    for place in reversed(range(len(_GROUPS))):
        group = number // 10_000**place % 10_000
        if not group:
            continue
        gap = said and (group < 1000 or not number // 10_000 ** (place + 1) % 10_000)  # noqa: PLR2004 - four digits
        said += (*((_ZERO,) if gap else ()), *_group(group, head=not said, named=place > 0))
        said += (_GROUPS[place],) if place else ()
    return said


def _group(group: int, *, head: bool, named: bool) -> tuple[str, ...]:
    """Up to four digits: `head` where the number begins with them, `named` where 万 or 亿 follows."""
    if named and group == 2:  # noqa: PLR2004 - 两万, 两亿
        return (_TWO_OF,)
    thousands, hundreds, rest = group // 1000, group // 100 % 10, group % 100
    said: tuple[str, ...] = ()
    if thousands:
        said += (_TWO_OF if head and thousands == 2 else f"parts/{thousands}", _THOUSAND)  # noqa: PLR2004 - 两千
    if hundreds:
        said += (f"parts/{hundreds}", _HUNDRED)
    elif thousands and rest:
        said += (_ZERO,)
    return said + _below_hundred(rest, head=head and not said, gap=bool(hundreds))


def _below_hundred(rest: int, *, head: bool, gap: bool) -> tuple[str, ...]:
    """十一 at the head of a number, 一十一 within it; a zero for the tens that are left out."""
    tens, ones = divmod(rest, 10)
    said: tuple[str, ...] = ()
    if tens == 1 and not head:
        said += ("parts/1", "parts/10")
    elif tens:
        said += (f"parts/{tens}0",)
    elif ones and gap:
        said += (_ZERO,)
    return said + ((f"parts/{ones}",) if ones else ())
