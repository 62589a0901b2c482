import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import Request

from api.core.problems import HotlineError, RefusedError, TooLargeError, UnreadableError
from api.sounds import forms
from api.sounds.forms import read_spoken, read_upload

FORM = "multipart/form-data; boundary=x"
WHOLE = (
    b'--x\r\nContent-Disposition: form-data; name="slug"\r\n\r\npower-cut\r\n'
    b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xe5\x81\x9c\xe7\x94\xb5\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n--x--\r\n'
)


def request(kind: str, *messages: dict[str, Any], hangs: bool = False) -> Request:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        if not waiting and hangs:
            await asyncio.Event().wait()
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind.encode())]}
    return Request(scope, receive)


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_form_in_pieces_of_any_size_is_put_together() -> None:
    for size in (1, 7, 1000):
        pieces = [piece(WHOLE[at : at + size]) for at in range(0, len(WHOLE), size)]
        upload = await read_upload(request(FORM, *pieces, piece(b"", more=False)))
        assert (upload.slug, upload.text, upload.file_name, upload.content) == ("power-cut", "停电", "a.wav", b"RIFF")


@pytest.mark.parametrize("cut", range(0, len(WHOLE) - 8, 40))
async def test_a_form_that_ends_too_early_is_refused(cut: int) -> None:
    with pytest.raises(HotlineError):
        await read_upload(request(FORM, piece(WHOLE[:cut], more=False)))


@pytest.mark.parametrize("read", [read_upload, read_spoken])
async def test_a_client_that_goes_away_is_told_apart_from_a_fault(read: Callable[[Request], Awaitable[Any]]) -> None:
    with pytest.raises(UnreadableError, match="cut short"):
        await read(request(FORM, piece(WHOLE[:100])))


async def test_a_body_is_counted_and_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "FILE_LIMIT", 0)
    monkeypatch.setattr(forms, "OVERHEAD", 100)
    with pytest.raises(TooLargeError):
        await read_upload(request(FORM, piece(WHOLE), piece(b"", more=False)))


async def test_a_file_beyond_its_limit_is_refused_although_the_body_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "FILE_LIMIT", 3)
    with pytest.raises(TooLargeError):
        await read_upload(request(FORM, piece(WHOLE, more=False)))


async def test_a_body_that_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "READ_SECONDS", 0.05)
    with pytest.raises(UnreadableError, match="too slowly"):
        await read_upload(request(FORM, piece(WHOLE[:100]), hangs=True))


async def test_two_files_or_many_fields_are_no_upload() -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    for body in (WHOLE.replace(b"--x--", WHOLE), field * 9 + WHOLE):
        with pytest.raises(UnreadableError, match="Too many"):
            await read_upload(request(FORM, piece(body, more=False)))


async def test_a_text_to_speak_is_read_strictly() -> None:
    body = b'{"slug": "power-cut", "text": " \\u0000 \xe5\x81\x9c\xe7\x94\xb5 "}'
    spoken = await read_spoken(request("application/json", piece(body, more=False)))
    assert (spoken.slug, spoken.text) == ("power-cut", "停电")
    with pytest.raises(RefusedError, match="slug"):
        await read_spoken(request("application/json", piece(b'{"slug": "../x", "text": "y"}', more=False)))
