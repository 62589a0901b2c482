"""The table of an agent's states, and the one function that refuses."""

from enum import StrEnum

from acd.messages import AgentStateName as S


class Trigger(StrEnum):
    """What moves an agent from state to state."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    READY = "ready"
    PAUSE = "pause"
    OFFER = "offer"
    ANSWER = "answer"
    NOT_ANSWERED = "not_answered"
    WITHDRAWN = "withdrawn"
    CALL_ENDED = "call_ended"
    OUTCOME = "outcome"
    SEEN_TALKING = "seen_talking"
    PHONE_LOST = "phone_lost"
    HOLD = "hold"
    RESUME = "resume"
    RETURNED = "returned"
    MISSED = "missed"
    LINK_LOST = "link_lost"
    LINK_BACK = "link_back"
    MICROPHONE_LOST = "microphone_lost"
    MICROPHONE_BACK = "microphone_back"
    FINISH = "finish"
    CALL_OUT = "call_out"


HANDED_OVER = "handed_over"
"""The reason of a wrap-up whose call is somebody else's now: the outcome is theirs, and nothing is owed."""

COMMANDS = frozenset({Trigger.SIGN_IN, Trigger.SIGN_OUT, Trigger.READY, Trigger.PAUSE})

TABLE: dict[tuple[S, Trigger], S] = {
    (S.LOGGED_OUT, Trigger.SIGN_IN): S.PAUSED,
    (S.LOGGED_OUT, Trigger.SIGN_OUT): S.LOGGED_OUT,
    (S.LOGGED_OUT, Trigger.READY): S.READY,
    (S.LOGGED_OUT, Trigger.PAUSE): S.PAUSED,
    (S.READY, Trigger.SIGN_IN): S.READY,
    (S.READY, Trigger.READY): S.READY,
    (S.READY, Trigger.PAUSE): S.PAUSED,
    (S.READY, Trigger.SIGN_OUT): S.LOGGED_OUT,
    (S.READY, Trigger.OFFER): S.OFFERED,
    (S.OFFERED, Trigger.ANSWER): S.TALKING,
    (S.OFFERED, Trigger.NOT_ANSWERED): S.MISSED,
    (S.OFFERED, Trigger.WITHDRAWN): S.READY,
    # Who left was talked with before, so an outcome is owed.
    (S.OFFERED, Trigger.CALL_ENDED): S.WRAP_UP,
    (S.TALKING, Trigger.ANSWER): S.TALKING,
    (S.TALKING, Trigger.CALL_ENDED): S.WRAP_UP,
    (S.TALKING, Trigger.PHONE_LOST): S.MISSED,
    (S.TALKING, Trigger.HOLD): S.HOLDING,
    (S.HOLDING, Trigger.RESUME): S.TALKING,
    (S.HOLDING, Trigger.CALL_ENDED): S.WRAP_UP,
    (S.HOLDING, Trigger.PHONE_LOST): S.MISSED,
    (S.WRAP_UP, Trigger.OUTCOME): S.READY,
    # Without an outcome: the queue's time for it is over, or a supervisor says so. The case stays a draft.
    (S.WRAP_UP, Trigger.FINISH): S.READY,
    (S.PAUSED, Trigger.SIGN_IN): S.PAUSED,
    (S.PAUSED, Trigger.READY): S.READY,
    (S.PAUSED, Trigger.PAUSE): S.PAUSED,
    (S.PAUSED, Trigger.SIGN_OUT): S.LOGGED_OUT,
    # Whose phone broke gets the same citizen back, and whose citizen left meanwhile still chooses an outcome.
    (S.MISSED, Trigger.OFFER): S.OFFERED,
    (S.MISSED, Trigger.CALL_ENDED): S.WRAP_UP,
    (S.MISSED, Trigger.MISSED): S.MISSED,
    (S.MISSED, Trigger.SIGN_IN): S.MISSED,
    (S.MISSED, Trigger.READY): S.READY,
    (S.MISSED, Trigger.PAUSE): S.PAUSED,
    (S.MISSED, Trigger.SIGN_OUT): S.LOGGED_OUT,
    # A transfer that failed comes back to whoever made it, whatever they do by now.
    (S.READY, Trigger.RETURNED): S.OFFERED,
    (S.WRAP_UP, Trigger.RETURNED): S.OFFERED,
    (S.PAUSED, Trigger.RETURNED): S.OFFERED,
    (S.MISSED, Trigger.RETURNED): S.OFFERED,
    # Only who is ready can lose the link or the microphone: everybody else is offered nothing anyway. Who says ready
    # without a screen works without one; without the microphone nobody does.
    (S.READY, Trigger.LINK_LOST): S.LINK_LOST,
    (S.LINK_LOST, Trigger.LINK_BACK): S.READY,
    (S.LINK_LOST, Trigger.SIGN_IN): S.LINK_LOST,
    (S.LINK_LOST, Trigger.READY): S.READY,
    (S.LINK_LOST, Trigger.PAUSE): S.PAUSED,
    (S.LINK_LOST, Trigger.SIGN_OUT): S.LOGGED_OUT,
    (S.READY, Trigger.MICROPHONE_LOST): S.MICROPHONE_LOST,
    (S.MICROPHONE_LOST, Trigger.MICROPHONE_BACK): S.READY,
    (S.MICROPHONE_LOST, Trigger.SIGN_IN): S.MICROPHONE_LOST,
    (S.MICROPHONE_LOST, Trigger.PAUSE): S.PAUSED,
    (S.MICROPHONE_LOST, Trigger.SIGN_OUT): S.LOGGED_OUT,
    # A call of the agent's own: the phone rings first.
    (S.READY, Trigger.CALL_OUT): S.OFFERED,
    (S.PAUSED, Trigger.CALL_OUT): S.OFFERED,
    (S.MISSED, Trigger.CALL_OUT): S.OFFERED,
    # Asterisk's word counts more than ours: an agent who is seen talking is talking.
    **{(state, Trigger.SEEN_TALKING): S.TALKING for state in S},
}

_ADVICE = {
    S.OFFERED: "answer the call first",
    S.TALKING: "finish the call first",
    S.HOLDING: "take the citizen back or finish the call first",
    S.WRAP_UP: "choose an outcome for the last call first",
    S.LOGGED_OUT: "sign in first",
    S.LINK_LOST: "open the agent's page again first",
    S.MICROPHONE_LOST: "connect the microphone first; the page tells when it is there",
}


class TransitionRefusedError(Exception):
    """An agent in `state` cannot take `trigger`; the text says what to do instead."""

    def __init__(self, state: S, trigger: Trigger) -> None:
        self.state = state
        self.trigger = trigger
        advice = _ADVICE.get(state, "this does not apply now")
        super().__init__(f"{trigger} is not possible while {state}: {advice}")


class CommandRefusedError(Exception):
    """What was asked for cannot be done now; `code` names the case, `detail` says what to do instead."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


def next_state(state: S, trigger: Trigger) -> S:
    """The state that `trigger` leads to; raises `TransitionRefusedError` where the table has no entry."""
    try:
        return TABLE[state, trigger]
    except KeyError:
        raise TransitionRefusedError(state, trigger) from None
