"""AMI's words turned once into the engine's events. No I/O; remembers only which leg belongs to which call."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping

from acd.rules import events as ev
from acd.rules.effects import LEG_PREFIX
from acd.rules.state import CARRIER

WANTED = frozenset(
    {"DialBegin", "DialEnd", "HangupRequest", "Hangup", "OriginateResponse", "DeviceStateChange", "FullyBooted"}
)
REASONS = {
    "4": ev.PlacedResult.ANSWERED,
    "5": ev.PlacedResult.BUSY,
    "3": ev.PlacedResult.NO_ANSWER,
}
"""OriginateResponse, `Reason` (main/manager.c, channel.h): the last control frame of the call that was placed."""

CAUSES = {"17": ev.PlacedResult.BUSY, "18": ev.PlacedResult.NO_ANSWER, "19": ev.PlacedResult.NO_ANSWER}
"""HangupRequest and Hangup, `Cause` (Q.850): with a call that was refused, Asterisk 22 gives 0 as the reason."""

_CHANNEL = re.compile(r"^PJSIP/(?P<endpoint>[^/]+)-[0-9a-f]{8,}$")
_DEVICE = "PJSIP/"

Fields = Mapping[str, str]


def endpoint_of(channel: str) -> str | None:
    """The endpoint in a channel's name (`PJSIP/1001w-0000002a` -> `1001w`), or None."""
    found = _CHANNEL.match(channel)
    return found["endpoint"] if found else None


class Translator:
    """Keeps the legs (uniqueid of the dialled channel -> call id and endpoint) between DialBegin and Hangup."""

    def __init__(self) -> None:
        self.legs: dict[str, tuple[str, str]] = {}
        self._reads: dict[str, Callable[[Fields], ev.Event | None]] = {
            "DialBegin": self._dial_begin,
            "DialEnd": self._dial_end,
            "HangupRequest": self._hangup_request,
            "Hangup": self._hangup,
            "OriginateResponse": _placed,
            "DeviceStateChange": phone_changed,
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
        citizens = {r["Uniqueid"]: r for r, e in rows if e not in {None, CARRIER} and not is_agent(e or "")}
        bridges = {r["BridgeId"]: uid for uid, r in citizens.items() if r.get("BridgeId")}
        self.legs.clear()
        talking: dict[str, tuple[str, str]] = {}
        for row, endpoint in rows:
            if endpoint is None or not is_agent(endpoint):
                continue
            bridged = bridges.get(row.get("BridgeId") or "-")
            call_id = bridged or (row["Linkedid"] if row.get("Linkedid") in citizens else None)
            if call_id is not None:
                self.legs[row["Uniqueid"]] = (call_id, endpoint)
            if bridged is not None:
                talking[bridged] = endpoint, row["Uniqueid"]
        seen = {
            uid: ev.SeenChannel(uid, row.get("CallerIDNum", ""), row.get("Channel", ""), *talking.get(uid, (None, "")))
            for uid, row in citizens.items()
        }
        phones = [change for d in devices if (change := phone_changed(d)) is not None]
        return ev.Snapshot(taken_at, seen, {p.endpoint: p.state for p in phones})

    def _dial_begin(self, fields: Fields) -> ev.Event | None:
        endpoint, call_id = endpoint_of(fields.get("DestChannel", "")), fields.get("Uniqueid")
        if endpoint is None or not call_id:
            return None
        leg = fields["DestUniqueid"]
        self.legs[leg] = (call_id, endpoint)
        return ev.LegRinging(call_id, endpoint, fields.get("CallerIDNum", ""), fields.get("Channel", ""), leg)

    def _dial_end(self, fields: Fields) -> ev.Event | None:
        uniqueid = fields.get("DestUniqueid", "")
        leg = self.legs.get(uniqueid)
        if leg is None:
            return None
        return ev.LegAnswered(*leg, uniqueid) if fields.get("DialStatus") == "ANSWER" else ev.LegEnded(*leg)

    def _hangup_request(self, fields: Fields) -> ev.Event:
        uniqueid = fields.get("Uniqueid", "")
        return ev.HangupAsked(*self.legs.get(uniqueid, (uniqueid, None)))

    def _hangup(self, fields: Fields) -> ev.Event | None:
        uniqueid = fields.get("Uniqueid", "")
        if uniqueid.startswith(LEG_PREFIX):
            return ev.PlacedEnded(uniqueid, CAUSES.get(fields.get("Cause", ""), ev.PlacedResult.FAILED))
        leg = self.legs.pop(uniqueid, None)
        return ev.CallEnded(uniqueid) if leg is None else ev.LegEnded(*leg)


def _placed(fields: Fields) -> ev.Placed | None:
    """An OriginateResponse of a leg of ours; its `ActionID` is the leg."""
    leg = fields.get("ActionID", "")
    if not leg.startswith(LEG_PREFIX):
        return None
    return ev.Placed(leg, REASONS.get(fields.get("Reason", ""), ev.PlacedResult.FAILED))


def phone_changed(fields: Fields) -> ev.PhoneChanged | None:
    """A DeviceStateChange (or one row of DeviceStateList) of a PJSIP endpoint."""
    device = fields.get("Device", "")
    if not device.startswith(_DEVICE):
        return None
    return ev.PhoneChanged(device.removeprefix(_DEVICE), fields.get("State", "UNKNOWN"))
