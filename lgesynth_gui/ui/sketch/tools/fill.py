"""Fill an AHA segment: a click takes the current class, a drag through the wall sets the depth."""

from __future__ import annotations

from lgesynth_gui.app import heart
from lgesynth_gui.app.look import LayerName
from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.labels import Level
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

SMALLEST, STEP = 0.05, 0.01


class SegmentFill:
    """One segment, from the current layer."""

    id, text, key, icon = "fill", "Fill segment", "G", "fill.svg"
    hint = "Fill: click a segment for the class · drag through the wall for its transmurality"

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Press chooses the segment; moving by more than a few pixels sets the depth."""
        state, look = desk.session.state, desk.view.look
        index = look.slice_index
        segment = heart.segment_at(state, index, press.at)
        if segment is None:
            desk.say("Click on the heart wall." if state.contours.slices[index] else NO_CONTOURS)
            return
        desk.view.set(segment=segment)
        slices = heart.slices_for(state, segment, index, look.ring)
        grade = look.grade if look.active == "scar" else 0
        key, name = new_merge_key(), heart.segment_name(segment)
        dragged = False
        while True:
            event = yield
            if not isinstance(event, Pointer):
                continue
            far = abs(event.at[0] - press.at[0]) + abs(event.at[1] - press.at[1])
            dragged |= event.kind == "move" and far > 5 * event.px_mm
            if event.kind == "move" and dragged:
                place = heart.wall_place(state, index, event.at)
                if place is not None:
                    part = covered(place[1], look.layer)
                    sketch = heart.with_segment(state, segment, part, look.layer, slices)
                    desk.session.edit("sketch", sketch, f"fill {name}", merge_key=key)
                    desk.say(f"Segment {segment}, {name}: {100 * part:.0f} %")
            elif event.kind in ("release", "double"):
                break
        if not dragged:
            part = heart.CLASS_FRACTIONS[grade]
            sketch = heart.with_segment(state, segment, part, look.layer, slices)
            desk.session.edit("sketch", sketch, f"fill {name}")


NO_CONTOURS = "This slice has no heart contours: propose or draw them first."


def covered(depth: float, layer: LayerName) -> float:
    """Covered fraction when the front of a layer is dragged to `depth`, in steps of 1 %."""
    part = {"endo": depth, "epi": 1.0 - depth, "mid": 2.0 * abs(depth - 0.5)}[layer]
    return round(min(max(part, SMALLEST), 1.0) / STEP) * STEP


def ring_name(level: Level) -> str:
    """The ring in a word."""
    return {Level.BASAL: "basal", Level.MID: "mid", Level.APICAL: "apical"}.get(level, "apex")
