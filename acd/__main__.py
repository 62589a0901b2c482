"""The command line of the call distribution: `python -m acd simulate` answers how many agents it takes."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acd.simulation.figures import Estimate, Figures
from acd.simulation.files import Recorded, hall_plan, recorded_day
from acd.simulation.scenario import Group, Queue, Ringing, Scenario, ScenarioError
from acd.simulation.staffing import Answer, find, simulate

UNITS = {"service_level": "share", "mean_wait_s": "s", "waited": "share", "abandoned": "share", "occupancy": "share"}


def parser() -> argparse.ArgumentParser:
    """Describe the command; all times are seconds."""
    top = argparse.ArgumentParser(prog="python -m acd")
    command = top.add_subparsers(dest="command", required=True).add_parser(
        "simulate", help="what a number of agents means for the callers, by the rules that route the real calls"
    )
    command.add_argument("--agents", type=int, help="how many agents (of the group without a count in --queues)")
    command.add_argument("--find", type=float, metavar="SHARE", help="find the agents for this service level, as 0.95")
    calls = command.add_mutually_exclusive_group(required=True)
    calls.add_argument("--calls-per-hour", type=float, help="a steady stream of calls")
    calls.add_argument("--arrivals", type=Path, metavar="FILE", help="a recorded day, CSV: seconds or ISO time[,queue]")
    command.add_argument("--queues", type=Path, metavar="FILE", help="YAML: queues with shares, groups of agents")
    command.add_argument("--handle", type=float, default=180.0, help="mean talk and wrap-up (180)")
    command.add_argument("--patience", type=float, default=math.inf, help="mean patience; nobody gives up without it")
    command.add_argument("--target", type=float, default=15.0, help="answered within (15)")
    command.add_argument("--pickup", type=float, default=0.0, help="from the ring to the answer (0)")
    command.add_argument("--missed", type=float, default=0.0, metavar="SHARE", help="share of offers that ring out (0)")
    command.add_argument("--hours", type=float, default=200.0, help="how long to simulate (200)")
    command.add_argument("--seed", type=int, default=1, help="another number, other luck (1)")
    command.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0, or 2 with a sentence on standard error for what cannot be simulated."""
    options = parser().parse_args(arguments)
    try:
        answer = answer_of(options)
    except ScenarioError as error:
        sys.stderr.write(f"simulate: {error}\n")
        return 2
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"simulate: cannot read a file: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    shown = json.dumps(as_json(answer), ensure_ascii=False) if options.json else "\n".join(as_table(answer))
    sys.stdout.write(shown + "\n")
    return 0


def answer_of(options: argparse.Namespace) -> Answer:
    """The answer to what was asked; raises `ScenarioError` or OSError."""
    scenario = scenario_of(options)
    if options.find is not None:
        if options.agents is not None:
            raise ScenarioError("give --agents or --find, not both")
        return find(scenario, options.find, seed=options.seed)
    if options.agents is not None:
        scenario = scenario.sized(options.agents)
    if any(group.count is None for group in scenario.groups):
        raise ScenarioError("give --agents, or --find a service level")
    return simulate(scenario, seed=options.seed)


def scenario_of(options: argparse.Namespace) -> Scenario:
    """The options and files as a scenario, whose one group may still be without its number."""
    queues: tuple[Queue, ...] = (Queue("city", 1.0, options.handle, options.patience),)
    groups: tuple[Group, ...] = (Group(("city",)),)
    recorded: Recorded = ()
    if options.queues is not None:
        text = options.queues.read_text("utf-8")
        queues, groups = hall_plan(text, handle_s=options.handle, patience_s=options.patience)
    if options.arrivals is not None:
        recorded = recorded_day(options.arrivals.read_text("utf-8"))
    return Scenario(
        queues,
        groups,
        calls_per_hour=options.calls_per_hour or 0.0,
        recorded=recorded,
        target_s=options.target,
        hours=options.hours,
        ringing=Ringing(options.pickup, options.missed),
    )


def as_json(answer: Answer) -> dict[str, Any]:
    """The answer for programs: each figure as value, low and high."""
    queues = {queue: _without_none(figures) for queue, figures in answer.queues.items()}
    return {"agents": answer.agents, **_without_none(answer.figures), **({"queues": queues} if queues else {})}


def _without_none(figures: Figures) -> dict[str, Any]:
    return {name: value for name, value in asdict(figures).items() if value is not None}


def as_table(answer: Answer) -> list[str]:
    """The answer for people."""
    lines = [f"{answer.agents} agents, {answer.figures.calls} calls simulated; in brackets the 99 % interval"]
    lines += _rows(answer.figures)
    for queue, figures in answer.queues.items():
        lines += ["", f"queue {queue}, {figures.calls} calls", *_rows(figures)]
    return lines


def _rows(figures: Figures) -> list[str]:
    found = {name: getattr(figures, name) for name in UNITS}
    return [f"  {name:<14}{_text(e, UNITS[name])}" for name, e in found.items() if isinstance(e, Estimate)]


def _text(estimate: Estimate, unit: str) -> str:
    if unit == "s":
        return f"{estimate.value:8.2f} s  ({estimate.low:.2f} to {estimate.high:.2f})"
    return f"{estimate.value:8.2%}   ({estimate.low:.2%} to {estimate.high:.2%})"


if __name__ == "__main__":
    sys.exit(main())
