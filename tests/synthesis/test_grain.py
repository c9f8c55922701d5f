"""The painted part has the grain of its scan."""

import numpy as np
import pytest
from scipy import ndimage

from lgesynth_gui.synthesis.grain import BANDS, grained, noise_spectrum, strengths

SHAPE = (128, 128)


def disc(radius):
    y, x = np.mgrid[:128, :128]
    return (y - 64) ** 2 + (x - 64) ** 2 <= radius**2


HOLE, CHANGED = disc(16), disc(19)
AWAY = ~disc(19)


def white(seed):
    return np.random.default_rng(seed).standard_normal(SHAPE)


def scan(cutoff, seed, strength=0.05):
    """Noise of a scanner whose k-space ends at some frequency, cycles a pixel, as along x as y."""
    along = np.abs(np.fft.fftfreq(128)) <= cutoff
    window = np.outer(along, along)
    noise = np.fft.ifft2(np.fft.fft2(white(seed)) * window).real
    return (strength * noise / noise.std()).astype(np.float32)


def painted(host, paint):
    return np.where(CHANGED, paint, host).astype(np.float32)


def powers(picture, where):
    """Power in each band over some pixels, told by plain Fourier windows."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    bands = [(frequency >= low) & (frequency < high) for low, high in (*BANDS, (0.42, 0.8))]
    spectrum = np.fft.fft2(picture)
    return np.array([(np.fft.ifft2(spectrum * b).real[where] ** 2).mean() for b in bands])


def mean_powers(pictures, where):
    return np.mean([powers(one, where) for one in pictures], axis=0)


def test_that_the_spectrum_of_white_noise_is_flat_and_its_square():
    spectrum = noise_spectrum(0.3 * white(1), AWAY)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    fine = spectrum[frequency > 0.15]
    assert np.median(fine) == pytest.approx(0.09, rel=0.2)
    assert fine.std() < 0.2 * fine.mean()


def test_that_the_spectrum_ends_where_the_scan_does():
    spectrum = noise_spectrum(scan(0.3, 1), AWAY)
    inside, beyond = spectrum[20, 20], spectrum[55, 55]
    assert beyond < 0.01 * inside


def test_that_noise_of_the_spectrum_has_strength_one():
    spectrum = noise_spectrum(0.2 * white(1), AWAY)
    assert strengths(0.2 * white(2), AWAY, spectrum) == pytest.approx(np.ones(len(BANDS)), abs=0.15)


@pytest.mark.parametrize("cutoff", [0.25, 0.35, 0.5])
@pytest.mark.parametrize("paint", ["none", "half", "finer", "twice"])
def test_that_paint_of_any_grain_comes_out_with_that_of_the_scan(cutoff, paint):
    hosts, found = [], []
    for seed in range(8):
        host = scan(cutoff, seed)
        other = {
            "none": np.zeros(SHAPE),
            "half": 0.5 * scan(cutoff, 100 + seed),
            "finer": 0.05 * white(100 + seed),
            "twice": 2 * scan(cutoff, 100 + seed),
        }[paint]
        hosts.append(host)
        found.append(grained(painted(host, other), host, HOLE, CHANGED, white(200 + seed)))
    wanted, seen = mean_powers(hosts, HOLE), mean_powers(found, HOLE)
    first = 3 if paint == "twice" else 1  # coarser detail is anatomy's and is not taken off
    wanted, seen, most = wanted[first:], seen[first:], wanted.max()
    held = wanted > 0.1 * most
    assert seen[held] == pytest.approx(wanted[held], rel=0.35)
    assert (seen[~held] < 0.06 * most).all()


def test_that_an_edge_is_no_finer_than_the_scan():
    host = ndimage.gaussian_filter(np.where(disc(40), 1.0, 0.0), 1.5) + scan(0.3, 1, 0.02)
    paint = host + np.where(disc(9), 1.0, 0.0)
    found = grained(painted(host, paint), host.astype(np.float32), HOLE, CHANGED, white(2))
    step = found - host
    assert step[disc(6)].mean() == pytest.approx(1, abs=0.05)
    assert step[HOLE & ~disc(12)].std() < 0.06
    assert powers(found, HOLE)[-1] < 0.1 * powers(painted(host, paint), HOLE)[-1]


def test_that_nothing_beyond_the_feather_is_touched():
    host = scan(0.3, 1)
    picture = painted(host, 0.1 * white(2))
    found = grained(picture, host, HOLE, CHANGED, white(3))
    assert (found[~CHANGED] == host[~CHANGED]).all()
    assert (found[HOLE] != picture[HOLE]).any()
    assert found.dtype == np.float32


def test_that_the_white_noise_decides():
    host = scan(0.3, 1)
    picture = painted(host, np.zeros(SHAPE))
    once, again, other = (grained(picture, host, HOLE, CHANGED, white(s)) for s in (3, 3, 4))
    assert (once == again).all()
    assert (once != other).any()


def test_that_a_flat_host_tells_nothing():
    host = np.zeros(SHAPE, dtype=np.float32)
    picture = painted(host, white(2))
    assert (grained(picture, host, HOLE, CHANGED, white(3)) == picture).all()


def test_that_a_host_flat_beside_the_heart_is_told_by_what_is_left():
    host = np.where(disc(40), scan(0.3, 1), 0).astype(np.float32)
    found = grained(painted(host, np.zeros(SHAPE)), host, HOLE, CHANGED, white(3))
    assert found[HOLE].std() == pytest.approx(host[HOLE].std(), rel=0.35)


def test_that_a_picture_that_keeps_nothing_of_its_host_is_left_alone():
    host, picture = scan(0.3, 1), white(2).astype(np.float32)
    everything = np.ones(SHAPE, dtype=bool)
    assert (grained(picture, host, HOLE, everything, white(3)) == picture).all()


def test_that_a_hole_too_small_to_tell_is_left_alone():
    host, tiny = scan(0.3, 1), disc(3)
    picture = np.where(tiny, 0.2 * white(2), host).astype(np.float32)
    assert (grained(picture, host, tiny, tiny, white(3)) == picture).all()


def test_that_edges_of_a_thin_wall_are_not_taken_for_noise():
    wall = disc(24) & ~disc(18)
    hole = disc(27) & ~disc(15)
    changed = disc(29) & ~disc(13)
    smooth = ndimage.gaussian_filter(np.where(wall, -1.0, 0.0), 1.0)
    host = (smooth + scan(0.3, 1, 0.01)).astype(np.float32)
    picture = np.where(changed, smooth, host).astype(np.float32)
    added = grained(picture, host, hole, changed, white(2)) - picture
    assert 0.003 < added[hole].std() < 0.03


@pytest.mark.parametrize("degrees", [0, 30, 45, 70, 90, 135])
def test_that_noise_of_a_thin_wall_between_bright_pools_is_told_without_its_edges(degrees):
    y, x = np.mgrid[:128, :128] - 64
    across = x * np.cos(np.deg2rad(degrees)) + y * np.sin(np.deg2rad(degrees))
    wall = 1 / (1 + np.exp(-2 * (np.abs(across) - 3)))  # 6 px of dark, 20 times the noise
    hole = (np.abs(across) <= 7) & disc(40)
    ratios = []
    for seed in range(4):
        noise = scan(0.3, seed)
        spectrum = noise_spectrum(noise, ~hole)
        ratios.append(strengths(wall + noise, hole, spectrum) / strengths(noise, hole, spectrum))
    assert np.mean(ratios, axis=0) == pytest.approx(np.ones(len(BANDS)), rel=0.35)
