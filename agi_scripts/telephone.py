"""Has Asterisk move, ring and end channels for the engine, one action after the other in the order of its orders."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from acd.ami import AmiError, AmiLink
from acd.rules import effects as fx
from acd.rules import events as ev
from acd.rules.telephones import is_local

log = structlog.get_logger(__name__)


class Telephone:
    """Carries out `fx.Telephone` over the action login; a leg that could not be placed is told by `submit`."""

    def __init__(self, actions: AmiLink, *, submit: Callable[[ev.Event], None]) -> None:
        self._actions = actions
        self._submit = submit
        self._orders: asyncio.Queue[fx.Telephone] = asyncio.Queue()

    def take(self, order: fx.Telephone) -> None:
        """Carry it out after those before it."""
        self._orders.put_nowait(order)

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            order = await self._orders.get()
            try:
                name, fields = action_of(order)
                await self._actions.action(name, **fields)
            except AmiError as error:  # most often a channel that has gone meanwhile, which its own event tells
                log.info("telephone_refused", order=repr(order), error=str(error))
                if isinstance(order, fx.Place):
                    self._submit(ev.Placed(order.leg, ev.PlacedResult.FAILED))


def action_of(order: fx.Telephone) -> tuple[str, dict[str, Any]]:
    """The AMI action and its fields."""
    match order:
        case fx.Move(context, places):
            return "Redirect", _redirect(context, places)
        case fx.HangUp(channel):
            return "Hangup", {"Channel": channel, "Cause": 16}
        case fx.Place():
            return "Originate", _originate(order)


def _redirect(context: str, places: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for prefix, (channel, exten) in zip(("", "Extra"), places, strict=False):
        place = {"Channel": channel, "Exten": exten, "Context": context, "Priority": 1}
        fields |= {f"{prefix}{name}": value for name, value in place.items()}
    return fields


def _originate(order: fx.Place) -> dict[str, Any]:
    return {
        "ActionID": order.leg,
        "ChannelId": order.leg,
        "Channel": order.dial,
        "Context": order.context,
        "Exten": order.exten,
        "Priority": 1,
        "Timeout": order.seconds * 1000,
        "CallerID": order.caller_id,
        "Variable": [f"{name}={value}" for name, value in order.variables],
        "Async": "true",
        **({"OtherChannelId": fx.FAR_PREFIX + order.leg} if is_local(order.dial) else {}),
    }
