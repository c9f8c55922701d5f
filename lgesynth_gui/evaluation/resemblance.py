"""How much a part of one slice looks like any of many slices: aligned correlation and features.

Both views are told in one number, set in proportion to how much real slices of people who took no
part look like the same slices: 1 is what one real patch in a hundred reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.segmentation.segmenter import Segmenter, reader_input

if TYPE_CHECKING:
    from lgesynth_gui.segmentation.networks import AttentionUNet, UNet

MARGIN_PX = 8  # SAFETY 9d: the edited region and so much around it
ANGLES = (-10.0, -5.0, 0.0, 5.0, 10.0)  # degrees, each also mirrored
REACH = 3  # largest shift, pixels
CELL = 2  # pixels
TOGETHER = 8
FIELD = 96  # pixels of the middle that are compared
MOST = 0.9999  # correlation; whatever is more alike counts as this
FEWEST = 12  # cells of a part that lie wholly in it
RARE = 99.0  # percentile
_TINY = 1e-6
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Patches:
    """Parts of slices.

    Args:
        pictures: Normalised, `(n, 128, 128)` float32.
        painted: Where each was painted, `(n, 128, 128)`.
        walls: Muscle and scar, the same shape.
    """

    pictures: Floats
    painted: npt.NDArray[np.bool_]
    walls: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def sizes(self) -> npt.NDArray[np.float64]:
        """Painted pixels of each, `(n,)`."""
        return np.asarray(self.painted.sum(axis=(1, 2)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Known:
    """Slices that a patch is compared with.

    Args:
        pictures: Normalised, `(t, 128, 128)` float32.
        reader: Frozen network whose features are compared.
        deep: Its features of the pictures, `(t, channels, h, w)`.
    """

    pictures: Floats
    reader: Segmenter
    deep: Tensor


def known_slices(pictures: Array, walls: Array, reader: Segmenter) -> Job:
    """Slices with the features a reader finds in them.

    Args:
        pictures: Normalised, `(t, 128, 128)`, t > 0.
        walls: Muscle and scar, the same shape.
        reader: Frozen.

    Returns:
        A job that returns `Known`.
    """
    used = np.asarray(pictures, dtype=np.float32)
    deep = yield from _deep(reader, used, walls)
    return Known(used, reader, deep)


@dataclass(frozen=True, eq=False)
class Scale:
    """What real patches of people who took no part reach, by the size of the patch.

    Small parts look alike by chance more often; a straight line over the logarithm of the size
    takes that out of every view.

    Args:
        slope, start: Of the usual view over `log(size)`, `(3,)`.
        rare: 99th percentile above that line, `(3,)`.
        limit: 99th percentile of the single score.
    """

    slope: npt.NDArray[np.float64]
    start: npt.NDArray[np.float64]
    rare: npt.NDArray[np.float64]
    limit: float = np.inf

    @classmethod
    def of(cls, views: Array, sizes: Array) -> Scale:
        """From the views `(n, 3)` and the sizes `(n,)` in pixels of real patches, n > 0."""
        places = np.log(np.maximum(sizes, 1.0))
        spread = places - places.mean()
        slope = spread @ views / max(float(spread @ spread), _TINY)
        start = np.asarray(views).mean(axis=0) - slope * places.mean()
        above = views - (start + np.outer(places, slope))
        rare = np.maximum(np.percentile(above, RARE, axis=0), _TINY)
        whole = cls(slope, start, rare)
        return replace(whole, limit=float(np.percentile(whole.scores(views, sizes), RARE)))

    def scaled(self, views: Array, sizes: Array) -> npt.NDArray[np.float64]:
        """How striking each view of each patch is, `(n, 3)`; 1 is the view's 99th percentile."""
        places = np.log(np.maximum(sizes, 1.0))
        return np.asarray((views - (self.start + np.outer(places, self.slope))) / self.rare)

    def scores(self, views: Array, sizes: Array) -> npt.NDArray[np.float64]:
        """The most striking view of each patch, `(n,)`."""
        return np.asarray(self.scaled(views, sizes).max(axis=1))


def around(painted: Array) -> npt.NDArray[np.bool_]:
    """The painted parts and 8 px around them, `(n, 128, 128)`."""
    return np.stack([ndimage.distance_transform_edt(~one) <= MARGIN_PX for one in painted])


def resembling(patches: Patches, known: Known) -> Job:
    """The views of each patch, its likest slice in each.

    Args:
        patches: What is looked at; n > 0.
        known: What it may be a copy of; t > 0.

    Returns:
        A job that returns `(n, 3)`: the best correlation, over all slices, shifts of up to 3 px,
        rotations of up to 10 degrees and mirrored ones, of the part with 8 px around it and of
        the part alone, as Fisher's z; and minus the smallest distance of a reader's features.
    """
    views, _ = yield from likest(patches, known)
    return views


def likest(patches: Patches, known: Known) -> Job:
    """As `resembling`, and which slices those are.

    Returns:
        A job that returns (views, numbers of the known slices), both `(n, 3)`.
    """
    wide = around(patches.painted)
    best, which = yield from _correlated(patches.pictures, (wide, patches.painted), known.pictures)
    near, nearest = yield from _near(patches, wide, known)
    return np.column_stack([*best, near]), np.column_stack([*which, nearest])


