import asyncio
import datetime as dt
import hashlib
import io
import json
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from sqlalchemy import insert

from api.core.problems import UnavailableError
from api.settings import Settings
from api.sounds import decoding, endpoints, service
from api.sounds.keeping import learn_built_in, remove_leftovers
from db.clock import utc_now
from db.engine import Database
from db.tables import Agent, Incident, MenuPublication, MenuVersion, Number

FORMS = {
    "wav": ("WAV", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "flac": ("FLAC", "PCM_16"),
}
# Says nothing, but as long as its text is: 0.1 s for each character.
VOICE = """
import sys
from asterisk_conf.speech import wav
text = sys.stdin.buffer.read().decode()
sys.exit("no such voice") if "失败" in text else sys.stdout.buffer.write(wav(bytes([0, 32]) * 800 * len(text)))
"""


def speech(rate: int, seconds: float, channels: int = 1) -> Any:
    """A tone that comes and goes three times a second, as syllables do."""
    n = np.arange(int(rate * seconds))
    tone = 0.2 * np.sin(2 * np.pi * 300 * n / rate) * (np.sin(2 * np.pi * 3 * n / rate) > 0)
    return np.column_stack([tone] * channels).astype(np.float32)


def encoded(form: str, *, rate: int = 44100, seconds: float = 2.0, channels: int = 2) -> bytes:
    kind, sub = FORMS[form]
    buffer = io.BytesIO()
    soundfile.write(buffer, speech(rate, seconds, channels), rate, format=kind, subtype=sub)
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zh").mkdir()
    return tmp_path / "zh"


@pytest.fixture
def settings(settings: Settings, folder: Path, tmp_path: Path) -> Settings:
    (tmp_path / "voice.py").write_text(VOICE)
    command = ("env", f"PYTHONPATH={Path(service.__file__).parents[2]}", sys.executable, str(tmp_path / "voice.py"))
    return settings.model_copy(update={"sounds_dir": folder, "speech_command": command})


@pytest.fixture
async def database(database: Database, password_hash: str) -> AsyncIterator[Database]:
    people = [("9901", "administrator"), ("9902", "administrator")]
    async with database.write() as session:
        known = {row for (row,) in await session.execute(Agent.__table__.select().with_only_columns(Agent.id))}
        rows = [
            {"id": i, "name": i, "extension": i, "role": role, "password_hash": password_hash}
            for i, role in people
            if i not in known
        ]
        if rows:
            await session.execute(insert(Agent), rows)
    return database


async def send(api: Any, content: bytes, *, name: str = "notice.wav", slug: str = "power-cut", **more: Any) -> Any:
    data = {"slug": slug, "text": "临河县今天停电。"} | more.pop("data", {})
    files = {"file": (name, content, "application/octet-stream")}
    return await api.ask(more.pop("by", "9901"), "POST", "/api/sounds", files=files, data=data)


async def decide(api: Any, name: str, what: str, *, by: str = "9902", why: str = "听过了") -> Any:
    return await api.ask(by, "POST", f"/api/sounds/{name}/{what}", json={"why": why})


@pytest.mark.parametrize("form", FORMS)
async def test_every_form_becomes_the_one_that_asterisk_plays(api: Any, folder: Path, form: str) -> None:
    answer = await send(api, encoded(form), name=f"通知.{form}")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["name"], told["state"], told["source"]) == ("own/power-cut-1", "new", "upload")
    assert (told["original_name"], told["original_format"]) == (f"通知.{form}", form.upper())
    assert (told["made_by"], told["missing"], told["remarks"]) == ("9901", False, [])
    content = (folder / "own/power-cut-1.wav").read_bytes()
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert file.getnframes() / 8000 == pytest.approx(told["seconds"], abs=0.001)
    assert told["seconds"] == pytest.approx(2, abs=0.2)
    assert told["loudness_db"] == pytest.approx(-19, abs=0.2)


async def test_the_name_of_a_file_says_nothing_of_its_content(api: Any) -> None:
    answer = await send(api, encoded("flac"), name="song.mp3")
    assert answer.json()["original_format"] == "FLAC"


async def test_each_take_has_a_number_of_its_slug_also_at_once(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints.BENCH, "_free", 9)
    content = encoded("wav", rate=8000, channels=1)
    answers = await asyncio.gather(*(send(api, content) for _ in range(4)), send(api, content, slug="power-cut-1"))
    names = sorted(answer.json()["name"] for answer in answers)
    assert names == [f"own/power-cut-{n}" for n in (1, "1-1", 2, 3, 4)]


