"""Files that were sound once: seeded damage of the kinds that break readers."""

import struct

import numpy as np

LENGTHS = (0, 1, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
FLOATS = (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e30, 1e-40, 1e9)


def flip(data, rng):
    """A few bits turned over."""
    out = bytearray(data)
    for place in rng.integers(len(out), size=int(rng.integers(1, 9))):
        out[place] ^= 1 << int(rng.integers(8))
    return bytes(out)


def cut(data, rng):
    """The end is missing."""
    return data[: int(rng.integers(1, len(data)))]


def hole(data, rng):
    """A piece is missing from the middle."""
    start = int(rng.integers(len(data)))
    return data[:start] + data[start + int(rng.integers(1, 200)) :]


def stutter(data, rng):
    """A piece is there twice."""
    start = int(rng.integers(len(data)))
    piece = data[start : start + int(rng.integers(1, 400))]
    return data[:start] + piece + data[start:]


def noise(data, rng):
    """A piece is random."""
    start = int(rng.integers(len(data)))
    piece = rng.bytes(int(rng.integers(1, 64)))
    return data[:start] + piece + data[start + len(piece) :]


def number(data, rng):
    """Two or four bytes near the start, where lengths and sizes stand, hold an extreme."""
    out = bytearray(data)
    place = int(rng.integers(min(len(out) - 4, 2000)))
    value = LENGTHS[int(rng.integers(len(LENGTHS)))]
    kind, size = ("<I", 4) if rng.random() < 0.5 else ("<H", 2)
    out[place : place + size] = struct.pack(kind, value & (0xFFFFFFFF if size == 4 else 0xFFFF))
    return bytes(out)


def swap(data, rng):
    """Two pieces of the same length have changed places."""
    size = int(rng.integers(2, 40))
    if len(data) < 4 * size:
        return flip(data, rng)
    first, second = sorted(int(k) for k in rng.integers(len(data) - size, size=2))
    if second < first + size:
        return flip(data, rng)
    out = bytearray(data)
    out[first : first + size], out[second : second + size] = (
        data[second : second + size],
        data[first : first + size],
    )
    return bytes(out)


def field(data, rng):
    """A number of a NIfTI header (the first 348 bytes) is an extreme."""
    out = bytearray(data)
    if rng.random() < 0.5:
        place = 40 + 2 * int(rng.integers(22))  # dim, intents, datatype, bitpix, slice_start
        out[place : place + 2] = struct.pack("<H", LENGTHS[int(rng.integers(4))])
    else:
        place = 76 + 4 * int(rng.integers(20))  # pixdim, vox_offset, scl, cal, ...
        if rng.random() < 0.3:
            place = 256 + 4 * int(rng.integers(18))  # quaternion, offsets, srow
        out[place : place + 4] = struct.pack("<f", FLOATS[int(rng.integers(len(FLOATS)))])
    return bytes(out)


TIMES, NEAR = (1, 1, 2, 4, 16), 3000
ANYWHERE = (flip, flip, flip, noise, noise, swap, cut, hole, stutter, number)
HEADER = (field, field, field, flip, cut, number)


def mutated(data, seed, kinds=ANYWHERE, start=0):
    """The same damage for the same seed; the first `start` bytes stay sound.

    1, 2, 4 or 16 times; half of them near the start, where everything is said of the rest.
    """
    rng = np.random.default_rng(seed)
    for _ in range(int(rng.choice(TIMES))):
        kind = kinds[int(rng.integers(len(kinds)))]
        end = NEAR if rng.random() < 0.5 else len(data)
        body = data[start:end]
        if len(body) > 8:
            data = data[:start] + kind(body, rng) + data[max(start, end) :]
    return data
