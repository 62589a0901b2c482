import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.call import g711, tones
from ops.call.rtp import Heard, Packet, Room, build, key_payloads, parse, wav_frames
from ops.call.until import until


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    opened = Room()
    yield opened
    await opened.aclose()


PACKETS = st.builds(
    Packet,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    source=st.integers(0, 0xFFFFFFFF),
    payload=st.binary(max_size=400),
    marker=st.booleans(),
)


@given(PACKETS)
def test_a_packet_comes_back(packet: Packet) -> None:
    assert parse(build(packet)) == packet


@given(st.binary(max_size=60))
def test_nothing_that_arrives_breaks_the_ear(datagram: bytes) -> None:
    parse(datagram)


def test_contributing_sources_and_an_extension_are_skipped() -> None:
    header = bytes([0x91, 0x08]) + b"\0\1" + b"\0\0\0\2" + b"\0\0\0\3"
    extension = b"\xbe\xde\0\1" + b"1234"
    packet = parse(header + b"CSRC" + extension + b"voice")
    assert packet is not None
    assert packet.payload == b"voice"


def test_a_key_press_ends_three_times() -> None:
    payloads = key_payloads("#")
    assert [payload[0] for payload in payloads] == [11] * 7
    assert [bool(payload[1] & 0x80) for payload in payloads] == [False] * 4 + [True] * 3
    assert [int.from_bytes(payload[2:]) for payload in payloads] == [160, 320, 480, 640, 800, 800, 800]


@pytest.mark.parametrize("key", ["", "x", "12"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key of a telephone"):
        key_payloads(key)


def test_the_first_sound_is_after_the_silence() -> None:
    heard = Heard()
    heard.take(g711.SILENCE, 1.0)
    heard.take(tones.tone_frame(700), 1.02)
    assert (heard.first_packet_at, heard.first_sound_at) == (1.0, 1.02)


def test_an_expected_tone_is_stamped_with_its_beginning() -> None:
    heard = Heard()
    heard.expect(1100)
    for n in range(10):
        heard.take(tones.tone_frame(700 if n < 5 else 1100), n / 50)
    assert heard.tone_heard_at == 0.1
    assert heard.tone_at(1100) == 0.1
    assert heard.tone_at(1100, since=0.15) is None


def test_what_was_heard_is_saved_and_said_again(tmp_path: Path) -> None:
    heard = Heard()
    heard.take(tones.tone_frame(700), 1.0)
    heard.save(tmp_path / "heard.wav")
    assert wav_frames(tmp_path / "heard.wav") == [tones.tone_frame(700)]


def test_a_wav_of_another_kind_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "cd.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"\0" * 8)
    with pytest.raises(ValueError, match="8000 Hz, 16 bit, one channel"):
        wav_frames(tmp_path / "cd.wav")


async def test_two_endpoints_hear_each_other(room: Room) -> None:
    citizen, agent = room.open("127.0.0.1"), room.open("127.0.0.1")
    assert citizen.port % 2 == 0
    citizen.aim(agent.host, agent.port)
    agent.aim(citizen.host, citizen.port)
    citizen.hum(700)
    agent.hum(1100)
    citizen.heard.expect(1100)
    agent.heard.expect(700)
    await until(lambda: citizen.heard.tone_heard_at and agent.heard.tone_heard_at, "both hear", seconds=5)


async def test_keys_go_out_whole_between_the_words(room: Room) -> None:
    received: list[Packet] = []

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            del addr
            packet = parse(data)
            assert packet is not None
            received.append(packet)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    citizen = room.open("127.0.0.1")
    citizen.aim(*transport.get_extra_info("sockname"))
    citizen.hum(700)
    citizen.press("50")
    await until(lambda: not citizen.pressing and len(received) > 26, "both keys are pressed", seconds=5)
    transport.close()
    events = [packet for packet in received if packet.payload_type == 101]
    assert [packet.payload[0] for packet in events] == [5] * 7 + [0] * 7
    assert len({packet.timestamp for packet in events}) == 2
    assert [packet.marker for packet in events].count(True) == 2
    assert [packet.sequence for packet in received] == list(
        range(received[0].sequence, received[0].sequence + len(received))
    )


async def test_a_silent_mouth_still_shows_that_it_lives(room: Room) -> None:
    citizen, agent = room.open("127.0.0.1"), room.open("127.0.0.1")
    citizen.aim(agent.host, agent.port)
    await until(lambda: agent.heard.packets >= 2, "silence arrives", seconds=5)
    assert agent.heard.first_sound_at is None


async def test_a_vanished_peer_does_not_stop_the_mouth(room: Room) -> None:
    citizen, agent = room.open("127.0.0.1"), room.open("127.0.0.1")
    citizen.aim(agent.host, agent.port)
    citizen.hum(700)
    room.close(agent)
    sent = citizen.sent
    await until(lambda: citizen.sent > sent + 3, "it still speaks", seconds=5)
