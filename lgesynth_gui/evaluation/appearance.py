"""What a slice looks like in figures, so that phantom and real slices can be laid side by side.

All figures are taken on the model grid (128 x 128 pixels of 1 mm) from normalised pictures
(`segmentation.crop.normalise`, u about -1 to 1) and a label map. Nothing here decides anything:
it tells where a phantom is recognisable.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.emidec import load_stacks
from lgesynth_gui.evaluation.real import real_slices
from lgesynth_gui.phantom.stream import slices
from lgesynth_gui.segmentation.crop import normalise

Floats = npt.NDArray[np.floating]
SECTORS = 36
FEWEST = 12  # pixels of a tissue below which its figures stay unknown
OUTSIDE_MM = 45.0  # how far the surroundings are looked at, from the centre of the ventricle
REMOTE_MM = 3.0  # from scar to muscle that counts as healthy
NOISE_OF_MAD = 1.4826


@dataclass(frozen=True)
class Appearance:
    """Figures of one slice; NaN where the slice does not show the thing.

    Args:
        muscle, muscle_sd: Healthy muscle in u, its mean and deviation.
        blood, blood_sd: Blood of the left ventricle.
        scar, scar_sd: Scar without no-reflow.
        blood_contrast, scar_contrast: Mean above healthy muscle, u.
        scar_over_blood: Scar's contrast over blood's.
        noise: Deviation of the finest diagonal detail in blood, u: about white noise's.
        cnr: Blood's contrast over the noise.
        grain: Correlation of neighbouring pixels of the high-passed blood, -1 to 1.
        muscle_fine, blood_fine, outside_fine: Root mean square of the finest Haar details, u.
        muscle_coarse, blood_coarse, outside_coarse: The same one level coarser.
        wall_mm: Mean thickness of the wall, from the areas.
        wall_uneven: Deviation of the thickness around the ring over its mean.
        cavity_mm: Radius of the cavity, from its area.
        endo_width_mm: 10-90 % width of the edge between blood and muscle.
        epi_step: Median over the ring of what changes across the epicardium, u without sign.
        dark_rim, bright_rim: Share of the ring just outside the epicardium that is darker than
            muscle, or brighter than blood.
        outside_low, outside_middle, outside_high: 10, 50, 90 % quantile of the surroundings, u.
        scar_area_mm2, scar_arc_deg, scar_depth, scar_parts: Extent of scar and no-reflow: area,
            angle it covers, greatest share of the wall it fills in a sector, separate pieces.
    """

    muscle: float
    muscle_sd: float
    blood: float
    blood_sd: float
    scar: float
    scar_sd: float
    blood_contrast: float
    scar_contrast: float
    scar_over_blood: float
    noise: float
    cnr: float
    grain: float
    muscle_fine: float
    blood_fine: float
    outside_fine: float
    muscle_coarse: float
    blood_coarse: float
    outside_coarse: float
    wall_mm: float
    wall_uneven: float
    cavity_mm: float
    endo_width_mm: float
    epi_step: float
    dark_rim: float
    bright_rim: float
    outside_low: float
    outside_middle: float
    outside_high: float
    scar_area_mm2: float
    scar_arc_deg: float
    scar_depth: float
    scar_parts: float


@dataclass(frozen=True)
class Row:
    """One figure of two sets of slices.

    Args:
        name: Of the figure, as in `Appearance`.
        real: 25, 50 and 75 % quantile of the real slices that show it.
        phantom: 5, 25, 50, 75 and 95 % quantile of the phantom's.
        distance: Earth mover's distance over the pooled deviation; 0 is alike.
    """

    name: str
    real: tuple[float, float, float]
    phantom: tuple[float, float, float, float, float]
    distance: float

    @property
    def within(self) -> bool:
        """The real median lies between the phantom's 5 and 95 %."""
        return self.phantom[0] <= self.real[1] <= self.phantom[4]