def _correlated(pictures: Floats, masks: Sequence[npt.NDArray[np.bool_]], known: Floats) -> Job:
    """Best correlation (Fisher's z) of each picture under each mask, and the slice's number.

    Both `(masks, n)`.

    Three products of matrices a slice: all its placements on one side, all patches on the other.
    """
    small = _coarse(pictures)
    weights = np.concatenate([_whole_cells(mask) for mask in masks])
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), _TINY)
    values = np.tile(small, (len(masks), 1))
    centred = values - (weights * values).sum(axis=1, keepdims=True)
    spread = np.sqrt((weights * centred**2).sum(axis=1))
    told = [torch.from_numpy(np.ascontiguousarray(one.T)) for one in (weights * centred, weights)]
    best = np.full(len(weights), -1.0, dtype=np.float32)
    which = np.zeros(len(weights), dtype=np.intp)
    for k, one in enumerate(known):
        yield Progress(k, len(known), "comparing with training slices")
        for places in _placed(one):
            cross, mean = (places @ side for side in told)
            square = places.square() @ told[1]
            own = (square - mean.square()).clamp_min(_TINY).sqrt()
            found = cross / (own * torch.from_numpy(np.maximum(spread, _TINY)))
            here = found.amax(dim=0).numpy()
            which[here > best] = k
            best = np.maximum(best, here)
            yield None
    shape = (len(masks), -1)
    return np.arctanh(np.clip(best, -MOST, MOST)).reshape(shape), which.reshape(shape)


def _whole_cells(mask: npt.NDArray[np.bool_]) -> Floats:
    """Cells that lie in a part with all their pixels; those it touches where they are too few."""
    share = _coarse(mask.astype(np.float32))
    whole = (share > 1 - _TINY).astype(np.float32)
    return np.where(whole.sum(axis=1, keepdims=True) >= FEWEST, whole, share)


def _coarse(pictures: Floats) -> Floats:
    """The middle in means of 2 x 2 pixels, `(n, cells)`."""
    edge = (pictures.shape[-1] - FIELD) // 2
    middle = pictures[:, edge : edge + FIELD, edge : edge + FIELD]
    cells = middle.reshape(len(middle), FIELD // CELL, CELL, FIELD // CELL, CELL)
    return np.ascontiguousarray(cells.mean(axis=(2, 4)).reshape(len(middle), -1))


def _placed(picture: Floats) -> list[Tensor]:
    """A slice mirrored and turned, each with all its shifts `(49, cells)`."""
    edge = (picture.shape[-1] - FIELD) // 2 - REACH
    out = []
    for plain in (picture, picture[:, ::-1]):
        for angle in ANGLES:
            turned = plain
            if angle:
                turned = ndimage.rotate(plain, angle, reshape=False, order=1, mode="nearest")
            wide = turned[edge : len(turned) - edge, edge : len(turned) - edge]
            means = sliding_window_view(wide, (CELL, CELL)).mean(axis=(2, 3))
            views = sliding_window_view(means, (FIELD - CELL + 1,) * 2)[..., ::CELL, ::CELL]
            flat = views.reshape(views.shape[0] * views.shape[1], -1)
            out.append(torch.from_numpy(np.ascontiguousarray(flat, dtype=np.float32)))
    return out


def _deep(reader: Segmenter, pictures: Array, walls: Array) -> Job:
    """What a frozen reader's deepest level makes of slices, `(n, channels, h, w)`."""
    kept = []
    device = next(reader.parameters()).device
    network = cast("UNet | AttentionUNet", reader.network)
    for k in range(0, len(pictures), TOGETHER):
        u, wall = (
            torch.from_numpy(np.asarray(one[k : k + TOGETHER], dtype=np.float32))[:, None]
            for one in (pictures, walls)
        )
        yield Progress(k, len(pictures), "reading slices")
        with torch.no_grad():
            kept.append(network.encoded(reader_input(u, wall).to(device))[-1].cpu())
    return torch.cat(kept).float()


def _near(patches: Patches, wide: npt.NDArray[np.bool_], known: Known) -> Job:
    """Minus the distance to the nearest slice in the reader's features under the patch, `(n,)`.

    And that slice's number, `(n,)`.
    """
    own: Tensor = yield from _deep(known.reader, patches.pictures, patches.walls)
    size = (own.shape[-2], own.shape[-1])
    masks = functional.adaptive_avg_pool2d(torch.from_numpy(wide)[:, None].float(), size)
    out, which = [], []
    for mask, one in zip(masks, own, strict=True):
        share = mask / mask.sum().clamp_min(_TINY)
        others = (known.deep * share).sum(dim=(2, 3))
        gap = others - (one * share).sum(dim=(1, 2))
        scale = others.std(dim=0, correction=0) + 0.1 * others.abs().mean() + _TINY
        apart = (gap / scale).square().mean(dim=1).sqrt()
        out.append(-float(apart.min()))
        which.append(int(apart.argmin()))
        yield None
    return np.asarray(out, dtype=np.float32), np.asarray(which, dtype=np.intp)
