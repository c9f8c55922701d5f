"""What contour, brush and eraser make of a line or a stroke: the new sketch of a slice.

Like `heart` it imports `anatomy` inside the functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lgesynth_gui.app import heart
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch, WallPoint

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.strokes import StrokeMask
    from lgesynth_gui.anatomy.wall import Wall
    from lgesynth_gui.core.arrays import Mask

NO_CONTOURS = ("This slice has no heart contours.", "Propose or draw them first.")
MISSED = ("That lies outside the heart muscle.", "Draw inside the wall.")
NO_SCAR = ("A no-reflow core lies inside scar.", "Draw the scar around it first.")


def _wall(state: State, index: int) -> Wall:
    wall = heart.wall_at(state.series, state.contours, index) if state.series else None
    if wall is None:
        raise LgeSynthError(*NO_CONTOURS)
    return wall


def with_line(
    points: Sequence[Point], state: State, index: int, label: Label, *, clip: bool = True
) -> ScarSketch:
    """The sketch with the inside of a closed line painted into a slice.

    Args:
        points: Plane mm, at least 3.
        state: What is drawn so far.
        index: Slice.
        label: Scar, no-reflow (kept inside scar) or muscle (eraser).
        clip: Cut off what lies outside the muscle.

    Raises:
        LgeSynthError: no contours, too few points, or nothing of it can be painted.
    """
    from lgesynth_gui.anatomy.transforms import clipped

    region = heart.drawn(points, state, index, label)
    cut = clipped(region)
    if cut is None:
        raise LgeSynthError(*MISSED)
    return _painted((cut if clip else region,), state, index, label)


def with_stroke(
    path: Sequence[Point],
    radius_mm: float,
    state: State,
    index: int,
    label: Label,
    *,
    clip: bool = True,
) -> ScarSketch:
    """The sketch with a brush's stroke painted into a slice; arguments as of `with_line`.

    Raises:
        LgeSynthError: no contours, or nothing of it can be painted.
    """
    from lgesynth_gui.anatomy.strokes import stroke_regions

    regions = stroke_regions(path, radius_mm, _wall(state, index), index, label, clip=clip)
    if not regions:
        raise LgeSynthError(*MISSED)
    return _painted(regions, state, index, label)


def _painted(regions: tuple[ScarRegion, ...], state: State, index: int, label: Label) -> ScarSketch:
    if label is Label.NO_REFLOW:
        from lgesynth_gui.anatomy.strokes import inside_scar

        here = tuple(r for r in state.sketch.regions if index in r.slices)
        regions = inside_scar(regions, here, _wall(state, index), index)
        if not regions:
            raise LgeSynthError(*NO_SCAR)
    sketch = state.sketch.adding(*regions)
    return tidied(sketch, state, index) if label is Label.MYOCARDIUM else sketch


def tidied(sketch: ScarSketch, state: State, index: int) -> ScarSketch:
    """The sketch without anything in a slice in which erasing left no scar."""
    from lgesynth_gui.anatomy.render import render
    from lgesynth_gui.anatomy.transforms import without_slice

    if (render(sketch, index, _wall(state, index)) >= Label.SCAR).any():
        return sketch
    return without_slice(sketch, index)


@dataclass(eq=False)
class Stroke:
    """A stroke on its way: its pixels on the slice's own grid, and what they change.

    Args:
        mask: What was covered so far.
        can: Pixels the stroke can change.
        before: Pixels of scar in the slice before it.
        pixel_g: Mass of one pixel.
        erase: Whether scar goes.
    """

    mask: StrokeMask
    can: Mask
    before: int
    pixel_g: float
    erase: bool
    changed: int = 0

    def add(self, start: Point, end: Point) -> None:
        """Cover one step of the path; only its box is looked at."""
        box, new = self.mask.add(start, end)
        self.changed += int(np.count_nonzero(new & self.can[box]))

    @property
    def grams(self) -> tuple[float, float]:
        """(scar that comes or goes, scar of the slice with it), grams."""
        left = self.before + (-self.changed if self.erase else self.changed)
        return self.changed * self.pixel_g, left * self.pixel_g


def begin_stroke(state: State, index: int, radius_mm: float, *, erase: bool) -> Stroke:
    """A stroke that has covered nothing yet.

    Raises:
        LgeSynthError: the slice has no contours.
    """
    from lgesynth_gui.anatomy.strokes import StrokeMask, changes
    from lgesynth_gui.anatomy.transmurality import mass_g

    wall, labels = _wall(state, index), heart.labels_at(state, index)
    assert state.series is not None
    assert labels is not None
    one = mass_g(np.ones((1, 1), dtype=bool), state.series.spacing)
    empty = np.zeros(wall.mask.shape, dtype=bool)
    return Stroke(
        StrokeMask(empty, wall.spacing, radius_mm),
        changes(labels, wall.mask, erase),
        int(np.count_nonzero(labels >= Label.SCAR)),
        one,
        erase,
    )


def places(points: Sequence[WallPoint], state: State, index: int) -> tuple[Point, ...]:
    """Plane mm of points in wall coordinates; () without contours."""
    from lgesynth_gui.anatomy.polar import chart_of, places_of

    wall = heart.wall_at(state.series, state.contours, index) if state.series else None
    return places_of(points, chart_of(wall)) if wall is not None and points else ()
