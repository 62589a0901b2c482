"""Which agents of a running system nobody is signed in as."""

from ops.call.desk import Desk
from ops.errors import OpsError

#: Who may see every agent's state in the demonstration city.
SUPERVISOR = "9001"


async def free_agents(desk: Desk, wanted: int, *, queue: str = "city") -> list[str]:
    """Return `wanted` agents who serve `queue`, are signed out and whose password is known; raise OpsError for too few.

    A real agent who is at work keeps both seat and state: the call is placed among others.
    """
    agents = await desk.ask(SUPERVISOR, "GET", "/api/agents")
    # Those who answer no calls have no state; when nobody has one, nobody is there to keep it.
    if all(agent["state"] is None for agent in agents):
        raise OpsError("the voice process is away, so nobody can be signed in", "make status, make logs")
    free = [
        str(agent["id"])
        for agent in agents
        if agent["state"] == "logged_out" and queue in agent["queues"] and str(agent["id"]) in desk.people
    ]
    if len(free) < wanted:
        raise OpsError(
            f"{wanted} agents of the demonstration city must be signed out, and only {len(free)} are",
            "sign some out on their screens, or place fewer calls (make call CALLS=...)",
        )
    return free[:wanted]
