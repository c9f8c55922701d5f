"""What the select tool does to one scar region: its shapes, and edits with a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING

from lgesynth_gui.app import heart
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session, State
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch, WallPoint

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.transforms import Axis

CROWDED_PX, STEP_DEG = 6.0, 3.0
PICK_FIRST = "Pick a scar first: choose the select tool (V) and click on one."
WORDS = {Label.SCAR: "scar", Label.NO_REFLOW: "core", Label.MYOCARDIUM: "eraser"}


def picked(state: State, view: View) -> int | None:
    """Number of the picked region while it is painted in the shown slice, or None."""
    region, index = view.look.picked, view.look.slice_index
    if region is None or index not in region.slices or region not in state.sketch.regions:
        return None
    return state.sketch.regions.index(region)


def held(state: State, view: View, number: int) -> tuple[ScarSketch, int]:
    """The sketch in which region `number` may be changed: in all its slices, or the shown one.

    "This slice" of the panel splits the shown slice off a region that several slices share.
    """
    from lgesynth_gui.anatomy.transforms import split_off

    if view.look.ring:
        return state.sketch, number
    return split_off(state.sketch, number, view.look.slice_index)


def put(
    session: Session,
    view: View,
    sketch: ScarSketch,
    number: int,
    regions: tuple[ScarRegion, ...],
    text: str,
    merge_key: int = -1,
) -> None:
    """Replace a region by others, as one step, and pick the first of them."""
    from lgesynth_gui.anatomy.transforms import replacing

    session.edit("sketch", replacing(sketch, number, *regions), text, merge_key=merge_key)
    view.set(picked=regions[0] if regions else None)


def delete(session: Session, view: View) -> str:
    """Take the picked region away; a reason when none is picked."""
    number = picked(session.state, view)
    if number is None:
        return PICK_FIRST
    sketch, number = held(session.state, view, number)
    name = WORDS[sketch.regions[number].label]
    put(session, view, sketch, number, (), f"delete {name}")
    return ""


def mirror(session: Session, view: View, *, sideways: bool = False) -> str:
    """Swap the anterior and inferior (or septal and lateral) side of the picked region."""
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.transforms import mirrored

    number = picked(session.state, view)
    if number is None:
        return PICK_FIRST
    sketch, number = held(session.state, view, number)
    anchors = anchors_in(session.state.contours, view.look.slice_index)
    axis: Axis = "septal-lateral" if sideways else "anterior-inferior"
    region = mirrored(sketch.regions[number], anchors, axis)
    put(session, view, sketch, number, (region,), f"mirror scar, {axis}")
    return ""


def smooth(session: Session, view: View) -> str:
    """Round the outline of the picked region a little; every call rounds it more."""
    from lgesynth_gui.anatomy.transforms import smoothed

    state = session.state
    number = picked(state, view)
    wall = (
        heart.wall_at(state.series, state.contours, view.look.slice_index)
        if state.series is not None
        else None
    )
    if number is None or wall is None:
        return PICK_FIRST
    sketch, number = held(state, view, number)
    regions = smoothed(sketch.regions[number], wall)
    if not regions:
        return "This scar is too small to be smoothed: nothing would be left of it."
    put(session, view, sketch, number, regions, "smooth scar")
    return ""


def crowded(points: Sequence[Point], px_mm: float) -> bool:
    """Whether a region's points lie too close on the screen to be taken hold of one by one."""
    gaps = sorted(hypot(a[0] - b[0], a[1] - b[1]) for a, b in pairwise(points))
    return not gaps or gaps[len(gaps) // 2] < CROWDED_PX * px_mm


def covered_percent(region: ScarRegion) -> int:
    """Share of the wall between a region's least and most depth, whole per cent."""
    deep = [depth for _, depth in region.outline]
    return round(100 * max(min(max(deep), 1.0) - max(min(deep), 0.0), 0.0))


def moved(region: ScarRegion, degrees: float, deeper: float = 0.0) -> ScarRegion:
    """The region turned around the wall and moved through it."""
    line = tuple((angle + degrees, depth + deeper) for angle, depth in region.outline)
    return replace(region, outline=line)


def stretched(region: ScarRegion, part: str, here: WallPoint) -> ScarRegion:
    """The region with an end ("start", "end") or a front ("inner", "outer") at a wall place."""
    from lgesynth_gui.anatomy.transforms import with_end, with_front

    if part in ("start", "end"):
        return with_end(region, part, here[0])
    return with_front(region, part, min(max(here[1], 0.0), 1.0))


def with_vertex(region: ScarRegion, number: int, place: WallPoint) -> ScarRegion:
    """The region with vertex `number` at another place."""
    from lgesynth_gui.anatomy import transforms

    return transforms.with_vertex(region, number, place)


def with_new_vertex(region: ScarRegion, after: int, place: WallPoint) -> ScarRegion:
    """The region with one vertex more, behind vertex `after`."""
    from lgesynth_gui.anatomy import transforms

    return transforms.with_new_vertex(region, after, place)


def without_vertex(region: ScarRegion, number: int) -> ScarRegion:
    """The region with one vertex less.

    Raises:
        LgeSynthError: fewer than three are left.
    """
    from lgesynth_gui.anatomy import transforms

    return transforms.without_vertex(region, number)


def close_points(region: ScarRegion) -> tuple[WallPoint, ...]:
    """The outline with points so close that straight steps between them look curved."""
    out: list[WallPoint] = []
    for (a0, d0), (a1, d1) in pairwise((*region.outline, region.outline[0])):
        count = max(1, round(abs(a1 - a0) / STEP_DEG))
        out += [(a0 + (a1 - a0) * k / count, d0 + (d1 - d0) * k / count) for k in range(count)]
    return tuple(out)
