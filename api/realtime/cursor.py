"""What one screen has already been sent, and whether a message is its next one; pure."""

from dataclasses import dataclass
from enum import Enum, auto


class Verdict(Enum):
    """What to do with a message of the agent's stream."""

    SEND = auto()
    SKIP = auto()
    GAP = auto()  # something between is missing: ask the voice process for a replay


@dataclass(slots=True)
class Cursor:
    """The place of one screen in its agent's stream.

    Several screens of one agent share one link, so each sees the replays that another one asked for, and live
    messages may overtake its own replay: what is not exactly next is skipped, or asked for again.
    """

    epoch: str | None
    seq: int
    sent_any: bool = False
    _suspect: tuple[str, int] | None = None

    def take(self, epoch: str, seq: int, *, snapshot: bool) -> Verdict:
        """Judge a message and, when it is to be sent, move on to it."""
        known = epoch == self.epoch
        if snapshot:
            wanted = not self.sent_any or not known or seq > self.seq
            return self._move(epoch, seq) if wanted else Verdict.SKIP
        if self.epoch is None:
            return Verdict.SKIP  # a screen that knows nothing gets a snapshot first
        if known and seq <= self.seq:
            return Verdict.SKIP
        if (known and seq == self.seq + 1) or self._suspect == (epoch, seq):
            return self._move(epoch, seq)
        self._suspect = (epoch, seq)
        return Verdict.GAP

    def _move(self, epoch: str, seq: int) -> Verdict:
        self.epoch, self.seq, self.sent_any, self._suspect = epoch, seq, True, None
        return Verdict.SEND
