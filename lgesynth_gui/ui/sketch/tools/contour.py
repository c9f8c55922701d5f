"""Draw a closed line: freehand with the button down, or point by point."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from lgesynth_gui.app import heart
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

CLOSEST_PX = 2.0  # points of a freehand line
FREEHAND_PX = 12.0  # a drag this long is a freehand line, a shorter one a click


class Contour:
    """Scar, endocardium or epicardium as a line; in the points object it sets an insertion."""

    id, text, key, icon = "contour", "Draw scar contour", "C", "contour.svg"
    hint = "Contour: drag, or click points · Enter closes · Backspace drops · Esc abandons"
    label = Label.SCAR

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """One line; an edit is made only when it closes."""
        if desk.view.look.active == "points":
            _set_insertion(desk, press.at)
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
                region = heart.drawn(points, state, index, self.label)
                desk.session.edit("sketch", state.sketch.adding(region), self.text.lower())
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


def _set_insertion(desk: Desk, at: Point) -> None:
    """Move the nearer insertion point here; the first click on a slice sets the anterior one."""
    state, index = desk.session.state, desk.view.look.slice_index
    one = state.contours.slices[index]
    if one is None:
        desk.say("Draw or propose the heart contours first.")
        return
    anterior, inferior = one.rv_anterior, one.rv_inferior
    if anterior is None:
        changed = replace(one, rv_anterior=at)
    elif inferior is None:
        changed = replace(one, rv_inferior=at)
    elif _apart(at, anterior) <= _apart(at, inferior):
        changed = replace(one, rv_anterior=at)
    else:
        changed = replace(one, rv_inferior=at)
    desk.session.edit(
        "contours", state.contours.replacing(index, changed), "move RV insertion point"
    )