def appearance(image_u: Floats, labels: LabelMap) -> Appearance:
    """Measure one slice.

    Args:
        image_u: `(rows, columns)` normalised picture, pixels of 1 mm.
        labels: Same shape, see `core.labels`.

    Raises:
        LgeSynthError: the shapes differ, or no ventricle is labelled.
    """
    if image_u.shape != labels.shape:
        raise LgeSynthError("Picture and labels differ in size.", "Use labels of this slice.")
    ventricle = (labels >= Label.BLOOD) & (labels <= Label.NO_REFLOW)
    if not ventricle.any():
        raise LgeSynthError("No ventricle is labelled.", "Choose another slice.")
    image = np.asarray(image_u, dtype=np.float64)
    cavity = labels == Label.BLOOD
    wall = ventricle & ~cavity
    scarred = (labels == Label.SCAR) | (labels == Label.NO_REFLOW)
    remote = ndimage.binary_erosion(wall) & _far(scarred, REMOTE_MM)
    blood = ndimage.binary_erosion(cavity, iterations=2)
    sector, radius = _polar(ventricle)
    around = ~ndimage.binary_dilation(ventricle, iterations=2) & (radius < OUTSIDE_MM)
    fine, coarse = _details(image)
    muscle_mean, blood_mean = _mean(image, remote), _mean(image, blood)
    scar_mean = _mean(image, labels == Label.SCAR)
    contrast = blood_mean - muscle_mean
    noise = _noise(image, blood)
    low, middle, high = _quantiles(image, around)
    inner = np.sqrt(cavity.sum() / np.pi)
    thick = _thickness(wall, sector, radius)
    beyond = ndimage.binary_dilation(ventricle, iterations=3) & ~ndimage.binary_dilation(ventricle)
    return Appearance(
        muscle=muscle_mean,
        muscle_sd=_deviation(image, remote),
        blood=blood_mean,
        blood_sd=_deviation(image, blood),
        scar=scar_mean,
        scar_sd=_deviation(image, labels == Label.SCAR),
        blood_contrast=contrast,
        scar_contrast=scar_mean - muscle_mean,
        scar_over_blood=_ratio(scar_mean - muscle_mean, contrast),
        noise=noise,
        cnr=_ratio(contrast, noise),
        grain=_grain(image, blood),
        muscle_fine=_rms(fine, remote),
        blood_fine=_rms(fine, blood),
        outside_fine=_rms(fine, around),
        muscle_coarse=_rms(coarse, remote),
        blood_coarse=_rms(coarse, blood),
        outside_coarse=_rms(coarse, around),
        wall_mm=float(np.sqrt(ventricle.sum() / np.pi) - inner),
        wall_uneven=float(thick.std() / thick.mean()) if cavity.any() else np.nan,
        cavity_mm=float(inner) if cavity.any() else np.nan,
        endo_width_mm=_edge_width(image, cavity, wall & ~_near(scarred, 2.0), sector, contrast),
        epi_step=_step(image, wall, beyond, sector),
        dark_rim=_share(image, beyond, low=muscle_mean - 0.25 * abs(contrast)),
        bright_rim=_share(image, beyond, high=blood_mean + 0.25 * abs(contrast)),
        outside_low=low,
        outside_middle=middle,
        outside_high=high,
        **_extent(scarred, wall, sector),
    )


