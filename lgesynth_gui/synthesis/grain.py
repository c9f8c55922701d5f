"""Paint is given the grain of the scan it lies in.

A scanner gives all of a slice noise of one spectrum: its window on k-space decides how fine it is
and where it ends. A network that samples in few steps paints a mean of what it thinks possible,
with half of that noise at medium detail, and detail finer than the scan has any. Neither shows at
a glance or in a reader's score; a network that is trained to tell paint from scan finds both. So
the last step of painting measures the host's spectrum away from the hole and the strength of its
noise in the hole, takes off what the paint has beyond them, and adds noise for what it lacks.

A thin wall between two pools of blood is all edges, and an edge has detail of every frequency; but
it has it across, not along. So strength is measured along the edge that is nearest each pixel.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage, stats
from skimage.feature import structure_tensor

from lgesynth_gui.core.arrays import Mask

# Edges of the bands noise is measured in, cycles a pixel; coarser detail is anatomy.
BANDS = ((0.13, 0.20), (0.20, 0.27), (0.27, 0.34), (0.34, 0.42))
NOISE_FROM = (0.10, 0.16)  # where noise starts to be added, and is added in full
LIMIT_FROM = (0.20, 0.30)  # where paint starts to be limited, and is limited in full
# Of the magnitudes in a band: low enough that corners, which are few and strong, do not count.
QUANTILE = 0.35
DIRECTIONS = 4  # a band is split into, half a turn in all
EDGE_PX, EDGE_OVER_PX = 1.5, 2.0  # scale of the gradient, and over which its direction is evened
COARSE_PX = 1.5  # a blur of this leaves the anatomy, which is taken off before noise is measured
LOCAL_PX = 4.0  # over which the strength of the host's detail is evened out
MARGIN_PX = 3  # of the hole, kept out of the host's spectrum
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
    wanted = strengths(host, hole, spectrum)
    frequency, _ = _plan(host.shape[0], host.shape[1])
    most = spectrum * _between(frequency, wanted) ** 2
    found = _power(_detail(picture), hole.astype(np.float64), 3.0)
    limit = np.sqrt(np.minimum(1, (most + FAINT**2) / (found + FAINT**2)))
    limited = _filtered(picture, 1 + _ramp(frequency, LIMIT_FROM) * (limit - 1))
    limited = np.where(changed, limited, host)
    painted = strengths(limited, hole, spectrum)
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
    """Strength of noise of a known spectrum in each of `BANDS`, edges left out.

    Args:
        picture: Normalised, `(row, column)`.
        where: The pixels that count, one at least.
        spectrum: From `noise_spectrum`, the same shape.

    Returns:
        `(bands,)`; noise of that very spectrum gives 1.
    """
    _, passes = _plan(picture.shape[0], picture.shape[1])
    normal = float(stats.norm.ppf(0.5 + QUANTILE / 2))
    told = fft.fft2(picture.astype(np.float64))
    along = _along(picture)
    chosen = [where & (along == direction) for direction in range(DIRECTIONS)]
    out = []
    for band in passes:
        seen = []
        for one, pixels in zip(band, chosen, strict=True):
            if pixels.any():
                unit = max(float(np.sqrt((spectrum * one**2).mean())), FAINT)
                seen.append(np.abs(fft.ifft2(told * one).real[pixels]) / unit)
        out.append(float(np.quantile(np.concatenate(seen), QUANTILE)) / normal)
    return np.array(out)


def _along(picture: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """Which of the directions runs along the edge at each pixel, from the structure tensor."""
    smooth = ndimage.gaussian_filter(picture.astype(np.float64), EDGE_PX)
    rows, mixed, columns = structure_tensor(smooth, EDGE_OVER_PX, mode="nearest", order="rc")
    across = 0.5 * np.arctan2(2 * mixed, columns - rows)
    turns = np.round((across + np.pi / 2) / (np.pi / DIRECTIONS))
    return np.asarray(turns.astype(np.intp) % DIRECTIONS)


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
def _plan(rows: int, columns: int) -> tuple[Floats, tuple[tuple[Floats, ...], ...]]:
    """Frequency in FFT order, cycles a pixel, and the soft passes of each band's directions."""
    down, right = fft.fftfreq(rows)[:, None], fft.fftfreq(columns)[None]
    frequency = np.hypot(down, right)
    angle = np.arctan2(down, right)

    def above(edge: float) -> Floats:
        return np.asarray(0.5 * (1 + np.tanh((frequency - edge) / 0.02)))

    towards = [np.cos(angle - k * np.pi / DIRECTIONS) ** 4 for k in range(DIRECTIONS)]
    bands = [above(low) * (1 - above(high)) for low, high in BANDS]
    return frequency, tuple(tuple(band * one for one in towards) for band in bands)
