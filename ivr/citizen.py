"""The citizen of a trial: keys typed beforehand become answers to effects; also how an effect reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ivr import protocol as io
from ivr.speech import Sound
from ivr.tree import PERSON_KEY

TIMEOUT, FAIL, HANGUP = "timeout", "fail", "hangup"
KNOWN, OPEN_CASE, UNKNOWN = "known", "open-case", "unknown"
FOUND, NOT_FOUND = "found", "not-found"
DURING = "!"
WORDS = (TIMEOUT, FAIL, HANGUP, KNOWN, OPEN_CASE, UNKNOWN, FOUND, NOT_FOUND)

MAX_TOKENS = 500
MESSAGE_SECONDS = 10.0
TALK_SECONDS = 60.0
KEY_SECONDS = 1.0
UNKNOWN_SOUND_SECONDS = 3.0
PROGRESS = "case-progress"
PROGRESS_TEXT = "(the progress of the case)"

_KEYS = re.compile(r"!?[0-9*#]+", re.ASCII)


class KeysError(ValueError):
    """Keys to try that cannot be understood; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound, and what it says where that is known."""

    sound: str
    text: str | None


def keys_from_text(text: str) -> tuple[str, ...]:
    """Read `2,timeout,0`: keys (`2026#` is five), `!2` a key while the sound plays, and the words of `WORDS`."""
    tokens: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part in WORDS:
            tokens.append(part)
        elif _KEYS.fullmatch(part):
            during = DURING if part.startswith(DURING) else ""
            tokens += [during + part[len(during)], *part[len(during) + 1 :]]
        else:
            raise KeysError(f"{part[:40]!r} is no key; use 0-9, *, #, !2 (during the sound), {', '.join(WORDS)}")
    if len(tokens) > MAX_TOKENS:
        raise KeysError(f"{len(tokens)} keys are more than a call has; use at most {MAX_TOKENS}")
    return tuple(tokens)


class Citizen:
    """Answers effects from the list of keys, in order; stays silent afterwards."""

    def __init__(self, keys: list[str], sounds: Mapping[str, Sound]) -> None:
        self.left = keys
        self._sounds = sounds

    def heard(self, effect: io.Effect) -> tuple[Heard, ...]:
        """The sounds of an effect with their texts."""
        names = effect.sounds if isinstance(effect, io.Play | io.PlayEarly) else ()
        return tuple(Heard(name, self._text(name)) for name in names)

    def answer(self, effect: io.Effect) -> tuple[io.Input, str, float]:
        """The input, how it reads, and how many seconds it took."""
        if self._take(HANGUP):
            return io.HungUp(), "hangs up", 0.0
        if self._take(FAIL):
            return io.Failed("it fails in this trial"), "this fails", 0.0
        match effect:
            case io.Play() | io.PlayEarly():
                return self._while_playing(effect)
            case io.Listen(seconds):
                return self._while_listening(seconds)
            case io.Record():
                return self._recorded()
            case _:
                return self._done(effect)

    def _done(self, effect: io.Effect) -> tuple[io.Input, str, float]:
        """What the hotline itself does for the citizen."""
        match effect:
            case io.LookUpCaller():
                return self._looked_up()
            case io.LookUpCase():
                return self._case()
            case io.TransferTo():
                return io.Done(), "they talk", TALK_SECONDS
            case _:
                return io.Done(), "done", 0.0

    def _take(self, word: str) -> bool:
        if self.left and self.left[0] == word:
            del self.left[0]
            return True
        return False

    def _take_key(self, *, during: bool) -> str | None:
        if self.left and self.left[0] not in WORDS and self.left[0].startswith(DURING) == during:
            return self.left.pop(0)[-1]
        return None

    def _while_playing(self, effect: io.Play | io.PlayEarly) -> tuple[io.Input, str, float]:
        seconds = sum(self._seconds(name) for name in effect.sounds)
        key = self._take_key(during=True)
        if key is None:
            return io.Played(), "listens", seconds
        if isinstance(effect, io.Play) and key in effect.until_keys:
            return io.Key(key), f"presses {key} meanwhile", seconds / 2
        return io.Played(), f"presses {key} meanwhile, which means nothing here", seconds

    def _while_listening(self, seconds: float) -> tuple[io.Input, str, float]:
        key = self._take_key(during=False) or self._take_key(during=True)
        if key is not None:
            return io.Key(key), f"presses {key}", min(KEY_SECONDS, seconds)
        self._take(TIMEOUT)
        return io.Silence(), f"is silent for {seconds:g} s", seconds

    def _recorded(self) -> tuple[io.Input, str, float]:
        if self._take(TIMEOUT):
            return io.Recorded(0.0), "says nothing", MESSAGE_SECONDS
        key = self._take_key(during=False)
        ended = f" and presses {key}" if key else ""
        key = key if key in (PERSON_KEY, "#") else None
        return io.Recorded(MESSAGE_SECONDS, key), f"speaks for {MESSAGE_SECONDS:g} s{ended}", MESSAGE_SECONDS

    def _looked_up(self) -> tuple[io.Input, str, float]:
        if self._take(OPEN_CASE):
            return io.Caller(known=True, open_case=True), "the number is known, with an open case", 0.0
        if self._take(KNOWN):
            return io.Caller(known=True), "the number is known", 0.0
        self._take(UNKNOWN)
        return io.Caller(known=False), "the number is not known", 0.0

    def _case(self) -> tuple[io.Input, str, float]:
        if self._take(NOT_FOUND):
            return io.NotFound(), "no such case", 0.0
        self._take(FOUND)
        return io.CaseFound((PROGRESS,)), "the case is found", 0.0

    def _seconds(self, name: str) -> float:
        return self._sounds[name].seconds if name in self._sounds else UNKNOWN_SOUND_SECONDS

    def _text(self, name: str) -> str | None:
        if name == PROGRESS:
            return PROGRESS_TEXT
        return self._sounds[name].text if name in self._sounds else None


def does(effect: io.Effect) -> str:
    """What an effect is, for a reader."""
    match effect:
        case io.Play():
            return "hears"
        case io.PlayEarly():
            return "hears before the answer"
        case io.Listen(seconds):
            return f"may press a key for {seconds:g} s"
        case io.Record(seconds):
            return f"is recorded for up to {seconds} s"
        case _:
            return _done(effect)


def _done(effect: io.Effect) -> str:
    """What the hotline does without a sound."""
    texts: Mapping[type[io.Effect], str] = {
        io.LookUpCaller: "the caller's number is looked up",
        io.LookUpCase: "the case is looked up",
    }
    match effect:
        case io.TransferTo(target):
            return f"is put through to {target}"
        case io.Rate(score):
            return "no score is stored" if score is None else f"the score {score} is stored"
        case io.SetLanguage(language):
            return f"the language becomes {language}"
        case io.RegisterReturnCall(queue=queue):
            return f"a call back by {queue} is registered"
        case io.RegisterAffected(incident):
            return f"is registered as affected by {incident}"
        case _:
            return texts.get(type(effect), "")
