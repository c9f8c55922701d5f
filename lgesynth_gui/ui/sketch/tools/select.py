"""Select a segment or a scar; drag a scar's front, ends, middle or points."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from lgesynth_gui.app import drawing, heart, regions
from lgesynth_gui.app.borders import nearest_edge as edge_of
from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch, WallPoint
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture
from lgesynth_gui.ui.sketch.tools.bend import bend
from lgesynth_gui.ui.sketch.tools.points import insertion

GRIP = 0.18  # depth from a front that still takes hold of it
END_PX = 10.0  # from an end of the arc
VERTEX_PX = 7.0
NAMES = {
    "outer": "drag the scar's front",
    "inner": "drag the scar's front",
    "start": "widen scar",
    "end": "widen scar",
    "middle": "move scar",
    "vertex": "move a point",
}


@dataclass(frozen=True)
class Hold:
    """What a press took hold of: a region, which part of it, where, and which vertex."""

    number: int
    part: str
    place: WallPoint
    vertex: int = 0


class Select:
    """Click selects; a dragged front changes transmurality, an end the arc, a middle the place."""

    id, text, key, icon = "select", "Select and edit", "V", "select.svg"
    hint = "Select: drag a scar's front, end or middle, or its points · Alt+click adds, removes"

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Press takes hold; moves edit; one drag is one undo step."""
        look = desk.view.look
        if look.active in ("endo", "epi"):
            yield from bend(desk, press, look.active)
            return
        if look.active == "points":
            yield from insertion(desk, press)
            return
        hold = self._take(desk, press)
        if hold is None:
            return
        if press.alt:
            self._change_points(desk, press, hold)
            return
        sketch, number = regions.held(desk.session.state, desk.view, hold.number)
        region, key = sketch.regions[number], new_merge_key()
        try:
            while True:
                event = yield
                if not isinstance(event, Pointer):
                    continue
                if event.kind in ("release", "double"):
                    return
                here = heart.wall_place(desk.session.state, look.slice_index, event.at)
                if event.kind != "move" or here is None:
                    continue
                changed = dragged(region, hold, here, clip=look.clip)
                name = NAMES[hold.part]
                regions.put(desk.session, desk.view, sketch, number, (changed,), name, key)
                words = said(changed, region, hold.part, here)
                desk.badge(words, event.at)
                desk.say(f"{name.capitalize()}: {words}")
        finally:
            desk.badge("", press.at)

    def _take(self, desk: Desk, press: Pointer) -> Hold | None:
        """Select what is under the pointer, and say what part of a scar that is."""
        state, index = desk.session.state, desk.view.look.slice_index
        place = heart.wall_place(state, index, press.at)
        number = regions.picked(state, desk.view)
        if number is not None and place is not None:
            vertex = nearest_vertex(state.sketch.regions[number], desk, press)
            if vertex is not None:
                return Hold(number, "vertex", place, vertex)
            if press.alt:
                return Hold(number, "line", place)
        segment = heart.segment_at(state, index, press.at)
        if segment is not None:
            desk.view.set(segment=segment)
        if place is None:
            return None
        held = grip(state.sketch, index, place, reach_deg(desk, press))
        desk.view.set(picked=state.sketch.regions[held[0]] if held is not None else None)
        return Hold(*held, place) if held is not None else None

    def _change_points(self, desk: Desk, press: Pointer, hold: Hold) -> None:
        """Alt+click: a point less where there is one, a point more on the line."""
        sketch, number = regions.held(desk.session.state, desk.view, hold.number)
        region = sketch.regions[number]
        try:
            if hold.part == "vertex":
                changed, name = regions.without_vertex(region, hold.vertex), "remove a point"
            else:
                edge = nearest_edge(region, desk, press)
                if edge is None:
                    desk.say("Alt+click a point of the scar removes it, its line adds one.")
                    return
                place = kept(hold.place, clip=desk.view.look.clip)
                changed, name = regions.with_new_vertex(region, edge, place), "add a point"
        except LgeSynthError as error:
            desk.say(str(error))
            return
        regions.put(desk.session, desk.view, sketch, number, (changed,), name)


def kept(place: WallPoint, *, clip: bool) -> WallPoint:
    """A wall place, inside the wall when what is drawn is clipped."""
    return (place[0], min(max(place[1], 0.0), 1.0)) if clip else place


