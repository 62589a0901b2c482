"""AMI's words turned once into the engine's events. No I/O; remembers only which leg belongs to which call."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from acd.rules import events as ev
from acd.rules import listening
from acd.rules.effects import FAR_PREFIX, LEG_PREFIX, OUT_PREFIX
from acd.rules.outbound import calling_for
from acd.rules.state import CARRIER
from acd.rules.telephones import AWAY_DEVICE, FREE_DEVICE, endpoint_of, is_line, is_trunk

WANTED = frozenset(
    {"DialBegin", "DialEnd", "HangupRequest", "Hangup", "OriginateResponse", "DeviceStateChange", "FullyBooted"}
    | {"ContactStatus"}
)
REASONS = {
    "4": ev.PlacedResult.ANSWERED,
    "5": ev.PlacedResult.BUSY,
    "3": ev.PlacedResult.NO_ANSWER,
}
"""OriginateResponse, `Reason` (main/manager.c, channel.h): the last control frame of the call that was placed."""

CAUSES = {"17": ev.PlacedResult.BUSY, "18": ev.PlacedResult.NO_ANSWER, "19": ev.PlacedResult.NO_ANSWER}
"""HangupRequest and Hangup, `Cause` (Q.850): with a call that was refused, Asterisk 22 gives 0 as the reason."""

CONTACTS = {
    "Reachable": FREE_DEVICE,
    "NonQualified": FREE_DEVICE,
    "Unreachable": AWAY_DEVICE,
    "Removed": AWAY_DEVICE,
}
"""ContactStatus, `ContactStatus`: what a gateway's answer to OPTIONS, or its silence, makes of a county's trunk."""

_DEVICE = "PJSIP/"
_EAR = f"{LEG_PREFIX}{listening.KIND}-"
"""Begins the uniqueid of a supervisor's leg, who is in the room with others and talks to nobody as their agent."""

Fields = Mapping[str, str]


class _Far(NamedTuple):
    """A trunk's channel: the Local channel that dialled it, and that one's near end when it was placed for us."""

    local: str
    placed: str


class Translator:
    """Keeps the legs (uniqueid of the dialled channel -> call id and endpoint) between DialBegin and Hangup.

    A line seat's leg is the near end of a Local channel; from its far end the county's trunk is dialled, and only there
    is it said that the person hung up. `near` maps the Local channel's name to the leg, `far` the uniqueid of the
    trunk's channel to that Local channel.
    """

    def __init__(self) -> None:
        self.legs: dict[str, tuple[str, str]] = {}
        self._near: dict[str, tuple[str, str]] = {}
        self._far: dict[str, _Far] = {}
        self._reads: dict[str, Callable[[Fields], ev.Event | None]] = {
            "DialBegin": self._dial_begin,
            "DialEnd": self._dial_end,
            "HangupRequest": self._hangup_request,
            "Hangup": self._hangup,
            "OriginateResponse": _placed,
            "DeviceStateChange": phone_changed,
            "ContactStatus": _trunk_changed,
        }

    def translate(self, name: str, fields: Fields) -> ev.Event | None:
        """The engine's event for an AMI event, or None when it means nothing to the engine."""
        read = self._reads.get(name)
        return None if read is None else read(fields)

    def snapshot(
        self,
        channels: Iterable[Fields],
        devices: Iterable[Fields],
        *,
        is_agent: Callable[[str], bool],
        taken_at: dt.datetime,
    ) -> ev.Snapshot:
        """Turn present channels (CoreShowChannels) and devices (DeviceStateList) into one event; relearn the legs."""
        rows = [(row, endpoint_of(row.get("Channel", ""))) for row in channels]
        citizens = {r["Uniqueid"]: r for r, e in rows if _is_citizen(r, e) and not is_agent(e or "")}
        bridges = {r["BridgeId"]: uid for uid, r in citizens.items() if r.get("BridgeId")}
        self.legs.clear()
        self._near.clear()
        self._far = _far_ends(rows)
        talking: dict[str, tuple[str, str]] = {}
        belong: dict[str, set[str]] = defaultdict(set)
        for row, endpoint in rows:
            bridged = bridges.get(row.get("BridgeId") or "-")
            call_id = bridged or (row["Linkedid"] if row.get("Linkedid") in citizens else None)
            belong[call_id or ""].add(row["Uniqueid"])
            if endpoint is None or not is_agent(endpoint) or row["Uniqueid"].startswith(_EAR):
                continue
            if call_id is not None:
                self._take_leg(row["Uniqueid"], row["Channel"], (call_id, endpoint))
            if bridged is not None:
                talking[bridged] = endpoint, row["Uniqueid"]
        seen = {
            uid: ev.SeenChannel(
                uid,
                row.get("CallerIDNum", ""),
                row.get("Channel", ""),
                talking.get(uid, (None, ""))[0],
                talking.get(uid, (None, ""))[1],
                legs=frozenset(belong[uid]),
            )
            for uid, row in citizens.items()
        }
        phones = [change for d in devices if (change := phone_changed(d)) is not None]
        placed = {r["Uniqueid"]: r.get("ChannelStateDesc") == "Up" for r, _ in rows if _is_placed(r)}
        return ev.Snapshot(taken_at, seen, {p.endpoint: p.state for p in phones}, placed)

    def _dial_begin(self, fields: Fields) -> ev.Event | None:
        endpoint, call_id = endpoint_of(fields.get("DestChannel", "")), fields.get("Uniqueid")
        if endpoint is None or not call_id:
            return None
        leg = fields["DestUniqueid"]
        if is_trunk(endpoint):
            self._far[leg] = _far_end(call_id, fields.get("Channel", ""))
            return None
        self._take_leg(leg, fields["DestChannel"], (call_id, endpoint))
        return ev.LegRinging(call_id, endpoint, fields.get("CallerIDNum", ""), fields.get("Channel", ""), leg)

    def _dial_end(self, fields: Fields) -> ev.Event | None:
        uniqueid = fields.get("DestUniqueid", "")
        leg = self.legs.get(uniqueid)
        if leg is None:
            return None
        return ev.LegAnswered(*leg, uniqueid) if fields.get("DialStatus") == "ANSWER" else ev.LegEnded(*leg)

    def _take_leg(self, uniqueid: str, channel: str, leg: tuple[str, str]) -> None:
        self.legs[uniqueid] = leg
        if is_line(leg[1]):
            self._near[_local_name(channel)] = leg

    def _hangup_request(self, fields: Fields) -> ev.Event | None:
        uniqueid, channel = fields.get("Uniqueid", ""), fields.get("Channel", "")
        far = self._far.get(uniqueid)
        if far is not None:
            return self._far_hung_up(far)
        if is_line(endpoint_of(channel) or ""):  # it ends with the far end, however that one ended
            return None
        return _placed_hung_up(uniqueid, channel) or ev.HangupAsked(*self.legs.get(uniqueid, (uniqueid, None)))

    def _far_hung_up(self, far: _Far) -> ev.Event | None:
        """The person at a line seat."""
        if far.placed:
            return _placed_hung_up(far.placed, f"{far.local};1")
        leg = self._near.get(far.local)
        return None if leg is None else ev.HangupAsked(*leg)

    def _hangup(self, fields: Fields) -> ev.Event | None:
        uniqueid = fields.get("Uniqueid", "")
        if uniqueid.startswith((LEG_PREFIX, OUT_PREFIX)):
            return ev.PlacedEnded(uniqueid, CAUSES.get(fields.get("Cause", ""), ev.PlacedResult.FAILED))
        if self._far.pop(uniqueid, None) is not None:
            return None
        leg = self.legs.pop(uniqueid, None)
        self._near.pop(_local_name(fields.get("Channel", "")), None)
        return ev.CallEnded(uniqueid) if leg is None else ev.LegEnded(*leg)


