"""Muted remarks about a drawing that is unusual; they never block anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries

SMALL_PX = 100
RIM = 0.15  # of the wall: mid-wall scar stays away from both borders by so much
TRANSMURAL = 0.75  # of the wall, and more
BRIGHT_SD, SD_OF_MAD = 5.0, 1.4826  # above the healthy muscle's middle, robustly
BRIGHT_MM2 = 40.0  # in one piece


@dataclass(frozen=True)
class Hint:
    """One remark.

    Args:
        id: What it is about; a silenced one is remembered by it.
        text: The remark, one line.
        why: What stands behind it, and what one may do.
    """

    id: str
    text: str
    why: str


def hints(state: State) -> tuple[Hint, ...]:
    """What is worth a second look, the gravest first.

    Args:
        state: What is drawn.
    """
    if state.series is None or not state.sketch.regions:
        return ()
    pixels = {
        i: int((labels >= Label.SCAR).sum())
        for i in state.sketch.slices()
        if (labels := heart.labels_at(state, i)) is not None
    }
    drawn = sorted(i for i, n in pixels.items() if n)
    if not drawn:
        return (
            Hint(
                "outside",
                "The drawing lies outside the wall: nothing is left of it.",
                "Scar is cut off at both contours. Draw inside the wall, or move the contours.",
            ),
        )
    found = (
        _small(sum(pixels.values())),
        _bright(state, drawn),
        _single(state, drawn),
        *_layers(state),
        _steep(state, drawn),
    )
    return tuple(one for one in found if one is not None)


def _small(count: int) -> Hint | None:
    if count >= SMALL_PX:
        return None
    return Hint(
        "small",
        f"Only {count} pixels of scar: Dice is unstable.",
        f"With fewer than {SMALL_PX} pixels one pixel more or less changes the Dice much. For"
        " very small scars the gate looks at place and size, and says CHECK.",
    )


def _single(state: State, drawn: list[int]) -> Hint | None:
    outlined = set(state.contours.outlined())
    if len(drawn) != 1 or not {drawn[0] - 1, drawn[0] + 1} & outlined:
        return None
    return Hint(
        "single",
        "Scar on one slice between clean neighbours. Ctrl+Shift+V copies it on.",
        "Infarcts usually reach through several slices. A scar that ends at once above and below"
        " is possible, but it is often a slice that was forgotten.",
    )


def _layers(state: State) -> tuple[Hint | None, ...]:
    """Remarks about layers that do not fit a coronary territory."""
    from lgesynth_gui.anatomy.territories import TEXTBOOK, Artery

    touched = {s for s, cell in requested_cells(state).items() if cell.grams > 0}
    depths = [
        depth
        for region in state.sketch.regions
        if region.label is Label.SCAR
        for _, depth in region.outline
    ]
    owners = [artery for artery, fed in TEXTBOOK.items() if touched <= set(fed)]
    if not owners or min(depths) <= RIM:
        return ()
    name = owners[0].value
    if max(depths) < 1.0 - RIM:
        return (
            Hint(
                "mid-wall",
                f"Mid-wall only, inside {name} territory: unusual for infarct.",
                "Infarcts begin at the endocardium. Scar in mid-wall alone points to another"
                " disease (dilated cardiomyopathy, sarcoid), which seldom keeps to one coronary"
                " territory. Keep it if that is what you want to show.",
            ),
        )
    if owners[0] is Artery.LAD:
        return (
            Hint(
                "epi-lad",
                "Sparing the endocardium in LAD territory: unusual for infarct.",
                "Scar from the epicardium is typical of myocarditis, mostly in the lateral wall."
                " In the territory of the LAD it is rare.",
            ),
        )
    return ()


def _steep(state: State, drawn: list[int]) -> Hint | None:
    from lgesynth_gui.anatomy.coverage import covered

    for i in drawn:
        share = covered([region for region in state.sketch.regions if i in region.slices])
        for beside in (np.roll(share, 1), np.roll(share, -1)):
            if bool(((share > TRANSMURAL) & (beside == 0)).any()):
                return Hint(
                    "steep",
                    "Transmural scar ends beside healthy wall without a taper.",
                    "Infarcts thin out towards their edges. Give the walls beside it a thinner"
                    " scar, or take a pattern of an infarct: those are drawn tapered.",
                )
    return None


def _bright(state: State, drawn: list[int]) -> Hint | None:
    assert state.series is not None
    for i in drawn:
        if _bright_mm2(state.series, state.contours, i) >= BRIGHT_MM2:
            return Hint(
                "bright",
                f"Slice {i + 1} of the original already holds something bright in the wall.",
                "It may be scar. Where scar is left outside the painted part, the result shows"
                " both, and the judge finds more than was asked for.",
            )
    return None


@lru_cache(maxsize=256)
def _bright_mm2(series: LgeSeries, contours: HeartContours, index: int) -> float:
    """Largest bright piece inside the wall of one slice, without the wall's rim.

    Brighter than healthy muscle's middle by five standard deviations, both estimated robustly
    (median, median distance from it) from the wall itself.
    """
    from scipy import ndimage

    wall = heart.wall_at(series, contours, index)
    if wall is None:
        return 0.0
    inner = ndimage.binary_erosion(wall.mask)
    values = np.asarray(series.pixels[index], dtype=np.float64)
    if inner.sum() < SMALL_PX:
        return 0.0
    middle = float(np.median(values[inner]))
    spread = SD_OF_MAD * float(np.median(np.abs(values[inner] - middle)))
    parts, count = ndimage.label(inner & (values > middle + BRIGHT_SD * max(spread, 1e-9)))
    if not count:
        return 0.0
    return float(np.bincount(parts.ravel())[1:].max() * wall.pixel_mm2)