def compare(real: Sequence[Appearance], phantom: Sequence[Appearance]) -> tuple[Row, ...]:
    """Lay two sets of slices side by side, figure by figure.

    Figures that one of the sets never shows are left out.

    Args:
        real: Slices of patients.
        phantom: Slices of the phantom.
    """
    rows = []
    for one in fields(Appearance):
        ours, theirs = (
            np.array([getattr(a, one.name) for a in group], dtype=np.float64)
            for group in (phantom, real)
        )
        ours, theirs = ours[np.isfinite(ours)], theirs[np.isfinite(theirs)]
        if not (len(ours) and len(theirs)):
            continue
        spread = float(np.concatenate([ours, theirs]).std())
        away = float(stats.wasserstein_distance(ours, theirs))
        q25, q50, q75 = (float(v) for v in np.percentile(theirs, (25, 50, 75)))
        p5, p25, p50, p75, p95 = (float(v) for v in np.percentile(ours, (5, 25, 50, 75, 95)))
        rows.append(
            Row(one.name, (q25, q50, q75), (p5, p25, p50, p75, p95), away / spread if away else 0.0)
        )
    return tuple(rows)


def measure_appearance(
    folder: Path, count: int = 200, seed: int = 1, stream: str = "generator"
) -> Job:
    """Lay phantom slices beside labelled real ones.

    Args:
        folder: Labelled stacks, see `emidec.load_stacks`.
        count: Phantom slices, >= 1.
        seed: Of the phantom stream.
        stream: Its name.

    Returns:
        A job that yields progress and returns the rows of `compare`.

    Raises:
        LgeSynthError: there are no stacks, or no such stream.
    """
    real: list[Appearance] = []
    for one in real_slices(load_stacks(folder)):
        real.append(appearance(normalise(one.ground.image)[0], one.labels))
        yield None
    drawn: list[Appearance] = []
    for slice_ in itertools.islice(slices(stream, seed), count):
        drawn.append(appearance(normalise(slice_.image)[0], slice_.labels))
        yield Progress(len(drawn), count, "measuring phantom slices")
    return compare(real, drawn)


def _far(mask: Mask, distance: float) -> Mask:
    return ~_near(mask, distance)


def _near(mask: Mask, distance: float) -> Mask:
    if not mask.any():
        return np.zeros(mask.shape, dtype=bool)
    return np.asarray(ndimage.distance_transform_edt(~mask) <= distance)


def _mean(image: Floats, mask: Mask) -> float:
    return float(image[mask].mean()) if mask.sum() >= FEWEST else float("nan")


def _deviation(image: Floats, mask: Mask) -> float:
    return float(image[mask].std()) if mask.sum() >= FEWEST else float("nan")


def _rms(image: Floats, mask: Mask) -> float:
    return float(np.sqrt((image[mask] ** 2).mean())) if mask.sum() >= FEWEST else float("nan")


def _quantiles(image: Floats, mask: Mask) -> tuple[float, float, float]:
    if mask.sum() < FEWEST:
        return (float("nan"),) * 3
    low, middle, high = np.percentile(image[mask], (10, 50, 90))
    return float(low), float(middle), float(high)


def _ratio(value: float, by: float) -> float:
    return value / by if abs(by) > 1e-6 else float("nan")


def _share(image: Floats, mask: Mask, *, low: float = -np.inf, high: float = np.inf) -> float:
    if mask.sum() < FEWEST or np.isnan(low) or np.isnan(high):
        return float("nan")
    values = image[mask]
    return float(((values < low) | (values > high)).mean())


def _polar(ventricle: Mask) -> tuple[npt.NDArray[np.intp], Floats]:
    """Sector and distance (mm) of every pixel about the ventricle's centre."""
    rows, columns = np.nonzero(ventricle)
    y, x = np.indices(ventricle.shape, dtype=np.float64)
    y, x = y - rows.mean(), x - columns.mean()
    turns = np.arctan2(-y, x) / (2 * np.pi) % 1.0
    return np.minimum((turns * SECTORS).astype(np.intp), SECTORS - 1), np.hypot(x, y)


def _details(image: Floats) -> tuple[Floats, Floats]:
    """Magnitude of undecimated Haar details, finest and next; white noise shows its deviation."""
    levels, low = [], image
    for step in (1, 2):
        right, down = np.roll(low, -step, 1), np.roll(low, -step, 0)
        corner = np.roll(right, -step, 0)
        bands = (
            (low - right + down - corner) / 2,
            (low + right - down - corner) / 2,
            (low - right - down + corner) / 2,
        )
        levels.append(np.sqrt(sum(band**2 for band in bands) / 3))
        low = (low + right + down + corner) / 2
    return levels[0], levels[1]


