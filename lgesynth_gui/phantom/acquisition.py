"""From signal to picture: coil shading, acquired matrix, noise, ghosts, reconstruction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from lgesynth_gui.phantom.fields import smooth_field
from lgesynth_gui.phantom.tissue import Ranges, Tissue

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]


@dataclass(frozen=True)
class Acquisition:
    """How one slice is measured.

    Args:
        pixel_mm: Acquired pixel along read and phase.
        phase_rows: Phase encoding runs along the image's rows (up-down).
        window: Share of k-space that a cosine edge rounds off, 0 to 0.6.
        partial: Share of one side of k-space that is not acquired, 0 to 0.25.
        cnr: Scar to muscle contrast over the noise's deviation in the picture.
        psir: Phase-sensitive reconstruction; else magnitude.
        shading: Strength of the coil's smooth gain, as deviation of its logarithm.
        near_deg: Direction the coil is nearest to.
        ghosts: (amplitude, shift as share of the field) of respiratory ghosts.
        flatten: Share of the coil gain that the scanner divides out again; noise grows with it.
        lung_noise: Phase-sensitive only: by how much noise grows where the reference picture is
            dark (lung, air), 1 is not at all.
        tone: Exponent of the scanner's grey scale on magnitude pictures, 1 is linear.
        scale: Scanner units of signal 1.
        offset: What is added to keep phase-sensitive values positive, in units of signal.
        filter_mm: Deviation of the scanner's smoothing, of picture and noise alike.
        blur_mm: Deviation of the blur by breathing and beating, of the picture alone.
    """

    pixel_mm: tuple[float, float]
    phase_rows: bool
    window: float
    partial: float
    cnr: float
    psir: bool
    shading: float
    near_deg: float
    ghosts: tuple[tuple[float, float], ...]
    flatten: float
    lung_noise: float
    tone: float
    scale: float
    offset: float
    filter_mm: float = 0.0
    blur_mm: float = 0.0


def draw_acquisition(
    rng: np.random.Generator, ranges: Ranges, *, near_deg: float = 140.0, psir: bool | None = None
) -> Acquisition:
    """Draw how a heart is measured.

    Args:
        rng: Source.
        ranges: Spread of contrast and share of phase-sensitive pictures.
        near_deg: Direction of the chest wall.
        psir: Force the reconstruction.
    """
    read = float(rng.uniform(1.25, 2.2)) if rng.random() < 0.75 else float(rng.uniform(0.95, 1.4))
    is_psir = bool(rng.random() < ranges.psir) if psir is None else psir
    ghosts: tuple[tuple[float, float], ...] = ()
    if rng.random() < ranges.ghosts[0]:
        ghosts = tuple(
            (
                float(rng.uniform(0.01, ranges.ghosts[1])) * (1 if k % 2 else -1),
                float(rng.uniform(0.08, 0.5)),
            )
            for k in range(int(rng.integers(1, 4)))
        )
    return Acquisition(
        pixel_mm=(read, read * float(rng.uniform(1.0, 1.4))),
        phase_rows=bool(rng.random() < 0.6),
        window=float(rng.uniform(0, 0.6)),
        partial=float(rng.uniform(0.05, 0.25)) if rng.random() < 0.2 else 0.0,
        cnr=float(np.exp(rng.uniform(*np.log(ranges.cnr)))),
        psir=is_psir,
        shading=float(rng.uniform(0.05, 0.45)),
        near_deg=near_deg,
        ghosts=ghosts,
        flatten=float(rng.uniform(0.6, 1.0)),
        lung_noise=float(np.exp(rng.uniform(0, np.log(4)) * rng.random())) if is_psir else 1.0,
        tone=1.0 if rng.random() < 0.3 else float(rng.uniform(0.45, 1.0)),
        scale=float(np.exp(rng.uniform(np.log(250), np.log(4000)))),
        offset=float(rng.choice([0.0, 0.0, 1.0])) if is_psir else 0.0,
        filter_mm=float(rng.uniform(*ranges.filter_mm)) if rng.random() < 0.75 else 0.0,
        blur_mm=float(rng.uniform(*ranges.blur_mm)),
    )


def shading_field(
    acquisition: Acquisition, shape: tuple[int, int], step: float, rng: np.random.Generator
) -> Floats:
    """Coil gain, about 0.6 to 1.7: falls off from the chest, with a smooth random part."""
    rows, columns = shape
    t = np.deg2rad(acquisition.near_deg)
    x = (np.arange(columns, dtype=np.float32) - columns / 2)[None] * np.float32(step)
    y = (np.arange(rows, dtype=np.float32) - rows / 2)[:, None] * np.float32(step)
    slope = np.float32(acquisition.shading / 60.0)
    near = (x * np.float32(np.cos(t)) - y * np.float32(np.sin(t))) * slope
    cells = max(1, round(rows * step / 90)), max(1, round(columns * step / 90))
    wave = smooth_field(rng, shape, cells) * np.float32(0.4 * acquisition.shading)
    return np.asarray(np.exp(np.clip(near + wave, -1.0, 1.0)))


def _line(count: int, kept: int, window: float) -> Floats:
    """Weights `(count,)` in FFT order of the `kept` lowest frequencies, Tukey-rounded."""
    k = np.abs(fft.fftfreq(count, 1 / count)).astype(np.float32)
    half = kept / 2
    if window <= 0:
        return np.asarray(k < half, dtype=np.float32)
    edge = half * (1 - window)
    rounded = 0.5 * (1 + np.cos(np.pi * np.clip((k - edge) / (half - edge), 0, 1)))
    return np.asarray(np.where(k < half, rounded, 0.0), dtype=np.float32)


def _gauss(count: int, step: float, sigma: float) -> Floats:
    """Weights `(count,)` in FFT order of a Gaussian blur of `sigma` mm at pixels of `step` mm."""
    k = fft.fftfreq(count, step).astype(np.float32)
    return np.asarray(np.exp(-2 * (np.pi * np.float32(sigma) * k) ** 2))


def acquire(
    pictures: tuple[Floats, ...],
    step: float,
    out_shape: tuple[int, int],
    acquisition: Acquisition,
    tissue: Tissue,
    rng: np.random.Generator,
    again: np.random.Generator | None = None,
) -> tuple[Floats, ...]:
    """Measure several versions of one slice with the same shading, noise and ghosts.

    Args:
        pictures: Signed signals `(rows, columns)` on the fine grid.
        step: Fine grid, mm.
        out_shape: Size of the display grid over the same field; its pixel (i, j) lies at the
            fine grid's pixel (i rows/out_rows, j columns/out_columns).
        acquisition: How.
        tissue: Contrast that the noise is measured against.
        rng: Noise and shading.
        again: Noise of another measurement of the same; None takes that of `rng`.

    Returns:
        float32 pictures in scanner units.
    """
    shape = pictures[0].shape
    rows, columns = shape[0], shape[1]
    gain = shading_field(acquisition, (rows, columns), step, rng)
    read, phase = acquisition.pixel_mm
    pixel = (phase, read) if acquisition.phase_rows else (read, phase)
    kept = [n * step / p for n, p in zip((rows, columns), pixel, strict=True)]
    weights = [_line(n, round(k), acquisition.window) for n, k in zip(out_shape, kept, strict=True)]
    if acquisition.partial > 0:
        axis = 0 if acquisition.phase_rows else 1
        order = fft.fftfreq(out_shape[axis], 1 / out_shape[axis])
        keep = order > -kept[axis] / 2 * (1 - 2 * acquisition.partial)
        weights[axis] = weights[axis] * keep
    ratio = rows // out_shape[0], columns // out_shape[1]
    if acquisition.filter_mm > 0:
        for axis, n in enumerate(out_shape):
            weights[axis] = weights[axis] * _gauss(n, step * ratio[axis], acquisition.filter_mm)
    window = weights[0][:, None] * weights[1][None]
    moved = window
    if acquisition.blur_mm > 0:
        soft = [
            _gauss(n, step * r, acquisition.blur_mm) for n, r in zip(out_shape, ratio, strict=True)
        ]
        moved = window * (soft[0][:, None] * soft[1][None])
    cells = float((window**2).sum())
    sigma = abs(tissue.scar - tissue.muscle) / acquisition.cnr
    total = out_shape[0] * out_shape[1]
    spread = np.float32(sigma * total / np.sqrt(max(cells, 1.0)))
    drawn = rng.standard_normal((2, *out_shape), dtype=np.float32)
    if again is not None:
        drawn = again.standard_normal((2, *out_shape), dtype=np.float32)
    noise = drawn * spread
    grain = fft.ifft2((noise[0] + 1j * noise[1]) * window)
    even = gain[:: ratio[0], :: ratio[1]] ** np.float32(acquisition.flatten)
    if acquisition.lung_noise > 1:
        seen = np.abs(pictures[0][:: ratio[0], :: ratio[1]])
        reference = ndimage.uniform_filter(seen, round(14 / (step * ratio[0])), mode="nearest")
        dark = 0.5 * abs(tissue.scar) / np.maximum(reference, 1e-4)
        grain = grain * np.clip(dark, 1, np.float32(acquisition.lung_noise))
    bright = np.float32(max(abs(tissue.scar), 0.05))
    results = []
    for picture in pictures:
        spectrum = fft.fft2((picture * gain).astype(np.complex64))
        low = _cropped(spectrum, out_shape) * np.float32(total / (rows * columns))
        image = fft.ifft2(low * moved) + grain
        for amplitude, shift in acquisition.ghosts:
            axis = 0 if acquisition.phase_rows else 1
            away = round(shift * out_shape[axis])
            image = image + np.float32(amplitude) * np.roll(image, away, axis)
        final = (image.real if acquisition.psir else np.abs(image)) / even
        if not acquisition.psir and acquisition.tone < 1:
            final = bright * (final / bright) ** np.float32(acquisition.tone)
        results.append(
            (np.float32(acquisition.scale) * (final + np.float32(acquisition.offset))).astype(
                np.float32
            )
        )
    return tuple(results)


def _cropped(spectrum: Spectrum, shape: tuple[int, int]) -> Spectrum:
    """The lowest frequencies of a spectrum in FFT order."""
    for axis, count in enumerate(shape):
        high, size = count // 2, spectrum.shape[axis]
        kept = np.concatenate([np.arange(count - high), np.arange(size - high, size)])
        spectrum = np.take(spectrum, kept, axis)
    return spectrum