def _placed_hung_up(leg: str, channel: str) -> ev.HangupAsked | None:
    """Whoever was rung by a leg of ours hung up; None for every other channel."""
    if not leg.startswith(LEG_PREFIX):
        return None
    call_id = calling_for(leg)
    return ev.HangupAsked(leg) if call_id is None else ev.HangupAsked(call_id, endpoint_of(channel))


def _placed(fields: Fields) -> ev.Placed | None:
    """An OriginateResponse of a leg of ours; its `ActionID` is the leg."""
    leg = fields.get("ActionID", "")
    if not leg.startswith((LEG_PREFIX, OUT_PREFIX)):
        return None
    return ev.Placed(leg, REASONS.get(fields.get("Reason", ""), ev.PlacedResult.FAILED))


def _local_name(channel: str) -> str:
    """The name that both ends of a Local channel share (`Local/110@line-linhe-00000001`)."""
    return channel.rpartition(";")[0]


def _far_end(uniqueid: str, channel: str) -> _Far:
    """What the far end of a Local channel says; one that we placed is named after its near end."""
    placed = uniqueid.removeprefix(FAR_PREFIX) if uniqueid.startswith(FAR_PREFIX) else ""
    return _Far(_local_name(channel), placed)


def _far_ends(rows: Iterable[tuple[Fields, str | None]]) -> dict[str, _Far]:
    """Of present channels those of counties' trunks, each with the Local channel it is bridged with."""
    rows = list(rows)
    locals_ = {r.get("BridgeId"): r for r, _ in rows if r.get("Channel", "").endswith(";2")}
    ends = {r["Uniqueid"]: locals_.get(r.get("BridgeId"), {}) for r, e in rows if e is not None and is_trunk(e)}
    return {uid: _far_end(r.get("Uniqueid", ""), r.get("Channel", "")) for uid, r in ends.items()}


def _trunk_changed(fields: Fields) -> ev.PhoneChanged | None:
    """A ContactStatus of a county's trunk, whose device state says nothing while a talk goes on over it."""
    endpoint, state = fields.get("EndpointName", ""), CONTACTS.get(fields.get("ContactStatus", ""))
    return ev.PhoneChanged(endpoint, state) if state is not None and is_trunk(endpoint) else None


def _is_placed(row: Fields) -> bool:
    return row["Uniqueid"].startswith(LEG_PREFIX)


def _is_citizen(row: Fields, endpoint: str | None) -> bool:
    """Whoever came in by a trunk, and whom we have called ourselves over the carrier."""
    if endpoint is None or is_trunk(endpoint):
        return False
    return endpoint != CARRIER or row["Uniqueid"].startswith(OUT_PREFIX)


def phone_changed(fields: Fields) -> ev.PhoneChanged | None:
    """A DeviceStateChange (or one row of DeviceStateList) of a PJSIP endpoint."""
    device = fields.get("Device", "")
    if not device.startswith(_DEVICE):
        return None
    return ev.PhoneChanged(device.removeprefix(_DEVICE), fields.get("State", "UNKNOWN"))