def dragged(region: ScarRegion, hold: Hold, here: WallPoint, *, clip: bool) -> ScarRegion:
    """The region after what was held was dragged to another wall place."""
    if hold.part == "vertex":
        return regions.with_vertex(region, hold.vertex, kept(here, clip=clip))
    if hold.part == "middle":
        return regions.moved(region, (here[0] - hold.place[0] + 180.0) % 360.0 - 180.0)
    return regions.stretched(region, hold.part, here)


def said(changed: ScarRegion, former: ScarRegion, part: str, here: WallPoint) -> str:
    """The number that a drag changes."""
    angles, before = [a for a, _ in changed.outline], [a for a, _ in former.outline]
    if part in ("start", "end"):
        return f"{max(angles) - min(angles):.0f}°"
    if part == "middle":
        return f"{min(angles) - min(before):+.0f}°"
    if part == "vertex":
        return f"{100 * min(max(here[1], 0.0), 1.0):.0f} % deep"
    return f"{regions.covered_percent(changed)} %"


def reach_deg(desk: Desk, press: Pointer) -> float:
    """Degrees that lie within reach of the pointer, as far out as it is."""
    one = desk.session.state.contours.slices[desk.view.look.slice_index]
    if one is None:
        return 0.0
    x, y = heart.centre_of(one)
    away = max(hypot(press.at[0] - x, press.at[1] - y), 1.0)
    return min(57.3 * END_PX * press.px_mm / away, 20.0)


def _points(region: ScarRegion, desk: Desk) -> tuple[Point, ...]:
    return drawing.places(region.outline, desk.session.state, desk.view.look.slice_index)


def nearest_vertex(region: ScarRegion, desk: Desk, press: Pointer) -> int | None:
    """The region's vertex under the pointer, or None."""
    points = _points(region, desk)
    if not points or regions.crowded(points, press.px_mm):  # none are shown
        return None
    gaps = [hypot(x - press.at[0], y - press.at[1]) for x, y in points]
    best = min(range(len(gaps)), key=lambda k: gaps[k], default=None)
    return best if best is not None and gaps[best] <= VERTEX_PX * press.px_mm else None


def nearest_edge(region: ScarRegion, desk: Desk, press: Pointer) -> int | None:
    """The vertex before the edge under the pointer, or None."""
    edge, _, gap = edge_of(_points(region, desk), press.at)
    return edge if gap <= VERTEX_PX * press.px_mm else None


def grip(
    sketch: ScarSketch, index: int, place: tuple[float, float], reach: float = 0.0
) -> tuple[int, str] | None:
    """What of a scar lies under a wall place, topmost first.

    Args:
        sketch: What is drawn.
        index: Slice.
        place: (angle_deg, depth).
        reach: Degrees from an end that still take hold of it; 0 leaves the ends alone.

    Returns:
        (number of the region, "inner" | "outer" | "start" | "end" | "middle") or None.
    """
    angle, depth = place
    for number in range(len(sketch.regions) - 1, -1, -1):
        region = sketch.regions[number]
        if index not in region.slices or region.label is Label.MYOCARDIUM:
            continue
        angles = [a for a, _ in region.outline]
        low, high = min(angles), max(angles)
        along = (angle - low + reach) % 360.0 - reach
        if along > high - low + reach:
            continue
        inner, outer = min(d for _, d in region.outline), max(d for _, d in region.outline)
        fronts = {"outer": abs(depth - outer), "inner": abs(depth - inner)}
        if inner <= 0.02:
            del fronts["inner"]
        if outer >= 0.98 and "inner" in fronts:
            del fronts["outer"]
        near = min(GRIP, (outer - inner) / 2 + 0.05)
        close = {part: gap / near for part, gap in fronts.items() if gap <= near}
        if reach > 0 and high - low < 359.9 and inner - 0.1 <= depth <= outer + 0.1:
            ends = {"start": abs(along), "end": abs(along - (high - low))}
            close |= {part: gap / reach for part, gap in ends.items() if gap <= reach}
        if not 0 <= along <= high - low:
            close = {part: gap for part, gap in close.items() if part in ("start", "end")}
        if close:
            return number, min(close, key=lambda part: close[part])
        if inner <= depth <= outer and 0 <= along <= high - low:
            return number, "middle"
    return None
