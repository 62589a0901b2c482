"""Callers' numbers in one canonical form, so that two spellings of a citizen are one citizen; pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, shortnumberinfo

from acd.rules.outbound import diallable, masked

REGION: Final = "CN"
CHINA: Final = 86
WITHHELD_TEXT: Final = "未显示号码"
LONGEST: Final = 32

DECORATION: Final = re.compile(r"[\s().\-/\u2010-\u2015]")
DIALLABLE: Final = re.compile(r"\+?[0-9]{3,20}")
MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
LOCAL: Final = re.compile(r"[2-8][0-9]{6,7}")


@lru_cache(maxsize=4096)
def canonical_number(raw: str | None, *, area_code: str) -> str | None:
    """Return E.164 (`+8613800138000`), a short number as dialled (`12345`), or None when no number is shown.

    `area_code` (`"0534"`) completes a local number of seven or eight digits. Withheld numbers, words and
    garbage have no canonical form.
    """
    digits = _digits(raw or "")
    if digits is None:
        return None
    if LOCAL.fullmatch(digits) and not _is_short(digits):
        return f"+{CHINA}{area_code.removeprefix('0')}{digits}"
    try:
        number = phonenumbers.parse(digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    if _is_short(digits):
        return digits
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if _is_number(number) else None


def _digits(raw: str) -> str | None:
    if len(raw) > LONGEST:
        return None
    text = DECORATION.sub("", unicodedata.normalize("NFKC", raw).strip().lower())
    text = text.removeprefix("tel:").removeprefix("sip:").partition("@")[0]
    return text if DIALLABLE.fullmatch(text) and text.isascii() else None


def _is_short(digits: str) -> bool:
    if digits.startswith(("+", "0")):
        return False
    number = PhoneNumber(country_code=CHINA, national_number=int(digits))
    return bool(shortnumberinfo.is_valid_short_number_for_region(number, REGION))


def _is_number(number: PhoneNumber) -> bool:
    """Trust any mobile number by its shape: operators open new ranges faster than the library learns them."""
    if number.country_code == CHINA and MOBILE.fullmatch(str(number.national_number)):
        return True
    return bool(phonenumbers.is_valid_number(number))


@lru_cache(maxsize=4096)
def display_number(canonical: str | None) -> str:
    """Return the number as a person reads it: `138 0013 8000`, `+1 415-555-2671`, `12345` or 未显示号码."""
    if canonical is None:
        return WITHHELD_TEXT
    if not canonical.startswith("+"):
        return canonical
    number = phonenumbers.parse(canonical, None)
    at_home = number.country_code == CHINA
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def masked_number(canonical: str | None) -> str:
    """Return the number as the screen of whoever calls a citizen shows it: `138****8000`."""
    return WITHHELD_TEXT if canonical is None else masked(diallable(canonical) or canonical)
