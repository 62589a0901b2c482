"""What menus are made of, brought by administrators and heard by callers: their own sounds, and transfer targets."""

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import soundfile

from ops.call.agent import Manner
from ops.call.carrier import BUSY, Line
from ops.call.city import City
from ops.call.until import until
from ops.instance import Instance
from tests.e2e.menu_desk import AUTHOR, SECOND, Desk, hears_only, saying
from tests.e2e.menu_trees import CONNECTING, PERSON, THANKS
from tests.e2e.menus import synthetic_voice, write_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(system: Instance) -> AsyncIterator[City]:
    async with City(system) as opened:
        await opened.seat(["1011", "1012"], Manner(answers_after=0.1))
        yield opened


async def test_a_sound_is_uploaded_approved_by_another_and_heard(city: City) -> None:
    desk = Desk(city, "own-sound")
    original = write_sound(city.folder / "original.wav", synthetic_voice(99, 1.5))
    flac = io.BytesIO()
    soundfile.write(flac, *soundfile.read(original), format="FLAC")
    made = await city.desk.send(
        AUTHOR,
        "POST",
        "/api/sounds",
        files={"file": ("greeting.flac", flac.getvalue())},
        data={"slug": "festival", "text": "节日好，这里是热线。"},
    )
    assert made.status_code == 201, made.text
    sound = made.json()["name"]
    version = await desk.draft(saying(sound))
    refused = await desk.send(AUTHOR, "POST", f"/versions/{version}/submission", json={"why": "please"})
    assert (refused.status_code, sound in refused.text) == (422, True)
    own = await city.desk.send(AUTHOR, "POST", f"/api/sounds/{sound}/approval", json={"why": "it is mine"})
    assert own.status_code == 403
    await city.desk.ask(SECOND, "POST", f"/api/sounds/{sound}/approval", {"why": "well spoken"})
    await desk.publish(await desk.approved(saying(sound)))
    await desk.serve("71006")
    await hears_only(city, "71006", sound, THANKS)
    call = await city.dial("71006")
    await call.hears(original)
    call.hang_up()


async def test_a_target_is_tried_before_a_menu_may_transfer_to_it(city: City) -> None:
    await city.carrier.open({"121": Line(), "122": BUSY})
    desk = Desk(city, "target")
    tree = {
        "start": "start",
        "nodes": {
            "start": {"kind": "transfer", "sounds": [CONNECTING], "target": "121", "on_failure": "person"},
            "person": PERSON,
        },
    }
    results = {}
    for number in ("121", "122"):
        target = {"name": f"目标{number}", "kind": "unit", "why": "a test"}
        await city.desk.ask(AUTHOR, "PUT", f"/api/transfer-targets/{number}", target)
        tried = await city.desk.ask(AUTHOR, "POST", f"/api/transfer-targets/{number}/test")
        results[number] = tried["test_result"]
    assert results == {"121": "answered", "122": "busy"}
    busy = {"nodes": {**tree["nodes"], "start": {**tree["nodes"]["start"], "target": "122"}}}
    version = await desk.draft({**tree, **busy})
    refused = await desk.send(AUTHOR, "POST", f"/versions/{version}/submission", json={"why": "please"})
    assert (refused.status_code, "has not answered a test" in refused.text) == (422, True)
    await desk.publish(await desk.approved(tree))
    await desk.serve("71007")
    call = await city.dial("71007")
    await until(lambda: len(city.carrier.of("121")) == 2, "the target is called again", seconds=20)
    trial, transfer = city.carrier.of("121")
    await until(lambda: transfer.media and transfer.media.heard.tone_heard_at, "the caller is heard there", seconds=20)
    assert transfer.caller_number == call.citizen.user
    await until(lambda: trial.over, "the trial call has ended by itself", seconds=20)
    assert trial.media is not None
    assert trial.media.heard.contains(city.prompt("hotline/target-test"))
    city.carrier.hang_up("121")
    await call.ended()
    assert call.heard(city.prompt(CONNECTING))
