"""A whole running system for the tests of this folder, on its own ports, and the programs they use."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.home import LOCAL
from ops.instance import Instance
from ops.parts import bring_tools
from ops.ports import block, reserve

Maker = Callable[..., Instance]


@pytest.fixture(scope="session")
def make_system(request: pytest.FixtureRequest) -> Iterator[Maker]:
    """A function that makes and starts one more instance; keywords are those of Instance.create."""
    made: list[Instance] = []
    held = []

    def make(**choices: Any) -> Instance:
        reservation = reserve()
        held.append(reservation)
        folder = LOCAL / "test" / f"e2e-{os.getpid()}-{secrets.token_hex(3)}"
        instance = Instance.create(folder, ports=block(reservation.base), **choices)
        made.append(instance)
        instance.up()
        return instance

    yield make
    for instance in made:
        instance.down()
        if not request.session.testsfailed:
            instance.remove()
    for reservation in held:
        reservation.release()


@pytest.fixture(scope="session")
def system(make_system: Maker) -> Instance:
    """The running instance most tests share; a test that kills a part starts it again."""
    return make_system()


@pytest.fixture(scope="session")
def sipp() -> Path:
    return bring_tools(["sipp"])["sipp"]


@pytest.fixture(scope="session")
def chromium() -> Path:
    return bring_tools(["chromium"])["chromium"]
