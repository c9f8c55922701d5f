"""Slices for the networks that read: drawn once from the phantom, kept, varied in every batch."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.arrays import Mask
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.phantom.stream import TrainingSlice, slices
from lgesynth_gui.segmentation.crop import limits, normalise

RIGHT_VENTRICLE = 5  # beside the five labels of core.labels, only in these pools
Images = npt.NDArray[np.float16]
Labels = npt.NDArray[np.uint8]
_KNOTS = 5  # of an elastic displacement, to a side


@dataclass(frozen=True, eq=False)
class SlicePool:
    """Slices with their truth.

    Args:
        images: `(n, h, w)` float16, normalised as in `segmentation.crop`.
        labels: `(n, h, w)` uint8, `core.labels` and 5 for the right ventricle's blood.
    """

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.images)

    @property
    def scarred(self) -> Mask:
        """Which slices hold scar, `(n,)`."""
        inside = (self.labels == Label.SCAR) | (self.labels == Label.NO_REFLOW)
        return np.asarray(inside.any(axis=(1, 2)))

    def part(self, start: int, stop: int) -> SlicePool:
        """The slices from `start` up to `stop`."""
        return SlicePool(self.images[start:stop], self.labels[start:stop])


def _row(one: TrainingSlice) -> tuple[Images, Labels]:
    host = one.image if one.clean is None else one.clean
    image = normalise(one.image, limits(host))[0]
    labels = np.where(one.rv & (one.labels == 0), RIGHT_VENTRICLE, one.labels)
    return image.astype(np.float16), labels.astype(np.uint8)


def make_slice_pool(path: Path, stream: str, seed: int, count: int) -> Job:
    """The pool kept at `path`, drawn first when it is not there.

    Args:
        path: `.npz` to keep it in.
        stream: Name of the phantom stream.
        seed: Of the stream.
        count: Slices.

    Returns:
        A job that yields progress and returns the `SlicePool`.
    """
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        images, labels = [], []
        for one in itertools.islice(slices(stream, seed, None), count):
            image, label = _row(one)
            images.append(image)
            labels.append(label)
            yield Progress(len(images), count, "drawing phantom slices")
        buffer = io.BytesIO()
        np.savez(buffer, images=np.stack(images), labels=np.stack(labels))
        with atomic_write(path) as file:
            file.write(buffer.getbuffer())
    with np.load(path, allow_pickle=False) as stored:
        return SlicePool(**{field.name: stored[field.name] for field in fields(SlicePool)})


@dataclass(frozen=True)
class Variation:
    """How far a training slice is varied; each number is the largest change or a deviation.

    Args:
        field: Pixels of the square that is cut out (1 mm each before scaling).
        rotation: Degrees to either side.
        scale: Largest factor larger; the largest smaller is its inverse.
        shift: Millimetres to either side, per axis.
        bend: Deviation of an elastic displacement that is smooth over a quarter of the square, mm.
        contrast, brightness: Of the normalised image.
        gamma: Largest exponent; the smallest is its inverse.
        shading: Deviation of the logarithm of a smooth gain field.
        noise: Largest added noise, in units of u.
        blur: Largest deviation of a blur, pixels.
        wall_shift, wall_scale: Error of the contours the reader is handed, mm and share.
    """

    field: int = 96
    rotation: float = 180.0
    scale: float = 1.2
    shift: float = 4.0
    bend: float = 0.0
    contrast: float = 0.3
    brightness: float = 0.25
    gamma: float = 1.35
    shading: float = 0.12
    noise: float = 0.12
    blur: float = 0.8
    wall_shift: float = 0.8
    wall_scale: float = 0.03

    def gentler(self, factor: float) -> Variation:
        """The same with all intensity changes multiplied by `factor`."""
        return replace(
            self,
            contrast=self.contrast * factor,
            brightness=self.brightness * factor,
            gamma=1 + (self.gamma - 1) * factor,
            shading=self.shading * factor,
            noise=self.noise * factor,
            blur=self.blur * factor,
        )


@dataclass(frozen=True, eq=False)
class ReaderBatch:
    """One batch.

    Args:
        image: `(n, 1, h, w)` float32.
        labels: `(n, 1, h, w)` float32 of whole numbers.
        wall: `(n, 1, h, w)` float32 0/1: the wall as the contours would give it.
    """

    image: Tensor
    labels: Tensor
    wall: Tensor


def draw_batch(
    pool: SlicePool, picked: npt.NDArray[np.int64], how: Variation, rng: np.random.Generator
) -> ReaderBatch:
    """The picked slices, each varied in its own way.

    Args:
        pool: Where from.
        picked: `(n,)` places in the pool.
        how: How far they are varied.
        rng: Decides everything.
    """
    image = torch.from_numpy(pool.images[picked].astype(np.float32))[:, None]
    labels = torch.from_numpy(pool.labels[picked].astype(np.float32))[:, None]
    size, count = pool.images.shape[-1], len(picked)
    place = _places(how, size, count, rng)
    grid = _grid(place, how.field)
    if how.bend:
        grid = grid + _bent(grid, how.bend * 2 / size, rng)
    image = _sampled(image, grid, "bicubic")
    found = _sampled(labels, grid, "nearest")
    wall = _as_wall(found)
    if how.wall_shift:
        off = _grid(_jittered(place, how, size, rng), how.field)
        wrong = _as_wall(_sampled(labels, off, "nearest"))
        keep = torch.from_numpy(rng.random((count, 1, 1, 1)) < 0.5)
        wall = torch.where(keep, wall, wrong)
    return ReaderBatch(_intensities(image, how, rng), found, wall)


def _sampled(image: Tensor, grid: Tensor, mode: str) -> Tensor:
    return functional.grid_sample(
        image, grid, mode=mode, padding_mode="reflection", align_corners=False
    )


def _as_wall(labels: Tensor) -> Tensor:
    return ((labels >= Label.MYOCARDIUM) & (labels <= Label.NO_REFLOW)).float()


def _places(how: Variation, size: int, count: int, rng: np.random.Generator) -> Tensor:
    """Affine maps `(n, 2, 3)` from the cut-out to the slice, both in [-1, 1]."""
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation, count))
    factor = how.scale ** rng.uniform(-1, 1, count)
    stretch = (1 + (how.scale - 1) / 3) ** rng.uniform(-1, 1, count)
    shift = rng.uniform(-how.shift, how.shift, (count, 2)) * 2 / size
    shrink = how.field / size
    maps = np.empty((count, 2, 3))
    maps[:, 0, 0] = np.cos(angle) / factor * stretch
    maps[:, 0, 1] = -np.sin(angle) / factor / stretch
    maps[:, 1, 0] = np.sin(angle) / factor * stretch
    maps[:, 1, 1] = np.cos(angle) / factor / stretch
    maps[:, :, :2] *= shrink
    maps[:, :, 2] = shift
    return torch.from_numpy(maps.astype(np.float32))


def _jittered(place: Tensor, how: Variation, size: int, rng: np.random.Generator) -> Tensor:
    other = place.clone()
    count = len(place)
    factor = 1 + rng.uniform(-how.wall_scale, how.wall_scale, (count, 1, 1))
    other[:, :, :2] *= torch.from_numpy(factor.astype(np.float32))
    moved = rng.uniform(-how.wall_shift, how.wall_shift, (count, 2)) * 2 / size
    other[:, :, 2] += torch.from_numpy(moved.astype(np.float32))
    return other


def _grid(place: Tensor, field: int) -> Tensor:
    return functional.affine_grid(place, [len(place), 1, field, field], align_corners=False)


def _bent(grid: Tensor, deviation: float, rng: np.random.Generator) -> Tensor:
    """Elastic displacements of a grid, in its own units: the same shape."""
    count, rows, columns, _ = grid.shape
    coarse = deviation * _normal(rng, count, 2, _KNOTS, _KNOTS)
    smooth = functional.interpolate(coarse, (rows, columns), mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)


def _numbers(rng: np.random.Generator, low: float, high: float, count: int) -> Tensor:
    return torch.from_numpy(rng.uniform(low, high, (count, 1, 1, 1)).astype(np.float32))


def _normal(rng: np.random.Generator, *shape: int) -> Tensor:
    return torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def _intensities(image: Tensor, how: Variation, rng: np.random.Generator) -> Tensor:
    count, _, rows, columns = image.shape
    share = ((image + 1) / 2 + 0.25).clamp(min=0)  # the range of u starts at -1.5
    coarse = _normal(rng, count, 1, 4, 4) * how.shading
    gain = functional.interpolate(coarse, (rows, columns), mode="bicubic", align_corners=True)
    share = share * gain.exp()
    share = share ** (how.gamma ** _numbers(rng, -1, 1, count))
    image = 2 * (share - 0.25) - 1
    if rng.random() < 0.3:
        image = _blurred(image, rng.uniform(0.3, 1) * how.blur)
    noise = _normal(rng, count, 1, rows, columns)
    if rng.random() < 0.5:
        noise = 2 * _blurred(noise, 0.7)
    image = image + noise * how.noise * _numbers(rng, 0, 1, count) ** 2
    image = image * (1 + _numbers(rng, -how.contrast, how.contrast, count))
    image = image + _numbers(rng, -how.brightness, how.brightness, count)
    return image.clamp(-1.5, 2)


def _blurred(image: Tensor, sigma: float) -> Tensor:
    """Gaussian blur with one deviation in pixels for the whole batch."""
    reach = max(1, round(2.5 * sigma))
    steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-(steps**2) / (2 * max(sigma, 1e-3) ** 2))
    kernel = kernel / kernel.sum()
    padded = functional.pad(image, (reach,) * 4, mode="reflect")
    rows = functional.conv2d(padded, kernel[None, None, :, None])
    return functional.conv2d(rows, kernel[None, None, None, :])


def batch_of(pool: SlicePool, start: int, stop: int) -> ReaderBatch:
    """Slices of a pool as they are, whole and in order."""
    image = torch.from_numpy(pool.images[start:stop].astype(np.float32))[:, None]
    labels = torch.from_numpy(pool.labels[start:stop].astype(np.float32))[:, None]
    return ReaderBatch(image, labels, _as_wall(labels))


def facts(pool: SlicePool) -> dict[str, Any]:
    """Counts for a log line."""
    return {"slices": len(pool), "with_scar": int(pool.scarred.sum())}
