"""What goes between the interpreter and whoever drives the call: inputs in, effects out."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Begin:
    """The call stands at the start."""


@dataclass(frozen=True, slots=True)
class Played:
    """The sounds came to their end and no key ended them."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, pressed while sounds played or afterwards; no log shows it, for it may belong to an identity number."""

    digit: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Silence:
    """The time to listen passed without a key."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The effect could not be carried out: a missing sound, an AGI error, a database that is away."""

    reason: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The citizen is gone."""


@dataclass(frozen=True, slots=True)
class Done:
    """The effect was carried out; for a transfer: the talk took place."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of the caller's number."""

    known: bool
    open_case: bool = False


@dataclass(frozen=True, slots=True)
class CaseFound:
    """The sounds that tell the progress of the case."""

    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotFound:
    """No case has this number with this query code; the two are never told apart."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many seconds were recorded, and the key that ended it, if one did."""

    seconds: float
    key: str | None = None


Input = Begin | Played | Key | Silence | Failed | HungUp | Done | Caller | CaseFound | NotFound | Recorded


@dataclass(frozen=True, slots=True)
class Play:
    """Play the sounds one after the other until the end or one of the keys; answer Played, Key or Failed."""

    sounds: tuple[str, ...]
    until_keys: str


@dataclass(frozen=True, slots=True)
class PlayEarly:
    """Play the sounds before the call is answered, then answer it in any case; answer Played or Failed."""

    sounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a key; answer Key or Silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Speak this language from now on; answer Done or Failed."""

    language: str


@dataclass(frozen=True, slots=True)
class LookUpCaller:
    """Look the caller's number up; answer Caller or Failed."""


@dataclass(frozen=True, slots=True)
class LookUpCase:
    """Look a case up by its number and query code, as typed; answer CaseFound, NotFound or Failed."""

    case_number: str = field(repr=False)
    query_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisterReturnCall:
    """Note that the caller is owed a call by this queue, by somebody with `skill`; answer Done or Failed."""

    queue: str
    priority: int = 0
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller until one of the keys or `seconds`; answer Recorded or Failed."""

    seconds: int
    until_keys: str


@dataclass(frozen=True, slots=True)
class TransferTo:
    """Connect the caller with this target and stay until they are done; answer Done or Failed."""

    target: str


@dataclass(frozen=True, slots=True)
class RegisterAffected:
    """Note that the caller is affected by this incident; answer Done or Failed."""

    incident: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Store the citizen's score, or that none was given; answer Done or Failed."""

    score: int | None


@dataclass(frozen=True, slots=True)
class Enqueue:
    """The menu is over: the citizen waits for a person of this queue."""

    queue: str
    priority: int
    skill: str | None = None


@dataclass(frozen=True, slots=True)
class HangUp:
    """The menu is over: end the call."""


Effect = (
    Play
    | PlayEarly
    | Listen
    | SetLanguage
    | LookUpCaller
    | LookUpCase
    | RegisterReturnCall
    | Record
    | TransferTo
    | RegisterAffected
    | Rate
    | Enqueue
    | HangUp
)
