"""Fields of parsed JSON or YAML, taken one by one and checked; an error says where it is and what to do."""

import math
import re
from collections.abc import Iterable, Mapping

from ivr.hours import Week
from ivr.hours_codec import shown, week_from_dict
from ivr.tree import KEYS, LINE

MAX_SOUNDS = 20
MAX_SOUND_NAME = 200
MAX_SCORE = 10

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SOUND = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?", re.ASCII)


class TreeError(ValueError):
    """Data that is no menu tree; the text says where, what and what to do."""

    def __init__(self, where: str, what: str, do: str) -> None:
        where = where if len(where) <= MAX_SOUND_NAME else f"{where[:100]}..."
        super().__init__(f"{where}: {what}; {do}")
        self.where, self.what, self.do = where, what, do


class Fields:
    """The fields of one mapping, taken one by one, so that what is left over is a mistake."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise TreeError(where, f"this is {_kind(data)}", "give fields with their values")
        self._left = dict(data)
        self._where = where

    def nothing_else(self) -> None:
        """Raise for a field that nobody asked for: mostly a slip in its name."""
        if self._left:
            name = shown(next(iter(self._left))).strip("'\"")
            raise TreeError(f"{self._where}.{name}", "this field is not known", "correct its name or take it out")

    def empty(self, name: str) -> bool:
        """Whether a field is left out; one that is written without a value counts as left out."""
        if self._left.get(name) is not None:
            return False
        self._left.pop(name, None)
        return True

    def _take(self, name: str) -> object:
        if name not in self._left:
            raise TreeError(self._where, f"the field {name!r} is missing", "add it")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """A field that is text."""
        value = self._take(name)
        if not isinstance(value, str):
            raise TreeError(f"{self._where}.{name}", f"this is {_kind(value)}", "give text (in quotes)")
        return value

    def name(self, name: str) -> str:
        """A field that names a node, a queue or a target."""
        return name_of(self._take(name), f"{self._where}.{name}")

    def queue(self, name: str) -> str:
        """A field that names a queue, or the line's."""
        value = self._take(name)
        return LINE if value == LINE else name_of(value, f"{self._where}.{name}")

    def language(self, name: str) -> str:
        """A language as Asterisk names the folder of its sounds."""
        value = self.text(name)
        if not _LANGUAGE.fullmatch(value):
            raise TreeError(f"{self._where}.{name}", f"{value[:40]!r} is not a language", "use zh, en or such")
        return value

    def one_of(self, name: str, known: Iterable[str]) -> str:
        """A field that is one of a few words."""
        value = self.text(name)
        if value not in known:
            raise TreeError(f"{self._where}.{name}", f"{value[:40]!r} is not known", f"use one of {', '.join(known)}")
        return value

    def yes_or_no(self, name: str) -> bool:
        """A field that is true or false."""
        value = self._take(name)
        if not isinstance(value, bool):
            raise TreeError(f"{self._where}.{name}", f"this is {_kind(value)}", "give true or false")
        return value

    def mapping(self, name: str) -> Mapping[object, object]:
        """A field with fields of its own."""
        value = self._take(name)
        if not isinstance(value, Mapping):
            raise TreeError(f"{self._where}.{name}", f"this is {_kind(value)}", "give names with their values")
        return value

    def number(self, name: str, low: float, high: float) -> float:
        """A number within its bounds."""
        value, where = self._take(name), f"{self._where}.{name}"
        return _number(value, where, low, high, "a number")

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number within its bounds."""
        value, where = self._take(name), f"{self._where}.{name}"
        return _whole(value, where, low, high)

    def greeting(self, name: str) -> tuple[str, ...]:
        """The list of sounds, the line's greeting among them at most once; it may be left out."""
        return self.sounds(name, also=LINE)

    def sounds(self, name: str, *, also: str = "") -> tuple[str, ...]:
        """The list of sounds; it may be left out."""
        value = [] if self.empty(name) else self._take(name)
        where = f"{self._where}.{name}"
        if not isinstance(value, list | tuple) or len(value) > MAX_SOUNDS:
            raise TreeError(where, f"this is {_kind(value)}", f"give a list of at most {MAX_SOUNDS} names")
        if also and value.count(also) > 1:
            raise TreeError(where, f"{also} stands twice", "keep one")
        return tuple(also if s == also else _sound(s, f"{where}[{place}]") for place, s in enumerate(value))

    def week(self, name: str) -> Week | None:
        """Opening hours; left out or empty they are the line's."""
        if self.empty(name):
            return None
        try:
            return week_from_dict(self.mapping(name))
        except TreeError:
            raise
        except ValueError as error:
            what, _, do = str(error).partition("; ")
            raise TreeError(f"{self._where}.{name}", what, do) from error

    def choices(self, name: str) -> dict[str, str]:
        """Keys with their nodes."""
        return {key: name_of(value, where) for key, value, where in self._keys(name)}

    def scores(self, name: str) -> dict[str, int]:
        """Keys with their scores."""
        return {key: _whole(value, where, 0, MAX_SCORE) for key, value, where in self._keys(name)}

    def _keys(self, name: str) -> list[tuple[str, object, str]]:
        """Keys with what they stand for; YAML reads a bare 1 as a number, which is meant as the key."""
        where = f"{self._where}.{name}"
        found: dict[str, object] = {}
        for raw, value in self.mapping(name).items():
            key = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 9 else raw  # noqa: PLR2004 - digits
            if not isinstance(key, str) or len(key) != 1 or key not in KEYS:
                raise TreeError(where, f"{shown(raw)} is not a key", "use one of 0-9, * and # (in quotes)")
            if key in found:
                raise TreeError(where, f"the key {key} stands twice", "keep one")
            found[key] = value
        return [(key, value, f"{where}.{key}") for key, value in found.items()]


def name_of(value: object, where: str) -> str:
    """A name of a node, a queue or a target."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        given = repr(value[:40]) if isinstance(value, str) else f"this ({_kind(value)})"
        raise TreeError(where, f"{given} is not a name", "use up to 64 letters, digits, - and _ (in quotes)")
    return value


def some(names: Iterable[str]) -> str:
    """A few names, for a message."""
    return ", ".join(list(names)[:10]) or "the nodes (there are none yet)"


def _number(value: object, where: str, low: float, high: float, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(_bounded(value)):
        raise TreeError(where, f"this is {_kind(value)}", "give a number")
    if not low <= value <= high:
        raise TreeError(where, f"{shown(value)} is out of bounds", f"give {what} from {low:g} to {high:g}")
    return float(value)


def _whole(value: object, where: str, low: int, high: int) -> int:
    number = _number(value, where, low, high, "a whole number")
    if number != int(number):
        raise TreeError(where, f"{number} is out of bounds", f"give a whole number from {low} to {high}")
    return int(number)


def _bounded(value: float) -> float:
    """The value for a test of finiteness, which refuses whole numbers beyond a float's reach."""
    return max(-1e9, min(1e9, value)) if isinstance(value, int) else value


def _sound(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_SOUND_NAME or not _SOUND.fullmatch(value):
        given = repr(value[:40]) if isinstance(value, str) else f"this ({_kind(value)})"
        do = "name it in a greeting" if value == LINE else "give a name such as hotline/greeting-12345, no extension"
        raise TreeError(where, f"{given} is not a sound" + (" here" if value == LINE else ""), do)
    return value


def _kind(value: object) -> str:
    kinds = {type(None): "empty", str: "text", bool: "yes or no", list: "a list", dict: "a group of fields"}
    return kinds.get(type(value), f"a {type(value).__name__}")
