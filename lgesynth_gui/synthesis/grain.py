"""Paint is given the grain of the scan it lies in.

A scanner gives all of a slice noise of one spectrum: its window on k-space decides how fine it is
and where it ends. A network that samples in few steps paints a mean of what it thinks possible,
with half of that noise at medium detail, and detail finer than the scan has any. Neither shows at
a glance or in a reader's score; a network that is trained to tell paint from scan finds both. So
the last step of painting measures the host's spectrum away from the hole and the strength of its
noise in the hole, takes off what the paint has beyond them, and adds noise for what it lacks.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, stats

from lgesynth_gui.core.arrays import Mask

# Edges of the bands noise is measured in, cycles a pixel; coarser detail is anatomy.
BANDS = ((0.07, 0.13), (0.13, 0.20), (0.20, 0.27), (0.27, 0.34), (0.34, 0.42))
NOISE_FROM = (0.08, 0.14)  # where noise starts to be added, and is added in full
LIMIT_FROM = (0.20, 0.30)  # where paint starts to be limited, and is limited in full
# Of the magnitudes in a band: low enough that edges, which are few and strong, do not count.
QUANTILE = 0.35
COARSE_PX = 1.5  # a blur of this leaves the anatomy, which is taken off before noise is measured
LOCAL_PX = 4.0  # over which the strength of the host's detail is evened out
MARGIN_PX = 3  # of the hole, kept out of the host's spectrum
NEAR_PX, APART_PX = 12, 2  # around the hole, where the host's noise is measured, too
# Noise in the hole is no stronger than this many times that around it: a thin wall is all edges.
MOST_OVER_NEAR = 1.25
FLAT_PX = 2.0  # scale of edges; noise is measured in the half of the pixels with the faintest
FLAT_SHARE = 0.5
LEAST_PX = 50  # pixels a measurement needs
FAINT = 1e-4  # detail weaker than this, of a range of about 2, is none
Picture = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


def grained(
    picture: Picture, host: Picture, hole: Mask, changed: Mask, white: npt.NDArray[np.floating]
) -> Picture:
    """The picture with its painted part as grainy as its host.

    Args:
        picture: Normalised, `(row, column)`; the host beyond `changed`.
        host: The scan it was painted into.
        hole: What was painted anew.
        changed: The hole and the feather around it; nothing else is touched.
        white: White noise of deviation 1, the same shape, which is coloured and added.

    Returns:
        The same picture when hole or surroundings are too small or too flat to tell, or when
        nothing of the host is kept.
    """
    if changed.all() or hole.sum() < LEAST_PX:
        return picture
    spectrum = noise_spectrum(host, ~ndimage.binary_dilation(hole, iterations=MARGIN_PX))
    if spectrum is None:
        return picture
    wanted = _host_strengths(host, hole, spectrum)
    frequency, _ = _plan(host.shape[0], host.shape[1])
    most = spectrum * _between(frequency, wanted) ** 2
    found = _power(_detail(picture), hole.astype(np.float64), 3.0)
    limit = np.sqrt(np.minimum(1, (most + FAINT**2) / (found + FAINT**2)))
    limited = _filtered(picture, 1 + _ramp(frequency, LIMIT_FROM) * (limit - 1))
    limited = np.where(changed, limited, host)
    painted = strengths(limited, _flat(limited, hole), spectrum)
    lacking = np.sqrt(np.maximum(0, wanted**2 - painted**2))
    colour = np.sqrt(spectrum) * _between(frequency, lacking) * _ramp(frequency, NOISE_FROM)
    return np.where(changed, limited + _filtered(white, colour), host).astype(np.float32)


def noise_spectrum(scan: npt.NDArray[np.floating], where: Mask) -> Floats | None:
    """How the noise of a scan is spread over frequencies.

    Edges are evened out by the local strength of detail, so that the spectrum tells the grain
    between them.

    Args:
        scan: Normalised, `(row, column)`.
        where: Pixels that count.

    Returns:
        Power in FFT order, the shape of `scan`; white noise of deviation 1 gives 1. None where
        too few pixels show any detail.
    """
    detail = _detail(scan)
    local = np.sqrt(ndimage.gaussian_filter(detail**2, LOCAL_PX))
    told = where & (local > FAINT)
    weight = told * _hann(*scan.shape)
    if weight.sum() < LEAST_PX:
        return None
    even = np.where(told, detail / np.maximum(local, FAINT), 0) * np.median(local[told])
    return _power(even, weight, 2.0)


def strengths(picture: npt.NDArray[np.floating], where: Mask, spectrum: Floats) -> Floats:
    """Strength of noise of a known spectrum in each of `BANDS`.

    Args:
        picture: Normalised, `(row, column)`.
        where: The pixels that count, one at least.
        spectrum: From `noise_spectrum`, the same shape.

    Returns:
        `(bands,)`; noise of that very spectrum gives 1.
    """
    _, passes = _plan(picture.shape[0], picture.shape[1])
    normal = float(stats.norm.ppf(0.5 + QUANTILE / 2))
    out = []
    for band in passes:
        unit = normal * float(np.sqrt((spectrum * band**2).mean()))
        seen = float(np.quantile(np.abs(_filtered(picture, band)[where]), QUANTILE))
        out.append(seen / max(unit, FAINT * normal))
    return np.array(out)


def _host_strengths(host: Picture, hole: Mask, spectrum: Floats) -> Floats:
    inside = strengths(host, _flat(host, hole), spectrum)
    near = ndimage.binary_dilation(hole, iterations=NEAR_PX)
    near &= ~ndimage.binary_dilation(hole, iterations=APART_PX)
    if near.sum() < LEAST_PX:
        return inside
    return np.minimum(inside, MOST_OVER_NEAR * strengths(host, near, spectrum))


def _flat(picture: npt.NDArray[np.floating], where: Mask) -> Mask:
    """The half of some pixels that lies farthest from edges."""
    steep = ndimage.gaussian_gradient_magnitude(picture.astype(np.float64), FLAT_PX)
    return np.asarray(where & (steep <= np.quantile(steep[where], FLAT_SHARE)))


def _detail(picture: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(picture - ndimage.gaussian_filter(picture.astype(np.float64), COARSE_PX))


def _power(detail: Floats, weight: Floats, smooth: float) -> Floats:
    """Power over a soft region, alike for all four signs of a frequency and smoothed."""
    soft = ndimage.gaussian_filter(weight, 2.0)
    power = np.abs(fft.fft2(detail * soft)) ** 2 / (soft**2).sum()
    power = (power + np.roll(power[:, ::-1], 1, axis=1)) / 2
    frequency, _ = _plan(detail.shape[0], detail.shape[1])
    taken = 1 - np.exp(-2 * (np.pi * COARSE_PX * frequency) ** 2)
    smoothed = ndimage.gaussian_filter(power, smooth, mode="wrap")
    return np.asarray(smoothed / (taken + 1e-3) ** 2)


def _filtered(picture: npt.NDArray[np.floating], gain: Floats) -> Floats:
    return np.asarray(fft.ifft2(fft.fft2(picture.astype(np.float64)) * gain).real)


def _between(frequency: Floats, values: Floats) -> Floats:
    """Values of the bands at all frequencies."""
    return np.interp(frequency, [(low + high) / 2 for low, high in BANDS], values)


def _ramp(frequency: Floats, ends: tuple[float, float]) -> Floats:
    return np.clip((frequency - ends[0]) / (ends[1] - ends[0]), 0, 1)


def _hann(rows: int, columns: int) -> Floats:
    return np.outer(np.hanning(rows + 1)[:rows], np.hanning(columns + 1)[:columns])


@lru_cache(maxsize=4)
def _plan(rows: int, columns: int) -> tuple[Floats, tuple[Floats, ...]]:
    """Frequency in FFT order, cycles a pixel, and the soft pass of each band."""
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.fftfreq(columns)[None])

    def above(edge: float) -> Floats:
        return np.asarray(0.5 * (1 + np.tanh((frequency - edge) / 0.02)))

    return frequency, tuple(above(low) * (1 - above(high)) for low, high in BANDS)
