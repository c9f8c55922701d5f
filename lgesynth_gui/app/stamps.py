"""A scar pattern before it is drawn: chosen, sized, deepened, turned and moved along the heart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.app.session import State
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

SIZES, DEPTHS = (25, 300), (25, 300)  # per cent
TURNS = (-180, 180)  # degrees


@dataclass(frozen=True)
class Stamp:
    """A pattern as it is about to be drawn.

    Args:
        name: Of the pattern.
        seed: Decides which scar of the pattern it is.
        size: Arc, per cent of what was drawn at random.
        depth: Thickness, per cent likewise.
        turn: Degrees around the wall, counter-clockwise.
        level: Slices further towards the apex (+) or the base (-).
        adding: Painted over the present scar instead of replacing it.
    """

    name: str
    seed: int
    size: int = 100
    depth: int = 100
    turn: int = 0
    level: int = 0
    adding: bool = False


def stamped(stamp: Stamp, state: State) -> ScarSketch:
    """The whole sketch once the stamp is drawn.

    Raises:
        LgeSynthError: no slice has contours, or nothing of it falls on the heart.
    """
    from lgesynth_gui.anatomy.patterns import draw_pattern, pattern_named
    from lgesynth_gui.anatomy.transforms import deepened, widened

    drawn = draw_pattern(
        pattern_named(stamp.name), state.contours, np.random.default_rng(stamp.seed)
    )
    regions = deepened(drawn.regions, stamp.depth / 100)
    moved = (_moved(widened(region, stamp.size / 100), stamp, state) for region in regions)
    kept = tuple(region for region in moved if region is not None)
    if not kept:
        raise LgeSynthError("The pattern lies beyond the heart.", "Move it back.")
    return state.sketch.adding(*kept) if stamp.adding else ScarSketch(kept)


def _moved(region: ScarRegion, stamp: Stamp, state: State) -> ScarRegion | None:
    """A region turned, and on other slices as far as they are outlined."""
    outlined = state.contours.outlined()
    places = [outlined.index(i) + stamp.level for i in region.slices if i in outlined]
    slices = tuple(outlined[k] for k in places if 0 <= k < len(outlined))
    if not slices:
        return None
    line = tuple((angle + stamp.turn, depth) for angle, depth in region.outline)
    return replace(region, outline=line, slices=slices)