def _noise(image: Floats, mask: Mask) -> float:
    right, down = np.roll(image, -1, 1), np.roll(image, -1, 0)
    diagonal = (image - right - down + np.roll(right, -1, 0)) / 2
    if mask.sum() < FEWEST:
        return float("nan")
    return float(NOISE_OF_MAD * np.median(np.abs(diagonal[mask])))


def _grain(image: Floats, mask: Mask) -> float:
    """Correlation of horizontal and vertical neighbours after taking out what is smooth."""
    if mask.sum() < 4 * FEWEST:
        return float("nan")
    weight = ndimage.gaussian_filter(mask.astype(np.float64), 3.0)
    smooth = ndimage.gaussian_filter(np.where(mask, image, 0.0), 3.0) / np.maximum(weight, 1e-6)
    rough = np.where(mask, image - smooth, 0.0)
    power = float((rough**2).sum() / mask.sum())
    found = []
    for axis in (0, 1):
        both = mask & np.roll(mask, -1, axis)
        found.append(float((rough * np.roll(rough, -1, axis))[both].mean()))
    return float(np.mean(found)) / power if power > 0 else float("nan")


def _thickness(wall: Mask, sector: npt.NDArray[np.intp], radius: Floats) -> Floats:
    """Thickness (mm) of the wall in each sector: its area over the arc at its mean radius."""
    area = np.bincount(sector[wall], minlength=SECTORS).astype(np.float64)
    reach = np.bincount(sector[wall], weights=radius[wall], minlength=SECTORS)
    middle = reach / np.maximum(area, 1)
    return np.asarray(area / np.maximum(middle * 2 * np.pi / SECTORS, 0.2))


def _edge_width(
    image: Floats, cavity: Mask, muscle: Mask, sector: npt.NDArray[np.intp], contrast: float
) -> float:
    """Steepest slope in each sector near the endocardium; the middle sector speaks."""
    if not np.isfinite(contrast) or abs(contrast) < 1e-3 or not cavity.any():
        return float("nan")
    rows, columns = np.gradient(image)
    slope = np.hypot(rows, columns)
    near = _near(cavity, 2.5) & _near(~cavity, 2.5) & (cavity | muscle)
    steepest = [slope[near & (sector == k)].max(initial=0.0) for k in range(SECTORS)]
    seen = [value for value in steepest if value > 0]
    return 0.8 * abs(contrast) / float(np.median(seen)) if len(seen) >= 6 else float("nan")


def _step(image: Floats, wall: Mask, beyond: Mask, sector: npt.NDArray[np.intp]) -> float:
    inside = wall & _near(beyond, 3.5)
    steps = []
    for k in range(SECTORS):
        here = sector == k
        if (inside & here).any() and (beyond & here).any():
            steps.append(abs(image[beyond & here].mean() - image[inside & here].mean()))
    return float(np.median(steps)) if steps else float("nan")


def _extent(scar: Mask, wall: Mask, sector: npt.NDArray[np.intp]) -> dict[str, float]:
    names = ("scar_area_mm2", "scar_arc_deg", "scar_depth", "scar_parts")
    if not scar.any():
        return dict.fromkeys(names, float("nan"))
    held = np.bincount(sector[scar], minlength=SECTORS)
    whole = np.maximum(np.bincount(sector[wall], minlength=SECTORS), 1)
    share = held / whole
    _, parts = ndimage.label(scar, structure=np.ones((3, 3)))
    arc = float((share > 0.05).sum() * 360.0 / SECTORS)
    return dict(zip(names, (float(scar.sum()), arc, float(share.max()), float(parts)), strict=True))
