"""Select a segment, or take hold of a scar's front and drag it through the wall."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.app import heart
from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture
from lgesynth_gui.ui.sketch.tools.bend import bend

GRIP = 0.18  # depth from a front that still takes hold of it
THINNEST = 0.03


class Select:
    """Click selects; a dragged front changes transmurality, a dragged middle moves the scar."""

    id, text, key, icon = "select", "Select and edit", "V", "select.svg"
    hint = "Select: click a segment · drag a scar's front through the wall, or its middle around"

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Press takes hold; moves edit; one drag is one undo step."""
        if desk.view.look.active in ("endo", "epi"):
            yield from bend(desk, press, desk.view.look.active)
            return
        state, index = desk.session.state, desk.view.look.slice_index
        segment = heart.segment_at(state, index, press.at)
        if segment is not None:
            desk.view.set(segment=segment)
        place = heart.wall_place(state, index, press.at)
        held = grip(state.sketch, index, place) if place is not None else None
        if held is None or place is None:
            return
        number, part = held
        region, key = state.sketch.regions[number], new_merge_key()
        while True:
            event = yield
            if not isinstance(event, Pointer):
                continue
            if event.kind in ("release", "double"):
                return
            here = heart.wall_place(state, index, event.at)
            if event.kind != "move" or here is None:
                continue
            if part == "middle":
                turn = (here[0] - place[0] + 180.0) % 360.0 - 180.0
                changed = turned(region, turn)
            else:
                changed = with_front(region, part, min(max(here[1], 0.0), 1.0))
            regions = list(state.sketch.regions)
            regions[number] = changed
            name = "move scar" if part == "middle" else "drag the scar's front"
            desk.session.edit("sketch", ScarSketch(tuple(regions)), name, merge_key=key)
            deep = [d for _, d in changed.outline]
            desk.say(
                f"Scar covers {100 * (min(max(deep), 1) - max(min(deep), 0)):.0f} % of the wall"
            )


def grip(sketch: ScarSketch, index: int, place: tuple[float, float]) -> tuple[int, str] | None:
    """(number of the region, "inner" | "outer" | "middle") under a wall place, topmost first."""
    angle, depth = place
    for number in range(len(sketch.regions) - 1, -1, -1):
        region = sketch.regions[number]
        if index not in region.slices or region.label is Label.MYOCARDIUM:
            continue
        angles = [a for a, _ in region.outline]
        low, high = min(angles), max(angles)
        if (angle - low) % 360.0 > high - low:
            continue
        inner, outer = min(d for _, d in region.outline), max(d for _, d in region.outline)
        fronts = {"outer": abs(depth - outer), "inner": abs(depth - inner)}
        if inner <= 0.02:
            del fronts["inner"]
        if outer >= 0.98 and "inner" in fronts:
            del fronts["outer"]
        nearest = min(fronts, key=lambda k: fronts[k])
        if fronts[nearest] <= min(GRIP, (outer - inner) / 2 + 0.05):
            return number, nearest
        if inner <= depth <= outer:
            return number, "middle"
    return None


def with_front(region: ScarRegion, part: str, depth: float) -> ScarRegion:
    """The region stretched so that its inner or outer front lies at `depth`."""
    deep = [d for _, d in region.outline]
    low, high = min(deep), max(deep)
    new_low, new_high = low, high
    if part == "outer":
        new_high = max(depth, low + THINNEST)
    else:
        new_low = min(depth, high - THINNEST)
    scale = (new_high - new_low) / max(high - low, 1e-9)
    outline = tuple((a, new_low + (d - low) * scale) for a, d in region.outline)
    return replace(region, outline=outline)


def turned(region: ScarRegion, degrees: float) -> ScarRegion:
    """The region moved around the wall."""
    return replace(region, outline=tuple((a + degrees, d) for a, d in region.outline))
