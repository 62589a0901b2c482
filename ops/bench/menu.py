"""`ivr`: a menu of five steps as our voice process, the native dialplan and a Python process serve it."""

from collections.abc import Iterator

from ops.bench.figures import MS, Figure, at_least, at_most, quotient, summary
from ops.bench.native import MENU, PROCESS, Native
from ops.bench.plan import Plan
from ops.bench.processes import cpu_seconds
from ops.bench.sipp import Callers
from ops.bench.voice import Voice
from ops.call.until import until

OURS = "12345"
WAYS = {"ours": OURS, "native": MENU, "process": PROCESS}
_STEP = 1.25
RATES = (1, 2, 3, *dict.fromkeys(round(4 * _STEP**n) for n in range(25)))
"""Calls a second that are tried: 1, 2, 3, 4, 5, 6, 8, ... 850."""
_QUIET_SECONDS = 40


class Ladder:
    """Finds the highest clean rate of one way, from where it was found last; pure."""

    def __init__(self, first: int, *, most: int) -> None:
        self._place = max(n for n, rate in enumerate(RATES) if rate <= first)
        self._most = most
        self._known: dict[int, bool] = {}

    def begin(self) -> None:
        """A new repeat: nothing is known but where to look first."""
        self._known = {}

    def next(self) -> int | None:
        """Return the rate to try next; None when the highest clean one is known, or `most` were tried.

        It goes on down until one is clean.
        """
        if len(self._known) >= self._most and self.best:
            return None
        place = self._place
        if self._known.get(place) is False:
            place -= 1
        elif self._known.get(place):
            place += 1
        return None if place in self._known or not 0 <= place < len(RATES) else RATES[place]

    def note(self, rate: int, *, clean: bool) -> None:
        """Take in how a rate went."""
        place = RATES.index(rate)
        self._known[place] = clean
        if clean or place < self._place or len(self._known) == 1:
            self._place = place

    @property
    def best(self) -> int:
        """The highest clean rate of this repeat, 0 when there was none."""
        return max((RATES[place] for place, clean in self._known.items() if clean), default=0)


class Menus:
    """Collects rates and processor time of the three ways over the repeats."""

    def __init__(self, native: Native, voice: Voice, callers: Callers, plan: Plan) -> None:
        self.rates: dict[str, list[float]] = {way: [] for way in WAYS}
        self.cpu: dict[str, list[float]] = {way: [] for way in WAYS}
        self._native = native
        self._voice = voice
        self._callers = callers
        self._plan = plan
        firsts = zip(WAYS, plan.menu_first, strict=True)
        self._ladders = {way: Ladder(first, most=plan.menu_rates) for way, first in firsts}

    async def repeat(self, number: int) -> None:
        """Each way once, in an order that turns."""
        ways = list(WAYS)
        turn = number % len(ways)
        for way in ways[turn:] + ways[:turn]:
            await self._measure_cpu(way)
        for way in ways[turn:] + ways[:turn]:
            await self._climb(way)

    def figures(self) -> Iterator[Figure]:
        """Clean calls a second and processor time a call."""
        rates = {way: summary(found, what=f"ivr, {way}") for way, found in self.rates.items()}
        cpu = {way: summary(found, scale=MS, what=f"ivr CPU, {way}") for way, found in self.cpu.items()}
        faster = quotient(rates["ours"].mean, rates["process"].mean)
        limits = (at_least("times the process AGI", faster or 0, 7),)
        yield Figure(
            "ivr", "calls/s", rates["ours"], rates["process"], "process AGI", faster, "ours / other", limits, _RATE_NOTE
        )
        share = quotient(rates["ours"].mean, rates["native"].mean)
        yield Figure(
            "ivr_beside_dialplan", "calls/s", rates["ours"], rates["native"], "dialplan", share, "ours / other", (), ""
        )
        dearer = quotient(cpu["ours"].mean, cpu["native"].mean)
        limits = (at_most("times the native dialplan", dearer or 0, 2),)
        yield Figure(
            "ivr_cpu", "ms/call", cpu["ours"], cpu["native"], "dialplan", dearer, "ours / other", limits, _CPU_NOTE
        )
        cheaper = quotient(cpu["process"].mean, cpu["ours"].mean)
        yield Figure(
            "ivr_cpu_beside_process",
            "ms/call",
            cpu["ours"],
            cpu["process"],
            "process AGI",
            cheaper,
            "other / ours",
            (),
            "",
        )

    async def _measure_cpu(self, way: str) -> None:
        pids = [self._native.pid, self._voice.pid] if way == "ours" else [self._native.pid]
        before = cpu_seconds(pids)
        batch = await self._callers.call(WAYS[way], rate=self._plan.menu_cpu_rate, seconds=self._plan.menu_cpu_seconds)
        if not batch.is_clean:
            await self._quiet()
        if batch.clean:
            self.cpu[way].append((cpu_seconds(pids) - before) / batch.calls)

    async def _climb(self, way: str) -> None:
        ladder = self._ladders[way]
        ladder.begin()
        while (rate := ladder.next()) is not None:
            batch = await self._callers.call(WAYS[way], rate=rate, seconds=self._plan.menu_seconds)
            if not batch.is_clean:
                await self._quiet()
            ladder.note(rate, clean=batch.is_clean)
        self.rates[way].append(ladder.best)

    async def _quiet(self) -> None:
        """Nothing of the calls before is left."""
        self._native.hang_up_all()
        await until(lambda: self._native.channels() == 0, "the calls before have ended", seconds=_QUIET_SECONDS)


_RATE_NOTE = (
    "highest rate in steps of 1.25 at which 99 of 100 calls are clean: five keys taken, hung up within 2 s of the "
    "fifth; a sample is a repeat"
)
_CPU_NOTE = (
    "processor time of Asterisk with its ended children and, ours, the voice process with its journal, from /proc, "
    "at 10 calls a second; a sample is a repeat"
)
