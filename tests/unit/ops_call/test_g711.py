import pytest

from ops.call import g711


@pytest.mark.parametrize("code", range(256))
def test_every_byte_comes_back(code: int) -> None:
    assert g711.encode_sample(g711.decode_byte(code)) == code


@pytest.mark.parametrize(
    ("sample", "code"), [(0, 0xD5), (-1, 0x55), (32767, 0xAA), (-32768, 0x2A), (1000, 0xFA), (-1000, 0x7A)]
)
def test_known_values_of_the_standard(sample: int, code: int) -> None:
    assert g711.encode_sample(sample) == code


@pytest.mark.parametrize("sample", range(-32768, 32768, 1111))
def test_the_error_stays_within_a_step(sample: int) -> None:
    assert abs(g711.decode_byte(g711.encode_sample(sample)) - sample) <= max(16, abs(sample) // 16)


def test_peak_of_silence_is_zero() -> None:
    assert g711.peak(g711.SILENCE) == 0
    assert g711.peak(b"") == 0


def test_peak_of_the_loudest_sample() -> None:
    assert g711.peak(bytes([0xD5, 0xAA])) == 32256 >> 7


def test_pcm_is_two_bytes_a_sample() -> None:
    assert len(g711.to_pcm(g711.SILENCE)) == 2 * g711.FRAME
