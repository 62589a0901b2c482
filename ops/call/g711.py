"""G.711 A-law (ITU-T G.711) by table; no I/O. The standard library's `audioop` is gone in Python 3.13."""

import array

#: Samples a second, and samples of a frame of 20 ms.
RATE = 8000
FRAME = 160

_SIGN = 0x80
_TOGGLE = 0x55
_LIMITS = tuple((0x20 << segment) - 1 for segment in range(8))


def decode_byte(code: int) -> int:
    """Return the 16-bit sample of one A-law byte."""
    value = code ^ _TOGGLE
    segment = (value & 0x70) >> 4
    sample = ((value & 0x0F) << 4) + 8
    if segment:
        sample = (sample + 0x100) << (segment - 1)
    return sample if value & _SIGN else -sample


def encode_sample(sample: int) -> int:
    """Return the A-law byte of one 16-bit sample."""
    mask = 0xD5
    value = sample >> 3
    if value < 0:
        mask = 0x55
        value = -value - 1
    segment = next((index for index, limit in enumerate(_LIMITS) if value <= limit), 8)
    if segment > 7:  # noqa: PLR2004 - the highest of the eight segments
        return 0x7F ^ mask
    shift = max(1, segment)
    return ((segment << 4) | ((value >> shift) & 0x0F)) ^ mask


_DECODED = tuple(decode_byte(code) for code in range(256))
#: Loudness of each A-law byte, 0 (quiet) to 255, so that `bytes.translate` finds the peak of a frame in C.
_LOUDNESS = bytes(abs(sample) >> 7 for sample in _DECODED)
SILENCE = bytes([0xD5]) * FRAME


def decode(payload: bytes) -> list[int]:
    """Return the 16-bit samples of A-law `payload`."""
    return [_DECODED[code] for code in payload]


def encode(samples: list[int]) -> bytes:
    """Return A-law of 16-bit `samples`."""
    return bytes(encode_sample(sample) for sample in samples)


def peak(payload: bytes) -> int:
    """Return the peak of A-law `payload` in 128ths of the 16-bit scale (0 to 252): 0 is silence."""
    return max(payload.translate(_LOUDNESS), default=0)


def to_pcm(payload: bytes) -> bytes:
    """Return 16-bit little-endian PCM of A-law `payload`, as a WAV file holds it."""
    samples = array.array("h", decode(payload))
    return samples.tobytes()
