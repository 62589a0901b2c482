"""Trial calls to transfer targets, against a login that tells what Asterisk 22 told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from acd.ami import AmiEvent, AmiTimeout, Item
from agi_scripts.targets import TargetTests

TOLD = [
    ({"Reason": "4"}, None, "answered"),
    ({"Reason": "3"}, "127", "no_answer"),
    ({"Reason": "0"}, "17", "busy"),
    ({"Reason": "0"}, "19", "no_answer"),
    ({"Reason": "0"}, "1", "failed"),
    ({"Reason": "0"}, None, "failed"),
]


class Login:
    """Answers each Originate with the response, and with a hang-up's cause (also `first`) where there is one."""

    def __init__(self, response: dict[str, str], cause: str | None, *, first: bool = False) -> None:
        self.response, self.cause, self.first = response, cause, first
        self.ordered: list[dict[str, Any]] = []
        self.told: asyncio.Queue[Item] = asyncio.Queue()

    async def events(self) -> AsyncIterator[Item]:
        while True:
            yield await self.told.get()

    async def action(self, name: str, **fields: Any) -> None:
        self.ordered.append({"Action": name, **fields})
        self.tell("Hangup", Uniqueid="hotline-1.1", Cause="16")
        self.tell("OriginateResponse", ActionID="of somebody else", Reason="4")
        if self.cause is not None and self.first:
            self.tell("HangupRequest", Uniqueid=fields["ChannelId"], Cause=self.cause)
        self.tell("OriginateResponse", ActionID=fields["ActionID"], **self.response)
        if self.cause is not None:
            self.tell("Hangup", Uniqueid=fields["ChannelId"], Cause=self.cause)

    def tell(self, name: str, **fields: str) -> None:
        self.told.put_nowait(AmiEvent(name, fields, 0.0))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("response", "cause", "result"), TOLD)
async def test_what_became_of_a_trial_call(
    response: dict[str, str], cause: str | None, result: str, *, first: bool
) -> None:
    login = Login(response, cause, first=first)
    tests = TargetTests(login)  # type: ignore[arg-type]
    hearing = asyncio.create_task(tests.run())
    found = await tests.test("110")
    hearing.cancel()
    assert found["result"] == result
    assert found["ms"] >= 0
    (order,) = login.ordered
    assert (order["Channel"], order["Async"]) == ("PJSIP/110@carrier", "true")
    assert not tests._going_on


@pytest.mark.parametrize("target", ["", "1", "1" * 21, "110&PJSIP/1001", "110\r\nAction: Command", "一一〇"])
async def test_what_is_no_number_is_never_called(target: str) -> None:
    login = Login({}, None)
    with pytest.raises(ValueError, match="2 to 20 digits"):
        await TargetTests(login).test(target)  # type: ignore[arg-type]
    assert not login.ordered


async def test_a_login_that_is_away_is_a_failed_trial() -> None:
    class Away(Login):
        async def action(self, name: str, **fields: Any) -> None:
            raise AmiTimeout(f"{name} {len(fields)}")

    tests = TargetTests(Away({}, None))  # type: ignore[arg-type]
    assert (await tests.test("110"))["result"] == "failed"
