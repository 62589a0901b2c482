import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sounds import rules
from api.sounds.rules import Decision, Measures, SoundRefusedError, State

GOOD = Measures(seconds=3.0, loudness_db=-22.0, clipped=0.0, spread_db=30.0)


@pytest.mark.parametrize("slug", ["a", "power-cut", "12345", "a" * 40, "a--b"])
def test_a_slug_names_a_sound_and_its_file_leads_back(slug: str) -> None:
    name = rules.name_of(rules.check_slug(slug), 7)
    assert rules.slug_of_file(name.removeprefix("own/") + ".wav") == (slug, name)
    assert rules.take_of(name) == 7


@pytest.mark.parametrize("slug", ["", "-", "a-", "-a", "A", "a b", "a/b", "..", "a.wav", "a\n", "名", "a" * 41, "١"])
def test_what_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(SoundRefusedError, match="slug"):
        rules.check_slug(slug)


@given(st.text(max_size=60))
def test_no_slug_leads_out_of_the_folder(text: str) -> None:
    try:
        slug = rules.check_slug(text)
    except SoundRefusedError:
        return
    assert not set(slug) - set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    "name", ["x.wav", "x-0.wav", "x-01.wav", "x-1.mp3", "X-1.wav", ".x-1.wav", "x-1.wav.wav", "x-1.wav\n"]
)
def test_what_we_did_not_write_is_no_sound_of_ours(name: str) -> None:
    assert rules.slug_of_file(name) is None


def test_a_text_is_cleaned_and_bounded() -> None:
    assert rules.check_text("  停电\x00\u202e通知\n") == "停电通知"
    assert len(rules.check_text("长" * 600)) == 600
    for text in ("", " \n", "长" * 601):
        with pytest.raises(SoundRefusedError, match="text"):
            rules.check_text(text)


def test_a_file_name_is_only_shown_and_holds_no_path() -> None:
    assert rules.check_file_name("通知 (1).mp3\x00") == "通知 (1).mp3"
    assert len(rules.check_file_name("a" * 999)) == 200
    for name in ("../x.wav", "a/b", "a\\b", "..", "."):
        with pytest.raises(SoundRefusedError, match="path"):
            rules.check_file_name(name)


@pytest.mark.parametrize(
    ("state", "decision", "becomes"),
    [
        (State.NEW, Decision.APPROVE, State.APPROVED),
        (State.NEW, Decision.REJECT, State.REJECTED),
        (State.APPROVED, Decision.APPROVE, None),
        (State.APPROVED, Decision.REJECT, State.REJECTED),
        (State.REJECTED, Decision.APPROVE, State.APPROVED),
        (State.REJECTED, Decision.REJECT, None),
    ],
)
def test_decisions(state: State, decision: Decision, becomes: State | None) -> None:
    if becomes is not None:
        assert rules.next_state(state, decision) is becomes
        return
    with pytest.raises(SoundRefusedError, match=f"{state} already"):
        rules.next_state(state, decision)


@pytest.mark.parametrize(
    ("found", "codes"),
    [
        (GOOD, []),
        (Measures(0.1, -22.0, 0.0, 3.0), ["too_short"]),
        (Measures(3.0, -50.0, 0.0, 30.0), ["too_quiet"]),
        (Measures(3.0, -6.0, 0.01, 30.0), ["clipping"]),
        (Measures(3.0, -22.0, 0.0, 2.0), ["noise"]),
        (Measures(0.1, -60.0, 0.5, 2.0), ["too_short", "too_quiet", "clipping"]),
    ],
)
def test_what_should_be_listened_for(found: Measures, codes: list[str]) -> None:
    assert [remark.code for remark in rules.remarks(found)] == codes
    assert all(remark.what.endswith(".") and remark.do.endswith(".") for remark in rules.remarks(found))


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b"RIFF\x00\x00\x00\x00WAVE", True),
        (b"RIFF\x00\x00\x00\x00AVI ", False),
        (b"fLaC\x00\x00\x00\x22", True),
        (b"OggS\x00\x02", True),
        (b"ID3\x04\x00", True),
        (b"\xff\xfb\x90\x64", True),
        (b"\xff\xff\xff\xff", True),
        (b"\xff\xe1\x00\x00", False),
        (b"\xff\xd8\xff\xe0", False),
        (b"FORM\x00\x00\x00\x00AIFF", False),
        (b"\xff", False),
        (b"", False),
    ],
)
def test_a_sound_is_known_by_how_it_begins(head: bytes, known: bool) -> None:
    assert rules.looks_like_sound(head) is known


def test_a_listing_gives_what_is_whole_in_it() -> None:
    good = {"text": "再见。\x00", "seconds": 2, "sha256": "a" * 64}
    listing = {
        "hotline/goodbye": good,
        "parts/10": good,
        "own/mine-1": good,
        "hotline/../x": good,
        "hotline/x": good | {"sha256": "A"},
        "hotline/y": good | {"seconds": -1},
        "hotline/z": good | {"seconds": "1"},
        "hotline/w": good | {"text": None},
        "hotline/v": [],
    }
    found = rules.read_built_in(json.loads(json.dumps(listing)))
    assert [(sound.name, sound.text, sound.seconds) for sound in found] == [
        ("hotline/goodbye", "再见。", 2.0),
        ("parts/10", "再见。", 2.0),
    ]
    assert rules.read_built_in([]) == []
