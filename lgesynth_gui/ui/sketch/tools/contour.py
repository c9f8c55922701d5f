"""Draw a closed line: freehand with the button down, or point by point."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from lgesynth_gui.app import drawing
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture
from lgesynth_gui.ui.sketch.tools.points import insertion

CLOSEST_PX = 2.0  # points of a freehand line
FREEHAND_PX = 12.0  # a drag this long is a freehand line, a shorter one a click


class Contour:
    """Scar, endocardium or epicardium as a line; in the points object it sets an insertion."""

    id, text, key, icon = "contour", "Draw scar contour", "C", "contour.svg"
    hint = "Contour: drag, or click points · {confirm} closes · {back} drops · {abandon} abandons"
    label = Label.SCAR
    name = "draw scar contour"

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """One line; an edit is made only when it closes."""
        if desk.view.look.active == "points":
            yield from insertion(desk, press)
            return
        points: list[Point] = [press.at]
        anchor, freehand = press.at, False
        try:
            while True:
                event = yield
                if event == "close" or (isinstance(event, Pointer) and event.kind == "double"):
                    break
                if event == "back":
                    points = points[:-1]
                    if not points:
                        return
                elif isinstance(event, Pointer):
                    if event.kind == "press":
                        points.append(event.at)
                        anchor = event.at
                    elif event.kind == "move":
                        freehand |= _apart(event.at, anchor) > FREEHAND_PX * event.px_mm
                        if _apart(event.at, points[-1]) > CLOSEST_PX * event.px_mm:
                            points.append(event.at)
                    elif event.kind == "release":
                        if freehand:
                            break
                        points = [*points[: points.index(anchor) + 1]]
                    desk.ghost(tuple(points) + ((event.at,) if event.kind == "hover" else ()))
                if event == "back":
                    desk.ghost(tuple(points))
        finally:
            desk.ghost(())
        self._commit(desk, tuple(points))

    def _commit(self, desk: Desk, points: tuple[Point, ...]) -> None:
        state, look = desk.session.state, desk.view.look
        index = look.slice_index
        try:
            if look.active == "scar":
                core = look.core and self.label is Label.SCAR
                label = Label.NO_REFLOW if core else self.label
                sketch = drawing.with_line(points, state, index, label, clip=look.clip)
                desk.session.edit("sketch", sketch, "draw core" if core else self.name)
            else:
                _set_border(desk, points)
        except LgeSynthError as error:
            desk.say(str(error))


def _apart(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])


def _set_border(desk: Desk, points: tuple[Point, ...]) -> None:
    state, look = desk.session.state, desk.view.look
    one = state.contours.slices[look.slice_index]
    if look.active == "epi":
        changed = (
            SliceContours(endo=(), epi=points, accepted=True)
            if one is None
            else replace(one, epi=points, accepted=True)
        )
        name = "draw epicardium"
    elif one is None:
        raise LgeSynthError("Draw the epicardium first (Alt+3).", "The endocardium lies inside it.")
    else:
        changed, name = replace(one, endo=points, accepted=True), "draw endocardium"
    desk.session.edit("contours", state.contours.replacing(look.slice_index, changed), name)
