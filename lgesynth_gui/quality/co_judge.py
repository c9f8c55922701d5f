"""The co-judge: a second opinion without a network, from signal thresholds inside the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy.quantify import LEAST_PART_MM2, REMOTE_MARGIN_PX, fwhm, n_sd
from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.quality.overlap import dice

DEVIATIONS = 3.0
LEAST_DRAWN = 0.60  # share of the drawn scar that must be bright
MOST_REMOTE = 0.05  # share of remote muscle that may be
LEAST_REMOTE_PX = 10  # fewer have no mean and deviation worth the name
LEAST_INSIDE_PX = 30
_EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class CoReading:
    """What the thresholds say of some slices, pooled.

    Args:
        drawn: Drawn scar pixels without core; `drawn_bright` of them lie above remote mean + 3 SD.
        remote: Muscle pixels away from the drawn scar; `remote_bright` of them lie above it.
        dice: Dice of drawn scar and bright wall, both without drawn core; None without remote
            muscle.
        fwhm_dice: The same for the wall above half of the scar's maximum; None without scar.
        flat: A slice's remote muscle has no spread at all, as no scan has.
        lost: A slice has too little remote muscle to compare with.
    """

    drawn: int
    drawn_bright: int
    remote: int
    remote_bright: int
    dice: float | None
    fwhm_dice: float | None
    flat: bool = False
    lost: bool = False

    @property
    def drawn_share(self) -> float:
        """Share of the drawn scar that is bright; 1 when none is drawn."""
        return self.drawn_bright / self.drawn if self.drawn else 1.0

    @property
    def remote_share(self) -> float:
        """Share of remote muscle that is bright; 0 when there is none."""
        return self.remote_bright / self.remote if self.remote else 0.0

    @property
    def agrees(self) -> bool:
        """Whether drawn scar is bright, and remote muscle is not."""
        if self.flat or self.lost:
            return False
        return self.drawn_share >= LEAST_DRAWN and self.remote_share <= MOST_REMOTE


@dataclass(frozen=True, eq=False)
class _Slice:
    scar: Mask
    remote: Mask
    bright: Mask
    above_half: Mask
    flat: bool


def remote_of(labels: LabelMap) -> Mask:
    """Muscle at least 3 pixels away from scar and core, and not at the wall's rim.

    Pixels of the rim hold some blood or fat as well; with them the spread of healthy muscle comes
    out so large that scar looks ordinary. Where the wall is too thin to have an inside, they stay.

    Args:
        labels: One slice, `(row, column)`.
    """
    scar, wall = labels >= Label.SCAR, labels >= Label.MYOCARDIUM
    near = ndimage.binary_dilation(scar, _EIGHT, iterations=REMOTE_MARGIN_PX)
    inside = ndimage.binary_erosion(wall, _EIGHT) & ~near
    return np.asarray(inside if inside.sum() >= LEAST_INSIDE_PX else wall & ~near)


def co_judge(
    pixels: Array,
    labels: LabelMap,
    spacing: tuple[float, float, float],
    slices: Sequence[int],
    signal: SignalKind = SignalKind.UNKNOWN,
    zero: float = 0.0,
) -> CoReading:
    """Compare the drawn scar with remote muscle of the same slice.

    Each slice has its own threshold, remote mean + 3 SD; counts and overlaps are pooled. The
    result is the same for values of any unit, as long as brighter is more.

    Args:
        pixels: Stored values `(slice, row, column)`.
        labels: Asked heart on the same grid; the wall is its muscle, scar and core.
        spacing: (slice, row, column) mm.
        slices: Which slices to look at.
        signal: Decides what half of the maximum is measured from: no signal on magnitude images,
            remote muscle otherwise, whose zero is not dark.
        zero: Stored value of no signal.
    """
    pixel_mm2 = spacing[1] * spacing[2]
    read = [_slice(pixels[i], labels[i], pixel_mm2, signal, zero) for i in slices]
    walled = [one for i, one in zip(slices, read, strict=True) if (labels[i] >= 2).any()]
    lost = not walled or any(one.remote.sum() < LEAST_REMOTE_PX for one in walled)
    scar = _stack([one.scar for one in read])
    remote = _stack([one.remote for one in read])
    bright = _stack([one.bright for one in read])
    core = _stack([labels[i] == Label.NO_REFLOW for i in slices])
    found = _stack([_large(one.bright, pixel_mm2) for one in read]) & ~core
    halves = _stack([one.above_half for one in read]) & ~core
    return CoReading(
        drawn=int(scar.sum()),
        drawn_bright=int((scar & bright).sum()),
        remote=int(remote.sum()),
        remote_bright=int((remote & bright).sum()),
        dice=None if lost else dice(scar, found),
        fwhm_dice=dice(scar, halves) if scar.any() else None,
        flat=any(one.flat for one in walled),
        lost=lost,
    )


def enhanced(image: Array, labels: LabelMap) -> Mask:
    """The wall above remote mean + 3 SD: what is measurably enhanced, whoever drew or painted it.

    Args:
        image: One slice `(row, column)`, in any unit.
        labels: Its heart on the same grid.

    Returns:
        Nowhere True where there is no remote muscle to compare with.
    """
    remote = remote_of(labels)
    if not remote.any():
        return np.zeros(labels.shape, dtype=bool)
    values = np.asarray(image, dtype=np.float64)
    return n_sd(values, labels >= Label.MYOCARDIUM, remote, DEVIATIONS)


def _stack(masks: Sequence[Mask]) -> Mask:
    return np.stack(masks) if masks else np.zeros((0, 1, 1), dtype=bool)


def _slice(
    image: Array, labels: LabelMap, pixel_mm2: float, signal: SignalKind, zero: float
) -> _Slice:
    values = np.asarray(image, dtype=np.float64) - zero
    wall, scar = labels >= Label.MYOCARDIUM, labels == Label.SCAR
    remote, above_half = remote_of(labels), np.zeros(labels.shape, dtype=bool)
    seen = bool(remote.any())
    bright = enhanced(values, labels)
    if scar.any():
        floor = None if signal is SignalKind.MAGNITUDE or not seen else remote
        above_half = _large(fwhm(values, wall, scar, floor), pixel_mm2)
    flat = seen and float(np.ptp(values[remote])) == 0.0
    return _Slice(np.asarray(scar), remote, bright, above_half, flat)


def _large(mask: Mask, pixel_mm2: float) -> Mask:
    """The parts (8-neighbours) of at least 10 mm2."""
    parts, count = ndimage.label(mask, structure=_EIGHT)
    if not count:
        return mask
    sizes = np.bincount(parts.ravel()) * pixel_mm2
    sizes[0] = 0.0
    return np.asarray((sizes >= LEAST_PART_MM2)[parts])
