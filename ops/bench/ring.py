"""`ring` and `pop`: a caller reaches the queue while agents are free -> the ring, and the offer at the screens."""

from collections.abc import Iterator

from ops.bench.assign import SIDES, order
from ops.bench.cel import started
from ops.bench.figures import MS, Figure, at_least, at_most, quotient, summary
from ops.bench.hall import Hall, Manner
from ops.bench.plan import Plan
from ops.bench.stage import Stage

MANNER = Manner(pick_up=0.02, talk=(0.2, 0.5), wrap_up=(0.02, 0.08))


class Ringing:
    """Collects both sides over the repeats; `halls` are the runs on our side."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.rings: dict[str, list[float]] = {side: [] for side in SIDES}
        self.whole: dict[str, list[float]] = {side: [] for side in SIDES}
        self.pops: list[float] = []
        self.popped_first: list[bool] = []
        self.halls: list[Hall] = []
        self._stage = stage
        self._plan = plan

    async def repeat(self, number: int) -> None:
        """One run on each side."""
        for side in order(number):
            records = self._stage.records(side)
            with Hall(self._stage, side, MANNER) as hall:
                await hall.steady(self._plan.steady_rate, seconds=self._plan.steady_seconds)
            if side == "ours":
                self.halls.append(hall)
                entered = self._note_pops(hall)
            else:
                entered = started(records.read(), "Queue")
            for ring in hall.seen.rings:
                self.whole[side].append(ring.at - hall.seen.dialled[ring.caller])
                if ring.caller in entered:
                    self.rings[side].append(ring.at - entered[ring.caller])

    def figures(self) -> Iterator[Figure]:
        """The ring and the whole way beside Asterisk's queue, and the pop."""
        yield self._compared("ring", self.rings, _RING, limited=True)
        yield self._compared("ring_whole", self.whole, _WHOLE, limited=False)
        pops = summary(self.pops, scale=MS, least=self._plan.least, what="pop")
        first = sum(self.popped_first) / max(1, len(self.popped_first))
        limits = (
            *(at_most("p50", pops.p50, 3), at_most("p99", pops.p99, 15)),
            at_least("share that popped before the ring", first, 1),
        )
        note = f"the engine's decision -> the offer at each of the agent's sockets, {self._plan.sockets} sockets open"
        yield Figure("pop", "ms", pops, None, "", None, "", limits, note)

    def _compared(self, name: str, found: dict[str, list[float]], note: str, *, limited: bool) -> Figure:
        ours = summary(found["ours"], scale=MS, least=self._plan.least, what=f"{name}, ours")
        other = summary(found["other"], scale=MS, least=self._plan.least, what=f"{name}, app_queue")
        limits = (at_most("p50", ours.p50, 3), at_most("p99", ours.p99, 10)) if limited else ()
        ratio = quotient(ours.p50, other.p50)
        return Figure(name, "ms", ours, other, "app_queue", ratio, "p50 of ours / p50 of other", limits, note)

    def _note_pops(self, hall: Hall) -> dict[str, float]:
        """What the screens saw of this run; returns when each caller entered the queue."""
        rang = {(self._stage.calls.get(ring.caller, ""), ring.agent): ring.at for ring in hall.seen.rings}
        entered: dict[str, float] = {}
        for offer in self._stage.offers.values():
            if offer.caller not in hall.seen.dialled:
                continue
            entered.setdefault(offer.caller, offer.queued_at)
            self.pops += [seen - offer.decided_at for seen in offer.seen_at]
            if (offer.call_id, offer.agent) in rang:
                self.popped_first.append(min(offer.seen_at) < rang[offer.call_id, offer.agent])
        return entered


_RING = (
    "20 calls a second, agents free; from the queue's taking the caller (ours: the engine's own stamp; app_queue: its "
    "start in Asterisk's records) to the INVITE at the agent's phone"
)
_WHOLE = "the same calls from the citizen's INVITE to the agent's, the answer and a greeting of 0.1 s included"