async def test_too_many_uploads_at_once_are_sent_away(
    api: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The decoders begin when the gate is there: until then each keeps its place."""
    gate = tmp_path / "gate"
    wait = ("sh", "-c", 'while [ ! -e "$0" ]; do sleep 0.02; done; exec "$@"', str(gate))
    monkeypatch.setattr(decoding, "COMMAND", (*wait, *decoding.COMMAND))
    content = encoded("wav", rate=8000, channels=1)
    await api.token("9901")
    sent = {asyncio.create_task(send(api, content)) for _ in range(6)}
    refused: set[asyncio.Task[Any]] = set()
    async with asyncio.timeout(60):
        while len(refused) < 6 - service.MOST_AT_ONCE:
            done, sent = await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
            refused |= done
    assert [task.result().status_code for task in refused] == [503] * 3
    gate.touch()
    taken = await asyncio.gather(*sent)
    assert [answer.status_code for answer in taken] == [201] * 3
    assert (await send(api, content)).status_code == 201


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"#!/bin/sh\nrm -rf /\n", "not sound"),
        (b"MZ" + bytes(5000), "not sound"),
        (b"RIFF\x24\x00\x00\x00WAVE" + bytes(4000), "damaged"),
        (b"OggS" + bytes(5000), "damaged"),
        (b"fLaC" + b"\xff" * 5000, "damaged"),
        (b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(5000), "damaged"),
        (b"\xff\xfb\x90\x00" * 3, "damaged"),
    ],
)
async def test_what_is_no_sound_is_refused_and_leaves_nothing(
    api: Any, folder: Path, content: bytes, reason: str
) -> None:
    answer = await send(api, content)
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["detail"]
    assert not (folder / "own").exists()
    assert await api.rows("SELECT 1 FROM sounds UNION ALL SELECT 1 FROM audit") == []


def silence(seconds: int, *, rate: int = 8000, channels: int = 1) -> bytes:
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", rate, channels, format="FLAC", subtype="PCM_16") as file:
        piece = np.zeros((rate * 60, channels), np.int16)
        for _ in range(seconds // 60):
            file.write(piece)
    return buffer.getvalue()


async def test_a_small_file_that_unpacks_to_hours_is_refused(api: Any, folder: Path) -> None:
    bomb = silence(7200)
    assert len(bomb) < 1_000_000
    answer = await send(api, bomb, name="bomb.flac")
    assert (answer.status_code, "longer than 10 minutes" in answer.text) == (422, True)
    assert not (folder / "own").exists()


async def test_nothing_but_silence_is_no_sound(api: Any) -> None:
    answer = await send(api, silence(60))
    assert (answer.status_code, "nothing to hear" in answer.text) == (422, True)


async def test_a_file_beyond_twenty_megabytes_is_refused_announced_or_not(api: Any, folder: Path) -> None:
    content = b"RIFF\x24\x00\x00\x00WAVE" + bytes(20_000_001)
    answer = await send(api, content)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    async def chunks() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        for _ in range(10_000):
            yield bytes(65536)

    headers = {"Authorization": f"Bearer {await api.token('9901')}", "Content-Type": "multipart/form-data; boundary=x"}
    answer = await api.http.post("/api/sounds", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert not (folder / "own").exists()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"slug": "../../etc/passwd"}, "slug"),
        ({"slug": "a/b"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "a\n"}, "slug"),
        ({"slug": "名"}, "slug"),
        ({"slug": "a" * 41}, "slug"),
        ({"slug": ""}, "slug"),
        ({"name": "../../x.wav"}, "path"),
        ({"name": "x\\y.wav"}, "path"),
        ({"data": {"text": " \x00 "}}, "text"),
        ({"data": {"text": "长" * 601}}, "text"),
    ],
)
async def test_names_and_texts_that_are_none_are_refused(
    api: Any, folder: Path, more: dict[str, Any], word: str
) -> None:
    answer = await send(api, encoded("wav"), **more)
    assert answer.status_code == 422, answer.text
    assert word in answer.json()["detail"]
    assert not (folder / "own").exists()


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=", b"----", 422),
        ("multipart/form-data; boundary=x", b"nothing", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        ("multipart/form-data; boundary=x; charset=no-such", b"--x\r\n\r\nhello\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--x--\r\n", 400),
        ("application/json", b"{", 422),
        ("application/json", b"\xff", 422),
        ("application/json", b'{"slug": "x", "text": ""}', 422),
        ("application/json", b'{"slug": "x", "text": "y", "name": "z"}', 422),
        ("application/json", b" " * 30_000, 413),
        ("text/plain", b"hello", 422),
    ],
)
async def test_a_body_that_is_none_is_told(api: Any, kind: str, body: bytes, status: int) -> None:
    headers = {"Authorization": f"Bearer {await api.token('9901')}", "Content-Type": kind}
    answer = await api.http.post("/api/sounds", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_should_be_listened_for_is_told(api: Any) -> None:
    noise = np.random.default_rng(1).normal(0, 0.001, 16000).astype(np.float32)
    loud = np.clip(speech(8000, 0.1) * 20, -1, 1)
    codes = []
    for samples in (noise, loud):
        buffer = io.BytesIO()
        soundfile.write(buffer, samples, 8000, format="WAV", subtype="PCM_16")
        answer = await send(api, buffer.getvalue())
        assert answer.status_code == 201, answer.text
        codes.append([remark["code"] for remark in answer.json()["remarks"]])
    assert codes == [["too_quiet", "noise"], ["too_short", "clipping"]]
    found = await api.rows("SELECT detail FROM audit ORDER BY id")
    assert [row["detail"]["remarks"] for row in found] == codes


async def test_only_administrators_make_sounds_and_agents_do_not_hear_them(api: Any) -> None:
    for who in ("1001", "9001"):
        assert (await send(api, encoded("wav"), by=who)).status_code == 403
    assert (await send(api, encoded("wav"))).status_code == 201
    heard = {
        who: (await api.ask(who, "GET", "/api/sounds/own/power-cut-1/audio")).status_code
        for who in ("1001", "9001", "9902")
    }
    assert heard == {"1001": 403, "9001": 200, "9902": 200}
    assert (await api.http.get("/api/sounds/own/power-cut-1/audio")).status_code == 401
    assert (await api.ask("1001", "GET", "/api/sounds")).status_code == 200
    assert (await api.http.get("/api/sounds")).status_code == 401


async def test_a_sound_is_heard_in_parts(api: Any, folder: Path) -> None:
    await send(api, encoded("wav"))
    content = (folder / "own/power-cut-1.wav").read_bytes()
    path = "/api/sounds/own/power-cut-1/audio"
    whole = await api.ask("9902", "GET", path)
    assert (whole.content, whole.headers["content-type"]) == (content, "audio/wav")
    assert whole.headers["cache-control"] == "no-store"
    token = await api.token("9902")
    part = await api.http.get(path, headers={"Authorization": f"Bearer {token}", "Range": "bytes=44-99"})
    assert (part.status_code, part.content) == (206, content[44:100])


@pytest.mark.parametrize(
    "name",
    ["own/../secret", "own/%2e%2e%2fsecret", "..%2f..%2fsecret/x", "own/power-cut-9", "own/x%00", "secret"],
)
async def test_nothing_outside_the_folder_is_heard(api: Any, folder: Path, name: str) -> None:
    (folder.parent / "secret.wav").write_bytes(b"secret")
    answer = await api.ask("9902", "GET", f"/api/sounds/{name}/audio")
    assert answer.status_code in {404, 422}
    assert answer.content != b"secret"


async def test_a_link_that_leads_out_is_not_followed(api: Any, folder: Path) -> None:
    await send(api, encoded("wav"))
    (folder.parent / "secret.wav").write_bytes(b"secret")
    (folder / "own/power-cut-1.wav").unlink()
    (folder / "own/power-cut-1.wav").symlink_to(folder.parent / "secret.wav")
    assert (await api.ask("9902", "GET", "/api/sounds/own/power-cut-1/audio")).status_code == 404


async def test_a_second_person_decides_and_the_trail_tells(api: Any) -> None:
    await send(api, encoded("wav"))
    name = "own/power-cut-1"
    refused = await decide(api, name, "approval", by="9901")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await decide(api, name, "approval", by="9001")).status_code == 403
    approved = await decide(api, name, "approval")
    assert approved.status_code == 200
    assert (approved.json()["state"], approved.json()["decided_by"], approved.json()["why"]) == (
        "approved",
        "9902",
        "听过了",
    )
    assert (await decide(api, name, "approval")).status_code == 409
    assert (await decide(api, name, "rejection", why="")).status_code == 422
    assert (await decide(api, name, "rejection", why="重录")).json()["state"] == "rejected"
    assert (await decide(api, "own/none-1", "approval")).status_code == 404
    trail = await api.rows("SELECT by, action, subject, why FROM audit ORDER BY id")
    assert [tuple(row.values()) for row in trail] == [
        ("9901", "sound.uploaded", "sound:own/power-cut-1", ""),
        ("9902", "sound.approved", "sound:own/power-cut-1", "听过了"),
        ("9902", "sound.rejected", "sound:own/power-cut-1", "重录"),
    ]


async def test_a_sound_without_its_file_is_told_and_not_approved(api: Any, folder: Path) -> None:
    await send(api, encoded("wav"))
    (folder / "own/power-cut-1.wav").unlink()
    assert (await api.ask("1001", "GET", "/api/sounds")).json()["items"][0]["missing"] is True
    assert (await decide(api, "own/power-cut-1", "approval")).status_code == 409
    assert (await api.ask("9902", "GET", "/api/sounds/own/power-cut-1/audio")).status_code == 404


async def publish(api: Any, version: int, tree: dict[str, Any], at: dt.datetime) -> None:
    values = {"menu": "default", "version": version}
    async with api.runtime.database.write() as session:
        await session.execute(insert(MenuVersion).values(tree=tree, state="approved", **values))
        await session.execute(insert(MenuPublication).values(effective_at=at, decided_at=at, **values))


async def test_what_citizens_hear_is_not_rejected_until_it_is_replaced(api: Any) -> None:
    await send(api, encoded("wav"))
    name, now = "own/power-cut-1", utc_now()
    await decide(api, name, "approval")
    minute = dt.timedelta(minutes=1)
    await publish(api, 1, {"nodes": {"a": {"sounds": [name]}}}, now - 2 * minute)
    refused = await decide(api, name, "rejection")
    assert (refused.status_code, "menu default version 1" in refused.json()["detail"]) == (409, True)
    await publish(api, 2, {"nodes": {"a": {"sounds": [name + "0"]}}}, now - minute)
    await publish(api, 3, {"nodes": {"a": {"sounds": [name]}}}, now + minute)
    assert "menu default version 3" in (await decide(api, name, "rejection")).json()["detail"]
    async with api.runtime.database.write() as session:
        await session.execute(
            MenuPublication.__table__.update().where(MenuPublication.version == 3).values(cancelled_at=now)
        )
        await session.execute(Number.__table__.update().values(greeting=[name]))
        incident = {"title": "停电", "text": "停电", "sounds": [name], "switched_on_by": "9001"}
        await session.execute(insert(Incident).values(starts_at=now, ends_at=now + minute, **incident))
    detail = (await decide(api, name, "rejection")).json()["detail"]
    assert "number 12345, incident 1" in detail
    async with api.runtime.database.write() as session:
        await session.execute(Number.__table__.update().values(greeting=None))
        await session.execute(Incident.__table__.update().values(switched_off_at=now))
    assert (await decide(api, name, "rejection")).status_code == 200


async def test_a_text_is_spoken_by_the_citys_own_voice(api: Any, folder: Path) -> None:
    body = {"slug": "typhoon", "text": "台风来了\x00请注意"}
    answer = await api.ask("9901", "POST", "/api/sounds", json=body)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["name"], told["source"], told["state"], told["text"]) == (
        "own/typhoon-1",
        "speech",
        "new",
        "台风来了请注意",
    )
    assert told["seconds"] == pytest.approx(0.7)
    assert (folder / "own/typhoon-1.wav").is_file()


async def test_a_voice_that_fails_is_told_and_leaves_nothing(api: Any, folder: Path) -> None:
    answer = await api.ask("9901", "POST", "/api/sounds", json={"slug": "typhoon", "text": "失败"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "no such voice" in answer.json()["detail"]
    assert not (folder / "own").exists()


async def test_an_incident_speaks_at_once_by_who_switches_it_on(api: Any, folder: Path) -> None:
    async with api.runtime.database.write() as session:
        name = await service.speak_now(api.runtime, session, "power-cut", "停电", by="9001", now=utc_now())
    assert name == "own/power-cut-1"
    assert (folder / f"{name}.wav").is_file()
    found = await api.rows("SELECT state, made_by, decided_by FROM sounds")
    assert [tuple(row.values()) for row in found] == [("approved", "9001", "9001")]
    trail = await api.rows("SELECT by, action FROM audit ORDER BY id")
    assert [tuple(row.values()) for row in trail] == [("9001", "sound.spoken"), ("9001", "sound.approved")]


async def test_the_list_is_filtered(api: Any) -> None:
    await send(api, encoded("wav"))
    await api.ask("9901", "POST", "/api/sounds", json={"slug": "typhoon", "text": "台风100%"})
    await decide(api, "own/power-cut-1", "approval")

    async def names(query: str) -> list[str]:
        page = (await api.ask("1001", "GET", f"/api/sounds?{query}")).json()
        assert page["total"] == len(page["items"])
        return [item["name"] for item in page["items"]]

    assert await names("") == ["own/typhoon-1", "own/power-cut-1"]
    assert await names("state=approved") == ["own/power-cut-1"]
    assert await names("source=speech") == ["own/typhoon-1"]
    assert await names("words=停电") == ["own/power-cut-1"]
    assert await names("words=TYPHOON") == ["own/typhoon-1"]
    assert await names("words=100%25") == ["own/typhoon-1"]
    assert await names("words=%25x") == []
    assert await names("words=%00") == []


def tell(folder: Path, **texts: str) -> None:
    listing = {f"hotline/{name}": {"text": text, "seconds": 1.5, "sha256": "a" * 64} for name, text in texts.items()}
    (folder / "built-in-texts.json").write_text(json.dumps(listing))


async def test_built_in_sounds_are_learned_and_learned_again_when_they_change(
    api: Any, database: Database, folder: Path
) -> None:
    tell(folder, goodbye="再见。", greeting="您好。")
    assert await learn_built_in(folder, database, now=utc_now()) == 2
    assert await learn_built_in(folder, database, now=utc_now()) == 0
    tell(folder, goodbye="感谢来电，再见。", greeting="您好。")
    assert await learn_built_in(folder, database, now=utc_now()) == 1
    items = (await api.ask("1001", "GET", "/api/sounds?source=built_in")).json()["items"]
    assert {item["name"]: (item["text"], item["state"], item["missing"]) for item in items} == {
        "hotline/goodbye": ("感谢来电，再见。", "approved", True),
        "hotline/greeting": ("您好。", "approved", True),
    }
    refused = await decide(api, "hotline/goodbye", "rejection")
    assert (refused.status_code, "built-in" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"hotline/x": 1, "../x": {}}'])
async def test_a_listing_that_is_none_is_passed_over(database: Database, folder: Path, content: bytes) -> None:
    (folder / "built-in-texts.json").write_bytes(content)
    assert await learn_built_in(folder, database, now=utc_now()) == 0


async def test_files_of_uploads_that_were_cut_short_are_removed(api: Any, database: Database, folder: Path) -> None:
    await send(api, encoded("wav"))
    own = folder / "own"
    kept = ["power-cut-1.wav", "README.txt", "Recorded.wav", ".draft-new"]
    for name in (*kept[1:], "power-cut-2.wav", "other-1.wav", ".draft-old"):
        (own / name).write_bytes(b"x")
    (folder / "other-1.wav").write_bytes(b"outside")
    (own / "link-1.wav").symlink_to(folder / "other-1.wav")
    later = utc_now() + dt.timedelta(hours=1)
    drafts_are_new = utc_now() + dt.timedelta(minutes=1)
    assert await remove_leftovers(folder, database, now=drafts_are_new) == ["own/other-1", "own/power-cut-2"]
    assert sorted(path.name for path in own.iterdir()) == sorted([*kept, ".draft-old", "link-1.wav"])
    assert await remove_leftovers(folder, database, now=later) == []
    assert sorted(path.name for path in own.iterdir()) == sorted([*kept[:3], "link-1.wav"])
    assert (folder / "other-1.wav").read_bytes() == b"outside"
    assert (await send(api, encoded("wav"))).json()["name"] == "own/power-cut-2"


async def test_the_process_does_it_when_it_starts(settings: Settings, folder: Path, serve_api: Any, until: Any) -> None:
    tell(folder, goodbye="再见。")
    async with serve_api(settings) as (api, _):
        await until(lambda: api.rows("SELECT 1 FROM sounds"))


async def test_without_a_folder_it_is_said_so(settings: Settings, api: Any) -> None:
    object.__setattr__(api.runtime, "settings", settings.model_copy(update={"sounds_dir": None}))
    answer = await send(api, encoded("wav"))
    assert (answer.status_code, "HOTLINE_SOUNDS_DIR" in answer.text) == (503, True)


async def test_a_folder_that_cannot_be_written_leaves_no_row(api: Any, folder: Path) -> None:
    (folder / "own").write_text("a file where the folder should be")
    answer = await send(api, encoded("wav"))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert await api.rows("SELECT 1 FROM sounds UNION ALL SELECT 1 FROM audit") == []


def test_a_bench_gives_its_places_back() -> None:
    bench = service.Bench(1)
    with pytest.raises(UnavailableError), bench.place(), bench.place():
        raise AssertionError("two sat on one place")
    with bench.place():
        pass
