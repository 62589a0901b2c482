"""`assign_gap`: an agent becomes free while callers wait -> the next ring at that phone; and where ours goes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ops.bench.cel import HangUps, Record
from ops.bench.figures import MS, Figure, at_least, at_most, quotient, summary
from ops.bench.hall import Hall, Manner, Ring
from ops.bench.plan import Plan
from ops.bench.stage import Stage

PICK_UP, WRAP_UP = 0.02, (0.1, 0.3)
_RATE = 30.0
SIDES = ("ours", "other")
STAGES = ("command_to_decision", "decision_to_screen", "screen_to_dial", "dial_to_leg", "leg_to_invite")


def order(repeat: int) -> Sequence[str]:
    """The sides, the other way round in every second repeat."""
    return SIDES if repeat % 2 == 0 else SIDES[::-1]


class Assign:
    """Collects gaps of both sides over the repeats; `halls` are the runs on our side."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.gaps: dict[str, list[float]] = {side: [] for side in SIDES}
        self.profile: dict[str, list[float]] = {name: [] for name in STAGES}
        self.halls: list[Hall] = []
        self._stage = stage
        self._plan = plan

    async def repeat(self, number: int) -> None:
        """One run on each side."""
        for side in order(number):
            records = self._stage.records(side)
            with Hall(self._stage, side, Manner(PICK_UP, self._plan.busy_talk, WRAP_UP)) as hall:
                await hall.busy(self._plan.waiting, seconds=self._plan.busy_seconds, rate=_RATE)
            rings = [ring for ring in hall.seen.rings if ring.free is not None and ring.free.waiting]
            if side == "ours":
                self.halls.append(hall)
                self.gaps[side] += [ring.at - ring.free.at for ring in rings if ring.free is not None]
                self._note_stages(rings, records.read())
            else:
                self.gaps[side] += list(_since_free(rings, HangUps(records.read())))

    def figures(self) -> Iterator[Figure]:
        """The gap beside Asterisk's, and the stages of ours."""
        ours = summary(self.gaps["ours"], scale=MS, least=self._plan.least, what="assign_gap, ours")
        other = summary(self.gaps["other"], scale=MS, least=self._plan.least, what="assign_gap, app_queue")
        ratio = quotient(other.mean, ours.mean)
        limits = (
            *(at_most("p50", ours.p50, 2), at_most("p95", ours.p95, 5), at_most("p99", ours.p99, 10)),
            at_least("ratio of means", ratio or 0, 150),
        )
        note = (
            "callers wait; from the outcome command at the voice process' link (app_queue: from the hang-up of the "
            "agent's leg in Asterisk's own records) to the next INVITE at that agent's phone, stamped by the kernel"
        )
        yield Figure(
            "assign_gap", "ms", ours, other, "app_queue retry=1", ratio, "mean of other / mean of ours", limits, note
        )
        for name in STAGES:
            found = summary(self.profile[name], scale=MS, what=f"assign_gap.{name}")
            yield Figure(f"assign_gap.{name}", "ms", found, None, "", None, "", (), _STAGE_NOTES[name])

    def _note_stages(self, rings: Sequence[Ring], records: Sequence[Record]) -> None:
        offers = {(offer.call_id, offer.agent): offer for offer in self._stage.offers.values()}
        dials = {r.uniqueid: r.at for r in records if r.event == "APP_START" and r.application == "Dial"}
        legs = {(r.linkedid, r.endpoint): r.at for r in records if r.event == "CHAN_START"}
        for ring in rings:
            call_id = self._stage.calls.get(ring.caller, "")
            key = (call_id, ring.agent)
            if ring.free is None or key not in offers or call_id not in dials or key not in legs:
                continue
            offer, dial, leg = offers[key], dials[call_id], legs[key]
            seen = min(offer.seen_at)
            steps = (ring.free.at, offer.decided_at, seen, dial, leg, ring.at)
            for name, (begin, end) in zip(STAGES, pairwise(steps), strict=True):
                self.profile[name].append(end - begin)


def _since_free(rings: Sequence[Ring], hang_ups: HangUps) -> Iterator[float]:
    for ring in rings:
        free = hang_ups.after(ring.agent, ring.free.at) if ring.free is not None else None
        if free is not None and free <= ring.at:
            yield ring.at - free


_STAGE_NOTES = {
    "command_to_decision": "outcome command sent to the link -> the engine's decision (`decided_at` of the offer)",
    "decision_to_screen": "decision -> offer at the agent's screen: stream, link, web process, WebSocket",
    "screen_to_dial": "screen's acknowledgement, the session's GOSUB over FastAGI, the dialplan -> Dial begins (CEL)",
    "dial_to_leg": "Dial begins -> the agent's channel exists (CEL)",
    "leg_to_invite": "agent's channel -> INVITE at the phone: the subroutine before it, PJSIP",
}
