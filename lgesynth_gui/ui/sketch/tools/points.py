"""The two RV insertion points: dragged, set by a click, taken away with Alt."""

from __future__ import annotations

from dataclasses import replace
from math import hypot

from lgesynth_gui.app.session import new_merge_key
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

GRIP_PX = 12.0
TEXT = "move RV insertion point"


def insertion(desk: Desk, press: Pointer) -> Gesture:
    """Take hold of a point, or bring the missing (else the nearer) one here, and drag it.

    Alt+click takes a point away. One drag is one undo step; the scar stays where it is.
    """
    index = desk.view.look.slice_index
    one = desk.session.state.contours.slices[index]
    if one is None:
        desk.say("Draw or propose the heart contours first.")
        return
    held = which(one, press.at, GRIP_PX * press.px_mm)
    if press.alt:
        if held in known(one):
            _put(desk, index, moved(one, held, None), "remove RV insertion point", new_merge_key())
        return
    key, at = new_merge_key(), press.at
    off = (0.0, 0.0)  # of the pointer from the point that was taken hold of
    if (place := known(one).get(held)) is not None and _apart(place, at) <= GRIP_PX * press.px_mm:
        off = (place[0] - at[0], place[1] - at[1])
    else:
        _put(desk, index, moved(one, held, at), TEXT, key)
    desk.say("Anterior RV insertion (1|2)." if held == "anterior" else "Inferior one (3|4).")
    while True:
        event = yield
        if not isinstance(event, Pointer):
            continue
        if event.kind in ("release", "double"):
            return
        if event.kind == "move":
            here = (event.at[0] + off[0], event.at[1] + off[1])
            _put(desk, index, moved(one, held, here), TEXT, key)


def known(one: SliceContours) -> dict[str, Point]:
    """The insertion points that are set, by name."""
    both = {"anterior": one.rv_anterior, "inferior": one.rv_inferior}
    return {name: place for name, place in both.items() if place is not None}


def which(one: SliceContours, at: Point, grip_mm: float) -> str:
    """The point a press means: one within reach, else the one that is missing, else the nearer."""
    near = {name: _apart(place, at) for name, place in known(one).items()}
    best = min(near, key=lambda name: near[name], default="")
    if best and near[best] <= grip_mm:
        return best
    missing = [name for name in ("anterior", "inferior") if name not in near]
    return missing[0] if missing else best


def moved(one: SliceContours, name: str, at: Point | None) -> SliceContours:
    """The contours with one of the points elsewhere, or without it."""
    if name == "anterior":
        return replace(one, rv_anterior=at)
    return replace(one, rv_inferior=at)


def _put(desk: Desk, index: int, changed: SliceContours, text: str, key: int) -> None:
    contours = desk.session.state.contours.replacing(index, changed)
    desk.session.edit("contours", contours, text, merge_key=key)


def _apart(a: Point, b: Point) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])
