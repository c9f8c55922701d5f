"""Paint scar with a round brush; the eraser is the same brush the other way."""

from __future__ import annotations

from math import hypot

from lgesynth_gui.app import drawing
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture, Wash
from lgesynth_gui.ui.sketch.tools.bend import push
from lgesynth_gui.ui.sketch.tools.points import insertion

CLOSEST_PX = 1.5  # points of a path
SMALLEST_MM, LARGEST_MM, GROWTH = 1.0, 30.0, 1.15


class Brush:
    """A drag paints, a click is a dot; vectors are made once, at the stroke's end."""

    id, text, key, icon = "brush", "Paint scar", "B", "brush.svg"
    hint = (
        "Brush: drag to paint, click for a dot · {brush_smaller} {brush_larger} or Shift+wheel size"
        " · {swap_brush} erases"
    )
    erase = False

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """One stroke, one undo step."""
        look = desk.view.look
        radius = look.brush_mm / 2
        if look.active == "points":
            yield from insertion(desk, press)
            return
        if look.active != "scar":
            yield from push(desk, press, look.active, radius)
            return
        state, index = desk.session.state, look.slice_index
        try:
            stroke = drawing.begin_stroke(state, index, radius, erase=self.erase)
        except LgeSynthError as error:
            desk.say(str(error))
            return
        path: list[Point] = [press.at]
        stroke.add(press.at, press.at)
        wash = Wash(path, radius, self.erase)
        try:
            desk.wash(wash)
            while True:
                event = yield
                if not isinstance(event, Pointer):
                    continue
                if event.kind in ("release", "double"):
                    break
                if event.kind != "move":
                    continue
                here, last = event.at, path[-1]
                if hypot(here[0] - last[0], here[1] - last[1]) > CLOSEST_PX * event.px_mm:
                    stroke.add(last, here)
                    path.append(here)
                    desk.wash(wash)
                    desk.badge(stroke_words(stroke), here)
        finally:
            desk.wash(None)
            desk.badge("", press.at)
        self._commit(desk, path, radius)

    def _commit(self, desk: Desk, path: list[Point], radius: float) -> None:
        state, look = desk.session.state, desk.view.look
        label = Label.MYOCARDIUM if self.erase else Label.NO_REFLOW if look.core else Label.SCAR
        name = {Label.MYOCARDIUM: "erase scar", Label.NO_REFLOW: "brush core"}.get(
            label, "brush scar"
        )
        try:
            sketch = drawing.with_stroke(
                path, radius, state, look.slice_index, label, clip=look.clip
            )
        except LgeSynthError as error:
            desk.say(str(error))
            return
        desk.session.edit("sketch", sketch, name)


def stroke_words(stroke: drawing.Stroke) -> str:
    """What a stroke does, in grams: "+0.8 g, slice 2.1 g"."""
    change, total = stroke.grams
    return f"{'−' if stroke.erase else '+'}{change:.1f} g, slice {max(total, 0.0):.1f} g"


def resized(size_mm: float, steps: int) -> float:
    """A brush some steps larger (+) or smaller (-), mm, within 1 to 30."""
    size = round(size_mm * GROWTH**steps, 1)
    if size == size_mm:  # the steps of a small brush are smaller than a tenth
        size += 0.1 if steps > 0 else -0.1
    return min(max(size, SMALLEST_MM), LARGEST_MM)
