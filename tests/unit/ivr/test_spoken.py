"""Numbers as they are said, written with the characters of the sounds."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ivr import spoken
from ivr.notice import PRESS_ONE, REGISTERED
from ivr.progress import STATES, Progress, sounds_of
from ivr.reading import texts_of_prompts

PROMPTS = Path(__file__).resolve().parents[3] / "asterisk_conf" / "prompts.yaml"
TEXTS = texts_of_prompts(yaml.safe_load(PROMPTS.read_text("utf-8")))


def heard(sounds: tuple[str, ...]) -> str:
    return "".join(TEXTS[sound] for sound in sounds)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "零"),
        (1, "一"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (12, "十二"),
        (19, "十九"),
        (20, "二十"),
        (22, "二十二"),
        (99, "九十九"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (120, "一百二十"),
        (200, "二百"),
        (202, "二百零二"),
        (210, "二百一十"),
        (222, "二百二十二"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (1011, "一千零一十一"),
        (1100, "一千一百"),
        (1101, "一千一百零一"),
        (1110, "一千一百一十"),
        (2000, "两千"),
        (2002, "两千零二"),
        (2222, "两千二百二十二"),
        (9999, "九千九百九十九"),
        (10_000, "一万"),
        (10_001, "一万零一"),
        (10_010, "一万零一十"),
        (10_100, "一万零一百"),
        (11_000, "一万一千"),
        (12_345, "一万二千三百四十五"),
        (20_000, "两万"),
        (22_000, "两万二千"),
        (100_000, "十万"),
        (100_100, "十万零一百"),
        (101_000, "十万一千"),
        (110_000, "十一万"),
        (120_000, "十二万"),
        (1_100_000, "一百一十万"),
        (2_000_000, "二百万"),
        (20_000_000, "两千万"),
        (10_000_001, "一千万零一"),
        (10_101_010, "一千零一十万一千零一十"),
        (100_000_000, "一亿"),
        (100_000_001, "一亿零一"),
        (100_001_000, "一亿零一千"),
        (100_010_000, "一亿零一万"),
        (100_100_000, "一亿零一十万"),
        (110_000_000, "一亿一千万"),
        (200_020_002, "两亿零两万零二"),
        (1_000_000_000, "十亿"),
        (1_100_000_000, "十一亿"),
        (10_000_000_000, "一百亿"),
        (100_000_000_000, "一千亿"),
        (999_999_999_999, "九千九百九十九亿九千九百九十九万九千九百九十九"),
        (-1, "负一"),
        (-10, "负十"),
        (-2000, "负两千"),
    ],
)
def test_whole_numbers(number: int, said: str) -> None:
    assert heard(spoken.say_number(number)) == said
    assert heard(spoken.say_number(Decimal(number))) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("0.5", "零点五"),
        ("-0.5", "负零点五"),
        ("0.05", "零点零五"),
        ("3.14", "三点一四"),
        ("2.2", "二点二"),
        ("20.00", "二十"),
        ("100.10", "一百点一"),
        ("10.000001", "十点零零零零零一"),
        ("-0.00", "零"),
        ("0E+3", "零"),
        ("1E+5", "十万"),
        ("999999999999.5", "九千九百九十九亿九千九百九十九万九千九百九十九点五"),
    ],
)
def test_decimals(number: str, said: str) -> None:
    assert heard(spoken.say_number(Decimal(number))) == said


@pytest.mark.parametrize(
    "number",
    [
        10**12,
        -(10**12),
        10**4000,
        *map(Decimal, ["1E+12", "1E+999999", "-1E+999999", "1E-999999", "0.0000001", "NaN", "sNaN", "Infinity"]),
    ],
)
def test_what_nobody_could_follow_is_refused(number: int | Decimal) -> None:
    with pytest.raises(ValueError, match=r"; (say its digits|round the number)"):
        spoken.say_number(number)


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (0, "零元"),
        (1, "一分"),
        (2, "两分"),
        (10, "一角"),
        (20, "两角"),
        (22, "两角二分"),
        (55, "五角五分"),
        (100, "一元"),
        (105, "一元零五分"),
        (150, "一元五角"),
        (200, "两元"),
        (222, "两元二角二分"),
        (1200, "十二元"),
        (2000, "二十元"),
        (2222, "二十二元二角二分"),
        (10_001, "一百元零一分"),
        (20_000_000, "二十万元"),
        (100_000_001, "一百万元零一分"),
        (-2000, "负二十元"),
        (-5, "负五分"),
    ],
)
def test_money(fen: int, said: str) -> None:
    assert heard(spoken.say_money(fen)) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (dt.date(2026, 11, 21), "二零二六年十一月二十一日"),
        (dt.date(2026, 1, 1), "二零二六年一月一日"),
        (dt.date(2026, 2, 2), "二零二六年二月二日"),
        (dt.date(2011, 10, 10), "二零一一年十月十日"),
        (dt.date(2030, 12, 31), "二零三零年十二月三十一日"),
    ],
)
def test_dates(day: dt.date, said: str) -> None:
    assert heard(spoken.say_date(day)) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (dt.time(0, 0), "零点整"),
        (dt.time(0, 5), "零点零五分"),
        (dt.time(2, 0), "两点整"),
        (dt.time(2, 2), "两点零二分"),
        (dt.time(8, 30), "八点三十分"),
        (dt.time(12, 10), "十二点十分"),
        (dt.time(14, 12, 59), "十四点十二分"),
        (dt.time(22, 22), "二十二点二十二分"),
        (dt.time(23, 59), "二十三点五十九分"),
    ],
)
def test_times(time: dt.time, said: str) -> None:
    assert heard(spoken.say_time(time)) == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "零分钟"), (1, "一分钟"), (2, "两分钟"), (12, "十二分钟"), (120, "一百二十分钟")]
)
def test_minutes(minutes: int, said: str) -> None:
    assert heard(spoken.say_minutes(minutes)) == said


def test_digits_are_said_as_on_the_telephone() -> None:
    assert heard(spoken.say_digits("12345")) == "幺二三四五"
    assert heard(spoken.say_digits("+86 10-110")) == "八六幺零幺幺零"
    assert spoken.say_digits("") == spoken.say_digits("ab١*#") == ()
    assert heard(spoken.say_case_number("3714-261121-00042-7")) == "三七幺四二六幺幺二幺零零零四二七"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "登记，目前等待处理。"),
        ("to_dispatch", "登记，目前正由承办单位办理。"),
        ("answered", "登记，已经答复。"),
        ("rejected", "登记，经核实不属于受理范围，没有受理。"),
        ("invalid", "登记，已按无效来电处理。"),
        ("a state of tomorrow", "登记，目前正在办理。"),
    ],
)
def test_the_progress_of_a_case(state: str, said: str) -> None:
    found = Progress("3714-261121-00042-7", state, dt.date(2026, 11, 21))
    assert heard(sounds_of(found)) == f"您的工单于二零二六年十一月二十一日{said}"


BELOW = spoken.LIMIT - 1
numbers = st.integers(-BELOW, BELOW)
decimals = st.decimals(-BELOW, BELOW, allow_nan=False, allow_infinity=False, places=6)


@given(numbers, decimals, st.datetimes(), st.text(), st.sampled_from([*STATES, "x", ""]))
def test_every_sound_that_is_named_exists(
    number: int, fraction: Decimal, moment: dt.datetime, text: str, state: str
) -> None:
    day, time = moment.date(), moment.time()
    said = (
        *spoken.say_number(number),
        *spoken.say_number(fraction),
        *spoken.say_money(number),
        *spoken.say_minutes(number),
        *spoken.say_date(day),
        *spoken.say_time(time),
        *spoken.say_digits(text),
        *sounds_of(Progress(text, state, day)),
    )
    assert set(said) <= TEXTS.keys()


VALUES = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
PLACES = {"十": 10, "百": 100, "千": 1000}


def understood(said: str) -> int:
    """What a listener makes of it, by the rules of a reader of Chinese numbers, not by those of the speaker."""
    total = group = digit = 0
    for letter in said.removeprefix("负"):
        if letter in VALUES:
            digit = VALUES[letter]
        elif letter in PLACES:
            group, digit = group + (digit or 1) * PLACES[letter], 0
        else:
            power = {"万": 10**4, "亿": 10**8}[letter]
            total, group, digit = total + (group + digit) * power, 0, 0
    number = total + group + digit
    return -number if said.startswith("负") else number


@given(st.one_of(numbers, st.integers(-100_000, 100_000), st.integers(0, 11).map(lambda power: 10**power)))
def test_a_listener_understands_the_number_that_was_meant(number: int) -> None:
    said = heard(spoken.say_number(number))
    assert understood(said) == number
    assert "零零" not in said
    assert said == "零" or not said.endswith("零")


def test_the_prompts_that_others_name_are_there() -> None:
    assert {REGISTERED, PRESS_ONE} <= TEXTS.keys()
    wanted = "transferring case-number-ask query-code-ask case-not-found target-test"
    wanted += " trial-person trial-code-wrong trial-not-now"
    assert {f"hotline/{name}" for name in wanted.split()} <= TEXTS.keys()
