"""The hall as supervisors see it: who does what, who waits, who talks; callers' numbers only in part."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from acd.rules.listening import Ear
from acd.rules.matching import Matcher
from acd.rules.outbound import masked
from acd.rules.published import Published
from acd.rules.state import Agent, Call, Phase

MOST = 200
"""So many waiting calls and talks are named; the counts are of all."""

WITH_AGENT = frozenset({Phase.OFFERED, Phase.TALKING, Phase.RESERVED})


def present(
    agents: Iterable[Agent], calls: Iterable[Call], matcher: Matcher, published: Published, ears: Iterable[Ear]
) -> dict[str, Any]:
    """All of it; equal halls give equal answers, because moments stand in it and no durations."""
    known = list(calls)
    waiting = [call for call in known if call.call_id in matcher]
    waiting.sort(key=lambda call: (-call.priority, call.queued_at or call.started_at))
    talks = [call for call in known if call.phase in WITH_AGENT]
    talks.sort(key=lambda call: call.started_at)
    return {
        "agents": [_agent(agent) for agent in agents],
        "waiting": [_waiting(call, matcher) for call in waiting[:MOST]],
        "waiting_count": len(waiting),
        "talks": [_talk(call) for call in talks[:MOST]],
        "talks_count": len(talks),
        "in_menu": sum(call.phase is Phase.MENU for call in known),
        "in_fallback": sum(call.phase is Phase.FALLBACK for call in known),
        "queues": [{"id": queue.id, "name": queue.name or queue.id} for queue in published.queues.values()],
        "listening": [_ear(ear) for ear in ears],
    }


def _agent(agent: Agent) -> dict[str, Any]:
    place = {"name": agent.name, "role": agent.role, "extension": agent.extension, "queues": list(agent.queues)}
    return {**agent.public(), **place}


def _call(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "caller": masked(call.caller) if call.caller else "",
        "line": call.line,
        "queue": call.queue,
    }


def _waiting(call: Call, matcher: Matcher) -> dict[str, Any]:
    return {
        **_call(call),
        "position": matcher.position(call.call_id),
        "priority": call.priority,
        "skill": call.skill,
        "queued_at": _text(call.queued_at),
    }


def _talk(call: Call) -> dict[str, Any]:
    return {
        **_call(call),
        "phase": call.phase.value,
        "agent_id": call.agent_id,
        "queued_at": _text(call.queued_at),
        "answered_at": _text(call.answered_at),
    }


def _ear(ear: Ear) -> dict[str, Any]:
    return {
        "supervisor_id": ear.supervisor_id,
        "act": ear.mode,
        "call_id": ear.call_id,
        "agent_id": ear.agent_id,
        "since": _text(ear.since),
    }


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(dt.UTC).isoformat()
