"""How long everything takes: the whole run, and the quick one that only proves that the bench works; values alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds, unless said otherwise; `repeats` of each comparison, the order alternating between them.

    `spare` repeats more where they have given too few samples: a machine that does other work meanwhile. `menu_first`:
    the rates at which ours, the dialplan and the process AGI are tried first.
    """

    repeats: int = 5
    spare: int = 0
    agents: int = 30
    sockets: int = 70
    busy_seconds: float = 8.0
    busy_talk: tuple[float, float] = (1.5, 3.5)
    steady_rate: float = 20.0
    steady_seconds: float = 6.0
    menu_seconds: float = 2.5
    menu_cpu_rate: int = 10
    menu_cpu_seconds: float = 4.0
    menu_rates: int = 3
    menu_first: tuple[int, int, int] = (48, 92, 10)
    replay_seconds: float = 20.0
    replay_talk: float = 6.0
    decisions: int = 4_000
    simulated_calls: int = 100_000
    erlang_hours: float = 2000.0
    live_calls: int = 1000
    least: int = 100

    @property
    def waiting(self) -> int:
        """Citizens in the system while callers wait: half as many again as there are agents, at least 6 more."""
        return self.agents + max(6, self.agents // 2)


FULL = Plan()
QUICK = Plan(
    repeats=1,
    spare=4,
    agents=4,
    sockets=6,
    busy_seconds=2.5,
    busy_talk=(0.3, 0.6),
    steady_rate=5.0,
    steady_seconds=1.5,
    menu_seconds=0.5,
    menu_cpu_seconds=0.5,
    menu_rates=3,
    menu_first=(4, 4, 2),
    replay_seconds=1.0,
    replay_talk=0.3,
    decisions=400,
    simulated_calls=2_000,
    erlang_hours=160.0,
    live_calls=10,
    least=3,
)
