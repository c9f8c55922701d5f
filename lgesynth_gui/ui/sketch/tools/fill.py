"""Fill AHA segments: a click takes the current class, a drag sets the depth or fills several."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import CLASS_FRACTIONS, CLASS_TEXTS
from lgesynth_gui.app.look import LayerName
from lgesynth_gui.app.session import State, new_merge_key
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

SMALLEST, STEP = 0.05, 0.01


class SegmentFill:
    """Segments from the current layer: one by a click, its depth or its neighbours by a drag."""

    id, text, key, icon = "fill", "Fill segment", "G", "fill.svg"
    hint = "Fill: click a segment · drag through the wall for its depth · around for several"

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Press chooses the segment; within it a drag sets the depth, beyond it others follow."""
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
        touched, dragged = [segment], False
        try:
            while True:
                event = yield
                if not isinstance(event, Pointer):
                    continue
                far = abs(event.at[0] - press.at[0]) + abs(event.at[1] - press.at[1])
                dragged |= event.kind == "move" and far > 5 * event.px_mm
                if event.kind in ("release", "double"):
                    break
                if event.kind != "move" or not dragged:
                    continue
                here = heart.segment_at(state, index, event.at)
                if here is not None and here not in touched:
                    touched.append(here)
                if len(touched) > 1:
                    sketch = filled(state, touched, grade, look.layer, index, ring=look.ring)
                    text = f"fill {len(touched)} segments"
                    desk.session.edit("sketch", sketch, text, merge_key=key)
                    words = f"{len(touched)} segments: {CLASS_TEXTS[grade]} %"
                    desk.badge(words, event.at)
                    desk.say(f"Segments {', '.join(map(str, sorted(touched)))}: class {grade}")
                    continue
                place = heart.wall_place(state, index, event.at)
                if place is not None:
                    part = covered(place[1], look.layer)
                    sketch = heart.with_segment(state, segment, part, look.layer, slices)
                    desk.session.edit("sketch", sketch, f"fill {name}", merge_key=key)
                    desk.badge(f"{100 * part:.0f} %", event.at)
                    desk.say(f"Segment {segment}, {name}: {100 * part:.0f} %")
        finally:
            desk.badge("", press.at)
        if not dragged:
            sketch = filled(state, touched, grade, look.layer, index, ring=look.ring)
            desk.session.edit("sketch", sketch, f"fill {name}")


NO_CONTOURS = "This slice has no heart contours: propose or draw them first."


def filled(
    state: State, segments: list[int], grade: int, layer: LayerName, index: int, *, ring: bool
) -> ScarSketch:
    """The sketch with several segments of a class, in the shown slice or its whole ring."""
    for segment in segments:
        slices = heart.slices_for(state, segment, index, ring)
        part = CLASS_FRACTIONS[grade]
        state = replace(state, sketch=heart.with_segment(state, segment, part, layer, slices))
    return state.sketch


def covered(depth: float, layer: LayerName) -> float:
    """Covered fraction when the front of a layer is dragged to `depth`, in steps of 1 %."""
    part = {"endo": depth, "epi": 1.0 - depth, "mid": 2.0 * abs(depth - 0.5)}[layer]
    return round(min(max(part, SMALLEST), 1.0) / STEP) * STEP
